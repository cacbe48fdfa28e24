# SPDX-License-Identifier: MIT
"""Lookup tables that contradict lon and lat: files cut along some dimension without re-basing them.

How far off a table is follows from the arrays that were written: the largest distance, along rows or
columns, between a filled cell and the pixel that it shows.
"""
import threading

import granules
import h5py
import numpy as np
import pytest
import real
import reference
import views
from osgeo import gdal

LINES, SAMPLES, BANDS = 97, 71, 3
WHOLE = granules.geometry(LINES, SAMPLES, 24.371)
ROWS, COLUMNS = WHOLE["glt_x"].shape
RAW = ("lon", "lat")
ORTHO = ("glt_x", "glt_y")


def cut(raw=(slice(None), slice(None)), ortho=(slice(None), slice(None))):
    """The arrays of a file after "ncks -d" or isel(): the table and geotransform as they were."""
    parts = {name: WHOLE[name][raw] for name in RAW}
    return {**WHOLE, **parts, **{name: WHOLE[name][ortho] for name in ORTHO}}


def mirrored(name, size):
    table = WHOLE[name]
    return {**WHOLE, name: np.where(table > 0, size + 1 - table, 0).astype("i4")}


CUTS = {
    "lines from 30": cut(raw=(slice(30, None), slice(None))),
    "lines 41 to 59": cut(raw=(slice(41, 60), slice(None))),
    "samples from 25": cut(raw=(slice(None), slice(25, None))),
    "lines and samples": cut(raw=(slice(20, 77), slice(13, 60))),
    "every second line": cut(raw=(slice(None, None, 2), slice(None))),
    "every third sample": cut(raw=(slice(None), slice(None, None, 3))),
    "every fifth sample": cut(raw=(slice(None), slice(None, None, 5))),
    "lines backwards": cut(raw=(slice(None, None, -1), slice(None))),
    "rows from 23": cut(ortho=(slice(23, None), slice(None))),
    "columns from 31": cut(ortho=(slice(None), slice(31, None))),
    "every second row": cut(ortho=(slice(None, None, 2), slice(None))),
    "rows backwards": cut(ortho=(slice(None, None, -1), slice(None))),
    "glt_x mirrored": mirrored("glt_x", SAMPLES),
    "glt_y mirrored": mirrored("glt_y", LINES),
    "geotransform of another grid": {
        **WHOLE,
        "geotransform": WHOLE["geotransform"] + [0.02, 0, 0, 0, 0, 0],
    },
}


def write(folder, layout, product="RFL", **keywords):
    lines, samples = layout["lon"].shape
    bands = {"band_mask_octets": 1} if product == "MASK" else {"bands": BANDS}
    return granules.write(
        folder, product, lines=lines, samples=samples, glt=layout, **bands, **keywords
    )


def write_with_or_without_lat(folder, layout, has_lat):
    path = write(folder, layout)
    if not has_lat:
        with h5py.File(path, "a") as file:
            del file["location/lat"]
    return path


def cells_off(layout):
    """Distances of all filled cells whose pixels have coordinates."""
    lines, samples = layout["lon"].shape
    x, y = layout["glt_x"], layout["glt_y"]
    rows, columns = np.nonzero((x >= 1) & (x <= samples) & (y >= 1) & (y <= lines))
    pixel = y[rows, columns] - 1, x[rows, columns] - 1
    left, step, _, top, _, step_down = layout["geotransform"]
    east = (layout["lon"][pixel] - left) / step - columns - 0.5
    south = (layout["lat"][pixel] - top) / step_down - rows - 0.5
    return np.maximum(abs(east), abs(south))


def assert_refused(path, message):
    assert str(path) in message and "ORTHO=NO" in message and "glt" in message


@pytest.mark.parametrize("kind", CUTS)
def test_tables_far_off_are_an_error(tmp_path, kind):
    layout = CUTS[kind]
    assert np.median(cells_off(layout)) > 10
    path = write(tmp_path, layout)
    for ortho in ("GLT", "NEAREST"):
        dataset = views.open_view(path, ORTHO=ortho)
        for _ in range(2):
            with pytest.raises(RuntimeError) as caught:
                dataset.ReadAsArray()
            assert_refused(path, str(caught.value))
    views.assert_same(views.read(path, ORTHO="NO"), reference.view(path, ortho="NO"))


@pytest.mark.parametrize("kind", ["lines from 30", "lines 41 to 59", "samples from 25"])
def test_a_cube_cut_without_its_location_is_an_error(tmp_path, kind):
    """As xarray writes a cut root group beside the location group of the whole granule."""
    path = write(tmp_path, CUTS[kind])
    expected = reference.view(path, ortho="NO")
    with h5py.File(path, "a") as file:
        for name in (*RAW, "elev"):
            del file[f"location/{name}"]
            if name != "elev":
                file[f"location/{name}"] = WHOLE[name]
    for ortho in ("GLT", "NEAREST"):
        message = views.refusal(path, ORTHO=ortho)
        assert_refused(path, message)
        assert f"{LINES} x {SAMPLES}" in message and "{} x {}".format(*expected.shape[1:]) in message
    views.assert_same(views.read(path, ORTHO="NO"), expected)


def test_every_read_through_the_table_is_refused(tmp_path):
    layout = CUTS["every second line"]
    path, mask = write(tmp_path, layout), write(tmp_path, layout, "MASK")
    options = {"QUALITY_FLAGS": "0,1", "BAND_MASK": "YES", "MASK_FILE": mask}
    datasets = {
        "masked": views.open_view(path, **options),
        "another variable": views.open_view(path, "lat"),
        "the band mask": views.open_view(mask, "band_mask"),
        "the mask": views.open_view(mask),
    }
    for what, dataset in datasets.items():
        with pytest.raises(RuntimeError, match="ORTHO=NO"):
            dataset.GetRasterBand(1).ReadAsArray()
            pytest.fail(what)


@pytest.mark.parametrize(
    "request_", [{"xoff": 3, "yoff": 2, "xsize": 1, "ysize": 1}, {"buf_xsize": 9, "buf_ysize": 8}]
)
def test_any_first_request_detects_it(tmp_path, request_):
    """Also one of a corner without a pixel, or of an overview."""
    dataset = views.open_view(write(tmp_path, CUTS["glt_x mirrored"]))
    with pytest.raises(RuntimeError, match="ORTHO=NO"):
        dataset.ReadAsArray(**request_)


def test_overviews_are_refused(tmp_path):
    layout = granules.geometry(470, 380, 24.371)
    layout["glt_y"] = np.where(layout["glt_y"] > 0, 471 - layout["glt_y"], 0).astype("i4")
    dataset = views.open_view(write(tmp_path, layout))
    with pytest.raises(RuntimeError, match="ORTHO=NO"):
        dataset.GetRasterBand(1).GetOverview(0).ReadAsArray()


FITTING = {
    "whole": WHOLE,
    "lines to 40": cut(raw=(slice(0, 41), slice(None))),
    "samples to 30": cut(raw=(slice(None), slice(0, 31))),
    "rows to 50, columns to 60": cut(ortho=(slice(0, 51), slice(0, 61))),
    "nothing filled": {**WHOLE, "glt_x": np.zeros_like(WHOLE["glt_x"])},
    "two lines, three samples": cut(raw=(slice(0, 2), slice(0, 3))),
    "a single cell": cut(ortho=(slice(50, 51), slice(50, 51))),
}
FITTING["a single cell"]["geotransform"] = WHOLE["geotransform"] + granules.STEP * np.array(
    [50, 0, 0, -50, 0, 0]
)


def rebased(line, sample):
    """A crop whose table counts its own pixels, also in cells of pixels that were cut out."""
    layout = cut(raw=(slice(line, line + 40), slice(sample, sample + 30)))
    x, y = WHOLE["glt_x"], WHOLE["glt_y"]
    return {**layout, "glt_x": np.where(x > 0, x - sample, 0), "glt_y": np.where(y > 0, y - line, 0)}


for place in ((0, 0), (0, 41), (57, 0), (57, 41), (20, 13)):
    FITTING["re-based from {}, {}".format(*place)] = rebased(*place)


@pytest.mark.parametrize("kind", FITTING)
def test_tables_that_fit_cause_no_warning(tmp_path, kind):
    layout = FITTING[kind]
    off = cells_off(layout)
    assert off.size == 0 or off.max() < 3
    path = write(tmp_path, layout)
    with views.Messages() as messages:
        views.assert_same(views.read(path), reference.view(path))
    assert not messages


@pytest.mark.parametrize("product", ["EMIT_L2A_MASK_001", "EMIT_L1B_OBS_001"])
def test_real_crops_fit(product):
    with views.Messages() as messages:
        views.read(real.crop(product), ORTHO="NEAREST")
    assert not messages


def shifted(rows):
    return {**WHOLE, "geotransform": WHOLE["geotransform"] - granules.STEP * np.array([0, 0, 0, rows, 0, 0])}


@pytest.mark.parametrize("rows", [-5, -3, 9])
def test_a_table_slightly_off_warns_once(tmp_path, rows):
    layout = shifted(rows)
    assert 2 < np.median(cells_off(layout)) < 10 and np.quantile(cells_off(layout), 0.85) > 3
    path = write(tmp_path, layout)
    expected = reference.view(path)
    with views.Messages() as messages:
        dataset = views.open_view(path)
        assert not messages
        for band in range(BANDS):
            views.assert_same(dataset.GetRasterBand(band + 1).ReadAsArray(), expected[band])
        assert len(messages) == 1
        views.read(path, "lon")  # another dataset warns again
    assert len(messages) == 2 and {kind for kind, _ in messages} == {gdal.CE_Warning}
    assert all(str(path) in text and "ORTHO=NO" in text for _, text in messages)


@pytest.mark.parametrize(
    "raw",
    [(slice(3, None), slice(None)), (slice(None), slice(2, None)), (slice(2, 80), slice(1, 60))],
    ids=["three lines", "two samples", "both sides"],
)
def test_the_first_lines_or_samples_cut_off_are_warned_of(tmp_path, raw):
    """Too near for other files, but a table that names pixels that are gone was not re-based."""
    layout = cut(raw=raw)
    assert 1.5 < np.median(cells_off(layout)) < 3 and np.quantile(cells_off(layout), 0.9) < 3
    path = write(tmp_path, layout)
    with views.Messages() as messages:
        views.assert_same(views.read(path), reference.view(path))
    assert [kind for kind, _ in messages] == [gdal.CE_Warning]
    assert str(path) in messages[0][1] and "ORTHO=NO" in messages[0][1]


def test_a_part_of_the_grid_far_off_is_warned_of(tmp_path):
    """As when two cuts are put together of which one was re-based: a third of the cells are wrong."""
    layout = {**WHOLE, "glt_y": WHOLE["glt_y"].copy()}
    part = layout["glt_y"][ROWS * 2 // 3 :]
    part[part > 0] = np.maximum(part[part > 0] - 40, 1)
    off = cells_off(layout)
    assert np.median(off) < 3 and np.mean(off > 10) > 0.15
    path = write(tmp_path, layout)
    with views.Messages() as messages:
        views.assert_same(views.read(path), reference.view(path))
    assert [kind for kind, _ in messages] == [gdal.CE_Warning]


@pytest.mark.parametrize("places", [True, False], ids=["with lon and lat", "without"])
def test_a_table_of_other_pixels_is_warned_of(tmp_path, places):
    """Lines and rows of the lower end, cut together: entries name lines that are no longer there."""
    layout = cut(raw=(slice(80, None), slice(None)), ortho=(slice(ROWS * 3 // 4, None), slice(None)))
    named = layout["glt_y"][layout["glt_y"] > 0]
    assert named.size > 100 and named.min() > LINES - 80
    path = write_with_or_without_lat(tmp_path, layout, places)
    with views.Messages() as messages:
        dataset = views.open_view(path)
        for _ in range(2):
            assert (dataset.ReadAsArray() == -9999).all()
    assert [kind for kind, _ in messages] == [gdal.CE_Warning]
    assert all(word in messages[0][1] for word in (str(path), "empty", "ORTHO=NO"))


@pytest.mark.parametrize("fill", [-1, -9999, 0])
@pytest.mark.parametrize("places", [True, False], ids=["with lon and lat", "without"])
def test_a_table_that_counts_from_zero_is_warned_of(tmp_path, fill, places):
    """As Python counts. Each cell shows the pixel before its own, which is too near to be an error."""
    filled = WHOLE["glt_x"] > 0
    table = {name: np.where(filled, WHOLE[name] - 1, fill).astype("i4") for name in ORTHO}
    path = write_with_or_without_lat(tmp_path, {**WHOLE, **table}, places)
    with views.Messages() as messages:
        dataset = views.open_view(path)
        for _ in range(2):
            dataset.ReadAsArray()
    assert [kind for kind, _ in messages] == [gdal.CE_Warning]
    assert all(word in messages[0][1] for word in (str(path), "from 0", "ORTHO=NO"))


def test_two_cells_off_are_tolerated(tmp_path):
    path = write(tmp_path, shifted(rows=-2))
    with views.Messages() as messages:
        views.assert_same(views.read(path), reference.view(path))
    assert not messages


@pytest.mark.parametrize("west", [179.98, -180.02])
def test_longitudes_may_count_from_another_meridian(tmp_path, west):
    layout = granules.geometry(LINES, SAMPLES, 24.371, (west, -17.0))
    layout["lon"] = (layout["lon"] + 180) % 360 - 180
    path = write(tmp_path, layout)
    with views.Messages() as messages:
        views.assert_same(views.read(path), reference.view(path))
    assert not messages
    layout["lon"] = layout["lon"][::-1]
    with pytest.raises(RuntimeError, match="ORTHO=NO"):
        views.read(write(tmp_path, {**layout, "lat": layout["lat"][::-1]}))


@pytest.mark.parametrize("missing", [-9999, np.nan])
def test_pixels_without_coordinates_are_not_compared(tmp_path, missing):
    """Nine in ten here; of the others every one is far off."""
    layout = {**CUTS["lines from 30"], "lon": CUTS["lines from 30"]["lon"].copy()}
    layout["lon"][np.arange(layout["lon"].size).reshape(layout["lon"].shape) % 10 > 0] = missing
    with pytest.raises(RuntimeError, match="ORTHO=NO"):
        views.read(write(tmp_path, layout))


@pytest.mark.parametrize("kind", ["lines from 30", "every second line", "lines and samples"])
def test_a_cut_table_without_coordinates_is_warned_of(tmp_path, kind):
    """As "ncks -v reflectance,glt_x,glt_y -d downtrack,30," leaves it: nothing shows how it was cut."""
    for layout, warned in ((WHOLE, False), (CUTS[kind], True)):
        path = write(tmp_path, layout)
        with h5py.File(path, "a") as file:
            del file["location/lat"], file["location/lon"]
        with views.Messages() as messages:
            assert (views.read(path) != -9999).any()
        assert [kind for kind, _ in messages] == [gdal.CE_Warning] * warned
        assert all(str(path) in text and "ORTHO=NO" in text for _, text in messages)


def test_without_coordinates_nothing_is_compared(tmp_path):
    layout = {**CUTS["lines from 30"], "lon": np.full_like(CUTS["lines from 30"]["lon"], -9999)}
    path = write(tmp_path, layout)
    views.assert_same(views.read(path), reference.view(path))
    path = write_with_or_without_lat(tmp_path, CUTS["lines from 30"], False)
    assert (views.read(path) != -9999).any()


@pytest.mark.parametrize("chunks", [(16, 9), (41, 71), (67, 1)])
def test_tables_and_places_may_be_chunked(tmp_path, chunks):
    layout = CUTS["lines from 30"]
    for name, right in (("cut", False), ("whole", True)):
        (tmp_path / name).mkdir()
        path = write(tmp_path / name, WHOLE if right else layout)
        rechunk(path, chunks)
        if right:
            views.assert_same(views.read(path), reference.view(path))
        else:
            with pytest.raises(RuntimeError, match="ORTHO=NO"):
                views.read(path, xoff=0)


def rechunk(path, chunks):
    """lon, lat and the table in deflated chunks of some shape."""
    with h5py.File(path, "a") as file:
        for name in (*RAW, *ORTHO):
            values = file[f"location/{name}"][:]
            del file[f"location/{name}"]
            shape = tuple(min(pair) for pair in zip(chunks, values.shape))
            file["location"].create_dataset(
                name, data=values, chunks=shape, compression=1, shuffle=True
            )


def test_damaged_coordinates_fail_no_pixel(tmp_path):
    """lon cannot be read, but was not requested."""
    path = write(tmp_path, WHOLE)
    rechunk(path, (40, 40))
    with h5py.File(path) as file:
        chunks = [file["location/lon"].id.get_chunk_info(i) for i in range(6)]
    content = bytearray(path.read_bytes())
    for chunk in chunks:
        content[chunk.byte_offset : chunk.byte_offset + chunk.size] = b"\xff" * chunk.size
    expected = reference.view(path)
    path.write_bytes(content)
    views.assert_same(views.read(path), expected)
    with pytest.raises(RuntimeError):
        views.read(path, "lon")


@pytest.mark.parametrize("layout, failures, warnings", [(CUTS["rows from 23"], 8, 0), (shifted(-5), 0, 1)])
def test_many_threads_may_ask_first(tmp_path, layout, failures, warnings):
    """All of them fail, or one of them warns."""
    path = write(tmp_path, layout)
    for _ in range(5):
        datasets = [views.open_view(path).GetRasterBand(1)] * 8
        start, seen = threading.Barrier(8), []

        def ask(band):
            messages = []
            gdal.PushErrorHandler(lambda kind, _, text: messages.append(kind))
            start.wait()
            failed = band.ReadRaster() is None
            gdal.PopErrorHandler()
            seen.append((failed, messages.count(gdal.CE_Warning)))

        gdal.DontUseExceptions()
        try:
            threads = [threading.Thread(target=ask, args=(band,)) for band in datasets]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            gdal.UseExceptions()
        assert sum(failed for failed, _ in seen) == failures
        assert sum(count for _, count in seen) == warnings
