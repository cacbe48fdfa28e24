# SPDX-License-Identifier: MIT
"""NASA's notebook "How to use EMIT Quality Data", by the commands of docs/emit.rst."""
import numpy as np
import pages
import pytest
import reference
import views
import xarray


@pytest.fixture(scope="module")
def session(reader):
    """The session after all commands of the page."""
    session = reader(pages.ROOT / "docs" / "emit.rst")
    session.run_through(session.page.blocks[-1])
    return session


@pytest.fixture(scope="module")
def scene(session):
    """Reflectance, mask and radiance: few lines, all samples and bands."""
    granules = session.folder.glob("EMIT_*_20220903T163129_2224611_012.nc")
    return {path.name.split("_")[2]: path for path in granules}


@pytest.fixture
def written(session):
    return lambda name: views.read(session.folder / name)


def masked(scene, **choice):
    return reference.view(scene["RFL"], mask=scene["MASK"], quality_flags="0,1,3,4", **choice)


def test_list_the_mask_bands(scene, session):
    lines = session.printed["gdalinfo $MASK"].splitlines()
    listed = [line.split(" = ")[1] for line in lines if "Description = " in line]
    assert listed == reference.labels(scene["MASK"])


def test_see_a_mask_band_beside_the_image(scene, written):
    mask, image = written("aod550.tif"), written("image.tif")
    views.assert_same(mask[0], reference.raw(scene["MASK"], "mask")[:, :, 5].copy())
    views.assert_same(image, reference.view(scene["RFL"], ortho="NO", chosen="650,560,470"))


def test_build_a_mask_from_flags(scene, written):
    screened = reference.quality_mask(scene["MASK"], "0,1,3,4")
    screened |= reference.raw(scene["RFL"], "reflectance")[:, :, 35] == -9999
    assert np.array_equal(written("clear.tif")[0], np.where(screened, 0, 255))


def test_apply_it_and_orthorectify(scene, written):
    views.assert_same(written("masked.tif"), masked(scene))


def test_pick_650_nm(scene, written):
    centre = reference.wavelengths(scene["RFL"])[0]
    band = int(np.abs(centre - 650).argmin())
    views.assert_same(written("red.tif"), masked(scene, bands=[band]))


def test_write_netcdf_and_reopen_it_with_xarray(scene, session):
    reopened = "import xarray; print(xarray.open_dataset('masked.nc'))"
    assert "Dimensions" in session.printed[f'python3 -c "{reopened}"']
    with xarray.open_dataset(session.folder / "masked.nc", mask_and_scale=False) as dataset:
        values = dataset.reflectance.sortby("lat", ascending=False).values
    assert np.array_equal(values, masked(scene, chosen="650"))


def test_unpack_the_band_mask_and_see_band_234(scene, written):
    bits = reference.band_mask(scene["MASK"], [234])
    assert np.array_equal(written("band234.tif")[0], bits[:, :, 0])


def test_see_it_across_the_detector(scene, written):
    seen = written("detector.tif")
    assert np.array_equal(seen[:, 0], reference.band_mask(scene["MASK"], range(285))[0].T)
    assert seen.any()


def test_mask_another_file_of_the_scene(scene, written):
    expected = reference.view(
        scene["RAD"], mask=scene["MASK"], quality_flags="0,1,3,4", band_mask_file=scene["MASK"]
    )
    views.assert_same(written("radiance.tif"), expected)
