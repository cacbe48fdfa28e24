# SPDX-License-Identifier: MIT
"""examples/emit_spectra.py, and GDAL's own subcommands: spectra of places as a table, against NumPy."""
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import granules
import numpy as np
import pytest
import reference
import webserver
from line import Line
from osgeo import gdal, ogr, osr
from programs import UTM, VERSION, Grid, do, masked

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STEP = granules.STEP
LINES, SAMPLES, BANDS = 47, 38, 11
CLOUD = ("-o", "QUALITY_FLAGS=cloud")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Two scenes of one place, masked otherwise."""
    folder, found = tmp_path_factory.mktemp("scenes"), []
    for number, stamp in enumerate(("20230612T101112", "20230711T090807")):
        random = np.random.default_rng(number)
        data = random.random((LINES, SAMPLES, BANDS)).astype("f4")
        flags = granules.flags(LINES, SAMPLES, granules.MASK_LABELS["001"], seed=number + 5)
        sizes = {"lines": LINES, "samples": SAMPLES, "bands": BANDS}
        found.append(granules.pair(folder, time=stamp, data=data, mask_data=flags, **sizes))
    return found


def spectra(*words, succeeds=True, **environment):
    command = [sys.executable, str(EXAMPLES / "emit_spectra.py"), *(str(word) for word in words)]
    settings = {**os.environ, **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=settings, timeout=120)
    assert (done.returncode == 0) == succeeds and "Traceback" not in done.stderr, done.stdout + done.stderr
    return done.stdout + done.stderr


def read_csv(path):
    """[(row, values by band with NaN where empty), ...]"""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        (row, np.array([float(row[name] or "nan") for name in row if name.endswith(" nm")])) for row in rows
    ]


def random_places(path, count=60, seed=3):
    """Longitudes and latitudes in the granule's grid and around it."""
    grid, random = Grid(path, reference.view(path)), np.random.default_rng(seed)
    rows, columns = grid.cells.shape[1:]
    x, y = random.uniform(-3, columns + 3, count), random.uniform(-3, rows + 3, count)
    return grid.west + x * grid.across, grid.north + y * grid.down


def write_points(folder, lon, lat):
    target = folder / "places.csv"
    rows = [f"p{n},{x!r},{y!r}\n" for n, (x, y) in enumerate(zip(lon.tolist(), lat.tolist()))]
    target.write_text("name,lon,lat\n" + "".join(rows))
    return target


def write_shapes(folder, shapes, kind="Polygon"):
    """GeoJSON of {name: coordinates}."""
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": kind, "coordinates": shape}}
        for name, shape in shapes.items()
    ]
    target = folder / "fields.geojson"
    target.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return target


def nan_where_masked(cells):
    return np.where(cells == -9999, np.nan, cells.astype("f8"))


def assert_same(seen, cells):
    """Decimal numbers that read back as the same floats, empty where masked."""
    assert np.array_equal(np.float32(seen), nan_where_masked(cells).astype("f4"), equal_nan=True)


# ---- Points --------------------------------------------------------------------------------------


@pytest.mark.interoperability("emit_spectra.py", "points in two granules to CSV: values, masks")
def test_points(pairs, tmp_path):
    lon, lat = random_places(pairs[0][0])
    target = tmp_path / "out.csv"
    places = write_points(tmp_path, lon, lat)
    progress = spectra(*CLOUD, "-o", "BAND_MASK=YES", "--id", "name", places, *(rfl for rfl, _ in pairs), target)
    assert "100 - done" in progress
    expected = []
    for rfl, mask in pairs:
        grid = Grid(rfl, masked(rfl, mask, band_mask_file=mask))
        values, _ = grid.at(lon, lat)
        column, row = grid.places(lon, lat)
        inside = (column >= 0) & (column < grid.cells.shape[2]) & (row >= 0) & (row < grid.cells.shape[1])
        expected += [(f"p{n}", rfl.name, values[:, n]) for n in np.flatnonzero(inside)]
    seen = read_csv(target)
    assert [(row["place"], row["granule"]) for row, _ in seen] == [each[:2] for each in expected]
    partly = 0
    for (row, values), (name, _, truth) in zip(seen, expected):
        assert_same(values, truth)
        assert (row["cells"], row["clear"]) == ("1", str(int((truth != -9999).any())))
        assert float(row["lon"]) == lon[int(name[1:])] and float(row["lat"]) == lat[int(name[1:])]
        partly += 0 < np.isnan(values).sum() < BANDS
    assert {row["time"] for row, _ in seen} == {"2023-06-12T10:11:12Z", "2023-07-11T09:08:07Z"}
    assert partly and {row["clear"] for row, _ in seen} == {"0", "1"}


def test_geopackage_holds_the_same(pairs, tmp_path):
    places = write_points(tmp_path, *random_places(pairs[0][0], 20))
    names = [rfl for rfl, _ in pairs]
    for ending in ("csv", "gpkg"):
        spectra(*CLOUD, "--id", "name", places, *names, tmp_path / f"out.{ending}")
    spectra(*CLOUD, "--id", "name", places, *names, tmp_path / "out.gpkg")  # over the former one
    table = read_csv(tmp_path / "out.csv")
    dataset = ogr.Open(str(tmp_path / "out.gpkg"))
    layer = dataset.GetLayerByName("spectra")
    assert layer.GetFeatureCount() == len(table) > 10
    for feature, (row, values) in zip(layer, table):
        items = feature.items()
        seen = [np.nan if value is None else value for name, value in items.items() if name.endswith(" nm")]
        assert np.array_equal(seen, values, equal_nan=True)
        assert [items["place"], items["granule"], items["cells"]] == [row["place"], row["granule"], 1]
        time = feature.GetFieldAsDateTime(feature.GetFieldIndex("time"))
        assert "%04d-%02d-%02dT%02d:%02d:%02dZ" % tuple(map(int, time[:6])) == row["time"] and time[6] == 100
        point = feature.GetGeometryRef()
        assert (point.GetX(), point.GetY()) == (float(row["lon"]), float(row["lat"]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.gpkg", "places.csv"]


def test_places_in_another_crs(pairs, tmp_path):
    """A GeoPackage in UTM, without a field for the names."""
    lon, lat = random_places(pairs[0][0], 25)
    degrees, utm = osr.SpatialReference(), osr.SpatialReference()
    degrees.SetFromUserInput("OGC:CRS84")
    utm.SetFromUserInput(UTM)
    dataset = gdal.GetDriverByName("GPKG").Create(str(tmp_path / "utm.gpkg"), 0, 0, 0, gdal.GDT_Unknown)
    layer = dataset.CreateLayer("places", utm, ogr.wkbPoint)
    for x, y in zip(lon.tolist(), lat.tolist()):
        feature, point = ogr.Feature(layer.GetLayerDefn()), ogr.Geometry(ogr.wkbPoint)
        point.AddPoint_2D(x, y)
        point.Transform(osr.CoordinateTransformation(degrees, utm))
        feature.SetGeometry(point)
        layer.CreateFeature(feature)
    del feature, layer, dataset
    spectra(*CLOUD, tmp_path / "utm.gpkg", pairs[0][0], tmp_path / "out.csv")
    values, clear = Grid(pairs[0][0], masked(*pairs[0])).at(lon, lat)
    seen = {int(row["place"]) - 1: values for row, values in read_csv(tmp_path / "out.csv")}
    assert len(seen) > 12 and clear.all()
    for number, spectrum in seen.items():
        assert_same(spectrum, values[:, number])


def test_grid_beyond_the_antimeridian(tmp_path):
    rfl, mask = granules.pair(tmp_path, lines=31, samples=22, bands=4, origin=(179.995, -16.0))
    lon, lat = random_places(rfl, 40)
    assert (lon > 180).any() and (lon < 180).any()
    places = write_points(tmp_path, np.where(lon > 180, lon - 360, lon), lat)
    spectra(*CLOUD, "--id", "name", places, rfl, tmp_path / "out.csv")
    values, _ = Grid(rfl, masked(rfl, mask)).at(lon, lat)
    seen = read_csv(tmp_path / "out.csv")
    assert len(seen) > 20
    for row, spectrum in seen:
        assert_same(spectrum, values[:, int(row["place"][1:])])


# ---- Polygons ------------------------------------------------------------------------------------


def box(path, left, top, right, bottom):
    """The ring around whole cells, in degrees."""
    west, across, _, north, _, down = reference.geotransform(path)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return [[west + across * x, north + down * y] for x, y in corners]


@pytest.mark.interoperability("emit_spectra.py", "polygons: means and counts of clear cells")
def test_polygons(pairs, tmp_path):
    """One of several parts of reading, one with a hole, one that goes beyond the grid, one without a cell."""
    rfl, mask = pairs[0]
    cells = nan_where_masked(masked(rfl, mask, band_mask_file=mask))
    rows, columns = cells.shape[1:]
    inside = {"large": np.zeros((rows, columns), bool), "hole": np.zeros((rows, columns), bool)}
    inside["edge"], inside["far"] = np.zeros((2, rows, columns), bool)
    inside["large"][2 : rows - 3, 5 : columns - 4] = True
    inside["hole"][10:30, 12:33] = True
    inside["hole"][15:19, 20:31] = False
    inside["edge"][: rows // 2, columns - 20 :] = True
    shapes = {
        "large": [box(rfl, 5, 2, columns - 4, rows - 3)],
        "hole": [box(rfl, 12, 10, 33, 30), box(rfl, 20, 15, 31, 19)],
        "edge": [box(rfl, columns - 20, -8, columns + 9, rows // 2)],
        "tiny": [box(rfl, 20.1, 20.1, 20.3, 20.3)],
        "beside": [box(rfl, -9, 5, -2, 9)],
    }
    words = [*CLOUD, "-o", "BAND_MASK=YES", "-o", "NODATA=NAN", "--id", "name"]
    spectra(*words, write_shapes(tmp_path, shapes), rfl, tmp_path / "out.csv")
    seen = {row["place"]: (row, values) for row, values in read_csv(tmp_path / "out.csv")}
    assert set(seen) == {"large", "hole", "edge"}
    for name, (row, values) in seen.items():
        field = cells[:, inside[name]]
        np.testing.assert_allclose(values, np.nanmean(field, axis=1), rtol=1e-8)
        assert int(row["cells"]) == np.count_nonzero(inside[name])
        assert int(row["clear"]) == np.count_nonzero(~np.isnan(field).all(axis=0)) < int(row["cells"])


def test_parts_of_a_polygon_and_slanted_edges(pairs, tmp_path):
    """Cells count by their centres."""
    rfl, mask = pairs[1]
    cells = nan_where_masked(masked(rfl, mask))
    west, across, _, north, _, down = reference.geotransform(rfl)
    y, x = np.mgrid[0 : cells.shape[1], 0 : cells.shape[2]] + 0.5
    triangle = (y > 8.2) & (x > 6.7) & ((x - 6.7) / 21.3 + (y - 8.2) / 17.9 < 1)
    square = (x > 30) & (x < 34) & (y > 30) & (y < 37)
    corners = [(6.7, 8.2), (28.0, 8.2), (6.7, 26.1), (6.7, 8.2)]
    ring = [[west + across * a, north + down * b] for a, b in corners]
    shapes = {"both": [[ring], [box(rfl, 30, 30, 34, 37)]]}
    spectra(*CLOUD, write_shapes(tmp_path, shapes, "MultiPolygon"), rfl, tmp_path / "out.csv")
    ((row, values),) = read_csv(tmp_path / "out.csv")
    field = cells[:, triangle | square]
    assert int(row["cells"]) == field.shape[1]
    assert int(row["clear"]) == np.count_nonzero(~np.isnan(field[0]))
    np.testing.assert_allclose(values, np.nanmean(field, axis=1), rtol=1e-8)


def test_a_polygon_that_is_cut_at_the_antimeridian(tmp_path):
    """As GeoJSON cuts it, on a grid beyond 180: both parts count, at the place between them. Islands all over the globe stay."""
    rfl, mask = granules.pair(tmp_path, lines=31, samples=22, bands=4, origin=(179.995, -16.0))
    cells = nan_where_masked(masked(rfl, mask))
    west, across, _, north, _, down = reference.geotransform(rfl)
    rows, columns = cells.shape[1:]
    seam = int(np.ceil((180 - west) / across))
    left, right, top, bottom = west + 3 * across, west + (columns - 4) * across, north + 4 * down, north + (rows - 5) * down
    assert 4 < seam < columns - 5

    def part(x1, x2):
        return [[[x1, top], [x2, top], [x2, bottom], [x1, bottom], [x1, top]]]

    halves = [part(left, 180), part(-180, right - 360)]
    shapes = {"cut": halves, "islands": [*halves, part(-60, -59), part(2, 3), part(100, 101)]}
    spectra(*CLOUD, "--id", "name", write_shapes(tmp_path, shapes, "MultiPolygon"), rfl, tmp_path / "out.csv")
    row, values = read_csv(tmp_path / "out.csv")[0]
    field = cells[:, 4 : rows - 5, 3 : columns - 4].reshape(4, -1)
    assert int(row["cells"]) == field.shape[1]
    np.testing.assert_allclose(values, np.nanmean(field, axis=1), rtol=1e-8)
    assert abs(float(row["lon"]) - (left + right) / 2) < across


# ---- Inputs and errors ---------------------------------------------------------------------------


@pytest.mark.skipif(VERSION < 3090000, reason="GTI came with GDAL 3.9")
def test_granules_of_an_index(pairs, tmp_path):
    """Only those at the places, with the options in their names."""
    far = granules.pair(tmp_path, lines=21, samples=17, bands=BANDS, origin=(3.0, 4.0), time="20240101T000000")
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"{path}\n" for path in (pairs[1][0], far[0], pairs[0][0])))
    index = tmp_path / "season.gti.gpkg"
    do_index = [sys.executable, EXAMPLES / "emit_index.py", *CLOUD, "--order", "newest", listed, index]
    subprocess.run([str(word) for word in do_index], check=True, capture_output=True)
    places = write_points(tmp_path, *random_places(pairs[0][0], 12))
    spectra("--id", "name", places, index, tmp_path / "out.csv")
    spectra(*CLOUD, "--id", "name", places, pairs[0][0], pairs[1][0], tmp_path / "same.csv")
    assert (tmp_path / "out.csv").read_text() == (tmp_path / "same.csv").read_text()


@pytest.mark.skipif(VERSION < 3090000, reason="GTI came with GDAL 3.9")
def test_index_at_the_antimeridian(tmp_path):
    """A scene beyond 180 and one that begins at -180, at places on both sides and in a polygon that is cut."""
    size = {"lines": 31, "samples": 22, "bands": 4}
    across = granules.pair(tmp_path, **size, origin=(179.995, -16.0))[0]
    west = granules.pair(tmp_path, **size, origin=(-179.9995, -16.0), time="20240606T010203")[0]
    index = tmp_path / "both.gti.gpkg"
    do_index = [sys.executable, EXAMPLES / "emit_index.py", across, west, index]
    subprocess.run([str(word) for word in do_index], check=True, capture_output=True)
    points = write_points(tmp_path, np.array([179.9985, -179.9975]), np.array([-16.006, -16.006]))
    field = [[[[x, -16.004], [x + 0.003, -16.004], [x + 0.003, -16.009], [x, -16.009], [x, -16.004]]] for x in (179.997, -180)]
    for places in (points, write_shapes(tmp_path, {"cut": field}, "MultiPolygon")):
        spectra("--id", "name", places, index, tmp_path / "out.csv")
        spectra("--id", "name", places, across, west, tmp_path / "same.csv")
        tables = [(tmp_path / name).read_text().splitlines() for name in ("out.csv", "same.csv")]
        assert sorted(tables[0]) == sorted(tables[1]) and {row.split(",")[3] for row in tables[0][1:]} == {across.name, west.name}


def test_errors_name_the_cause(pairs, tmp_path):
    rfl, mask = pairs[0]
    places = write_points(tmp_path, *random_places(rfl, 3))
    line = write_shapes(tmp_path, {"l": [[-8, 31], [-7, 30]]}, "LineString")
    target = tmp_path / "out.csv"
    assert "fields.geojson: place" in spectra(line, rfl, target, succeeds=False)
    assert "fog" in spectra("-o", "QUALITY_FLAGS=fog", places, rfl, target, succeeds=False)
    assert "other bands" in spectra(places, rfl, mask, target, succeeds=False)
    size = ("--lines", LINES, "--samples", SAMPLES, "--bands", BANDS, "--products", "RFL,RAD")
    same_bands = granules.make(tmp_path, *size)
    assert "other bands" in spectra(places, same_bands["RFL"], same_bands["RAD"], target, succeeds=False)
    assert ".xlsx" in spectra(places, rfl, tmp_path / "out.xlsx", succeeds=False)
    assert "nowhere.nc" in spectra(places, "nowhere.nc", target, succeeds=False)
    for option in ("NOSUCH=1", "QUALITY_FLAG=cloud", "cloud"):  # of which GDAL may only warn
        assert f"option {option.partition('=')[0]}:" in spectra("-o", option, places, rfl, target, succeeds=False)
    assert not target.exists()
    before = places.read_bytes()
    assert "is an input" in spectra(places, rfl, os.path.relpath(places), succeeds=False)
    assert places.read_bytes() == before


def test_granules_without_a_place_or_a_main_variable(tmp_path):
    """Places must not count as columns and rows."""
    size = ("--lines", 31, "--samples", 22, "--bands", 4)
    swath = granules.make(tmp_path, *size, "--no-location", "--products", "RFL")["RFL"]
    mapped = granules.make(tmp_path, *size, "--products", "MIN", "--time", "20240606T010203")["MIN"]
    places, target = write_points(tmp_path, np.array([5.0]), np.array([7.0])), tmp_path / "out.csv"
    assert "no place on the map" in spectra(places, swath, target, succeeds=False)
    assert "no place on the map" in spectra("-o", "ORTHO=NO", "-o", "VARIABLE=elev", places, mapped, target, succeeds=False)
    assert "VARIABLE=" in spectra(places, mapped, target, succeeds=False)
    assert not target.exists()


def test_places_outside_are_mentioned(pairs, tmp_path):
    """Swapped coordinates, for example: a table without rows, and a message."""
    lon, lat = random_places(pairs[0][0], 5)
    message = "no place lies in a granule"
    assert message in spectra(write_points(tmp_path, lat, lon), pairs[0][0], tmp_path / "out.csv")
    assert read_csv(tmp_path / "out.csv") == []
    assert message not in spectra(write_points(tmp_path, lon, lat), pairs[0][0], tmp_path / "out.csv")


def test_spellings_of_tables(pairs, tmp_path):
    """Semicolons, tabs, a BOM, lines of Windows and capitals give the same rows; names that are not UTF-8 an error."""
    rfl = pairs[0][0]
    plain = write_points(tmp_path, *random_places(rfl, 7)).read_text()
    spellings = {
        "plain.csv": plain, "semicolon.csv": plain.replace(",", ";"), "tab.csv": plain.replace(",", "\t"),
        "bom.csv": "\ufeff" + plain, "windows.csv": plain.replace("\n", "\r\n"), "CAPITALS.CSV": plain,
    }  # fmt: skip
    tables = []
    for name, text in spellings.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        spectra("--id", "name", tmp_path / name, rfl, tmp_path / "out.CSV")
        tables.append((tmp_path / "out.CSV").read_text())
    assert len(set(tables)) == 1 and len(tables[0].splitlines()) > 2
    (tmp_path / "latin.csv").write_bytes(plain.replace("p", "\xe4").encode("latin-1"))
    assert "utf-8" in spectra("--id", "name", tmp_path / "latin.csv", rfl, tmp_path / "no.csv", succeeds=False)


# ---- Cost ----------------------------------------------------------------------------------------


@pytest.mark.cost
def test_requests_to_a_server(pairs, tmp_path):
    """Once a granule is open and its table and flags are read: at most 1.5 a place."""
    folder = tmp_path / "served"
    folder.mkdir()
    sizes = {"lines": 260, "samples": 230, "bands": 60}
    rfl, mask = granules.pair(folder, band_mask=False, **sizes)
    lon, lat = random_places(rfl, 200)
    few, many = tmp_path / "few", tmp_path / "many"
    few.mkdir()
    many.mkdir()
    settings = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
    with webserver.Nginx(folder, tmp_path) as server:
        counts = []
        for place, number in ((few, 40), (many, 200)):
            places = write_points(place, lon[:number], lat[:number])
            server.forget()
            words = [*CLOUD, "--id", "name", places, server.fresh_url(rfl.name), place / "out.csv"]
            spectra(*words, **settings)
            counts.append(len(server.requests()))
        signed = f"{server.fresh_url(rfl.name)}?X-Amz-Signature=a/b.c"
        spectra("--id", "name", places, signed, tmp_path / "signed.csv", **settings)
    assert {row["granule"] for row, _ in read_csv(tmp_path / "signed.csv")} == {rfl.name}
    rows = [len(read_csv(place / "out.csv")) for place in (few, many)]
    assert counts[1] - counts[0] <= 1.5 * (rows[1] - rows[0])
    values, _ = Grid(rfl, masked(rfl, mask)).at(lon, lat)
    for row, spectrum in read_csv(many / "out.csv"):
        assert_same(spectrum, values[:, int(row["place"][1:])])


def requests_over_a_line(folder, places, names, target):
    """Requests of the example to a far server, and how many of them waited for one another."""
    settings = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "no_proxy": "*"}
    with webserver.Nginx(folder, target.parent) as server:
        with Line((webserver.DATA_HOST, server.ports["data"]), 0.05, 1e9) as line:
            urls = [f"/vsicurl/http://127.0.0.1:{line.port}/blind/{name}" for name in names]
            spectra(*CLOUD, "--id", "name", places, *urls, target, **settings)
            return len(server.requests()), line.rounds()


@pytest.mark.cost
def test_a_far_server_answers_many_requests_at_once(tmp_path):
    """Places of one granule and granules: a fraction of the round trips, in the order of the command."""
    folder, random = tmp_path / "served", np.random.default_rng(11)
    folder.mkdir()
    scenes = []
    for number, stamp in enumerate(("20230612T101112", "20230711T090807", "20230809T080910")):
        data = random.random((150 + number, 131, 40)).astype("f4")
        sizes = {"lines": 150 + number, "samples": 131, "bands": 40}
        scenes.append(granules.pair(folder, time=stamp, data=data, band_mask=False, **sizes))
    lon, lat = random_places(scenes[0][0], 240)
    target = tmp_path / "out.csv"
    places = write_points(tmp_path, lon, lat)
    requests, rounds = requests_over_a_line(folder, places, [rfl.name for rfl, _ in scenes], target)
    rows = read_csv(target)
    expected = []
    for rfl, mask in scenes:
        grid = Grid(rfl, masked(rfl, mask))
        column, row = grid.places(lon, lat)
        inside = (column >= 0) & (column < grid.cells.shape[2]) & (row >= 0) & (row < grid.cells.shape[1])
        expected += [(f"p{n}", rfl.name, grid.at(lon, lat)[0][:, n]) for n in np.flatnonzero(inside)]
    assert [(row["place"], row["granule"]) for row, _ in rows] == [each[:2] for each in expected]
    for (_, values), (_, _, truth) in zip(rows, expected):
        assert_same(values, truth)
    assert len(rows) > 500 and requests <= 1.5 * len(rows)
    assert rounds < requests / 3


@pytest.mark.slow
def test_a_thousand_places_in_twenty_full_granules(full, tmp_path):
    """Names of one file by hard links, so that the page cache holds all."""
    names = []
    for number in range(20):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        for path in full:
            os.link(path, folder / path.name)
        names.append(folder / full[0].name)
    full[0].read_bytes()
    dataset = gdal.Open(str(full[0]))
    west, across, _, north, _, down = dataset.GetGeoTransform()
    random = np.random.default_rng(1)
    x, y = (random.uniform(0.2, 0.8, 1000) * side for side in (dataset.RasterXSize, dataset.RasterYSize))
    places = write_points(tmp_path, west + across * x, north + down * y)
    before = os.times()
    spectra(*CLOUD, "--id", "name", places, *names, tmp_path / "out.csv")
    after = os.times()
    seen = read_csv(tmp_path / "out.csv")
    assert len(seen) == 20_000
    assert after.children_user + after.children_system - before.children_user - before.children_system < 10
    cube = gdal.OpenEx(str(full[0]), open_options=[CLOUD[1]])
    for row, spectrum in seen[::997]:
        number = int(row["place"][1:])
        truth = cube.ReadAsArray(int(x[number]), int(y[number]), 1, 1).ravel()
        assert_same(spectrum, truth)


# ---- GDAL's own ----------------------------------------------------------------------------------

needs_gdal_program = pytest.mark.skipif(
    VERSION < 3130000, reason="it needs the program gdal of GDAL 3.13"
)


@needs_gdal_program
@pytest.mark.interoperability("gdal raster pixel-info", "--position-dataset: masked spectra of places")
def test_pixel_info_of_a_file_of_places(pairs, tmp_path):
    rfl, mask = pairs[0]
    lon, lat = random_places(rfl, 30)
    shapes = {f"p{n}": [x, y] for n, (x, y) in enumerate(zip(lon.tolist(), lat.tolist()))}
    target = tmp_path / "out.csv"
    places = write_shapes(tmp_path, shapes, "Point")
    name = f'EMIT:"{rfl}":reflectance?QUALITY_FLAGS=cloud'
    do("gdal", "raster", "pixel-info", "--position-dataset", places, "-f", "CSV", "-o", target, name)
    values, _ = Grid(rfl, masked(rfl, mask)).at(lon, lat)
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == list(shapes)
    for number, row in enumerate(rows):
        seen = [float(row[f"band_{band + 1}_raw_value"] or "nan") for band in range(BANDS)]
        assert_same(seen, values[:, number])
