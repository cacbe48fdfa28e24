# SPDX-License-Identifier: MIT
"""GDAL's other programs on granules, against NumPy."""
import itertools
import json

import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal
from programs import UTM, Grid, centres, do, masked, to_degrees

STEP = granules.STEP

# ---- Warping -------------------------------------------------------------------------------------


@pytest.mark.interoperability("gdalwarp", "to UTM, with masks: each cell the pixel at its centre")
def test_warp_to_utm(tmp_path):
    path, mask = granules.pair(tmp_path, lines=37, samples=29, bands=3)
    target = tmp_path / "utm.tif"
    do("gdalwarp", "-q", "-et", 0, "-t_srs", UTM, "-oo", "QUALITY_FLAGS=cloud", path, target)
    written = gdal.Open(str(target))
    seen = views.pixels(written)
    assert written.GetRasterBand(1).GetNoDataValue() == -9999
    expected, clear = Grid(path, masked(path, mask)).at(*to_degrees(*centres(written), UTM))
    assert clear.mean() > 0.99 and np.count_nonzero(expected[0] != -9999) > 37 * 29 * 0.6
    assert np.array_equal(seen[:, clear], expected[:, clear])


@pytest.mark.interoperability("gdalwarp", "-geoloc of the raw swath: within a pixel of the table")
def test_warp_by_longitudes_and_latitudes(tmp_path):
    lines, samples = 53, 41
    layout = granules.geometry(lines, samples)
    data = np.stack([layout["lon"], layout["lat"]], axis=2).astype("f4")
    path = granules.write(tmp_path, lines=lines, samples=samples, bands=2, data=data)
    target = tmp_path / "out.tif"
    words = ["-q", "-geoloc", "-t_srs", "EPSG:4326", "-tr", STEP, STEP, "-oo", "ORTHO=NO"]
    do("gdalwarp", *words, path, target)
    written = gdal.Open(str(target))
    lon, lat = views.pixels(written)
    x, y = centres(written)
    filled = lon != -9999
    assert np.count_nonzero(filled) > lines * samples * 0.8
    assert np.abs(lon - x)[filled].max() < 1.5 * STEP and np.abs(lat - y)[filled].max() < 1.5 * STEP


# Of a field, clockwise: columns and rows.
CORNERS = np.array([(151.37, 52.71), (178.13, 41.29), (186.83, 70.57), (160.41, 77.19)])


def polygon(path, folder):
    """Writes the polygon of CORNERS (column, row) as GeoJSON; its corners in degrees."""
    west, across, _, north, _, down = reference.geotransform(path)
    corners = np.column_stack([west + across * CORNERS[:, 0], north + down * CORNERS[:, 1]])
    ring = [*corners.tolist(), corners[0].tolist()]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    target = folder / "field.geojson"
    target.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return target


def inside_polygon(column, row):
    """Whether places are within CORNERS, and whether they are clear of its edges."""
    edges = np.roll(CORNERS, -1, axis=0) - CORNERS
    sides = [
        (dx * (row - y) - dy * (column - x)) / np.hypot(dx, dy)
        for (x, y), (dx, dy) in zip(CORNERS, edges)
    ]
    nearest = np.min(sides, axis=0)
    return nearest > 0, np.abs(nearest) > 1e-3


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """A granule of 31 MB, of which a polygon covers a hundredth."""
    folder = tmp_path_factory.mktemp("field")
    path = granules.write(folder, lines=420, samples=310, bands=60, degrees=12)
    return path, polygon(path, folder)


@pytest.mark.interoperability("gdalwarp", "-cutline with a polygon, -crop_to_cutline")
def test_cut_along_a_polygon(field, tmp_path):
    path, outline = field
    target = tmp_path / "field.tif"
    do("gdalwarp", "-q", "-cutline", outline, "-crop_to_cutline", path, target)
    written = gdal.Open(str(target))
    grid = Grid(path, reference.view(path))
    lon, lat = centres(written)
    expected, on_cell = grid.at(lon, lat)
    within, off_edge = inside_polygon(*grid.places(lon, lat))
    expected[:, ~within] = -9999
    sure = on_cell & off_edge
    assert sure.mean() > 0.95 and np.count_nonzero(expected[0] != -9999) > 500
    assert np.array_equal(views.pixels(written)[:, sure], expected[:, sure])


@pytest.mark.cost
def test_cutting_reads_little_more_than_the_pixels_around_the_polygon(field, tmp_path):
    """Of 31 MB of reflectance, the pixels of the cells in the polygon's box, and the table."""
    path, outline = field
    filled, line, sample = reference.glt_cells(path)
    west, north = np.floor(CORNERS.min(axis=0)).astype(int) - 1
    east, south = np.ceil(CORNERS.max(axis=0)).astype(int) + 1
    box = filled[north:south, west:east]
    pixels = set(zip(line[north:south, west:east][box], sample[north:south, west:east][box]))
    needed = len(pixels) * 60 * 4
    table = 2 * filled.size * 4
    before = views.bytes_read()
    gdal.Warp(str(tmp_path / "f.tif"), str(path), cutlineDSName=str(outline), cropToCutline=True)
    read = views.bytes_read() - before
    assert needed < read < 1.5 * needed + table + 300_000
    assert path.stat().st_size > 15 * (1.5 * needed)


# ---- Mosaics -------------------------------------------------------------------------------------


@pytest.mark.parametrize("apart", [(9, -7), (-5, 1402), (1733, 4)])
@pytest.mark.parametrize("corner", [(-14754, 57171), (216403, -83007), (331951, 12)])
@pytest.mark.interoperability("gdalbuildvrt", "neighbours, with -oo: the scenes' own pixels")
def test_mosaic_of_neighbours(tmp_path, apart, corner):
    """Origins are whole numbers of cells from 0, as those of all granules."""
    scenes, where = [], np.array([(0, 0), apart])
    for number, place in enumerate(where):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        random = np.random.default_rng(number)
        scene = granules.pair(
            folder,
            lines=23,
            samples=19,
            bands=2,
            origin=tuple((np.array(corner) + place * [1, -1]) * STEP),
            data=random.random((23, 19, 2)).astype("f4"),
        )
        scenes.append(scene)
    target = tmp_path / "mosaic.vrt"
    paths = [path for path, _ in scenes]
    do("gdalbuildvrt", "-q", "-oo", "QUALITY_FLAGS=cloud", target, *paths)
    cells = [masked(*scene) for scene in scenes]
    where = where - where.min(axis=0)
    columns, rows = (where + [array.shape[:0:-1] for array in cells]).max(axis=0)
    expected = np.full((2, rows, columns), -9999, "f4")
    for (left, top), array in zip(where, cells):
        part = expected[:, top : top + array.shape[1], left : left + array.shape[2]]
        part[array != -9999] = array[array != -9999]  # the later scene lies on top
    mosaic = gdal.Open(str(target))
    views.assert_same(views.pixels(mosaic), expected)
    corner_seen = np.array(mosaic.GetGeoTransform())[[0, 3]]
    corners = np.array([reference.geotransform(path) for path in paths])
    assert corner_seen.tolist() == [corners[:, 0].min(), corners[:, 3].max()]


def test_mosaic_keeps_its_options(tmp_path):
    path, mask = granules.pair(tmp_path, lines=15, samples=12, bands=5)
    target = tmp_path / "mosaic.vrt"
    words = ["-oo", "WAVELENGTHS=1400-2500", "-oo", "QUALITY_FLAGS=cloud"]
    do("gdalbuildvrt", "-q", *words, target, path)
    copy = tmp_path / "copy.tif"
    do("gdal_translate", "-q", target, copy)
    expected = masked(path, mask, chosen="1400-2500")
    assert expected.shape[0] == 3
    views.assert_same(views.pixels(gdal.Open(str(copy))), expected)


# ---- Tiles, places, terrain ----------------------------------------------------------------------


@pytest.mark.interoperability("gdal2tiles", "web map tiles in true colour, through a Byte VRT")
def test_tiles(tmp_path):
    steps = np.random.default_rng(3).integers(0, 254, (90, 80, 3)).astype("f4")
    data = (steps + np.float32(0.25)) / 254 * np.float32(0.4)
    path, mask = granules.pair(
        tmp_path, lines=90, samples=80, bands=3, wavelength=[460, 550, 640], data=data
    )
    picture, folder = tmp_path / "picture.vrt", tmp_path / "tiles"
    words = ["-of", "VRT", "-ot", "Byte", "-scale", 0, 0.4, 1, 255, "-a_nodata", 0]
    words += ["-oo", "WAVELENGTHS=640,550,460", "-oo", "QUALITY_FLAGS=cloud"]
    do("gdal_translate", "-q", *words, path, picture)
    do("gdal2tiles.py", "-q", "-r", "near", "-z", 12, "--xyz", "-w", "none", picture, folder)

    cells = masked(path, mask, chosen="640,550,460")
    grey = np.where(cells == -9999, 0, np.rint(cells / 0.4 * 254 + 0.75))
    around = np.pad(grey, ((0, 0), (5, 5), (5, 5)))
    grid, seen = Grid(path, cells), 0
    for tile in folder.glob("12/*/*.png"):
        *colours, alpha = views.pixels(gdal.Open(str(tile)))
        shown = np.array(colours)[:, alpha == 255]
        column, row = grid.places(*tile_centres(int(tile.parent.name), int(tile.stem), 12))
        columns, rows = (np.floor(place[alpha == 255]).astype(int) + 5 for place in (column, row))
        matches = np.zeros(rows.size, bool)
        for down, right in itertools.product(range(-2, 3), repeat=2):  # it resamples twice
            matches |= (around[:, rows + down, columns + right] == shown).all(axis=0)
        assert matches.all() and shown.all()
        assert set(np.unique(alpha)) <= {0, 255}
        seen += rows.size
    assert seen > np.count_nonzero(cells[0] != -9999)


def tile_centres(x, y, zoom):
    """Longitudes and latitudes of the pixels of a web map tile."""
    size = 256 << zoom
    column, row = np.meshgrid(x * 256 + np.arange(256) + 0.5, y * 256 + np.arange(256) + 0.5)
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * row / size))))
    return column / size * 360 - 180, lat


@pytest.mark.interoperability("gdallocationinfo", "-wgs84: the masked spectrum at a place")
def test_spectrum_at_a_place(scene):
    path, mask = scene
    cells = masked(path, mask)
    west, across, _, north, _, down = reference.geotransform(path)
    filled = np.argwhere(cells[0] != -9999)
    for row, column in filled[:: len(filled) // 4]:
        place = [west + across * (column + 0.3), north + down * (row + 0.7)]
        words = ["-valonly", "-wgs84", "-oo", "QUALITY_FLAGS=cloud", path, *place]
        spectrum = [float(word) for word in do("gdallocationinfo", *words).split()]
        assert np.array_equal(np.float32(spectrum), cells[:, row, column])


def on_plain_grid(folder, elevation):
    """A granule whose pixels are its cells, with this elevation in metres."""
    lines, samples = elevation.shape
    row, column = np.mgrid[0:lines, 0:samples]
    west, north = -9150 * STEP, 71213 * STEP
    layout = {
        "glt_x": column.astype("i4") + 1,
        "glt_y": row.astype("i4") + 1,
        "lon": west + (column + 0.5) * STEP,
        "lat": north - (row + 0.5) * STEP,
        "geotransform": np.array([west, STEP, 0, north, 0, -STEP]),
        "elev": elevation,
    }
    path = granules.write(folder, lines=lines, samples=samples, bands=2, glt=layout)
    return views.name_of(path, "elev")


@pytest.mark.interoperability("gdaldem", "slope of the granule's elevation")
def test_slope_of_the_elevation(tmp_path):
    elevation = np.random.default_rng(9).uniform(200, 260, (21, 34))
    name, target = on_plain_grid(tmp_path, elevation), tmp_path / "slope.tif"
    do("gdaldem", "slope", "-q", "-s", 111120, name, target)
    corner = {
        (down, right): elevation[1 + down : 20 + down, 1 + right : 33 + right]
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    }
    # Horn: the centred neighbours count twice.
    east = sum((2 - abs(d)) * (corner[d, 1] - corner[d, -1]) for d in (-1, 0, 1))
    south = sum((2 - abs(r)) * (corner[1, r] - corner[-1, r]) for r in (-1, 0, 1))
    expected = np.degrees(np.arctan(np.hypot(east, south) / (8 * STEP * 111120)))
    seen = gdal.Open(str(target)).ReadAsArray()
    assert np.allclose(seen[1:-1, 1:-1], expected, rtol=1e-5, atol=0)
    assert (seen[0] == -9999).all() and (seen[:, -1] == -9999).all()


@pytest.mark.interoperability("gdal_contour", "contours of the granule's elevation")
def test_contours_of_the_elevation(tmp_path):
    """A slope of 4 m a cell towards the east: straight lines at known longitudes."""
    elevation = np.tile(100 + 4.0 * np.arange(26), (17, 1))
    name, target = on_plain_grid(tmp_path, elevation), tmp_path / "contours.geojson"
    words = ["-q", "-i", 30, "-a", "height", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=12"]
    do("gdal_contour", *words, name, target)
    lines = json.loads(target.read_text(encoding="utf-8"))["features"]
    heights = [line["properties"]["height"] for line in lines]
    assert sorted(heights) == [120, 150, 180]
    for line, height in zip(lines, heights):
        lon = (-9150 + 0.5 + (height - 100) / 4) * STEP
        assert np.allclose(np.array(line["geometry"]["coordinates"])[:, 0], lon, rtol=0, atol=1e-9)


@pytest.mark.interoperability("gdal_calc", "NDVI of masked pixels, through a VRT")
def test_vegetation_index(tmp_path):
    data = np.random.default_rng(4).uniform(0.01, 0.6, (31, 22, 3)).astype("f4")
    path, mask = granules.pair(
        tmp_path, lines=31, samples=22, bands=3, wavelength=[550, 660, 860], data=data
    )
    view, target = tmp_path / "view.vrt", tmp_path / "ndvi.tif"
    words = ["-q", "-of", "VRT", "-oo", "WAVELENGTHS=860,660", "-oo", "QUALITY_FLAGS=cloud"]
    do("gdal_translate", *words, path, view)
    words = ["-A", view, "--A_band=1", "-B", view, "--B_band=2", "--type=Float32"]
    words += ["--calc=(A-B)/(A+B)", "--NoDataValue=-9999", f"--outfile={target}", "--quiet"]
    do("gdal_calc.py", *words)
    near, red = masked(path, mask, chosen="860,660")
    expected = np.where(near == -9999, np.float32(-9999), (near - red) / (near + red))
    assert np.count_nonzero(expected != -9999) > 300
    views.assert_same(gdal.Open(str(target)).ReadAsArray(), expected)


# ---- Python --------------------------------------------------------------------------------------


@pytest.mark.interoperability("GDAL's Python", "gdal.Open(name with options).ReadAsArray()")
def test_python_open_and_read(scene):
    path, mask = scene
    name = f'EMIT:"{path}":reflectance?QUALITY_FLAGS=cloud&WAVELENGTHS=1400-2000'
    cells = masked(path, mask, chosen="1400-2000")
    dataset = gdal.Open(name)
    views.assert_same(dataset.ReadAsArray(), cells)
    views.assert_same(dataset.ReadAsArray(3, 5, 7, 6), cells[:, 5:11, 3:10].copy())
    band = dataset.GetRasterBand(2).ReadAsArray(1, 2, 8, 4)
    views.assert_same(band, cells[1, 2:6, 1:9].copy())


@pytest.mark.interoperability("GDAL's Python", "gdal.Translate and gdal.Warp of a dataset")
def test_python_translate_and_warp(scene):
    path, mask = scene
    cells = masked(path, mask)
    dataset = views.open_view(path, QUALITY_FLAGS="cloud")
    translated = gdal.Translate("", dataset, format="MEM", bandList=[13, 2], srcWin=[2, 1, 9, 8])
    views.assert_same(views.pixels(translated), cells[[12, 1], 1:9, 2:11].copy())
    warped = gdal.Warp("", dataset, format="MEM", dstSRS=UTM, errorThreshold=0)
    expected, clear = Grid(path, cells).at(*to_degrees(*centres(warped), UTM))
    assert np.array_equal(views.pixels(warped)[:, clear], expected[:, clear])


@pytest.mark.interoperability("GDAL's Python", "gdal.BuildVRT of names with options, and with -oo")
def test_python_build_vrt(scene, tmp_path):
    path, mask = scene
    named = f'EMIT:"{path}":reflectance?QUALITY_FLAGS=cloud'
    choices = {"names": ([named], []), "options": ([str(path)], ["-oo", "QUALITY_FLAGS=cloud"])}
    for word, (sources, options) in choices.items():
        target = str(tmp_path / f"{word}.vrt")
        gdal.BuildVRT(target, sources, options=options).FlushCache()
        views.assert_same(views.pixels(gdal.Open(target)), masked(path, mask))
    held = gdal.Open(named)
    views.assert_same(views.pixels(gdal.BuildVRT("", [held])), masked(path, mask))


def test_python_build_vrt_forgets_options_of_datasets(scene):
    """docs/differences.rst warns of this. If it fails, GDAL has been fixed: update the page."""
    path, mask = scene
    held = views.open_view(path, QUALITY_FLAGS="cloud")
    seen = views.pixels(gdal.BuildVRT("", [held]))
    assert np.array_equal(seen, reference.view(path))
    assert not np.array_equal(seen, masked(path, mask))
