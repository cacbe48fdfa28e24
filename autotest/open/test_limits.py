# SPDX-License-Identifier: MIT
"""The limits listed in docs/testing.md, each exceeded by a granule or an option."""
import time

import granules
import h5py
import netCDF4
import numpy as np
import pytest
import views
from osgeo import gdal

SIZE = {"lines": 9, "samples": 7, "bands": 5}
HUGE = 1_000_000_000


def fails(path, *words, **options):
    """Message of the failed opening, which must take little time and memory."""
    begin = time.process_time()
    with pytest.raises(RuntimeError) as caught:
        gdal.OpenEx(str(path), open_options=[f"{k}={v}" for k, v in options.items()])
    assert time.process_time() - begin < 1
    for word in words:
        assert str(word) in str(caught.value)


def claim(path, sizes, storage):
    """Replaces the reflectance by one of "sizes" that was never written."""
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.renameVariable("reflectance", "kept")
        for name, size in zip(("many_lines", "many_samples", "many_bands"), sizes):
            dataset.createDimension(name, size)
        dataset.createVariable("reflectance", "f4", ("many_lines", "many_samples", "many_bands"),
                               **storage)


# ---- Sizes that the file cannot hold -------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(HUGE, 7, 5), (9, HUGE, 5), (9, 7, HUGE), (1242, 1280, 285)])
@pytest.mark.parametrize("storage", [{"contiguous": True}, {"chunksizes": (9, 7, 5), "zlib": True}])
def test_sizes_that_the_file_cannot_hold_are_refused(tmp_path, sizes, storage):
    path = granules.write(tmp_path, **SIZE)
    claim(path, sizes, storage)
    nbytes = 4 * int(np.prod(sizes))
    fails(path, path.name, "/reflectance", "cannot hold", path.stat().st_size, nbytes)


def replace(path, name, **keywords):
    """Puts a dataset that was never written in the place of another."""
    with h5py.File(path, "a") as file:
        del file[name]
        file.create_dataset(name, **keywords)


def test_a_lookup_table_that_the_file_cannot_hold_is_refused(tmp_path):
    path = granules.write(tmp_path, **SIZE)
    replace(path, "/location/glt_x", shape=(HUGE, 8), dtype="i4", chunks=(64, 4))
    fails(path, path.name, "/location/glt_x", "cannot hold", 32 * HUGE)


def test_chunks_that_the_file_cannot_hold_are_refused(tmp_path):
    path = granules.write(tmp_path, **SIZE)
    most = (9, 7, None)
    replace(path, "/reflectance", shape=(9, 7, 5), maxshape=most, dtype="f4", chunks=(9, 7, HUGE // 100))
    fails(path, path.name, "/reflectance", "cannot hold", 9 * 7 * 4 * HUGE // 100)


def test_a_variable_that_was_never_written_may_be_small(tmp_path):
    path = granules.write(tmp_path, unwritten=True, **SIZE)
    assert (views.read(path, ORTHO="NO") == -9999).all()


# ---- Counts --------------------------------------------------------------------------------------


def test_more_than_4096_bands_are_refused(tmp_path):
    most = granules.write(tmp_path, lines=3, samples=2, bands=4096)
    assert gdal.Open(str(most)).RasterCount == 4096
    path = granules.write(tmp_path, lines=3, samples=2, bands=4097, name="emit_more.nc")
    fails(path, path.name, 4097, 4096)


def test_more_than_1024_entries_of_a_group_are_refused(tmp_path):
    path = granules.write(tmp_path, **SIZE)
    with netCDF4.Dataset(path, "a") as dataset:
        for i in range(1024):
            dataset.createVariable(f"v{i}", "f4", ())
    fails(path, path.name, "more than 1024 entries")


def test_the_first_1024_attributes_are_shown(tmp_path):
    path = granules.write(tmp_path, attributes={f"a{i:04}": i for i in range(1100)}, **SIZE)
    shown = gdal.Open(str(path)).GetMetadata()
    count = sum(key[0] == "a" and key[1:].isdigit() for key in shown)
    assert 1000 < count <= 1024


def test_longer_attributes_are_left_out(tmp_path):
    texts = {"fits": "x" * 1048576, "too_long": "x" * 1048577}
    numbers = {"many": np.arange(4096), "too_many": np.arange(4097)}
    path = granules.write(tmp_path, attributes={**texts, **numbers}, **SIZE)
    shown = gdal.Open(str(path)).GetMetadata()
    assert len(shown["fits"]) == 1048576 and len(shown["many"].split(",")) == 4096
    assert "too_long" not in shown and "too_many" not in shown


def test_labels_of_64_kib_are_refused(tmp_path):
    labels = list(granules.MASK_LABELS["001"])
    labels[2] = "x" * 65535
    granules.write(tmp_path, "MASK", labels=labels, **{**SIZE, "bands": 8})
    path = granules.write(tmp_path, **SIZE)
    assert views.read(path, QUALITY_FLAGS="cloud") is not None
    labels[2] = "x" * 65536
    mask = granules.write(tmp_path, "MASK", labels=labels, **{**SIZE, "bands": 8})
    fails(path, mask.name, "65536", QUALITY_FLAGS="cloud")


def test_more_than_64_comparisons_are_refused(tmp_path):
    path, _ = granules.pair(tmp_path, **SIZE)
    most = ",".join(f"AOD550>{i}" for i in range(64))
    assert views.read(path, QUALITY_WHERE=most) is not None
    fails(path, path.name, 64, QUALITY_WHERE=most + ",AOD550>64")


def test_more_than_65535_chosen_bands_are_refused(tmp_path):
    path = granules.write(tmp_path, wavelength=np.arange(400, 405), **SIZE)
    most = ",".join(["400-404"] * 13107)
    assert gdal.OpenEx(str(path), open_options=["WAVELENGTHS=" + most]).RasterCount == 65535
    fails(path, path.name, 65535, WAVELENGTHS=most + ",400")


def test_more_threads_than_256_are_256(tmp_path):
    path = granules.write(tmp_path, **SIZE)
    many = views.read(path, NUM_THREADS=2_000_000_000)
    assert many.tobytes() == views.read(path, NUM_THREADS=1).tobytes()
