# SPDX-License-Identifier: MIT
"""Each step of NASA's notebook "How to use EMIT Quality Data", by the command that does it here."""
import granules
import numpy as np
import pytest
import reference
import views
import xarray
from osgeo import gdal

FLAGS = ["-oo", "QUALITY_FLAGS=0,1,3,4"]


@pytest.fixture(scope="module")
def download(tmp_path_factory):
    """Reflectance, mask and radiance of one scene, with all 285 bands."""
    folder = tmp_path_factory.mktemp("notebook")
    products = ["--products", "RFL,MASK,RAD", "--bands", 285]
    return granules.make(folder, "--lines", 41, "--samples", 53, *products)


def translated(tmp_path, *arguments):
    """The pixels that gdal_translate writes."""
    target = tmp_path / "out.tif"
    code, _, errors = views.run("gdal_translate", "-q", *arguments, target)
    assert (code, errors) == (0, "")
    return views.read(target)


def test_list_the_bands_of_the_mask(download):
    code, output, errors = views.run("gdalinfo", download["MASK"])
    assert code == 0, errors
    listed = [line.split(" = ")[1] for line in output.splitlines() if "Description = " in line]
    assert listed == reference.labels(download["MASK"])


def test_see_a_mask_band_beside_the_image(download, tmp_path):
    swath = ["-oo", "ORTHO=NO"]
    mask = translated(tmp_path, "-b", "6", *swath, download["MASK"])
    image = translated(tmp_path, *swath, "-oo", "WAVELENGTHS=650,560,470", download["RFL"])
    assert mask.shape[1:] == image.shape[1:] and len(image) == 3
    views.assert_same(mask[0], reference.raw(download["MASK"], "mask")[:, :, 5].copy())


def test_build_a_mask_from_flags(download, tmp_path):
    source = [*FLAGS, "-oo", "ORTHO=NO", "-oo", "NODATA=NAN", download["RFL"]]
    seen = translated(tmp_path, "-b", "mask,36", *source)[0] == 0
    screened = reference.quality_mask(download["MASK"], "0,1,3,4")
    screened |= reference.raw(download["RFL"], "reflectance")[:, :, 35] == -9999
    assert np.array_equal(seen, screened)


def test_apply_the_mask_and_orthorectify(download, tmp_path):
    expected = reference.view(download["RFL"], mask=download["MASK"], quality_flags="0,1,3,4")
    views.assert_same(translated(tmp_path, *FLAGS, download["RFL"]), expected)


def test_pick_650_nm(download, tmp_path):
    centre = reference.wavelengths(download["RFL"])[0]
    band = int(np.abs(centre - 650).argmin())
    expected = reference.view(
        download["RFL"], mask=download["MASK"], quality_flags="0,1,3,4", bands=[band]
    )
    seen = translated(tmp_path, *FLAGS, "-oo", "WAVELENGTHS=650", download["RFL"])
    views.assert_same(seen, expected)


def test_write_netcdf_and_reopen_it_with_xarray(download, tmp_path):
    target = tmp_path / "example_quality_nc_out.nc"
    command = ["gdal_translate", "-q", "-of", "netCDF", *FLAGS, "-oo", "WAVELENGTHS=650,560"]
    code, _, errors = views.run(*command, download["RFL"], target)
    assert code == 0, errors
    expected = reference.view(
        download["RFL"], mask=download["MASK"], quality_flags="0,1,3,4", chosen="650,560"
    )
    with xarray.open_dataset(target, mask_and_scale=False) as dataset:
        arrays = [array.values for array in dataset.data_vars.values() if array.ndim >= 2]
        seen = arrays[0] if arrays[0].ndim == 3 else np.stack(arrays)
        south_up = dataset["lat"].values[0] < dataset["lat"].values[-1]
    assert np.array_equal(seen[:, ::-1] if south_up else seen, expected)


def test_unpack_the_band_mask_and_see_band_234(download, tmp_path):
    name = views.name_of(download["MASK"], "band_mask")
    seen = translated(tmp_path, "-b", "235", "-oo", "ORTHO=NO", name)
    bits = reference.band_mask(download["MASK"], [234])
    assert np.array_equal(seen[0], bits[:, :, 0])
    assert gdal.OpenEx(name).RasterCount == 285


def test_see_the_detector_across_the_track(download, tmp_path):
    """One line of all bands: wavelength by crosstrack element."""
    name = views.name_of(download["MASK"], "band_mask")
    seen = translated(tmp_path, "-oo", "ORTHO=NO", "-srcwin", "0", "0", "53", "1", name)
    assert np.array_equal(seen[:, 0], reference.band_mask(download["MASK"], range(285))[0].T)
    assert seen.any()


def test_mask_another_file_of_the_scene(download, tmp_path):
    expected = reference.view(
        download["RAD"],
        mask=download["MASK"],
        quality_flags="0,1,3,4",
        band_mask_file=download["MASK"],
    )
    seen = translated(tmp_path, *FLAGS, "-oo", "BAND_MASK=YES", download["RAD"])
    views.assert_same(seen, expected)
