# SPDX-License-Identifier: MIT
"""With a masking option no HDF5 file opens unmasked: swath granules of any name open masked, other
files are an error, which keeps GDAL from trying its other drivers."""
import shutil
import zipfile

import granules
import h5py
import netCDF4
import pytest
import reference
import views
from osgeo import gdal

GRIDDED = granules.file_name("RFL").replace(".nc", "_site.nc")
MASKING = [
    {"QUALITY_FLAGS": "cloud"},
    {"QUALITY_WHERE": "AOD550>0.4"},
    {"CLOUD_BUFFER": "2"},
    {"BAND_MASK": "YES"},
    {"BAND_MASK": "perhaps"},
    {"MASK_FILE": "mask.nc"},
]


def opened_by(name, flags=0, **options):
    """The driver that GDAL takes."""
    listed = [f"{key}={value}" for key, value in options.items()]
    with views.Messages():
        dataset = gdal.OpenEx(
            str(name), flags | gdal.OF_RASTER | gdal.OF_VERBOSE_ERROR, open_options=listed
        )
    return dataset.GetDriver().ShortName


def refusal(name, **options):
    with views.Messages():
        return views.refusal(name, **options)


def write_gridded(path, file_format="NETCDF4"):
    with netCDF4.Dataset(str(path), "w", format=file_format) as dataset:
        dataset.createDimension("lat", 6)
        dataset.createDimension("lon", 9)
        dataset.createVariable("reflectance", "f4", ("lat", "lon"))[:] = 1.5
    return path


@pytest.fixture(scope="module")
def renamed(scene, tmp_path_factory):
    """The scene's granules under names that say nothing, and what the masked view holds."""
    folder = tmp_path_factory.mktemp("renamed")
    path, mask = folder / "site 4.nc", folder / "m.nc"
    shutil.copy(scene[0], path)
    shutil.copy(scene[1], mask)
    expected = reference.view(
        scene[0], mask=scene[1], quality_flags="0,2", band_mask_file=scene[1]
    )
    return path, mask, expected


def assert_masked(name, mask, expected):
    options = {"QUALITY_FLAGS": "cloud,water", "BAND_MASK": "YES", "MASK_FILE": mask}
    views.assert_same(views.pixels(views.open_name(name, **options)), expected)


def test_granule_of_any_name_opens_masked(renamed):
    assert_masked(*renamed)


def test_granule_of_any_name_opens_masked_in_an_archive_and_in_memory(renamed, tmp_path):
    path, mask, expected = renamed
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(path, "data.bin")
    assert_masked(f"/vsizip/{tmp_path}/a.zip/data.bin", mask, expected)
    gdal.FileFromMemBuffer("/vsimem/claim/scene", path.read_bytes())
    try:
        assert_masked("/vsimem/claim/scene", mask, expected)
    finally:
        gdal.Unlink("/vsimem/claim/scene")


@pytest.mark.parametrize("nbytes", [512, 1024, 8192, 1 << 21])
def test_granule_after_a_user_block_opens_masked(renamed, tmp_path, nbytes):
    """GDAL's header ends at 1024 bytes; HDF5 finds its signature at any power of two from 512 on."""
    path, mask, expected = renamed
    moved = tmp_path / "block.h5"
    with h5py.File(moved, "w", userblock_size=nbytes) as target, h5py.File(path) as source:
        for key, value in source.attrs.items():
            target.attrs[key] = value
        for name in source:
            source.copy(name, target)
    moved.write_bytes(b"notes of a user".ljust(nbytes) + moved.read_bytes()[nbytes:])
    assert_masked(moved, mask, expected)


@pytest.mark.parametrize("option", ["QUALITY_FLAGS:cloud,water", "quality_flags =cloud,water"])
def test_option_written_as_gdal_also_takes_it_masks(renamed, option):
    path, mask, _ = renamed
    dataset = gdal.OpenEx(
        str(path), gdal.OF_RASTER, open_options=[option, "BAND_MASK:on", f"MASK_FILE={mask}"]
    )
    views.assert_same(views.pixels(dataset), renamed[2])


@pytest.mark.parametrize("name", ["grid.nc", "emit_grid.nc", GRIDDED, "EMIT_L3_RFL_002_20250903T163129.nc"])
@pytest.mark.parametrize("options", MASKING, ids=lambda options: "=".join(*options.items()))
def test_gridded_file_is_an_error_that_names_option_and_file(tmp_path, name, options):
    path = write_gridded(tmp_path / name)
    message = refusal(path, **options)
    assert name in message and next(iter(options)) in message


def test_damaged_hdf5_is_an_error_that_names_the_file(renamed, tmp_path):
    cut = tmp_path / "cut.nc"
    cut.write_bytes(renamed[0].read_bytes()[:3000])
    assert "cut.nc" in refusal(cut, QUALITY_FLAGS="cloud")


def test_update_of_a_renamed_granule_with_masks_is_an_error(renamed):
    with pytest.raises(RuntimeError, match="site 4.nc.*read-only"):
        opened_by(renamed[0], gdal.OF_UPDATE, QUALITY_FLAGS="cloud", MASK_FILE=renamed[1])


@pytest.mark.parametrize(
    "options",
    [{}, {"QUALITY_FLAGS": "none"}, {"BAND_MASK": "off"}, {"BAND_MASK": "0"}, {"ORTHO": "NO"}],
)
def test_without_masking_options_other_drivers_open_their_files(renamed, tmp_path, options):
    assert opened_by(renamed[0], **options) == "netCDF"
    assert opened_by(write_gridded(tmp_path / GRIDDED), **options) == "netCDF"


def test_files_that_are_not_hdf5_are_left_to_their_drivers(tmp_path):
    options = {"QUALITY_FLAGS": "cloud", "BAND_MASK": "YES"}
    tiff = tmp_path / granules.file_name("RFL")
    gdal.GetDriverByName("GTiff").Create(str(tiff), 40, 30)
    assert opened_by(tiff, **options) == "GTiff"
    classic = write_gridded(tmp_path / "classic.nc", "NETCDF3_CLASSIC")
    assert opened_by(classic, **options) == "netCDF"


def test_another_driver_that_is_named_opens_the_file(renamed):
    options = ["QUALITY_FLAGS=cloud"]
    with views.Messages():
        dataset = gdal.OpenEx(
            str(renamed[0]), gdal.OF_RASTER, allowed_drivers=["netCDF"], open_options=options
        )
    assert dataset.GetDriver().ShortName == "netCDF"


# ---- Update --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [GRIDDED, "EMIT_L3_RFL_002_20250903T163129.nc", "emit_grid.nc"])
def test_gridded_file_named_like_a_granule_is_updated_by_its_own_driver(tmp_path, name):
    path = write_gridded(tmp_path / name)
    with views.Messages() as messages:
        dataset = gdal.OpenEx(str(path), gdal.OF_RASTER | gdal.OF_UPDATE)
    assert dataset.GetDriver().ShortName == "netCDF" and messages == []


@pytest.mark.parametrize("name", [granules.file_name("RFL"), GRIDDED])
def test_update_of_a_granule_is_an_error_that_names_the_file(scene, tmp_path, name):
    shutil.copy(scene[0], tmp_path / name)
    with pytest.raises(RuntimeError, match=f"{name}.*read-only"):
        opened_by(tmp_path / name, gdal.OF_UPDATE)
