# SPDX-License-Identifier: MIT
"""examples/emit_index.py: one raster of many granules, compared with a mosaic by NumPy."""
import contextlib
import datetime
import io
import json
import shutil
import sys
import time
import urllib.parse
from pathlib import Path

import cmr
import granules
import numpy as np
import pytest
import qgis_process
import reference
import views
import webserver
from cmr import iso, stac, umm
from osgeo import gdal, ogr
from programs import VERSION, do, masked

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))

import emit_index  # noqa: E402

needs_gti = pytest.mark.skipif(VERSION < 3090000, reason="GTI came with GDAL 3.9")
STEP = granules.STEP
# Corner of the mission's lattice (from a granule of 2023), which the program knows without opening one.
CORNER = (146.39111738377301, -35.642894008129403)
TIMES = ("20230612T101112", "20230711T090807", "20230905T151413", "20240611T080706")
CLOUDS = (30, 4.5, 0, 61)
PLACES = ((0, 0), (31, -24), (-5, 11), (100, 90))  # columns and rows; the last one overlaps none
LINES, SAMPLES, BANDS = 47, 38, 3


def write_scene(folder, number, corner, place, **keywords):
    """A masked pair whose grid begins "place" cells from the corner."""
    layout = granules.geometry(LINES, SAMPLES)
    offset = np.array(corner) + np.array(place) * (STEP, -STEP)
    lon, lat = (layout[key] for key in ("lon", "lat"))
    moved = {
        "geotransform": np.array([offset[0], STEP, -0.0, offset[1], -0.0, -STEP]),
        "lon": lon + offset[0] - layout["geotransform"][0],
        "lat": lat + offset[1] - layout["geotransform"][3],
    }
    random = np.random.default_rng(number)
    data = random.random((LINES, SAMPLES, BANDS)).astype("f4")
    sizes = {"lines": LINES, "samples": SAMPLES, "bands": BANDS}
    return granules.pair(folder, time=TIMES[number], data=data, glt=moved, **sizes, **keywords)


class Archive:
    """Scenes in one folder."""

    def __init__(self, folder, corner=CORNER):
        self.folder = folder
        self.pairs = [write_scene(folder, n, corner, place) for n, place in enumerate(PLACES)]
        self.paths = [path for path, _ in self.pairs]

    def ring(self, number):
        """Longitudes and latitudes of the corner pixels."""
        lon, lat = (granules.stored(self.paths[number], f"/location/{name}") for name in ("lon", "lat"))
        return cmr.corner_pixels(lon, lat)

    def mosaic(self, order):
        """(array, corner) of the masked scenes, the last one of the order on top."""
        cells = {number: masked(*self.pairs[number]) for number in order}
        corners = {number: np.array(reference.geotransform(self.paths[number]))[[0, 3]] for number in order}
        west = min(corner[0] for corner in corners.values())
        north = max(corner[1] for corner in corners.values())
        at = {n: np.rint((c - (west, north)) / (STEP, -STEP)).astype(int) for n, c in corners.items()}
        columns, rows = np.max([at[n] + cells[n].shape[:0:-1] for n in order], axis=0)
        whole = np.full((BANDS, rows, columns), -9999, "f4")
        for number in order:
            (left, top), array = at[number], cells[number]
            part = whole[:, top : top + array.shape[1], left : left + array.shape[2]]
            part[array != -9999] = array[array != -9999]
        return whole, (west, north)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return Archive(tmp_path_factory.mktemp("archive"))


def entries(archive, kind, address=str):
    return [
        kind(address(path), archive.ring(n), iso(TIMES[n]), CLOUDS[n]) for n, path in enumerate(archive.paths)
    ]


def run(words, cwd):
    """Runs the program in this process: (what it prints, the message with which it fails)."""
    printed, failure = io.StringIO(), None
    with contextlib.chdir(cwd or "."), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            emit_index.main([str(word) for word in words])
        except SystemExit as ended:
            failure = str(ended.code)
        finally:
            ogr.DontUseExceptions()  # other tests of this process run without
    return printed.getvalue(), failure


def index(*words, cwd=None):
    printed, failure = run(words, cwd)
    assert failure is None, printed + failure
    return printed


def refusal(*words):
    printed, failure = run(words, None)
    assert failure is not None, printed
    return printed + failure


def target(folder, ending="gpkg"):
    """(output on the command line, file that is written): a VRT before GDAL 3.9."""
    path = folder / f"season.gti.{ending}"
    return path, path if VERSION >= 3090000 else folder / "season.vrt"


def rows(path):
    """Rank and fields of the index."""
    layer = (dataset := gdal.OpenEx(str(path), gdal.OF_VECTOR)).GetLayer(0)
    found = sorted((feature.items() for feature in layer), key=lambda row: row["rank"])
    del layer, dataset
    return found


def assert_shows(path, expected, corner, **options):
    """The raster is "expected", whose upper left corner is "corner", and empty around it."""
    dataset = views.open_name(path, **options)
    west, across, _, north, _, down = dataset.GetGeoTransform()
    assert (across, down) == (STEP, -STEP)
    left, top = (corner[0] - west) / STEP, (north - corner[1]) / STEP
    assert abs(left - round(left)) < 1e-6 and abs(top - round(top)) < 1e-6
    left, top = round(left), round(top)
    seen = views.pixels(dataset)
    part = seen[:, top : top + expected.shape[1], left : left + expected.shape[2]].copy()
    views.assert_same(part, expected)
    assert np.count_nonzero(seen != -9999) == np.count_nonzero(expected != -9999)
    assert dataset.GetRasterBand(2).GetNoDataValue() == -9999


CLOUD = ("-o", "QUALITY_FLAGS=cloud")

# ---- Pixels --------------------------------------------------------------------------------------


@pytest.mark.interoperability("emit_index.py", "granules in any order: gdalbuildvrt's pixels")
@pytest.mark.parametrize("ending", ["gpkg", "fgb"])
@pytest.mark.parametrize(
    "order, numbers",
    [("newest", (0, 1, 2, 3)), ("oldest", (3, 2, 1, 0)), ("clearest", (3, 0, 1, 2)), ("given", (2, 0, 3, 1))],
)
def test_pixels_of_an_order(archive, tmp_path, ending, order, numbers):
    listed, (asked, made) = tmp_path / "answer.json", target(tmp_path, ending)
    found = entries(archive, umm)
    listed.write_text(json.dumps({"hits": 4, "items": [found[n] for n in (2, 0, 3, 1)]}))
    index(*CLOUD, "--order", order, listed, asked)
    assert_shows(made, *archive.mosaic(numbers))
    expected = gdal.BuildVRT("", [str(archive.paths[n]) for n in numbers], options=["-oo", CLOUD[1]])
    views.assert_same(views.pixels(expected), archive.mosaic(numbers)[0])


def test_pixels_of_a_season(archive, tmp_path):
    listed, (asked, made) = tmp_path / "items.ndjson", target(tmp_path)
    listed.write_text("".join(json.dumps(item) + "\n" for item in entries(archive, stac)))
    index(*CLOUD, "--months", "6,7", "--until", "2023-12-31", "--max-cloud", 30, listed, asked)
    assert_shows(made, *archive.mosaic((0, 1)))


@needs_gti
def test_order_and_filter_of_gti(archive, tmp_path):
    asked, _ = target(tmp_path)
    listed = tmp_path / "answer.json"
    listed.write_text(json.dumps(entries(archive, umm)))
    index(*CLOUD, listed, asked)
    ways = [
        ((3, 0, 1, 2), {"SORT_FIELD": "cloud_cover", "SORT_FIELD_ASC": "NO"}),
        ((3, 2, 1, 0), {"SORT_FIELD": "datetime", "SORT_FIELD_ASC": "NO"}),
        ((0, 1), {"FILTER": "month IN (6, 7, 8) AND cloud_cover <= 30"}),
        ((2,), {"FILTER": "datetime >= '2023-08-01T00:00:00Z' AND day_night = 'Day' AND cloud_cover < 30"}),
    ]
    for numbers, options in ways:
        assert_shows(asked, *archive.mosaic(numbers), **options)


def filled(archive, number, corner, shape):
    """Cells of the mosaic that the scene fills, and its box there (left, top, right, bottom)."""
    place = np.array(reference.geotransform(archive.paths[number]))[[0, 3]]
    left, top = np.rint((place - corner) / (STEP, -STEP)).astype(int)
    cells = reference.glt_cells(archive.paths[number])[0]
    whole = np.zeros(shape, bool)
    whole[top : top + cells.shape[0], left : left + cells.shape[1]] = cells
    return whole, (left, top, left + cells.shape[1], top + cells.shape[0])


def corner_window(archive, number, other, corner):
    """Column and row of 2 x 2 cells of the scene; in the box of the other one, but six cells or more
    away from its swath."""
    expected, _ = archive.mosaic((0, 1, 2, 3))
    own, _ = filled(archive, number, corner, expected.shape[1:])
    good = own.copy()
    for each in {0, 1, 2, 3} - {number}:
        swath, (left, top, right, bottom) = filled(archive, each, corner, own.shape)
        for row, column in np.argwhere(swath):
            good[max(row - 7, 0) : row + 7, max(column - 7, 0) : column + 7] = False
        if each == other:
            good[:top], good[bottom:], good[:, :left], good[:, right:] = False, False, False, False
    inside = good[:-1, :-1] & good[1:, :-1] & good[:-1, 1:] & good[1:, 1:]
    row, column = np.argwhere(inside)[0]
    return int(column), int(row)


@needs_gti
@pytest.mark.interoperability("emit_index.py", "on a server: a window opens the granules below it")
@pytest.mark.parametrize("ending", ["gpkg", "fgb"])
def test_window_opens_only_the_granules_below_it(archive, tmp_path, ending):
    """On a server: none to make and to open the index, those whose swath is in the window to read it."""
    listed, (asked, _) = tmp_path / "answer.json", target(tmp_path, ending)
    with webserver.Nginx(archive.folder, tmp_path) as server:
        base = server.url("tagged").removeprefix("/vsicurl/")
        found = entries(archive, umm, lambda path: f"{base}{path.name}")
        listed.write_text(json.dumps({"items": found}))
        index(*CLOUD, "--like", archive.paths[0], "--margin", 2 * STEP, "--prefer", "http", listed, asked)
        dataset = views.open_name(asked)
        assert server.requests() == []
        expected, corner = archive.mosaic((0, 1, 2, 3))
        west, _, _, north, _, _ = dataset.GetGeoTransform()
        left, top = round((corner[0] - west) / STEP), round((north - corner[1]) / STEP)
        for number, other in ((3, None), (1, 0)):
            x, y = corner_window(archive, number, other, corner)
            seen = views.pixels(dataset, xoff=int(x + left), yoff=int(y + top), xsize=2, ysize=2)
            views.assert_same(seen, expected[:, y : y + 2, x : x + 2].copy())
            names = {request.path.split("/")[-1].split("?")[0] for request in server.requests()}
            read = {name for name in names if "_RFL_" in name and name.endswith(".nc")}
            assert read == {archive.paths[number].name}


@needs_gti
def test_bands_have_names_and_wavelengths(archive, tmp_path):
    asked, _ = target(tmp_path)
    index("-o", "WAVELENGTHS=2492,381", archive.folder, asked)
    granule = views.open_view(archive.paths[0], WAVELENGTHS="2492,381")
    dataset = gdal.Open(str(asked))
    assert dataset.RasterCount == 2
    for number in (1, 2):
        for domain in ("", "IMAGERY"):
            assert dataset.GetRasterBand(number).GetMetadata(domain) == granule.GetRasterBand(number).GetMetadata(domain)
        assert dataset.GetRasterBand(number).GetDescription() == granule.GetRasterBand(number).GetDescription()


@needs_gti
def test_index_survives_a_move(archive, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    shutil.copytree(archive.folder, old)
    index(*CLOUD, "old", "old/season.gti.gpkg", cwd=tmp_path)
    old.rename(new)
    assert_shows(new / "season.gti.gpkg", *archive.mosaic((0, 1, 2, 3)))


# ---- Inputs --------------------------------------------------------------------------------------


def test_kinds_of_input_give_the_same(archive, tmp_path):
    """Pages, one entry a line, items, a folder, a list, and addresses of files."""
    local, uri = entries(archive, umm), entries(archive, umm, lambda path: path.as_uri())
    texts = {
        "pages.json": json.dumps([{"items": local[:3]}, {"items": local[3:]}]),
        "joined.json": json.dumps({"items": local[:1]}) + json.dumps({"items": local[1:]}),
        "lines.json": "\n".join(map(json.dumps, uri)),
        "bare.json": json.dumps([entry["umm"] for entry in local]),
        "stac.json": json.dumps({"type": "FeatureCollection", "features": entries(archive, stac)}),
        "bom.json": "\ufeff" + json.dumps(entries(archive, stac)[:4]),
        "list.txt": "# scenes\n\n" + "".join(f"{path}\n" for path in archive.paths),
        "names.txt": "".join(f'EMIT:"{path}"\n' for path in archive.paths),
    }
    expected = archive.mosaic((0, 1, 2, 3))
    (tmp_path / "out").mkdir()
    asked, made = target(tmp_path / "out")
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        index(*CLOUD, tmp_path / name, asked)
        assert_shows(made, *expected)
    index(*CLOUD, archive.folder, asked)
    assert_shows(made, *expected)
    index(*CLOUD, *archive.paths, asked)
    assert_shows(made, *expected)


def test_options_of_a_list_are_part_of_the_names(archive, tmp_path):
    listed, (asked, made) = tmp_path / "list.txt", target(tmp_path)
    listed.write_text("".join(f'EMIT:"{path}":reflectance?NODATA=-9999\n' for path in archive.paths))
    index(*CLOUD, listed, asked)
    assert_shows(made, *archive.mosaic((0, 1, 2, 3)))


@pytest.mark.parametrize("name", ['a "b" & c?d=1.nc', "Ü 100%26#.nc", "$(x) 'y';.nc"])
def test_odd_names(archive, tmp_path, name):
    path, mask = archive.pairs[1]
    folder = tmp_path / "a b%20"
    folder.mkdir()
    shutil.copy(path, folder / name)
    shutil.copy(mask, folder)
    asked, made = target(tmp_path)
    (tmp_path / "list.txt").write_text(f"a b%20/{name}\n", encoding="utf-8")
    index(*CLOUD, "list.txt", asked.name, cwd=tmp_path)
    assert_shows(made, *archive.mosaic((1,)))


def test_duplicates_and_earlier_versions(archive, tmp_path):
    later = write_scene(tmp_path, 1, CORNER, PLACES[1], version="002")
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"{path}\n" for path in (*archive.paths, archive.paths[2], later[0])))
    asked, _ = target(tmp_path)
    assert "2 duplicates" in index(*CLOUD, listed, asked)
    found = emit_index.read_input(str(listed), None)
    assert later[0].name.removesuffix(".nc") in [
        each.stem for each in emit_index.without_duplicates(found, all_versions=False)
    ]
    assert len(emit_index.without_duplicates(found, all_versions=True)) == 5


def test_missing_fields(archive, tmp_path):
    """Without clouds a granule meets no condition on them; times are in the names."""
    listed, (asked, made) = tmp_path / "answer.json", target(tmp_path)
    bare = umm(str(archive.paths[0]), flag=None)
    odd = {"umm": {"GranuleUR": None, "RelatedUrls": [{"Type": None}, None], "SpatialExtent": None}}
    unnamed = {**stac(str(archive.paths[1]), archive.ring(1)), "bbox": None, "id": None}
    empty = [{"umm": {"RelatedUrls": None, "CloudCover": "n/a"}}, {"umm": ["x"]}, {"type": "Feature"}]
    empty += [{"type": "Feature", "assets": ["x"], "properties": 5, "geometry": {"coordinates": {}}, "bbox": {}}]
    listed.write_text(json.dumps([bare, odd, unnamed, *empty]))
    assert "5 items without a file" in index(*CLOUD, listed, asked)
    assert_shows(made, *archive.mosaic((0, 1)))
    assert "none of 2 granules" in refusal(*CLOUD, "--max-cloud", 99, listed, asked)


def test_granules_that_cannot_be_read(archive, tmp_path):
    """With --check those without a mask, or without pixels, are left out and named; GTI would pass over them."""
    folder = tmp_path / "granules"
    shutil.copytree(archive.folder, folder)
    paths = [folder / path.name for path in archive.paths]
    (folder / archive.pairs[1][1].name).unlink()
    paths[2].write_bytes(paths[2].read_bytes()[:3000])
    paths[3].unlink()
    asked, made = target(tmp_path)
    listed = tmp_path / "answer.json"
    listed.write_text(json.dumps(entries(archive, umm, lambda path: str(folder / path.name))))
    printed = index(*CLOUD, "--check", listed, asked)
    assert all(path.name in printed for path in paths[1:]) and "QUALITY_FLAGS" in printed
    assert "3 granules that cannot be opened" in printed and "no such file" in printed
    assert_shows(made, *archive.mosaic((0,)))


def test_clean_messages(archive, tmp_path):
    asked, _ = target(tmp_path)
    (tmp_path / "feed.json").write_text('{"feed": {"entry": []}}')
    (tmp_path / "error.json").write_text('{"errors": ["Collection does not exist"]}')
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "gone.txt").write_text("/nowhere/EMIT_L2A_RFL_001_20230612T101112_2307801_001.nc\n")
    (tmp_path / "cut.json").write_text('{"items": [')
    assert "granules.umm_json" in refusal(tmp_path / "feed.json", asked)
    assert "Collection does not exist" in refusal(tmp_path / "error.json", asked)
    assert "no granules" in refusal(tmp_path / "empty.txt", asked)
    assert "EMIT_L2A_RFL_001_20230612T101112" in refusal(tmp_path / "gone.txt", asked)
    assert "cut.json" in refusal(tmp_path / "cut.json", asked)
    assert "2" == refusal(archive.folder, tmp_path / "index.gpkg")[-1]  # argparse's exit code
    assert "nowhere" in refusal("--local", tmp_path / "nowhere", archive.folder, asked)
    assert "fog" in refusal("-o", "QUALITY_FLAGS=fog", archive.folder, asked)
    assert not asked.exists()


def test_an_output_that_cannot_be_written(archive, tmp_path):
    """An error, and no remains."""
    asked, made = target(tmp_path)
    made.mkdir()
    assert made.name in refusal(*CLOUD, archive.folder, asked)
    missing, _ = target(tmp_path / "missing")
    assert "missing" in refusal(*CLOUD, archive.folder, missing)
    assert list(tmp_path.iterdir()) == [made]


def test_options_that_the_driver_does_not_have(archive, tmp_path):
    """GDAL would warn, or later, or not at all, and show unmasked pixels. Addresses are not opened."""
    asked, _ = target(tmp_path)
    listed, there = tmp_path / "list.txt", tmp_path / "answer.json"
    listed.write_text(f'EMIT:"{archive.paths[0]}":reflectance?QUALITY_FLAG=cloud\n')
    far = entries(archive, umm, lambda path: f"https://nowhere.invalid/p/{path.name}")
    there.write_text(json.dumps({"items": far}))
    for source in (archive.folder, there):
        printed = refusal("-o", "QUALITY_FLAG=cloud", source, asked)
        assert "option QUALITY_FLAG:" in printed and "QUALITY_FLAGS" in printed
        assert "cloud is not KEY=VALUE" in refusal("-o", "cloud", source, asked)
    assert "option QUALITY_FLAG:" in refusal(listed, asked)
    index("-o", "quality_flags=cloud", archive.folder, asked)


def test_products_are_not_mixed(archive, tmp_path):
    """Radiance at the wavelengths of the reflectance, named by the mission or not, and masks of two versions."""
    size = ("--lines", 31, "--samples", 22, "--bands", BANDS, "--products", "RAD")
    (asked, _), listed = target(tmp_path), tmp_path / "list.txt"
    radiance = granules.make(tmp_path, *size, "--origin", f"{CORNER[0]},{CORNER[1]}")["RAD"]
    listed.write_text(f"{archive.paths[0]}\n{radiance}\n")
    assert "RAD, RFL" in refusal(listed, asked)
    renamed = radiance.rename(tmp_path / "emit.nc")
    listed.write_text(f"{archive.paths[0]}\n{renamed}\n")
    printed = index("--check", listed, asked)
    assert "radiance, not reflectance" in printed and "1 granules in" in printed
    masks = [f"https://host/EMIT_L2A_MASK_{version}_202406{version[1:]}T101112.nc" for version in ("002", "003")]
    listed.write_text("\n".join(masks))
    assert "MASK 002, MASK 003" in refusal("--product", "MASK", listed, asked)


@pytest.mark.parametrize("words", [("--months", "6,13"), ("--margin", "-1"), ("--margin", "nan")])
def test_conditions_that_cannot_be(archive, tmp_path, words):
    asked, _ = target(tmp_path)
    assert words[0] in refusal(*words, archive.folder, asked)


@pytest.mark.parametrize(
    "address, path",
    [
        ("https://host/a/EMIT_L2A_RFL_001_20230612T101112_2307801_001.nc?k=1",
         "/vsicurl/https://host/a/EMIT_L2A_RFL_001_20230612T101112_2307801_001.nc?k=1"),
        ("S3://bucket/a b.nc", "/vsis3/bucket/a b.nc"),
        ("gs://bucket/b.nc", "/vsigs/bucket/b.nc"),
        ("file:///a/b%20c%23.nc", "/a/b c#.nc"),
        ("file://localhost/a/b.nc", "/a/b.nc"),
        ("ftp://host/b.nc", "ftp://host/b.nc"),
        ("/vsizip//a/b.zip/c.nc", "/vsizip//a/b.zip/c.nc"),
    ],
)  # fmt: skip
def test_addresses(address, path):
    assert emit_index.gdal_path(address, "/here") == path


def test_an_ending_in_capitals(archive, tmp_path):
    for path in archive.folder.iterdir():
        shutil.copy(path, tmp_path / path.name.replace(".nc", ".NC"))
    asked, made = target(tmp_path)
    index(*CLOUD, tmp_path, asked)
    assert_shows(made, *archive.mosaic((0, 1, 2, 3)))


def test_local_files_replace_addresses(archive, tmp_path):
    listed, (asked, made) = tmp_path / "answer.json", target(tmp_path)
    there = entries(archive, umm, lambda path: f"https://nowhere.invalid/p/{path.stem}/{path.name}")
    listed.write_text(json.dumps({"items": there}))
    index(*CLOUD, "--local", archive.folder, listed, asked)
    assert_shows(made, *archive.mosaic((0, 1, 2, 3)))


# ---- Places --------------------------------------------------------------------------------------


def hull(points):
    return emit_index.footprint_of(points).GetEnvelope()


def test_footprint_across_the_antimeridian():
    """Beyond 180, as the granules' own grids, in one ring or in two halves."""
    assert hull([(179.5, 10), (-179.25, 10), (-179.5, 11), (179, 11)]) == (179, 180.75, 10, 11)
    assert hull([(179, 1), (180, 1), (180, 2), (-180, 1), (-180, 2), (-179.5, 1.5)])[:2] == (179, 180.5)
    assert hull([(-179, 1), (-178, 1), (-178.5, 2)]) == (-179, -178, 1, 2)
    assert hull(emit_index.box(179.5, -1, -179.5, 1)) == (179.5, 180.5, -1, 1)


@pytest.mark.parametrize("points", [[], [(1, 2)], [(1, 2), (3, 4)], [(None, 1), ("x", 2), (3, float("nan"))]])
def test_no_footprint(points):
    assert emit_index.footprint_of(points) is None


def test_scene_across_the_antimeridian(tmp_path):
    corner = (CORNER[0] + round(33.595 / STEP) * STEP, CORNER[1])
    archive = Archive(tmp_path, corner)
    wrapped = [[x - 360 if x > 180 else x, y] for x, y in archive.ring(0)]
    assert min(wrapped)[0] < -179 and max(wrapped)[0] > 179
    listed, (asked, made) = tmp_path / "answer.json", target(tmp_path)
    listed.write_text(json.dumps(umm(str(archive.paths[0]), wrapped, iso(TIMES[0]))))
    index(*CLOUD, listed, asked)
    assert_shows(made, *archive.mosaic((0,)))


# ---- Size ----------------------------------------------------------------------------------------


@needs_gti
def test_five_thousand_items(tmp_path):
    found = []
    for number in range(5000):
        stamp = (datetime.datetime(2023, 1, 1) + datetime.timedelta(hours=number)).strftime("%Y%m%dT%H%M%S")
        x, y = -170 + number % 300, -50 + number % 97
        name = f"EMIT_L2A_RFL_001_{stamp}_{2300000 + number}_{number % 900:03}"
        ring = [(x, y), (x + 0.9, y + 0.5), (x + 0.4, y + 1.3), (x - 0.5, y + 0.8)]
        address = f"https://host/lp-prod-protected/EMITL2ARFL.001/{name}/{name}.nc"
        found.append(umm(address, ring, iso(stamp), number % 101))
    listed, (asked, _) = tmp_path / "answer.json", target(tmp_path)
    listed.write_text(json.dumps([{"items": found[:2000]}, {"items": found[2000:]}]))
    began = time.process_time()
    index(*CLOUD, "--order", "clearest", listed, asked)
    assert time.process_time() - began < 5
    table = rows(asked)
    assert len(table) == 5000
    name = urllib.parse.urlsplit(found[100]["umm"]["RelatedUrls"][1]["URL"]).path.split("/")[-1]
    row = next(row for row in table if row["name"] == name.removesuffix(".nc"))
    assert row["location"].startswith('EMIT:"/vsicurl/https://host/lp-prod-protected/EMITL2ARFL.001/')
    assert row["location"].endswith(f'{name}":reflectance?QUALITY_FLAGS=cloud')
    assert (row["cloud_cover"], row["month"], row["day_night"], row["version"]) == (100, 1, "Day", "001")
    dataset = gdal.Open(str(asked))
    assert dataset.RasterCount == 285
    west, across, _, north, _, down = dataset.GetGeoTransform()
    assert (across, down) == (STEP, -STEP)
    for place, corner in ((west, CORNER[0]), (north, CORNER[1])):
        assert abs((place - corner) / STEP - round((place - corner) / STEP)) < 1e-6
    vectors = ogr.Open(str(asked))
    extents = vectors.GetLayer(0).GetExtent()
    assert west <= extents[0] and north >= extents[3]


# ---- Programs ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def season(archive, tmp_path_factory):
    """(index of all scenes, the mosaic that it has to show in its own extent, geotransform)."""
    asked, _ = target(tmp_path_factory.mktemp("season"))
    index(*CLOUD, archive.folder, asked)
    expected, corner = archive.mosaic((0, 1, 2, 3))
    dataset = gdal.Open(str(asked))
    transform = dataset.GetGeoTransform()
    whole = np.full((BANDS, dataset.RasterYSize, dataset.RasterXSize), -9999, "f4")
    left, top = round((corner[0] - transform[0]) / STEP), round((transform[3] - corner[1]) / STEP)
    whole[:, top : top + expected.shape[1], left : left + expected.shape[2]] = expected
    return asked, whole, transform


@needs_gti
@pytest.mark.interoperability("QGIS", "an index of emit_index.py: opens, pans, identifies")
def test_qgis(season, tmp_path, tmp_path_factory):
    path, expected, (west, across, _, north, _, down) = season
    rows, columns = expected.shape[1:]
    with qgis_process.starter(tmp_path_factory) as start:
        qgis = start()
        seen = qgis("describe", name=str(path))
        assert (seen["size"], seen["crs"], seen["nodata"]) == ([columns, rows], "EPSG:4326", -9999)
        shown = np.argwhere((expected != -9999).all(axis=0))
        for row, column in (shown[7], shown[len(shown) // 2], shown[-9]):
            place = {"x": west + across * (column + 0.5), "y": north + down * (row + 0.5)}
            values = qgis("identify", name=str(path), **place)
            assert np.array_equal(np.float32(values), expected[:, row, column])
        for left, top in ((30, 60), (41, 60), (52, 49)):  # where the map is moved to
            shown = expected[0, top : top + 16, left : left + 20] != -9999
            margin = across / 1e6
            extent = [west + across * left - margin, north + down * (top + 16) - margin]
            extent += [west + across * (left + 20) + margin, north + down * top + margin]
            picture = tmp_path / f"{left}.png"
            qgis("render", name=str(path), extent=extent, size=[140, 112], picture=str(picture))
            opaque = gdal.Open(str(picture)).ReadAsArray()[3, 3::7, 3::7] == 255  # middle of each cell
            assert np.array_equal(opaque, shown) and 0.2 < opaque.mean() < 1


@needs_gti
@pytest.mark.interoperability("Dask distributed", "an index of emit_index.py in chunks, by worker processes")
def test_dask(season):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    rioxarray = pytest.importorskip("rioxarray", reason="rioxarray is not installed")
    import clear_sky

    path, expected, _ = season
    with clear_sky.local_client(2) as client:
        cube = rioxarray.open_rasterio(str(path), chunks={"band": -1, "y": 32, "x": 32}, masked=True)
        counted, read = client.compute([cube.count(("y", "x")), cube])
        assert np.array_equal(counted.result().values, (expected != -9999).sum(axis=(1, 2)))
        assert np.array_equal(read.result().values, np.where(expected == -9999, np.nan, expected), equal_nan=True)


@pytest.mark.skipif(VERSION < 3130000, reason="it needs the program gdal of GDAL 3.13")
@pytest.mark.interoperability("gdal raster clip", "a window of an index of emit_index.py")
def test_gdal_raster(season, tmp_path):
    path, expected, (west, across, _, north, _, down) = season
    box = [west + 21 * across, north + 57 * down, west + 83 * across, north + 13 * down]
    words = ["-q", "--bbox", ",".join(map(repr, box)), path, tmp_path / "out.tif"]
    do("gdal", "raster", "clip", *words)
    views.assert_same(views.pixels(gdal.Open(str(tmp_path / "out.tif"))), expected[:, 13:57, 21:83].copy())
