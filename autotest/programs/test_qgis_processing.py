# SPDX-License-Identifier: MIT
"""QGIS's Processing on masked granules: masked or an error, and where docs/qgis.md warns, neither."""
import granules
import numpy as np
import pytest
import qgis_process
import reference
import views
from osgeo import gdal

FLAGS = "cloud,cirrus"
LINES, SAMPLES, BANDS = 29, 23, 5
BAND = 4


@pytest.fixture(scope="module")
def qgis(tmp_path_factory):
    with qgis_process.starter(tmp_path_factory) as start:
        yield start()


@pytest.fixture(autouse=True)
def version(qgis, record_property):
    record_property("version", qgis("version"))


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """The granule's path, and its cells plain and masked."""
    folder = tmp_path_factory.mktemp("scene")
    path, mask = granules.pair(folder, lines=LINES, samples=SAMPLES, bands=BANDS)
    masked = reference.view(path, mask=mask, quality_flags=FLAGS, band_mask_file=mask)
    return path, reference.view(path), masked


def layers(path):
    """The same masks in a layer with options, a name with options and a VRT."""
    vrt = path.with_name("masked.vrt")
    if not vrt.exists():
        options = ["-of", "VRT", "-oo", f"QUALITY_FLAGS={FLAGS}", "-oo", "BAND_MASK=YES"]
        assert views.run("gdal_translate", "-q", *options, path, vrt)[0] == 0
    return {
        "options": qgis_process.with_options(path, f"QUALITY_FLAGS={FLAGS}", "BAND_MASK=YES"),
        "name": f'EMIT:"{path}":reflectance?QUALITY_FLAGS={FLAGS}&BAND_MASK=YES',
        "VRT": str(vrt),
    }


def extent(path):
    west, across, _, north, _, down = reference.geotransform(path)
    rows, columns = reference.glt_cells(path)[0].shape
    return west, north + rows * down, west + columns * across, north


def window(path):
    west, south, east, north = extent(path)
    return f"{west},{east},{south},{north} [EPSG:4326]"


# Tool: its parameters for a layer and the granule's path. GDAL's tools give whole cells.
ONE = {
    "gdal:translate": lambda layer, path: {"INPUT": layer},
    "gdal:warpreproject": lambda layer, path: {"INPUT": layer, "TARGET_CRS": "EPSG:4326"},
    "gdal:cliprasterbyextent": lambda layer, path: {"INPUT": layer, "PROJWIN": window(path)},
    "gdal:rearrange_bands": lambda layer, path: {"INPUT": layer, "BANDS": [1, 2, 3, 4, 5]},
}
SEVERAL = {
    "gdal:buildvirtualraster": lambda layer, path: {"INPUT": [layer], "SEPARATE": False},
    "gdal:merge": lambda layer, path: {
        "INPUT": [layer],
        "DATA_TYPE": 5,
        "NODATA_INPUT": -9999,
        "NODATA_OUTPUT": -9999,
    },
    "gdal:rastercalculator": lambda layer, path: {
        "INPUT_A": layer,
        "BAND_A": BAND,
        "FORMULA": "A*1",
        "NO_DATA": -9999,
        "RTYPE": 5,
    },
}
NATIVE = {
    "native:reclassifybytable": lambda layer, path: {
        "INPUT_RASTER": layer,
        "RASTER_BAND": BAND,
        "TABLE": ["-1", "100000", "7"],
    },
    "qgis:rastercalculator": lambda layer, path: {
        "EXPRESSION": f'"granule@{BAND}" * 1',
        "LAYERS": [layer],
    },
}


def output_of(qgis, tool, given, folder):
    """What a tool wrote, None if nothing, and its report. "translate" writes the VRT of the page."""
    ending = ".vrt" if "virtual" in tool or "translate" in tool else ".tif"
    target = folder / (tool.partition(":")[2] + ending)
    answer = qgis("process", tool=tool, parameters={**given, "OUTPUT": str(target)})
    return (gdal.Open(str(target)) if target.exists() else None), answer["log"]


def expected_of(tool, cells):
    return cells[[BAND - 1]] if "calculator" in tool else cells


def version_number(qgis):
    return tuple(int(part) for part in qgis("version").split(".")[:2])


@pytest.mark.interoperability("QGIS Processing", "GDAL's tools on a VRT of a masked granule")
@pytest.mark.parametrize("tool", {**ONE, **SEVERAL})
def test_tools_of_gdal_on_a_vrt(qgis, scene, tmp_path, tool):
    path, _, masked = scene
    given = {**ONE, **SEVERAL}[tool]({"raster": layers(path)["VRT"]}, path)
    output, log = output_of(qgis, tool, given, tmp_path)
    assert output is not None, log
    assert output.GetRasterBand(1).GetNoDataValue() == -9999
    views.assert_same(views.pixels(output), expected_of(tool, masked))


@pytest.mark.interoperability("QGIS Processing", "GDAL's tools on a name with options: masked")
@pytest.mark.parametrize("tool", {**ONE, **SEVERAL})
def test_tools_of_gdal_on_a_name(qgis, scene, tmp_path, tool):
    """GDAL's raster calculator takes the ? of the name for a wildcard, which is an error."""
    path, _, masked = scene
    given = {**ONE, **SEVERAL}[tool]({"raster": layers(path)["name"]}, path)
    output, log = output_of(qgis, tool, given, tmp_path)
    if tool == "gdal:rastercalculator":
        assert output is None, "the page says that this is an error"
        return
    assert output is not None, log
    views.assert_same(views.pixels(output), expected_of(tool, masked))


@pytest.mark.interoperability("QGIS Processing", "translate, warp, clip of a layer with options")
@pytest.mark.parametrize("tool", ONE)
def test_tools_of_gdal_on_a_layer_with_options(qgis, scene, tmp_path, tool):
    """QGIS before 3.40 gives GDAL the source of the layer as it stands, which is an error."""
    path, _, masked = scene
    given = ONE[tool]({"raster": layers(path)["options"]}, path)
    output, log = output_of(qgis, tool, given, tmp_path)
    if version_number(qgis) < (3, 40):
        assert output is None, "the page says that this is an error"
        return
    assert output is not None, log
    views.assert_same(views.pixels(output), expected_of(tool, masked))


@pytest.mark.parametrize("tool", SEVERAL)
def test_tools_that_forget_options(qgis, scene, tmp_path, tool):
    """docs/qgis.md warns of them. If this fails, QGIS has improved: update the page."""
    path, plain, masked = scene
    given = SEVERAL[tool]({"raster": layers(path)["options"]}, path)
    output = output_of(qgis, tool, given, tmp_path)[0]
    if version_number(qgis) < (3, 40):
        assert output is None
        return
    views.assert_same(views.pixels(output), expected_of(tool, plain))
    assert (plain != masked).any()


@pytest.mark.interoperability("QGIS Processing", "native tools on a layer with options: masked")
@pytest.mark.parametrize("way", ["options", "name"])
@pytest.mark.parametrize("tool", NATIVE)
def test_native_tools(qgis, scene, tmp_path, tool, way):
    path, _, masked = scene
    given = NATIVE[tool]({"raster": layers(path)[way]}, path)
    output, log = output_of(qgis, tool, given, tmp_path)
    assert output is not None, log
    seen, empty = views.pixels(output)[0], output.GetRasterBand(1).GetNoDataValue()
    expected = masked[BAND - 1]
    assert np.array_equal(seen == np.float32(empty), expected == -9999)
    clear = expected != -9999
    wanted = expected[clear] if "calculator" in tool else np.full(clear.sum(), 7, "f4")
    assert np.array_equal(seen[clear], wanted)


@pytest.mark.interoperability("QGIS", "Export > Save as of a layer with options: masked pixels")
@pytest.mark.parametrize("way", ["options", "name"])
def test_save_as(qgis, scene, tmp_path, way):
    path, _, masked = scene
    target = tmp_path / "saved.tif"
    qgis("save_as", name=layers(path)[way], path=str(target))
    saved = gdal.Open(str(target))
    assert saved.GetRasterBand(1).GetNoDataValue() == -9999
    views.assert_same(views.pixels(saved), masked)


@pytest.mark.interoperability("QGIS Processing", "native zonal statistics: the clear pixels alone")
@pytest.mark.parametrize("way", ["options", "name"])
def test_zonal_statistics(qgis, scene, way):
    path, _, masked = scene
    answer = qgis(
        "process",
        tool="native:zonalstatisticsfb",
        parameters={
            "INPUT": {"polygon": extent(path)},
            "INPUT_RASTER": {"raster": layers(path)[way]},
            "RASTER_BAND": BAND,
            "STATISTICS": [0, 2],
            "OUTPUT": "TEMPORARY_OUTPUT",
        },
    )
    ((count, mean),) = answer["found"]["OUTPUT"]
    clear = masked[BAND - 1][masked[BAND - 1] != -9999]
    assert count == clear.size
    np.testing.assert_allclose(mean, clear.mean(dtype=float), rtol=1e-9)
