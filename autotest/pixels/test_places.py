# SPDX-License-Identifier: MIT
"""Offsets of arrays in a file: odd, in chunks out of order, beyond 2 GiB."""
import granules
import h5py
import numpy as np
import pytest
import reference
import views

LINES, SAMPLES, BANDS = 37, 29, 11
SIZE = {"lines": LINES, "samples": SAMPLES}
LOCATION = ("location/lon", "location/lat", "location/elev", "location/glt_x", "location/glt_y")
MASKS = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES"}


def replace(file, name, create):
    """Stores the values of a variable anew; its netCDF dimensions lose their names."""
    old = file[name]
    values = old[:]
    attributes = {key: value for key, value in old.attrs.items() if not key.startswith(("DIM", "_Net"))}
    del file[name]
    create(file, name, values)
    for key, value in attributes.items():
        file[name].attrs.create(key, value, dtype=getattr(value, "dtype", None))


# ---- Odd offsets ---------------------------------------------------------------------------------


def store_at_odd_offset(file, name, values):
    """Shifts the next variable by fillers of odd size, small ones that HDF5 collects in blocks or large ones."""
    filler = np.zeros(1 if values.nbytes < 2048 else 4097, "u1")
    for attempt in range(4):
        trial = f"trial {name.replace('/', ' ')} {attempt}"
        if file.create_dataset(trial, data=values).id.get_offset() % 2 == 1:
            file.move(trial, name)
            return
        file.create_dataset(f"filler of {trial}", data=filler)
    raise AssertionError(f"{name} lies at even offsets only")


def move_to_odd_offsets(path, *names):
    with h5py.File(path, "a") as file:
        for name in names:
            replace(file, name, store_at_odd_offset)
    with h5py.File(path) as file:
        assert all(file[name].id.get_offset() % 2 == 1 for name in names)


@pytest.mark.parametrize("big_endian", [False, True])
def test_no_value_needs_to_be_aligned(tmp_path, big_endian):
    state = np.random.default_rng(5).random((2, LINES, SAMPLES))
    storage = {"endian": "big", "contiguous": True} if big_endian else None
    path = granules.write(tmp_path, version="002", bands=BANDS, state=state, storage=storage, **SIZE)
    mask = granules.write(
        tmp_path, "MASK", band_mask_octets=2, band_mask_type="u8", storage=storage,
        mask_storage=storage, **SIZE
    )
    states = ["state_variables/aerosol_optical_thickness", "state_variables/water_vapor"]
    bands = [f"sensor_band_parameters/{name}" for name in ("wavelengths", "fwhm", "good_wavelengths")]
    move_to_odd_offsets(path, "reflectance", *LOCATION, *states, *bands)
    move_to_odd_offsets(mask, "mask", "band_mask", *LOCATION)
    for ortho in ("GLT", "NEAREST", "NO"):
        options = {"ortho": ortho, "mask": mask, "quality_flags": "0,1,3,4", "band_mask_file": mask}
        seen = views.read(path, ORTHO=ortho, MASK_FILE=mask, **MASKS)
        views.assert_same(seen, reference.view(path, **options))
    for name in ("lon", "elev", "water_vapor"):
        views.assert_same(views.read(path, name), reference.view(path, name))
    for name in ("mask", "band_mask"):
        bands = range(16) if name == "band_mask" else None
        views.assert_same(views.read(mask, name), reference.view(mask, name, bands=bands))


def test_no_mineral_needs_to_be_aligned(tmp_path):
    path = granules.write(tmp_path, "MIN", **SIZE)
    layers = [f"group_{n}_{kind}" for n in (1, 2) for kind in ("mineral_id", "band_depth")]
    move_to_odd_offsets(path, *layers[:-1], *LOCATION)  # the last has the names of the dimensions
    for layer in layers:
        views.assert_same(views.read(path, layer), reference.view(path, layer))


# ---- Chunks --------------------------------------------------------------------------------------


ORDERS = {
    "backwards": lambda places: places[::-1],
    "from the middle on": lambda places: places[len(places) // 2 :] + places[: len(places) // 2],
}


def store_in_chunks(parts, order):
    """Deflated in parts x parts chunks, which are written in an order of their own."""

    def create(file, name, values):
        chunks = tuple(-(-size // parts) for size in values.shape[:2]) + values.shape[2:]
        stored = file.create_dataset(
            name, values.shape, values.dtype, chunks=chunks, compression=4, shuffle=True
        )
        for place in ORDERS[order](list(stored.iter_chunks())):
            stored[place] = values[place]

    return create


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
@pytest.mark.parametrize("order", ORDERS)
def test_chunks_lie_in_any_order(tmp_path, parts, order):
    path, mask = granules.pair(tmp_path, bands=BANDS, **SIZE)
    orders = []
    for file_path, names in ((path, ("reflectance", *LOCATION)), (mask, ("mask", "band_mask"))):
        with h5py.File(file_path, "a", rdcc_nbytes=0) as file:  # each chunk goes out at once
            for name in names:
                replace(file, name, store_in_chunks(parts, order))
                infos = [file[name].id.get_chunk_info(i) for i in range(parts * parts)]
                orders.append(np.diff([info.byte_offset for info in infos]))
    assert parts == 1 or all((steps < 0).any() for steps in orders)
    for ortho in ("GLT", "NEAREST"):
        options = {"ortho": ortho, "mask": mask, "quality_flags": "0,1,3,4", "band_mask_file": mask}
        dataset = views.open_view(path, ORTHO=ortho, **MASKS)
        expected = reference.view(path, **options)
        rows, columns = expected.shape[1:]
        for row in (rows // 2, 0, rows - 5):
            seen = views.pixels(dataset, xoff=3, yoff=row, xsize=columns - 7, ysize=5)
            views.assert_same(seen, expected[:, row : row + 5, 3 : columns - 4])
        views.assert_same(views.pixels(dataset), expected)


# ---- Beyond 2 GiB --------------------------------------------------------------------------------

LONG, WIDE, DEEP = 2560, 1242, 285  # the largest granule: a cube of 3.6 GB
ROWS, COLUMNS = 53, 41


def value_of(line, sample, band):
    """A value that differs between all positions that the test reads."""
    return (line * 7 + sample * 3 + band / 512).astype("f4")


def write_cube(group, pixels):
    """Nothing but the spectra of "pixels" is written: the file has holes."""
    sparse = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    sparse.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    sparse.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    space = h5py.h5s.create_simple((LONG, WIDE, DEEP))
    cube = h5py.Dataset(h5py.h5d.create(group.id, b"radiance", h5py.h5t.IEEE_F32LE, space, sparse))
    for line, sample in pixels:
        cube[line, sample] = value_of(line, sample, np.arange(DEEP))
    cube.attrs["_FillValue"] = np.float32(-9999)
    return cube


def write_large(path):
    """RAD: the cube comes first, so that all tables lie beyond 2 GiB."""
    row, column = np.mgrid[0:ROWS, 0:COLUMNS]
    line = (row * (LONG - 1)) // (ROWS - 1)  # from the first line to the last
    sample = (column * (WIDE - 1)) // (COLUMNS - 1)
    west, north, step = -8.0, 31.0, granules.STEP
    lon, lat = (np.full((LONG, WIDE), -9999.0) for _ in range(2))
    lon[line, sample] = west + (column + 0.5) * step
    lat[line, sample] = north - (row + 0.5) * step
    with h5py.File(path, "w") as file:
        cube = write_cube(file, set(zip(line.ravel(), sample.ravel())))
        for axis, name in enumerate(("downtrack", "crosstrack", "bands")):
            file[name] = np.arange(cube.shape[axis])
            file[name].make_scale(name)
            cube.dims[axis].attach_scale(file[name])
        file["sensor_band_parameters/wavelengths"] = granules.spectrum(DEEP)
        file["sensor_band_parameters/fwhm"] = np.full(DEEP, 8.5, "f4")
        for name, values in (("lon", lon), ("lat", lat), ("glt_x", sample + 1), ("glt_y", line + 1)):
            table = name.startswith("glt")
            keywords = {"compression": 4, "shuffle": True, "chunks": (18, 14)} if table else {}
            stored = file.create_dataset(
                f"location/{name}", data=values.astype("i4") if table else values, **keywords
            )
            stored.attrs["_FillValue"] = stored.dtype.type(-9999)
        file.attrs["geotransform"] = [west, step, -0.0, north, -0.0, -step]
        file.attrs["spatial_ref"] = granules.WKT
        file.attrs["time_coverage_start"] = "2022-09-03T16:31:29+0000"
        places = [cube.id.get_offset() + (cube.id.get_storage_size())]
        places += [file[f"location/{name}"].id.get_offset() for name in ("lon", "lat")]
        tables = [file[f"location/glt_{axis}"].id for axis in "xy"]
        places += [t.get_chunk_info(i).byte_offset for t in tables for i in range(9)]
    return line, sample, min(places)


def test_cubes_and_tables_may_lie_beyond_two_gibibytes(tmp_path):
    path = tmp_path / granules.file_name("RAD")
    line, sample, first_table = write_large(path)
    assert first_table > 2**31 and path.stat().st_size > 3.5e9
    if path.stat().st_blocks * 512 > 5e8:
        pytest.skip("the file system does not keep holes")
    with views.Messages() as messages:
        dataset = views.open_view(path)
        views.assert_same(views.pixels(dataset), value_of(line, sample, np.arange(DEEP)[:, None, None]))
        nearest = views.pixels(views.open_view(path, ORTHO="NEAREST"), band_list=[1, DEEP])
    views.assert_same(nearest, value_of(line, sample, np.array([0, DEEP - 1])[:, None, None]))
    assert not messages
    swath = views.open_view(path, ORTHO="NO")
    for at in ((0, 0), (LONG - 1, WIDE - 1), (line[22, 5], sample[22, 5])):
        spectrum = views.pixels(swath, xoff=int(at[1]), yoff=int(at[0]), xsize=1, ysize=1)
        views.assert_same(spectrum[:, 0, 0], value_of(*map(np.int64, at), np.arange(DEEP)))
    views.assert_same(views.read(path, "lat"), reference.view(path, "lat"))
