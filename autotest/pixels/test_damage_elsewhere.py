# SPDX-License-Identifier: MIT
"""Damaged or missing bytes of bands that were not requested: the others are read."""
import subprocess
import sys

import granules
import h5py
import numpy as np
import pytest
import views
from osgeo import gdal

LINES, SAMPLES, BANDS, GROUP = 41, 29, 54, 18
SPOILED = range(2 * GROUP, 3 * GROUP)  # the last of three chunks along the bands
DEFLATED = {"chunksizes": (LINES, SAMPLES, GROUP), "zlib": True, "complevel": 4}


def spoil(path, variable, at):
    """Overwrites the middle of a stored chunk."""
    with h5py.File(path) as file:
        dataset = file[variable].id
        infos = map(dataset.get_chunk_info, range(dataset.get_num_chunks()))
        (chunk,) = [each for each in infos if each.chunk_offset == at]
    with open(path, "r+b") as file:
        file.seek(chunk.byte_offset + chunk.size // 2)
        file.write(b"\xff" * 64)


def rewrite(path, variable, **storage):
    """Stores a variable in another way, under the same name and on the same dimensions."""
    with h5py.File(path, "r+") as file:
        old = file[variable]
        values, attributes = old[...], dict(old.attrs)
        scales = [old.dims[i][0] for i in range(old.ndim)]
        del file[variable]
        new = file.create_dataset(variable, data=values, **storage)
        for key in attributes.keys() - {"DIMENSION_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates"}:
            new.attrs[key] = attributes[key]
        for i, scale in enumerate(scales):
            new.dims[i].attach_scale(scale)


@pytest.fixture(scope="module", params=["deflated", "by the library"])
def spoiled(request, tmp_path_factory):
    """(path, pixels of the raw grid) of a granule whose last 18 bands cannot be read."""
    folder = tmp_path_factory.mktemp("spoiled")
    data = granules.values(LINES, SAMPLES, BANDS)
    path = granules.write(
        folder, lines=LINES, samples=SAMPLES, bands=BANDS, data=data, storage=DEFLATED
    )
    if request.param != "deflated":  # LZF is a filter that only the library decodes
        rewrite(path, "reflectance", chunks=DEFLATED["chunksizes"], compression="lzf", fletcher32=True)
    spoil(path, "reflectance", (0, 0, 2 * GROUP))
    return path, np.moveaxis(data, 2, 0).astype("f4")


def check_bands(dataset, expected, order):
    for band in order:
        if band in SPOILED:
            with pytest.raises(RuntimeError):
                dataset.GetRasterBand(band + 1).ReadAsArray()
        else:
            views.assert_same(dataset.GetRasterBand(band + 1).ReadAsArray(), expected[band])


@pytest.mark.parametrize("order", [range(BANDS), range(BANDS - 1, -1, -1)], ids=["up", "down"])
def test_good_bands_are_read_in_any_order(spoiled, order):
    path, expected = spoiled
    dataset = views.open_view(path, ORTHO="NO")
    for _ in range(2):
        check_bands(dataset, expected, order)


def test_good_bands_are_read_after_advice_on_all(spoiled):
    path, expected = spoiled
    dataset = views.open_view(path, ORTHO="NO")
    assert dataset.AdviseRead(0, 0, SAMPLES, LINES) == gdal.CE_None
    views.assert_same(
        dataset.ReadAsArray(band_list=[3, 2 * GROUP]), expected[[2, 2 * GROUP - 1]]
    )


def test_read_ahead_continues_after_a_failed_window(spoiled):
    """Bands requested in one window are read ahead in the next one."""
    path, expected = spoiled
    dataset = views.open_view(path, ORTHO="NO")
    for row in (0, 20):
        for band in (4, 40, 7):
            rows = slice(row, row + 20)
            reader = dataset.GetRasterBand(band + 1)
            if band in SPOILED:
                with pytest.raises(RuntimeError):
                    reader.ReadAsArray(0, row, SAMPLES, 20)
            else:
                seen = reader.ReadAsArray(0, row, SAMPLES, 20)
                views.assert_same(seen, expected[band, rows].copy())


def test_flags_between_the_ones_named(tmp_path):
    """A mask in chunks of one flag, of which one between two others is damaged."""
    path, mask = granules.pair(tmp_path, lines=LINES, samples=SAMPLES, bands=7, band_mask=False)
    count = len(granules.MASK_LABELS["001"])
    with h5py.File(mask) as file:
        flags = file["mask"][...]
    rewrite(mask, "mask", chunks=(LINES, SAMPLES, 1), compression="gzip", fletcher32=True)
    spoil(mask, "mask", (0, 0, 1))
    assert count == flags.shape[2]
    seen = views.read(path, QUALITY_FLAGS="0,2", ORTHO="NO")
    masked = (flags[:, :, 0] == 1) | (flags[:, :, 2] == 1)
    assert ((seen == -9999).all(axis=0) == masked).all() and masked.any() and not masked.all()
    with pytest.raises(RuntimeError, match="MASK"):
        views.read(path, QUALITY_FLAGS="1", ORTHO="NO")


MEMORY = """
import resource, sys
from osgeo import gdal
gdal.UseExceptions()
gdal.SetCacheMax(1 << 30)
dataset = gdal.OpenEx(sys.argv[1], open_options=["ORTHO=NO", "NUM_THREADS=1"])
other = gdal.OpenEx(sys.argv[1], open_options=["ORTHO=NO", "NUM_THREADS=1"])
dataset.GetRasterBand(1).ReadAsArray()
other.GetRasterBand(1).ReadAsArray()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 30_000_000, -1))
sys.exit(int(dataset.GetRasterBand(2).ReadAsArray()[5, 7] != float(sys.argv[2])))
"""


def test_band_is_read_without_memory_for_read_ahead(tmp_path):
    """Sixteen bands of 2.5 MB are 40 MB."""
    data = np.arange(800 * 780 * 17, dtype="f4").reshape(800, 780, 17)
    path = granules.write(tmp_path, lines=800, samples=780, bands=17, data=data)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, path, str(data[5, 7, 1])], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
