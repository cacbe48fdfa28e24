# SPDX-License-Identifier: MIT
"""QGIS itself, off screen and in a process of its own, opens, identifies and draws granules.

Pictures are compared with NumPy's arrays of the granule under the stretch that QGIS reports. Values
encode their position among 285 bands, so that a wrong band, row or column is another colour.
"""
import shutil
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import granules
import h5py
import numpy as np
import pytest
import qgis_process
import reference
import views
from osgeo import gdal
from qgis_process import with_options

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
STARTUP, STYLE = EXAMPLES / "qgis_true_colour.py", EXAMPLES / "qgis_style.py"
LINES, SAMPLES, BANDS = 37, 23, 285
FLAGS = "cloud,dilated cloud"
RED_GREEN_BLUE_NM = (640, 550, 460)
TRUE_COLOUR = "WAVELENGTHS=640,550,460"


@pytest.fixture(scope="module")
def start_qgis(tmp_path_factory):
    with qgis_process.starter(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def qgis(start_qgis):
    return start_qgis()


@pytest.fixture(scope="module")
def emit_profile(start_qgis, pair):
    """QGIS whose settings name the bands of EMIT that are red, green and blue."""
    process = start_qgis()
    process("choose_default_bands", bands=true_colour_bands(pair[0]))
    return process


@pytest.fixture(autouse=True)
def version(qgis, record_property):
    record_property("version", qgis("version"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    return granules.pair(folder, lines=LINES, samples=SAMPLES, bands=BANDS)


NAMES = {
    "plain path": (lambda path: str(path), {}),
    "path|option:": (
        lambda path: with_options(path, f"QUALITY_FLAGS={FLAGS}", "BAND_MASK=YES"),
        {"flags": FLAGS, "band_mask": True},
    ),
    "EMIT: name with options": (
        lambda path: f'EMIT:"{path}":reflectance?QUALITY_FLAGS=cirrus&NODATA=-1',
        {"flags": "cirrus", "nodata": -1},
    ),
}


def expected_view(pair, flags=None, band_mask=False, **options):
    reflectance, mask = pair
    return reference.view(
        reflectance,
        mask=mask,
        quality_flags=flags,
        band_mask_file=mask if band_mask else None,
        **options,
    )


def true_colour_bands(path):
    """1-based, red, green and blue."""
    centre = reference.wavelengths(path)[0]
    return [int(np.abs(centre - nm).argmin()) + 1 for nm in RED_GREEN_BLUE_NM]


def centre_of(transform, row, column):
    return (
        transform[0] + (column + 0.5) * transform[1],
        transform[3] + (row + 0.5) * transform[5],
    )


# ---- What opens ----------------------------------------------------------------------------------


@pytest.mark.interoperability("QGIS", "path, path with options, EMIT: name: grid and band names")
@pytest.mark.parametrize("way", NAMES)
def test_layer_is_the_granule(qgis, pair, way):
    name_of, options = NAMES[way]
    layer = qgis("describe", name=name_of(pair[0]))
    rows, columns = reference.glt_cells(pair[0])[0].shape
    left, width, _, top, _, height = reference.geotransform(pair[0])
    assert layer["crs"] == "EPSG:4326"
    assert layer["size"] == [columns, rows]
    corners = [left, top + rows * height, left + columns * width, top]
    np.testing.assert_allclose(layer["extent"], corners, rtol=0, atol=1e-12)
    centre = reference.wavelengths(pair[0])[0]
    assert layer["bands"] == [f"Band {i + 1:03d}: {nm:.2f} nm" for i, nm in enumerate(centre)]
    assert layer["nodata"] == options.get("nodata", -9999)


@pytest.mark.interoperability("QGIS", "identify gives the spectrum of the cell")
@pytest.mark.parametrize("way", NAMES)
def test_identify_gives_the_reference_spectrum(qgis, pair, way):
    """At a clear cell, a masked one and an empty one."""
    name_of, options = NAMES[way]
    expected = expected_view(pair, **options)
    empty = options.get("nodata", -9999)
    filled = reference.glt_cells(pair[0])[0]
    whole = filled & (expected != empty).all(axis=0)
    partly = filled & ~whole
    transform = reference.geotransform(pair[0])
    for cells in (whole, partly, ~filled):
        for row, column in np.argwhere(cells)[:: max(1, cells.sum() // 3)]:
            x, y = centre_of(transform, row, column)
            spectrum = qgis("identify", name=name_of(pair[0]), x=x, y=y)
            shown = np.array([empty if value is None else value for value in spectrum])
            np.testing.assert_array_equal(shown, expected[:, row, column])
    assert partly.any() == bool(options)


@pytest.mark.interoperability("QGIS", "a mask that cannot be applied gives no layer")
def test_refused_options_give_no_layer(qgis, pair):
    assert qgis("is_valid", name=with_options(pair[0], "QUALITY_FLAGS=cloud"))
    assert not qgis("is_valid", name=with_options(pair[0], "QUALITY_FLAGS=fog"))


def rasters_in(found):
    return [name for reader, name in found if reader == "gdal"]


@pytest.mark.interoperability("QGIS", "sublayers of a mineral granule; one layer of a reflectance")
def test_sublayers(qgis, pair, tmp_path):
    """Of a reflectance granule the driver offers one, QGIS's other readers a mesh and a table."""
    found = qgis("sublayers", path=str(pair[0]))
    assert rasters_in(found) == [str(pair[0])]
    assert sorted(reader for reader, _ in found) == ["gdal", "mdal", "ogr"]
    minerals = granules.write(tmp_path, "MIN", lines=8, samples=13)
    names = rasters_in(qgis("sublayers", path=str(minerals)))
    assert names == [name for name, _ in gdal.Open(str(minerals)).GetSubDatasets()]
    for variable in ("group_1_band_depth", "group_2_mineral_id"):
        (name,) = [name for name in names if name.endswith(":" + variable)]
        expected = reference.view(minerals, variable)[0]
        row, column = np.argwhere(reference.glt_cells(minerals)[0])[5]
        x, y = centre_of(reference.geotransform(minerals), row, column)
        assert qgis("identify", name=name, x=x, y=y) == [expected[row, column]]


# ---- The picture ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def picture_pair(tmp_path_factory):
    """Wide enough that a third of it is still a picture; random values, so that neighbours differ."""
    folder = tmp_path_factory.mktemp("picture")
    random = np.random.default_rng(5)
    data = random.random((61, 47, BANDS), np.float32)
    return granules.pair(folder, lines=61, samples=47, bands=BANDS, data=data)


def drawn(cells, limits):
    """What QGIS's stretch from minimum to maximum makes of red, green and blue: (row, column, RGBA).

    A cell is transparent where one of the three has no value.
    """
    shown = (cells != -9999).all(axis=0)
    low, high = np.array(limits).T[:, :, None, None]
    stretched = np.clip((cells - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    rgba = np.concatenate([stretched, np.full((1, *shown.shape), 255, np.uint8)])
    return np.where(shown, rgba, 0).transpose(1, 2, 0)


def picture_of(path):
    """(row, column, RGBA); colours of transparent pixels mean nothing."""
    rgba = gdal.Open(str(path)).ReadAsArray().transpose(1, 2, 0)
    assert rgba.shape[2] == 4
    return np.where(rgba[:, :, 3:] > 0, rgba, 0)


def window(transform, column, row, columns, rows):
    """The extent of some cells, a millionth of a cell wider on each side.

    At exactly their edges, the last bit of QGIS's arithmetic decides which of two cells a pixel is.
    """
    left, top = transform[0] + column * transform[1], transform[3] + row * transform[5]
    margin = transform[1] / 1e6
    right, bottom = left + columns * transform[1], top + rows * transform[5]
    return [left - margin, bottom - margin, right + margin, top + margin]


def at_same_scale(cells, transform):
    rows, columns = cells.shape[:2]
    return window(transform, 0, 0, columns, rows), cells


def close_up(cells, transform):
    """8 x 6 cells, each 7 pixels high and wide."""
    extent = window(transform, 20, 15, 8, 6)
    return extent, cells[15:21, 20:28].repeat(7, axis=0).repeat(7, axis=1)


def from_afar(cells, transform):
    """Each pixel shows the middle one of 3 x 3 cells."""
    rows, columns = cells.shape[0] // 3, cells.shape[1] // 3
    extent = window(transform, 0, 0, 3 * columns, 3 * rows)
    return extent, cells[1 : 3 * rows : 3, 1 : 3 * columns : 3]


MASKS = {"unmasked": {}, "masked": {"flags": FLAGS}, "band mask": {"band_mask": True}}


@pytest.mark.interoperability("QGIS", "pictures at three zooms, with masks and without")
@pytest.mark.parametrize("zoom", [at_same_scale, close_up, from_afar])
@pytest.mark.parametrize("masks", MASKS)
def test_picture_is_the_expected_one(qgis, picture_pair, tmp_path, zoom, masks):
    """Every pixel, without tolerance: as the windows are whole cells, nothing lies between two."""
    options = MASKS[masks]
    asked = [TRUE_COLOUR]
    asked += [f"QUALITY_FLAGS={options['flags']}"] if "flags" in options else []
    asked += ["BAND_MASK=YES"] if "band_mask" in options else []
    path = tmp_path / "picture.png"
    cells = expected_view(picture_pair, chosen="640,550,460", **options)
    transform = reference.geotransform(picture_pair[0])
    extent, small = zoom(cells[0], transform)
    size = small.shape[::-1]
    name = with_options(picture_pair[0], *asked)
    renderer = qgis("render", name=name, extent=extent, size=size, picture=str(path))
    assert renderer["type"] == "multibandcolor" and renderer["bands"] == [1, 2, 3]
    expected = zoom(drawn(cells, renderer["limits"]), transform)[1]
    seen = picture_of(path)
    np.testing.assert_array_equal(seen, expected)
    opaque = seen[:, :, 3] == 255
    assert 0.1 < opaque.mean()
    assert opaque.all() == (zoom is close_up and not options)


@pytest.mark.interoperability("QGIS", "true colour from the start: WAVELENGTHS=640,550,460")
def test_wavelengths_in_the_order_of_colours_open_in_true_colour(qgis, pair):
    """Alone, and followed by all the bands."""
    centre = reference.wavelengths(pair[0])[0]
    nearest = [f"{centre[np.abs(centre - nm).argmin()]:.2f} nm" for nm in RED_GREEN_BLUE_NM]
    for wavelengths, count in ((TRUE_COLOUR, 3), (TRUE_COLOUR + ",380-2500", 3 + BANDS)):
        layer = qgis("describe", name=with_options(pair[0], wavelengths))
        assert len(layer["bands"]) == count
        shown = [layer["bands"][band - 1].split(": ")[1] for band in layer["renderer"]["bands"]]
        assert shown == nearest


@pytest.mark.interoperability("QGIS", "true colour from the start: examples/qgis_true_colour.py")
def test_startup_file_shows_the_bands_that_are_red_green_and_blue(qgis, pair):
    nearest = true_colour_bands(pair[0])
    renderer = qgis("add_to_project", name=str(pair[0]), startup=str(STARTUP))
    assert renderer["bands"] == nearest
    low, high = np.array(renderer["limits"]).T
    cells = expected_view(pair, bands=[band - 1 for band in nearest])
    for plane, least, most in zip(cells, low, high):
        values = plane[plane != -9999]
        bound = 0.01 * np.ptp(values)  # QGIS counts in classes
        np.testing.assert_allclose([least, most], np.percentile(values, (2, 98)), atol=bound)


def options_of(masks):
    options = MASKS[masks]
    asked = [f"QUALITY_FLAGS={options['flags']}"] if "flags" in options else []
    return asked + (["BAND_MASK=YES"] if "band_mask" in options else [])


@pytest.mark.interoperability("QGIS", "true colour from the start: examples/qgis_style.py")
@pytest.mark.parametrize("masks", MASKS)
def test_style_beside_the_granule_shows_true_colour(qgis, picture_pair, tmp_path, masks):
    """With options as well; every pixel, without tolerance."""
    options, asked = MASKS[masks], options_of(masks)
    path, _ = [shutil.copy(file, tmp_path) for file in picture_pair]
    code, output, errors = views.run(sys.executable, STYLE, path)
    assert code == 0 and output.split() == [path[:-3] + ".qml"], errors
    bands = true_colour_bands(path)
    cells = expected_view(picture_pair, bands=[band - 1 for band in bands], **options)
    extent, _ = at_same_scale(cells[0], reference.geotransform(path))
    picture = str(tmp_path / "picture.png")
    renderer = qgis(
        "render",
        name=with_options(path, *asked),
        extent=extent,
        size=cells.shape[:0:-1],
        picture=picture,
    )
    assert renderer["bands"] == bands
    np.testing.assert_array_equal(picture_of(picture), drawn(cells, renderer["limits"]))
    plain = expected_view(picture_pair, bands=[band - 1 for band in bands])
    for plane, limits in zip(plain, renderer["limits"]):
        np.testing.assert_allclose(limits, np.percentile(plane[plane != -9999], (2, 98)), rtol=1e-6)


def test_styles_of_a_folder_of_products(tmp_path):
    """A granule without colours or pixels is named, and the others get their style."""
    size = ("--lines", 31, "--samples", 22, "--bands", 30)
    made = granules.make(tmp_path, *size, "--products", "OBS,RFL,RAD,MIN")
    with h5py.File(made["RAD"], "r+") as file:
        file["radiance"][:] = np.nan
    names = [f'EMIT:"{made["RFL"]}":reflectance', f"{made['RFL']}|option:NODATA=NAN", str(tmp_path)]
    code, output, errors = views.run(sys.executable, STYLE, *names)
    assert code == 1 and not output and "Traceback" not in errors and all(name in errors for name in names)
    code, output, errors = views.run(sys.executable, STYLE, *(made[product] for product in ("OBS", "MIN", "RAD", "RFL")))
    assert code == 1 and output.split() == [str(made["RFL"].with_suffix(".qml"))]
    assert "Traceback" not in errors and all(made[product].name in errors for product in ("OBS", "MIN", "RAD"))
    assert sorted(path.name for path in tmp_path.glob("*.qml")) == [made["RFL"].stem + ".qml"]


@pytest.mark.interoperability("QGIS", "true colour from the start: settings, RGB band selection")
@pytest.mark.parametrize("masks", MASKS)
def test_settings_of_a_profile_show_true_colour(emit_profile, picture_pair, tmp_path, masks):
    """All bands, in the file's order, without any WAVELENGTHS; every pixel, without tolerance."""
    options, asked = MASKS[masks], options_of(masks)
    bands = true_colour_bands(picture_pair[0])
    assert bands == [36, 24, 12]  # as docs/qgis.md names them
    cells = expected_view(picture_pair, bands=[band - 1 for band in bands], **options)
    extent, _ = at_same_scale(cells[0], reference.geotransform(picture_pair[0]))
    path = tmp_path / "picture.png"
    renderer = emit_profile(
        "render",
        name=with_options(picture_pair[0], *asked),
        extent=extent,
        size=cells.shape[:0:-1],
        picture=str(path),
    )
    assert renderer["bands"] == bands
    np.testing.assert_array_equal(picture_of(path), drawn(cells, renderer["limits"]))


def test_settings_of_a_profile_hide_rasters_of_few_bands(
    qgis, emit_profile, picture_pair, tmp_path
):
    """The reason for a separate profile: QGIS draws nothing for bands that do not exist."""
    extent = window(reference.geotransform(picture_pair[0]), 20, 15, 8, 6)
    path = tmp_path / "picture.png"
    arguments = {"extent": extent, "size": (8, 6), "picture": str(path)}
    name = with_options(picture_pair[0], TRUE_COLOUR)
    assert qgis("render", name=name, **arguments)["bands"] == [1, 2, 3]
    assert picture_of(path)[:, :, 3].all()
    assert emit_profile("render", name=name, **arguments)["bands"] == [-1, -1, -1]
    assert not picture_of(path).any()


# ---- The dialog ----------------------------------------------------------------------------------

KNOWN_TYPES = {"string", "string-select", "boolean", "int", "integer", "float", "double"}


def option_list():
    return xml.fromstring(gdal.GetDriverByName("EMIT").GetMetadataItem("DMD_OPENOPTIONLIST"))


def test_option_list_suits_the_dialog():
    """The dialog drops options of other types, and shows an attribute of a value instead of its text."""
    for option in option_list():
        assert option.get("type") in KNOWN_TYPES
        for value in option:
            assert value.tag == "Value" and not value.attrib and len(value) == 0
        if option.get("type") == "string-select":
            assert option.get("default") == option[0].text
        if option.get("type") == "boolean":
            assert option.get("default") in ("YES", "NO")


@pytest.mark.interoperability("QGIS", "Add raster layer: every option of the driver, with its help")
def test_dialog_offers_every_option(qgis, pair):
    offered = qgis("data_source_dialog", path=str(pair[0]), chosen={})["options"]
    assert set(offered) == {option.get("name") for option in option_list()}
    for option in option_list():
        seen = offered[option.get("name")]
        assert option.get("description")[:20] in seen["help"]
        if option.get("type") == "string-select":
            choices = [choice for choice in seen["choices"] if choice != "<Default>"]
            assert [value.text for value in option] == choices
        if option.get("type") == "boolean":
            assert {"Yes", "No"} < set(seen["choices"])


@pytest.mark.interoperability("QGIS", "Add raster layer: adds what was chosen, else nothing")
def test_dialog_adds_the_options_that_were_chosen(qgis, pair):
    path = str(pair[0])
    assert qgis("data_source_dialog", path=path, chosen={})["added"] == [path]
    chosen = {"QUALITY_FLAGS": FLAGS, "BAND_MASK": "Yes", "ORTHO": "NO", "CLOUD_BUFFER": "3"}
    (name,) = qgis("data_source_dialog", path=path, chosen=chosen)["added"]
    written = {word.partition("=")[0]: word.partition("=")[2] for word in name.split("|option:")[1:]}
    assert written == {**chosen, "BAND_MASK": "YES"}
    chosen = {"QUALITY_FLAGS": FLAGS, "BAND_MASK": "Yes"}
    (name,) = qgis("data_source_dialog", path=path, chosen=chosen)["added"]
    assert qgis("is_valid", name=name)


def test_project_finds_the_variable_after_a_move(qgis, tmp_path):
    (tmp_path / "a" / "data").mkdir(parents=True)
    path, _ = granules.pair(tmp_path / "a" / "data", lines=13, samples=17, bands=3)
    chosen = "|option:VARIABLE=elev|option:QUALITY_FLAGS=cloud"
    qgis("save_project", name=f"{path}{chosen}", path=str(tmp_path / "a" / "x.qgs"))
    (tmp_path / "a").rename(tmp_path / "b")
    moved = tmp_path / "b" / "data" / path.name
    ((valid, source, band),) = qgis("read_project", path=str(tmp_path / "b" / "x.qgs"))
    assert valid and source == f"{moved}{chosen}" and "elev" in band
