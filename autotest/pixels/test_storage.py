# SPDX-License-Identifier: MIT
"""The pixels do not depend on how the values are stored."""
import zlib

import granules
import h5py
import netCDF4
import numpy as np
import pytest
import reference
import views

LINES, SAMPLES, BANDS = 19, 14, 11
CHUNKS = [
    (1, SAMPLES, BANDS),
    (LINES, SAMPLES, 1),
    (LINES, 1, BANDS),
    (LINES, SAMPLES, BANDS),
    (1, 1, BANDS),
    (1, 1, 1),
    (7, 5, 3),
    (4, 13, 10),
    (18, 3, 6),
]
DEFLATE = {"zlib": True, "complevel": 4, "shuffle": False}
FILTERS = {
    "plain": {"zlib": False, "shuffle": False},
    "deflate": DEFLATE,
    "deflate-shuffle": {**DEFLATE, "shuffle": True},
    "deflate-9-shuffle": {**DEFLATE, "complevel": 9, "shuffle": True},
    "fletcher32": {"zlib": False, "shuffle": False, "fletcher32": True},
    "deflate-shuffle-fletcher32": {**DEFLATE, "shuffle": True, "fletcher32": True},
}


def assert_reads(path, mask=None):
    """Both views, masked where there is a mask, equal netCDF4's values through the reference."""
    for ortho in ("GLT", "NO"):
        views.assert_same(views.read(path, ORTHO=ortho), reference.view(path, ortho=ortho))
        if mask:
            seen = views.read(path, ORTHO=ortho, QUALITY_FLAGS="0,1,3,4", BAND_MASK="YES")
            expected = reference.view(
                path, ortho=ortho, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask
            )
            views.assert_same(seen, expected)


def assert_holds_positions(path):
    """Independent of netCDF4's reading: the values encode their position."""
    swath = np.moveaxis(views.read(path, ORTHO="NO"), 0, 2)
    assert np.array_equal(swath, granules.values(LINES, SAMPLES, BANDS))


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
def test_chunks_of_any_shape_and_filter_give_equal_pixels(tmp_path, chunks, filters):
    storage = {"chunksizes": chunks, **FILTERS[filters]}
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS, storage=storage)
    assert_reads(path)
    assert_holds_positions(path)


def test_contiguous_values_give_equal_pixels(tmp_path):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    assert h5py.File(path)["reflectance"].chunks is None
    assert_reads(path)
    assert_holds_positions(path)


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("chunks", [(1, SAMPLES, 2), (5, 3, 1), (LINES, SAMPLES, 2)])
@pytest.mark.parametrize("kind", ["u1", "u8"])
def test_masks_stored_in_any_way_mask_alike(tmp_path, chunks, filters, kind):
    path, mask = granules.pair(
        tmp_path,
        lines=LINES,
        samples=SAMPLES,
        bands=BANDS,
        band_mask_type=kind,
        mask_storage={"chunksizes": chunks, **FILTERS[filters]},
    )
    assert_reads(path, mask)


@pytest.mark.parametrize("chunks", [None, (6, 14, 11), (1, 5, 4)])
def test_big_endian_values_are_swapped(tmp_path, chunks):
    storage = {"endian": "big", "contiguous": True}
    if chunks:
        storage = {"endian": "big", "chunksizes": chunks, **FILTERS["deflate-shuffle"]}
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS, storage=storage)
    assert h5py.File(path)["reflectance"].dtype == ">f4"
    assert_reads(path)
    assert_holds_positions(path)


def test_big_endian_band_mask_is_swapped(tmp_path):
    path, mask = granules.pair(
        tmp_path,
        lines=LINES,
        samples=SAMPLES,
        bands=BANDS,
        band_mask_type="u8",
        mask_storage={"endian": "big", **DEFLATE},
    )
    assert_reads(path, mask)


@pytest.mark.parametrize("chunks", [None, (5, 4, 3)])
def test_values_never_written_are_nodata(tmp_path, chunks):
    storage = {"contiguous": True} if chunks is None else {"chunksizes": chunks, **DEFLATE}
    path = granules.write(tmp_path, bands=6, storage=storage, unwritten=True)
    assert h5py.File(path)["reflectance"].id.get_storage_size() in (0, 7 * 5 * 6 * 4)
    assert (views.read(path) == -9999).all()
    assert_reads(path)


def test_missing_chunks_hold_the_fill_value(tmp_path):
    storage = {"chunksizes": (4, 5, 3), **FILTERS["deflate-shuffle"]}
    path = granules.write(
        tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS, storage=storage, unwritten=True
    )
    with netCDF4.Dataset(str(path), "a") as dataset:
        dataset["reflectance"][4:8, 5:12, :] = granules.values(4, 7, BANDS)
    chunks = h5py.File(path)["reflectance"].id.get_num_chunks()
    assert 0 < chunks < 5 * 3 * 4
    assert_reads(path)


def test_missing_chunks_of_a_fill_value_other_than_nodata_hold_that(tmp_path):
    """h5py's own fill value, which no attribute names, is a value like any other."""
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    with h5py.File(path, "a") as file:
        shape = (LINES, SAMPLES, BANDS)
        made = _replace(file, shape=shape, dtype="f4", chunks=(6, 7, 4), fillvalue=7)
        made[0:6, 0:7, 0:4] = 3
    swath = views.read(path, ORTHO="NO")
    assert (swath[0:4, 0:6, 0:7] == 3).all()
    assert (swath[4:] == 7).all() and (swath[:, 6:] == 7).all()


def test_filters_that_were_skipped_for_a_chunk_are_not_undone(tmp_path):
    """HDF5 stores a chunk without a filter that failed, and records that in the chunk's filter mask."""
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    values = granules.values(LINES, SAMPLES, BANDS)
    with h5py.File(path, "a") as file:
        made = _replace(
            file, data=values, chunks=(5, SAMPLES, BANDS), compression=1, shuffle=True
        )
        for line, skipped in ((0, 0b11), (5, 0b10), (10, 0b01)):
            content = values[line : line + 5].astype("<f4").tobytes()
            if not skipped & 0b01:
                content = np.frombuffer(content, "u1").reshape(-1, 4).T.tobytes()
            if not skipped & 0b10:
                content = zlib.compress(content)
            made.id.write_direct_chunk((line, 0, 0), content, skipped)
    with h5py.File(path) as file:
        stored = file["reflectance"]
        masks = [stored.id.get_chunk_info(n).filter_mask for n in range(4)]
        assert masks == [0b11, 0b10, 0b01, 0] and np.array_equal(stored[:], values)
    assert_holds_positions(path)


def _replace(file, **keywords):
    """Stores "reflectance" anew with h5py's keywords."""
    del file["reflectance"]
    made = file.create_dataset("reflectance", **keywords)
    for axis, name in enumerate(("downtrack", "crosstrack", "bands")):
        made.dims[axis].attach_scale(file[name])
    return made


@pytest.mark.parametrize("compression, code", [("szip", 4), ("lzf", 32000)])
def test_unsupported_filters_are_left_to_hdf5(tmp_path, compression, code):
    assert h5py.h5z.filter_avail(code), "this HDF5 cannot write the test's file"
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    with h5py.File(path, "a") as file:
        _replace(
            file,
            data=granules.values(LINES, SAMPLES, BANDS),
            chunks=(5, 8, 4),
            compression=compression,
            shuffle=True,
        )
    assert_holds_positions(path)
    seen = views.read(path)
    swath = granules.values(LINES, SAMPLES, BANDS)
    filled, line, sample = reference.glt_cells(path)
    assert np.array_equal(seen[:, filled], swath[line[filled], sample[filled]].T)
    assert (seen[:, ~filled] == -9999).all()


def test_integer_layers_packed_by_scaleoffset_are_left_to_hdf5(tmp_path):
    path = granules.write(tmp_path, "MIN", lines=9, samples=13)
    expected = reference.view(path, "group_1_mineral_id")
    with h5py.File(path, "a") as file:
        ids = file["group_1_mineral_id"][:]
        del file["group_1_mineral_id"]
        made = file.create_dataset(
            "group_1_mineral_id", data=ids, chunks=(4, 5), scaleoffset=0, fillvalue=-9999
        )
        made.attrs["_FillValue"] = np.array([-9999], "i2")
        for axis, name in enumerate(("downtrack", "crosstrack")):
            made.dims[axis].attach_scale(file[name])
    views.assert_same(views.read(path, "group_1_mineral_id"), expected)


def test_double_reflectance_keeps_its_type(tmp_path):
    """A user's file: values that a float cannot hold."""
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    exact = granules.values(LINES, SAMPLES, BANDS, "f8") + 1 / 3
    with h5py.File(path, "a") as file:
        _replace(file, data=exact, chunks=(6, 7, 11), compression=4)
    views.assert_same(np.moveaxis(views.read(path, ORTHO="NO"), 0, 2), exact)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_files_of_every_hdf5_format_version_are_read(tmp_path, libver):
    """h5py with libver=latest writes other superblocks, chunk indices and object headers."""
    source = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    for chunks in ((LINES, SAMPLES, BANDS), (5, 4, 3)):
        path = tmp_path / f"emit_{libver}_{chunks[0]}.nc"
        with h5py.File(source) as old, h5py.File(path, "w", libver=libver) as new:
            for key, value in old.attrs.items():
                if not key.startswith("_NC"):
                    new.attrs[key] = value
            for group in ("location", "sensor_band_parameters"):
                for name, dataset in old[group].items():
                    new[f"{group}/{name}"] = dataset[:]
            for name in ("downtrack", "crosstrack", "bands"):
                new[name] = np.arange(old[name].shape[0], dtype="f4")
                new[name].make_scale(name)
            new["reflectance"] = 0
            _replace(new, data=old["reflectance"][:], chunks=chunks, compression=4, shuffle=True)
        assert_holds_positions(path)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--chunk", "16,20,9", "--deflate", "5", "--shuffle"],
        ["--chunk", "33,47,1", "--deflate", "1"],
        ["--chunk", "1,47,21", "--fletcher32"],
        ["--band-mask-type", "u64", "--glt-fill", "-9999"],
        ["--heading", "70", "--chunk", "5,47,21", "--deflate", "9", "--shuffle", "--fletcher32"],
    ],
    ids=" ".join,
)
def test_lifelike_granules_stored_in_any_way_give_the_reference_pixels(tmp_path, options):
    made = granules.make(tmp_path, "--lines", 33, "--samples", 47, "--bands", 21, *options)
    assert_reads(made["RFL"], made["MASK"])
