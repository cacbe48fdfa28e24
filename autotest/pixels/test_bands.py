# SPDX-License-Identifier: MIT
"""WAVELENGTHS and BAD_WAVELENGTHS: which bands a view has, in which order."""
import granules
import h5py
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

CENTRES = [400, 407.5, 415, 422.5, 430, 1400, 1407.5, 2000, 2300.25, 2450]
GOOD = [1, 1, 0, 1, 1, 0, 0, 1, 1, 1]


@pytest.fixture(scope="module")
def spectral(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bands")
    return granules.pair(
        folder, lines=8, samples=11, bands=10, wavelength=CENTRES, fwhm=[8] * 10, good=GOOD
    )


def bands_of(dataset):
    numbers = range(1, dataset.RasterCount + 1)
    return [int(dataset.GetRasterBand(n).GetMetadataItem("EMIT_BAND")) for n in numbers]


CHOICES = {
    "2300,430,400": [8, 4, 0],
    "402": [0],
    "403.76": [1],
    "400-430": [0, 1, 2, 3, 4],
    "407.5-415": [1, 2],
    "2000-2450": [7, 8, 9],
    "GOOD": [0, 1, 3, 4, 7, 8, 9],
    "good": [0, 1, 3, 4, 7, 8, 9],
    "2450,400-410,1400": [9, 0, 1, 5],
    " 430 , 400 ": [4, 0],
    "1398-1410,430": [5, 6, 4],
    "409.5": [1],
    "2457": [9],
    "437.9": [4],
}


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
@pytest.mark.parametrize("chosen", CHOICES)
def test_wavelengths_choose_bands_in_their_order(spectral, chosen, ortho):
    dataset = views.open_view(spectral[0], WAVELENGTHS=chosen, ORTHO=ortho)
    assert bands_of(dataset) == CHOICES[chosen]
    expected = reference.view(spectral[0], chosen=chosen, ortho=ortho)
    assert len(expected) == len(CHOICES[chosen])
    views.assert_same(views.pixels(dataset), expected)


def test_all_bands_by_default(spectral):
    assert bands_of(views.open_view(spectral[0])) == list(range(10))


def test_chosen_bands_keep_their_own_metadata(spectral):
    dataset = views.open_view(spectral[0], WAVELENGTHS="2300,415")
    first, second = dataset.GetRasterBand(1), dataset.GetRasterBand(2)
    assert (first.GetDescription(), second.GetDescription()) == ("2300.25 nm", "415.00 nm")
    assert (first.GetMetadataItem("bbl"), second.GetMetadataItem("bbl")) == ("1", "0")
    assert float(first.GetMetadataItem("wavelength")) == 2300.25


@pytest.mark.parametrize("chosen", ["650,560,470", "470,560,650"])
def test_three_chosen_bands_are_red_green_and_blue(tmp_path, chosen):
    path = granules.write(tmp_path, bands=285)
    dataset = views.open_view(path, WAVELENGTHS=chosen)
    colours = {
        wavelength: dataset.GetRasterBand(number + 1).GetColorInterpretation()
        for number, wavelength in enumerate(chosen.split(","))
    }
    assert colours == {"650": gdal.GCI_RedBand, "560": gdal.GCI_GreenBand, "470": gdal.GCI_BlueBand}


@pytest.mark.parametrize(
    "bad, bands", [("KEEP", range(10)), ("NODATA", range(10)), ("DROP", [0, 1, 3, 4, 7, 8, 9])]
)
@pytest.mark.parametrize("ortho", ["GLT", "NO"])
def test_bad_wavelengths_are_kept_blanked_or_dropped(spectral, bad, bands, ortho):
    dataset = views.open_view(spectral[0], BAD_WAVELENGTHS=bad, ORTHO=ortho)
    assert bands_of(dataset) == list(bands)
    views.assert_same(views.pixels(dataset), reference.view(spectral[0], bad=bad, ortho=ortho))


def test_blank_bands_hold_only_nodata(spectral):
    seen = views.read(spectral[0], BAD_WAVELENGTHS="NODATA", NODATA="NAN", ORTHO="NO")
    empty = np.isnan(seen).all(axis=(1, 2))
    assert empty.tolist() == [quality == 0 for quality in GOOD]
    assert np.isnan(seen).any(axis=(1, 2)).tolist() == empty.tolist()


@pytest.mark.parametrize("bad", ["KEEP", "NODATA", "DROP"])
@pytest.mark.parametrize("chosen", ["2300,415,400", "400-1410", "GOOD", "2000-2450,1400-1410,422"])
@pytest.mark.parametrize("masks", [False, True])
def test_all_band_options_and_masks_combine(spectral, chosen, bad, masks):
    path, mask = spectral
    options, keywords = {}, {}
    if masks:
        options = {"BAND_MASK": "YES", "QUALITY_FLAGS": "0,1"}
        keywords = {"mask": mask, "quality_flags": "0,1", "band_mask_file": mask}
    dataset = views.open_view(path, WAVELENGTHS=chosen, BAD_WAVELENGTHS=bad, **options)
    assert bands_of(dataset) == reference.select_bands(path, "reflectance", chosen, bad)
    expected = reference.view(path, chosen=chosen, bad=bad, **keywords)
    views.assert_same(views.pixels(dataset), expected)


@pytest.mark.parametrize("chosen", ["500", "438.1", "400,700", "2458.5"])
def test_wavelength_far_from_every_band_is_an_error(spectral, chosen):
    message = views.refusal(spectral[0], WAVELENGTHS=chosen)
    for word in (spectral[0].name, "WAVELENGTHS", chosen.split(",")[-1]):
        assert word in message


def test_range_without_bands_is_an_error(spectral):
    message = views.refusal(spectral[0], WAVELENGTHS="500-600")
    assert "WAVELENGTHS" in message and "500-600" in message


def test_empty_selection_is_an_error(spectral):
    message = views.refusal(spectral[0], WAVELENGTHS="1400-1410", BAD_WAVELENGTHS="DROP")
    assert spectral[0].name in message


@pytest.mark.parametrize("kind, bad, fill", [("u1", 0, 0), ("f4", np.nan, None), ("f8", 0, 0)])
def test_a_wavelength_is_good_only_if_the_file_says_so(tmp_path, kind, bad, fill):
    """A _FillValue of 0, or NaN, where xarray has decoded such a file."""
    path = granules.write(tmp_path, lines=3, samples=2, bands=7)
    name = "sensor_band_parameters/good_wavelengths"
    with h5py.File(path, "a") as file:
        del file[name]
        file[name] = np.array([1, bad, 1, 1, bad, bad, 1], kind)
        if fill is not None:
            file[name].attrs["_FillValue"] = np.array(fill, kind)[()]
    good = np.moveaxis(granules.values(3, 2, 7)[:, :, [0, 2, 3, 6]], 2, 0)
    for options in ({"BAD_WAVELENGTHS": "DROP"}, {"WAVELENGTHS": "GOOD"}):
        views.assert_same(views.read(path, ORTHO="NO", **options), good)


def test_good_needs_good_wavelengths(tmp_path):
    """Radiance granules have no good_wavelengths, so the option is an error."""
    path = granules.write(tmp_path, "RAD", bands=6)
    for options in ({"WAVELENGTHS": "GOOD"}, {"BAD_WAVELENGTHS": "DROP"}):
        message = views.refusal(path, **options)
        assert path.name in message and "good" in message.lower()


def test_wavelengths_of_a_variable_without_any_are_an_error(scene):
    for path, variable in ((scene[1], None), (scene[0], "elev")):
        message = views.refusal(views.name_of(path, variable), WAVELENGTHS="650")
        assert "WAVELENGTHS" in message


def test_radiance_bands_are_chosen_too(tmp_path):
    path = granules.write(tmp_path, "RAD", bands=6, early_names=True)
    chosen = str(granules.spectrum(6)[4])
    views.assert_same(views.read(path, WAVELENGTHS=chosen), reference.view(path, chosen=chosen))


def test_one_band_that_was_cut_out_opens_with_its_wavelength(tmp_path):
    """isel(bands=1) leaves a variable of two dimensions and single values for lists."""
    path, mask = granules.pair(tmp_path, lines=9, samples=7, bands=3)
    expected = reference.view(path, mask=mask, quality_flags="0,2")[1:2]
    with h5py.File(path, "r+") as file:
        lists = file["sensor_band_parameters"]
        for group, names in ((lists, list(lists)), (file, ["reflectance"])):
            for name in names:
                value = group[name][..., 1]
                del group[name]
                group[name] = value
    dataset = views.open_view(path, QUALITY_FLAGS="0,2")
    views.assert_same(views.pixels(dataset), expected)
    assert dataset.GetRasterBand(1).GetDescription() == f"{granules.spectrum(3)[1]:.2f} nm"
    assert "BAND_MASK" in views.refusal(path, BAND_MASK="YES")
