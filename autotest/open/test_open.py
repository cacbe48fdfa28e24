# SPDX-License-Identifier: MIT
"""Which names and files this driver opens, and which it leaves to other drivers."""
import shutil

import granules
import h5py
import netCDF4
import numpy as np
import pytest
import reference
import views
from osgeo import gdal


def driver_of(name, **keywords):
    dataset = gdal.OpenEx(str(name), gdal.OF_RASTER | gdal.OF_VERBOSE_ERROR, **keywords)
    return dataset.GetDriver().ShortName


def write_other_netcdf(path):
    """A gridded file, which belongs to the netCDF driver even if named emit."""
    with netCDF4.Dataset(str(path), "w") as dataset:
        dataset.createDimension("lat", 6)
        dataset.createDimension("lon", 9)
        dataset.createVariable("reflectance", "f4", ("lat", "lon"))[:] = 1.5
    return path


def test_driver_reports_its_capabilities():
    driver = gdal.GetDriverByName("EMIT")
    items = driver.GetMetadata()
    assert driver.LongName == "NASA EMIT imaging spectrometer granules"
    for item in ("DCAP_RASTER", "DCAP_OPEN", "DCAP_VIRTUALIO", "DMD_SUBDATASETS"):
        assert items[item] == "YES", item
    assert items["DMD_EXTENSIONS"].split() == ["nc", "nc4", "h5", "hdf5"]
    assert items["DMD_CONNECTION_PREFIX"] == "EMIT:"
    assert items["DMD_HELPTOPIC"]
    for item in ("DCAP_CREATE", "DCAP_CREATECOPY", "DCAP_VECTOR", "DCAP_MULTIDIM_RASTER"):
        assert item not in items


def test_granule_opens_by_its_plain_path(scene):
    assert driver_of(scene[0]) == "EMIT"
    assert views.open_view(scene[0]).RasterCount == 13


def test_mask_granule_opens_with_one_band_a_label(scene):
    assert driver_of(scene[1]) == "EMIT"
    assert views.open_view(scene[1]).RasterCount == 8


@pytest.mark.parametrize(
    "name",
    [
        "EMIT_L2A_RFL_002_20220903T163129.nc",
        "EMIT_L2A_RFL_V001_20220903T163129_2224611_012.nc",
        "EMIT_L2A_RFL_001_20220903T163129_2224611_012_crop.nc",
        "my_emit_crop.nc",
        "Emit.nc",
        "rfl.EMIT.h5",
        "EMIT_L2A_RFL_001_20220903T163129_2224611_012.NC4",
        "EMIT_L2A_RFL_001_20220903T163129_2224611_012.nc.h5",
    ],
)
def test_names_of_granules_and_names_that_mention_emit_are_claimed(tmp_path, scene, name):
    shutil.copy(scene[0], tmp_path / name)
    assert driver_of(tmp_path / name) == "EMIT"


def test_granule_of_another_name_is_left_to_netcdf(tmp_path, scene):
    shutil.copy(scene[0], tmp_path / "foo.nc")
    with views.Messages() as messages:
        assert driver_of(tmp_path / "foo.nc") == "netCDF"
    assert [text for kind, text in messages if kind >= gdal.CE_Failure] == []


def test_granule_of_another_name_opens_with_the_prefix(tmp_path, scene):
    shutil.copy(scene[0], tmp_path / "foo.nc")
    assert driver_of(f'EMIT:"{tmp_path}/foo.nc"') == "EMIT"
    assert driver_of(f"EMIT:{tmp_path}/foo.nc") == "EMIT"
    assert driver_of(f'emit:"{tmp_path}/foo.nc":reflectance') == "EMIT"


def test_granule_of_another_name_opens_when_only_this_driver_is_allowed(tmp_path, scene):
    shutil.copy(scene[0], tmp_path / "foo.nc")
    assert driver_of(tmp_path / "foo.nc", allowed_drivers=["EMIT"]) == "EMIT"


def test_variable_is_chosen_in_the_name(scene):
    for variable, bands in (("reflectance", 13), ("lon", 1), ("lat", 1), ("elev", 1)):
        assert views.open_view(scene[0], variable).RasterCount == bands, variable
    assert views.open_view(scene[1], "mask").RasterCount == 8


def test_unknown_variable_is_an_error_that_lists_the_variables(scene):
    message = views.refusal(views.name_of(scene[0], "temperature"))
    for word in (scene[0].name, "temperature", "reflectance", "elev"):
        assert word in message


def test_other_netcdf_files_are_opened_by_netcdf_silently(tmp_path):
    for name in ("other.nc", "emit_l3.nc", "EMIT_L3_ASA_001.nc"):
        path = write_other_netcdf(tmp_path / name)
        with views.Messages() as messages:
            assert driver_of(path) == "netCDF"
        assert messages == [], name


def test_variable_over_other_dimensions_does_not_make_a_granule(tmp_path):
    """A root variable is a swath variable only over downtrack x crosstrack, in this order."""
    path = tmp_path / "emit_transposed.nc"
    with netCDF4.Dataset(str(path), "w") as dataset:
        for name, size in (("bands", 3), ("downtrack", 4), ("crosstrack", 5)):
            dataset.createDimension(name, size)
        dataset.createVariable("flat_field_update", "f4", ("crosstrack", "bands"))[:] = 1
    assert driver_of(path) == "netCDF"


def test_granule_opens_with_netcdf_when_asked(scene):
    with views.Messages() as messages:
        assert driver_of(scene[0], allowed_drivers=["netCDF"]) == "netCDF"
        assert driver_of(f'NETCDF:"{scene[0]}":reflectance') == "netCDF"
        assert driver_of(f'HDF5:"{scene[0]}"://location/glt_x') == "HDF5Image"
    assert [text for kind, text in messages if kind >= gdal.CE_Failure] == []


def test_files_of_other_kinds_are_not_touched(tmp_path):
    """Named like a granule, but GeoTIFF and text inside."""
    tiff = tmp_path / granules.file_name("RFL")
    gdal.GetDriverByName("GTiff").Create(str(tiff), 4, 3)
    assert driver_of(tiff) == "GTiff"
    text = tmp_path / granules.file_name("RAD")
    text.write_text("this is not a granule")
    assert "not recognized" in views.refusal(text)


def test_multidimensional_opening_is_left_to_netcdf(scene):
    dataset = gdal.OpenEx(str(scene[0]), gdal.OF_MULTIDIM_RASTER)
    assert "reflectance" in dataset.GetRootGroup().GetMDArrayNames()


def test_granule_does_not_open_for_writing(scene):
    before = scene[0].stat()
    try:
        dataset = gdal.OpenEx(str(scene[0]), gdal.OF_RASTER | gdal.OF_UPDATE)
        assert dataset is None or dataset.GetDriver().ShortName != "EMIT"
    except RuntimeError:
        pass
    dataset = None
    assert (scene[0].stat().st_size, scene[0].stat().st_mtime_ns) == (
        before.st_size,
        before.st_mtime_ns,
    )


def test_swath_variable_of_unknown_name_is_listed_and_opens(tmp_path):
    """A user's own variable over the swath."""
    path = granules.write(tmp_path, lines=6, samples=8, bands=3)
    with netCDF4.Dataset(str(path), "a") as dataset:
        stored = dataset.createVariable("ndvi", "f4", ("downtrack", "crosstrack"), fill_value=-9999)
        stored[:] = granules.values(6, 8, 1)[:, :, 0]
    assert np.array_equal(views.read(path, "ndvi", ORTHO="NO")[0].ravel(), np.arange(48.0))


def without_dimension_names(source_path, path, axes=(0, 1, 2)):
    """Rewritten with h5py: no dimension scales at all, only shapes and names."""
    with h5py.File(source_path) as source, h5py.File(path, "w") as target:
        for key in ("geotransform", "spatial_ref"):
            target.attrs[key] = source.attrs[key]
        target["reflectance"] = source["reflectance"][:].transpose(axes)
        for name in ("lon", "lat", "glt_x", "glt_y"):
            target["location/" + name] = source["location/" + name][:]
        for name in ("wavelengths", "fwhm", "good_wavelengths"):
            target["sensor_band_parameters/" + name] = source["sensor_band_parameters/" + name][:]
    return path


def test_crop_that_lost_its_dimension_names_opens(tmp_path, scene):
    path = without_dimension_names(scene[0], tmp_path / "emit_anonymous.nc")
    views.assert_same(views.read(path), views.read(scene[0]))


@pytest.mark.parametrize("samples", [9, 11], ids=["square", "not square"])
def test_turned_crop_without_dimension_names_is_an_error(tmp_path, samples):
    """Bands first: only lon and lat show that the first two axes are not lines and samples."""
    source = granules.write(tmp_path, lines=9, samples=samples, bands=5)
    path = without_dimension_names(source, tmp_path / "emit_turned.nc", axes=(2, 0, 1))
    for ortho in ("GLT", "NO"):
        message = views.refusal(path, ORTHO=ortho)
        assert str(path) in message and f"9 x {samples}" in message and "5 x 9" in message


def test_names_that_netcdf_gives_to_nameless_dimensions_are_none(tmp_path):
    """nccopy and xarray turn them into real names."""
    granule, mask = granules.pair(tmp_path, lines=9, samples=7, bands=5)
    expected = reference.view(granule, mask=mask, quality_flags="0,1")
    for path in (granule, mask):
        with netCDF4.Dataset(path, "a") as dataset:
            for number, name in enumerate(("downtrack", "crosstrack", "bands")):
                dataset.renameDimension(name, f"phony_dim_{number + 3}")
    views.assert_same(views.read(granule, QUALITY_FLAGS="0,1"), expected)


def test_invalid_wkt_is_left_out_with_a_warning(tmp_path):
    path = granules.write(tmp_path)
    with h5py.File(path, "r+") as file:
        file.attrs["spatial_ref"] = 'GEOGCS["half of'
    with views.Messages() as messages:
        dataset = views.open_view(path)
        pixels = dataset.ReadAsArray()
    warnings = [text for kind, text in messages if kind == gdal.CE_Warning]
    assert len(warnings) == 1 and str(path) in warnings[0] and "spatial_ref" in warnings[0]
    assert dataset.GetSpatialRef() is None
    views.assert_same(pixels, reference.view(path))
