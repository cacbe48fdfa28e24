# SPDX-License-Identifier: MIT
"""The program gdal, with subcommands in place of GDAL's older programs, on masked granules."""
import json

import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal
from programs import UTM, VERSION, Grid, centres, do, masked, to_degrees

pytestmark = pytest.mark.skipif(VERSION < 3130000, reason="it needs the program gdal of GDAL 3.13")

CLOUD = ("--oo", "QUALITY_FLAGS=cloud")


def raster(subcommand, *words):
    return do("gdal", "raster", subcommand, *words)


def cells_of(path):
    return views.pixels(gdal.Open(str(path)))


def named(path, **options):
    """The granule with the cloud flag and more options in its name."""
    more = "".join(f"&{key}={value}" for key, value in options.items())
    return f'EMIT:"{path}":reflectance?QUALITY_FLAGS=cloud{more}'


# ---- One granule ---------------------------------------------------------------------------------


@pytest.mark.interoperability("gdal raster convert", "GeoTIFF with open options")
def test_convert(scene, tmp_path):
    target = tmp_path / "out.tif"
    raster("convert", "-q", *CLOUD, "--oo", "WAVELENGTHS=GOOD", scene[0], target)
    views.assert_same(cells_of(target), masked(*scene, chosen="GOOD"))


@pytest.mark.interoperability("gdal raster info", "checksums of the masked bands")
def test_info(scene):
    report = json.loads(raster("info", "-f", "json", "--checksum", *CLOUD, scene[0]))
    expected = views.in_memory(masked(*scene))
    seen = [band["checksum"] for band in report["bands"]]
    assert seen == [expected.GetRasterBand(b + 1).Checksum() for b in range(len(seen))]
    assert [name.rsplit("/")[-1] for name in report["files"]] == [path.name for path in scene]


@pytest.mark.interoperability("gdal raster clip", "--bbox of whole cells: their pixels")
def test_clip(scene, tmp_path):
    cells = masked(*scene)
    west, across, _, north, _, down = reference.geotransform(scene[0])
    box = [west + 2 * across, north + 14 * down, west + 9 * across, north + 5 * down]
    target = tmp_path / "out.tif"
    raster("clip", "-q", *CLOUD, "--bbox", ",".join(map(repr, box)), scene[0], target)
    views.assert_same(cells_of(target), cells[:, 5:14, 2:9].copy())


@pytest.mark.interoperability("gdal raster pixel-info", "the masked spectrum at a place")
def test_spectrum_at_a_place(scene):
    cells = masked(*scene)
    plain = reference.view(scene[0])
    west, across, _, north, _, down = reference.geotransform(scene[0])
    visible = np.argwhere(cells[0] != -9999)
    hidden = np.argwhere((cells[0] == -9999) & (plain[0] != -9999))
    assert len(hidden)
    for row, column in [visible[3], visible[-7], hidden[0]]:
        place = f"{west + across * (column + 0.3)},{north + down * (row + 0.7)}"
        words = ["--position-crs", "EPSG:4326", "--position", place]
        report = json.loads(raster("pixel-info", *CLOUD, *words, scene[0]))
        bands = report["features"][0]["properties"]["bands"]
        spectrum = [band.get("raw_value", -9999) for band in bands]
        assert np.array_equal(np.float32(spectrum), cells[:, row, column])


@pytest.mark.interoperability("gdal raster zonal-stats", "count and mean of the clear pixels of a field")
def test_statistics_of_a_field(scene, tmp_path):
    west, across, _, north, _, down = reference.geotransform(scene[0])
    left, right, top, bottom = 3, 14, 2, 11
    ring = [[west + across * x, north + down * y] for x, y in
            [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]]
    zones = tmp_path / "field.geojson"
    zones.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    target = tmp_path / "out.csv"
    words = ["--zones", zones, "--stat", "count", "--stat", "mean", "--band", 4]
    raster("zonal-stats", "-q", *CLOUD, *words, scene[0], target)
    field = masked(*scene)[3, top:bottom, left:right]
    clear = field[field != -9999].astype("f8")
    count, mean = target.read_text().splitlines()[1].split(",")
    assert 0 < clear.size < np.count_nonzero(reference.view(scene[0])[3, top:bottom, left:right] != -9999)
    assert int(count) == clear.size
    np.testing.assert_allclose(float(mean), clear.mean(), rtol=1e-12)


@pytest.mark.interoperability("gdal raster overview", "add and delete for one choice of options")
def test_overviews(tmp_path):
    path, mask = granules.pair(tmp_path, lines=41, samples=33, bands=2)
    words = ["-q", "--external", *CLOUD]
    raster("overview", "add", *words, "--levels", 2, "-r", "average", path)
    cells = masked(path, mask)
    rows, columns = (-(-side // 2) for side in cells.shape[1:])
    expected = views.pixels(
        views.in_memory(cells, -9999),
        buf_xsize=columns,
        buf_ysize=rows,
        resample_alg=gdal.GRIORA_Average,
    )
    band = views.open_view(path, QUALITY_FLAGS="cloud").GetRasterBand(2)
    views.assert_same(band.GetOverview(0).ReadAsArray(), expected[1])
    assert views.open_view(path).GetRasterBand(2).GetOverviewCount() == 0
    raster("overview", "delete", *words, path)
    assert sorted(tmp_path.iterdir()) == sorted([path, mask])


@pytest.mark.interoperability("gdal raster tile", "web map tiles, by one process and by several")
@pytest.mark.parametrize("method", ["thread", "spawn"])
def test_tiles(tmp_path, method):
    """Every cell has a value of its own, so that tiles show which cells they come from."""
    data = np.arange(1, 1 + 90 * 80, dtype="f4").reshape(90, 80, 1)
    path, mask = granules.pair(tmp_path, lines=90, samples=80, bands=1, data=data)
    folder = tmp_path / "tiles"
    words = ["-r", "nearest", "--min-zoom", 13, "--max-zoom", 13, "--of", "GTiff"]
    words += ["--webviewer", "none", "-j", 2, "--parallel-method", method]
    raster("tile", "-q", *CLOUD, *words, path, folder)
    shown = {value for tile in folder.glob("13/*/*.tif") for value in np.unique(cells_of(tile)[0])}
    visible = set(np.unique(masked(path, mask))) - {-9999}
    assert shown - {0, -9999} == visible
    assert visible < set(np.unique(reference.view(path)))


# ---- Pipelines -----------------------------------------------------------------------------------


@pytest.mark.interoperability("gdal raster pipeline", "read with --oo, select bands, to UTM")
def test_pipeline(tmp_path):
    path, mask = granules.pair(tmp_path, lines=37, samples=29, bands=3)
    target = tmp_path / "utm.tif"
    steps = f"! select 3,1 ! reproject --error-threshold 0 --output-crs {UTM} ! write"
    raster("pipeline", "-q", "read", *CLOUD, path, *steps.split(), target)
    written = gdal.Open(str(target))
    cells = masked(path, mask)[[2, 0]]
    expected, clear = Grid(path, cells).at(*to_degrees(*centres(written), UTM))
    assert clear.mean() > 0.99 and np.count_nonzero(expected[0] != -9999) > 37 * 29 * 0.6
    assert np.array_equal(views.pixels(written)[:, clear], expected[:, clear])


@pytest.mark.interoperability("gdal raster pipeline", "kept as GDALG file, which opens with its options")
def test_pipeline_in_a_file(scene, tmp_path):
    target = tmp_path / "view.gdalg.json"
    raster("pipeline", "-q", "read", *CLOUD, scene[0], *"! select 5,2 ! write".split(), target)
    views.assert_same(cells_of(target), masked(*scene)[[4, 1]])


# ---- Several granules ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory):
    """Two scenes that overlap, and their mosaic: the later one on top where it has pixels."""
    apart, pairs = np.array([(0, 0), (9, 7)]), []
    for number, (right, down) in enumerate(apart):
        folder = tmp_path_factory.mktemp(f"scene{number}")
        data = np.random.default_rng(number).random((23, 19, 2)).astype("f4")
        origin = ((right - 14754) * granules.STEP, (57171 - down) * granules.STEP)
        pairs.append(
            granules.pair(folder, lines=23, samples=19, bands=2, origin=origin, data=data)
        )
    cells = [masked(*pair) for pair in pairs]
    columns, rows = (apart + [array.shape[:0:-1] for array in cells]).max(axis=0)
    expected = np.full((2, rows, columns), -9999, "f4")
    for (left, top), array in zip(apart, cells):
        part = expected[:, top : top + array.shape[1], left : left + array.shape[2]]
        part[array != -9999] = array[array != -9999]
    return [path for path, _ in pairs], expected


@pytest.mark.interoperability("gdal raster mosaic", "a list of names with options: the scenes' own pixels")
@pytest.mark.parametrize("ending", ["vrt", "tif"])
def test_mosaic_of_a_list(neighbours, tmp_path, ending):
    paths, expected = neighbours
    names, target = tmp_path / "names.txt", tmp_path / f"mosaic.{ending}"
    names.write_text("".join(named(path) + "\n" for path in paths))
    raster("mosaic", "-q", f"@{names}", target)
    views.assert_same(cells_of(target), expected)


@pytest.mark.interoperability("gdal raster mosaic", "a pipeline a granule: the scenes' own pixels")
def test_mosaic_of_pipelines(neighbours, tmp_path):
    paths, expected = neighbours
    target = tmp_path / "mosaic.tif"
    inputs = [word for path in paths for word in ("[", "read", *CLOUD, path, "]")]
    raster("pipeline", "-q", "mosaic", *inputs, "!", "write", target)
    views.assert_same(cells_of(target), expected)


@pytest.mark.interoperability("gdal raster calc", "NDVI of masked pixels, by a name with options")
def test_vegetation_index(tmp_path):
    data = np.random.default_rng(4).uniform(0.01, 0.6, (31, 22, 3)).astype("f4")
    path, mask = granules.pair(
        tmp_path, lines=31, samples=22, bands=3, wavelength=[550, 660, 860], data=data
    )
    target = tmp_path / "ndvi.tif"
    words = ["-i", "A=" + named(path, WAVELENGTHS="860,660"), "--propagate-nodata"]
    words += ["--nodata", -9999, "--calc", "(A[1]-A[2])/(A[1]+A[2])", "-o", target]
    raster("calc", "-q", *words)
    near, red = masked(path, mask, chosen="860,660").astype("f8")
    expected = np.where(near == -9999, -9999, (near - red) / (near + red))
    assert 300 < np.count_nonzero(expected != -9999)
    np.testing.assert_allclose(cells_of(target)[0], expected, rtol=1e-12)


@pytest.mark.parametrize("subcommand", ["mosaic", "stack", "calc"])
def test_where_gdal_forgets_open_options(scene, tmp_path, subcommand):
    """docs/gdal_command.md warns of these three. If this fails, GDAL has been fixed: update the page."""
    target = tmp_path / "out.tif"
    words = {"calc": ["--calc", "A", "-i", f"A={scene[0]}", "-o"]}.get(subcommand, [scene[0]])
    raster(subcommand, "-q", *CLOUD, *words, target)
    seen = cells_of(target).astype("f4")
    assert np.array_equal(seen, reference.view(scene[0]))
    assert not np.array_equal(seen, masked(*scene))
