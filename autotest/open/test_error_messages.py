# SPDX-License-Identifier: MIT
"""Full texts of error messages: the file, what is wrong with it, and what to do."""
import shutil

import granules
import h5py
import pytest
import views
from osgeo import gdal


def folder_of(tmp_path, *versions, **keywords):
    """A reflectance granule with masks of these versions in its folder."""
    keywords = {"lines": 7, "samples": 10, **keywords}
    for version in versions:
        granules.write(tmp_path, "MASK", version, band_mask_octets=1, **keywords)
    return granules.write(tmp_path, "RFL", bands=5, **keywords)


def other_scene(tmp_path, **keywords):
    (tmp_path / "other").mkdir()
    size = {"lines": 7, "samples": 10, **keywords}
    return granules.write(tmp_path / "other", "MASK", band_mask_octets=1, **size)


def test_missing_mask_names_folder_and_option(tmp_path):
    path = folder_of(tmp_path)
    message = views.refusal(path, QUALITY_FLAGS="cloud")
    assert granules.TIME in message and str(path) in message
    assert "Put it there or name it with MASK_FILE" in message


def test_no_mask_and_no_time_to_look_for(tmp_path):
    path = folder_of(tmp_path, name="emit.nc", attributes={"time_coverage_start": "once"})
    message = views.refusal(path, BAND_MASK="YES")
    assert str(path) in message and "acquisition time" in message
    assert "BAND_MASK needs the L2A MASK granule of the scene" in message
    assert "name it with MASK_FILE" in message


def test_renamed_granule_finds_its_mask_by_the_time_inside(tmp_path):
    start = {"time_coverage_start": "2022-09-03T16:31:29+0000"}
    path = folder_of(tmp_path, "001", attributes=start)
    renamed = shutil.move(path, tmp_path / "my emit scene.nc")
    applied = views.open_view(renamed, QUALITY_FLAGS="cloud").GetMetadataItem("EMIT_MASK_FILE")
    assert applied.endswith("EMIT_L2A_MASK_001_20220903T163129_2224611_012.nc")


def test_mask_without_band_mask_names_the_version_that_has_one(tmp_path):
    message = views.refusal(folder_of(tmp_path, "002"), BAND_MASK="YES")
    assert "EMIT_L2A_MASK_002" in message and "has no band_mask" in message
    assert "of version 001" in message and "MASK_FILE" in message


@pytest.mark.parametrize("size", [{"lines": 8}, {"time": "20220903T163141"}])
def test_mask_of_another_scene_names_the_option(tmp_path, size):
    mask = other_scene(tmp_path, **size)
    message = views.refusal(folder_of(tmp_path), QUALITY_FLAGS="cloud", MASK_FILE=mask)
    assert str(mask) in message and "same scene" in message
    assert "Name the mask granule of this scene with MASK_FILE" in message


def test_band_mask_of_a_variable_without_wavelengths(tmp_path):
    message = views.refusal(f'EMIT:"{folder_of(tmp_path, "001")}":elev', BAND_MASK="YES")
    assert "leave BAND_MASK out" in message


def test_band_mask_for_other_bands(tmp_path):
    folder_of(tmp_path, "001")
    path = granules.write(tmp_path, "RFL", bands=9, lines=7, samples=10)
    message = views.refusal(path, BAND_MASK="YES")
    assert "for 1 to 8 bands, but the variable has 9 bands" in message and "MASK_FILE" in message


@pytest.mark.parametrize(
    "options, advice",
    [
        ({"WAVELENGTHS": "650"}, "remove WAVELENGTHS and select bands by number"),
        ({"BAD_WAVELENGTHS": "DROP"}, "or select bands with WAVELENGTHS"),
        ({"QUALITY_FLAGS": "water,fog"}, '"fog" is not a flag. Available flags of'),
        ({"QUALITY_FLAGS": "AOD550"}, "compares it"),
        ({"QUALITY_WHERE": "AOD550=3"}, "expected"),
        ({"ORTHO": "MAYBE"}, "expected GLT, NEAREST, NO"),
        ({"NODATA": "1e300"}, "choose a smaller one"),
    ],
)
def test_impossible_option(tmp_path, options, advice):
    folder_of(tmp_path, "001")
    mask = next(tmp_path.glob("*MASK*"))
    message = views.refusal(mask, **options)
    assert mask.name in message and advice in message


def test_no_band_left(tmp_path):
    path = folder_of(tmp_path, good=[1, 0, 1, 0, 1])
    message = views.refusal(path, WAVELENGTHS="880-940", BAD_WAVELENGTHS="DROP")
    assert "exclude all bands" in message and "BAD_WAVELENGTHS=KEEP" in message


def test_nearest_without_coordinates(tmp_path):
    path = folder_of(tmp_path)
    with h5py.File(path, "a") as file:
        del file["location/lat"]
    message = views.refusal(path, ORTHO="NEAREST")
    assert f"needs lat and lon, which {path} does not have: use ORTHO=GLT" in message


def test_unknown_variable_lists_the_available_ones(scene):
    message = views.refusal(f'EMIT:"{scene[0]}":refelctance')
    assert 'no swath variable "refelctance". Available variables: reflectance' in message


@pytest.mark.parametrize(
    "name", ['EMIT:"{', 'EMIT:"{}":', 'EMIT:"{}"x', 'EMIT:"{}"?ORTHO', "EMIT:"]
)
def test_malformed_name_shows_the_syntax(scene, name):
    message = views.refusal(name.replace("{}", str(scene[0])))
    assert 'the syntax is EMIT:"path"[:variable][?KEY=VALUE&...]' in message


def test_unknown_option_in_a_name_names_the_list(scene):
    with views.Messages() as messages:
        views.open_name(f'EMIT:"{scene[0]}"?COLOUR_MAP=grey')
    assert any("COLOUR_MAP; gdalinfo --format EMIT lists" in text for _, text in messages)


def test_update_names_the_alternative(scene):
    with pytest.raises(RuntimeError, match="read-only: open it without update, or convert it"):
        gdal.OpenEx(str(scene[0]), gdal.OF_RASTER | gdal.OF_UPDATE | gdal.OF_VERBOSE_ERROR)


def test_truncated_file_says_to_download_it_again(tmp_path):
    path = granules.write(tmp_path, "RFL", lines=70, samples=50, bands=31)
    with open(path, "r+b") as file:
        file.truncate(300_000)
    message = views.refusal(path)
    assert path.name in message and "truncated" in message


def test_other_files_are_referred_to_other_drivers(tmp_path):
    path = tmp_path / "emit.nc"
    with granules.netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("time", 3)
        dataset.createVariable("level", "f4", ("time",))[:] = 1
    message = views.refusal(f'EMIT:"{path}"')
    assert "not an EMIT swath granule; another driver may read it" in message
