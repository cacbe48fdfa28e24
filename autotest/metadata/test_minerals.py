# SPDX-License-Identifier: MIT
"""L2B mineral layers: ids with names and a table, depths as numbers."""
import granules
import pytest
import reference
import views
from osgeo import gdal


@pytest.fixture(scope="module")
def minerals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("minerals")
    path = granules.write(folder, "MIN", lines=8, samples=11)
    return path, granules.write(folder, "MASK", lines=8, samples=11)


@pytest.mark.parametrize("group", [1, 2])
def test_ids_are_integers_with_their_own_nodata(minerals, group):
    band = views.open_view(minerals[0], f"group_{group}_mineral_id").GetRasterBand(1)
    assert band.DataType == gdal.GDT_Int16
    assert band.GetNoDataValue() == -9999
    assert band.GetMaskFlags() == gdal.GMF_NODATA


@pytest.mark.parametrize("group", [1, 2])
def test_ids_have_category_names(minerals, group):
    band = views.open_view(minerals[0], f"group_{group}_mineral_id").GetRasterBand(1)
    names = band.GetCategoryNames()
    assert names[1:] == granules.MINERALS
    assert "no match" in names[0].lower()


def test_depths_have_neither_names_nor_table(minerals):
    band = views.open_view(minerals[0], "group_1_band_depth").GetRasterBand(1)
    assert band.DataType == gdal.GDT_Float32
    assert band.GetCategoryNames() is None
    assert band.GetDefaultRAT() is None


def test_table_has_a_row_for_every_mineral_and_one_for_no_match(minerals):
    band = views.open_view(minerals[0], "group_1_mineral_id").GetRasterBand(1)
    table = band.GetDefaultRAT()
    columns = {table.GetNameOfCol(n).lower(): n for n in range(table.GetColumnCount())}
    assert {"name", "group", "library", "record", "url"} <= set(columns)
    usages = [table.GetUsageOfCol(n) for n in range(table.GetColumnCount())]
    value = usages.index(gdal.GFU_MinMax)
    rows = {table.GetValueAsInt(n, value): n for n in range(table.GetRowCount())}
    assert set(rows) == set(range(6))
    for number, name in enumerate(granules.MINERALS, 1):
        row = rows[number]
        assert table.GetValueAsString(row, columns["name"]) == name
        assert table.GetValueAsInt(row, columns["group"]) == (1 if number < 3 else 2)
        for column in ("library", "record", "url"):
            assert table.GetValueAsString(row, columns[column]) == f"{column} {number}"


def test_minerals_of_the_scene_are_screened_by_its_mask(minerals):
    path, mask = minerals
    for layer in ("group_2_mineral_id", "group_2_band_depth"):
        seen = views.read(path, layer, QUALITY_FLAGS="cloud,cirrus")
        views.assert_same(seen, reference.view(path, layer, mask=mask, quality_flags="0,1"))


def test_band_mask_of_a_layer_without_wavelengths_is_an_error(minerals):
    name = views.name_of(minerals[0], "group_1_band_depth")
    message = views.refusal(name, BAND_MASK="YES")
    assert "BAND_MASK" in message and minerals[1].name in message


def test_wrong_masks_fail_without_a_variable_as_well(minerals, tmp_path):
    """The list of layers must not offer layers that then fail to open."""
    path = granules.write(tmp_path, "MIN", lines=8, samples=11)
    message = views.refusal(views.name_of(path, "group_1_band_depth"), QUALITY_FLAGS="cloud")
    assert path.name in message and "MASK_FILE" in message


def test_table_reaches_gdalinfo(minerals):
    code, output, errors = views.run("gdalinfo", views.name_of(minerals[0], "group_1_mineral_id"))
    assert code == 0, errors
    assert "Kaolinite wxl" in output and "<GDALRasterAttributeTable" in output
