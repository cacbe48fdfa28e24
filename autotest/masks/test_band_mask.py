# SPDX-License-Identifier: MIT
"""BAND_MASK=YES: single values that were interpolated become nodata."""
import granules
import numpy as np
import pytest
import reference
import views

BYTE_241 = np.full((4, 6, 2), 241, "u1")


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
@pytest.mark.parametrize("bands", [1, 7, 8, 9, 16, 285])
@pytest.mark.parametrize("kind", ["u1", "u8"])
def test_interpolated_values_are_masked(tmp_path, bands, kind, ortho):
    path, mask = granules.pair(tmp_path, lines=6, samples=9, bands=bands, band_mask_type=kind)
    expected = reference.view(path, band_mask_file=mask, ortho=ortho)
    assert (expected == -9999).any()
    views.assert_same(views.read(path, BAND_MASK="YES", ORTHO=ortho), expected)


def test_first_band_is_the_most_significant_bit_of_the_first_byte(tmp_path):
    packed = np.zeros((2, 5, 2), "u1")
    packed[0, 3] = [0x80, 0]
    packed[1, 0] = [0x01, 0x80]
    path, _ = granules.pair(tmp_path, lines=2, samples=5, bands=10, band_mask=packed)
    masked = views.read(path, BAND_MASK="YES", ORTHO="NO") == -9999
    assert [tuple(place) for place in np.argwhere(masked).tolist()] == [
        (0, 0, 3),
        (7, 1, 0),
        (8, 1, 0),
    ]


@pytest.mark.parametrize("kind", ["u1", "u8"])
def test_the_fill_value_241_is_a_value_like_any_other(tmp_path, kind):
    """Programs that decode _FillValue lose the five bits of 0b11110001."""
    path, _ = granules.pair(
        tmp_path, lines=4, samples=6, bands=13, band_mask=BYTE_241, band_mask_type=kind
    )
    masked = views.read(path, BAND_MASK="YES", ORTHO="NO") == -9999
    assert masked.all(axis=(1, 2)).tolist() == [bit == "1" for bit in "1111000111110"]
    assert masked.any(axis=(1, 2)).tolist() == [bit == "1" for bit in "1111000111110"]


def test_only_the_low_byte_of_a_64_bit_mask_counts(tmp_path):
    packed = np.full((3, 4, 1), 0x1234567890ABFF40, "u8")
    path, _ = granules.pair(
        tmp_path, lines=3, samples=4, bands=8, band_mask=packed, band_mask_type="u8"
    )
    masked = views.read(path, BAND_MASK="YES", ORTHO="NO") == -9999
    assert masked.all(axis=(1, 2)).tolist() == [False, True] + [False] * 6
    assert masked.sum() == 12


def test_spare_bits_after_the_last_band_mean_nothing(tmp_path):
    packed = np.zeros((3, 4, 2), "u1")
    packed[:, :, 1] = 0x3F  # bands 10 to 15 of 10
    path, _ = granules.pair(tmp_path, lines=3, samples=4, bands=10, band_mask=packed)
    views.assert_same(views.read(path, BAND_MASK="YES"), reference.view(path))


@pytest.mark.parametrize("part", [slice(3, None), slice(0, 283), slice(None, None, -1)])
def test_band_mask_of_the_mission_is_refused_for_some_of_its_bands_or_another_order(tmp_path, part):
    """36 bytes fit 281 to 288 bands: without its first three bands, bits were three bands off."""
    mask = granules.write(tmp_path, "MASK", lines=5, samples=4)
    band_nm = granules.spectrum(285)
    path = granules.write(
        tmp_path, lines=5, samples=4, bands=len(band_nm[part]), wavelength=band_nm[part]
    )
    message = views.refusal(path, BAND_MASK="YES")
    words = ("BAND_MASK", "WAVELENGTHS", path.name, mask.name if part.step is None else "nm")
    assert all(word in message for word in words)
    assert views.read(path, QUALITY_FLAGS="cloud").shape[0] == len(band_nm[part])


@pytest.mark.parametrize("off", ["NO", "no", "FALSE", "OFF", "0"])
def test_band_mask_no_keeps_interpolated_values(scene, off):
    views.assert_same(views.read(scene[0], BAND_MASK=off), reference.view(scene[0]))


@pytest.mark.parametrize("on", ["YES", "yes", "TRUE", "ON", "1"])
def test_every_spelling_of_yes_is_accepted(scene, on):
    expected = reference.view(scene[0], band_mask_file=scene[1])
    views.assert_same(views.read(scene[0], BAND_MASK=on), expected)


@pytest.mark.parametrize("flags", ["0", "0,1,3,4"])
@pytest.mark.parametrize("ortho", ["GLT", "NO"])
def test_band_mask_and_quality_flags_combine(scene, flags, ortho):
    seen = views.read(scene[0], BAND_MASK="YES", QUALITY_FLAGS=flags, ORTHO=ortho)
    expected = reference.view(
        scene[0], mask=scene[1], quality_flags=flags, band_mask_file=scene[1], ortho=ortho
    )
    views.assert_same(seen, expected)


@pytest.mark.parametrize("kind", ["u1", "u8"])
@pytest.mark.parametrize("ortho", ["GLT", "NO"])
def test_band_mask_opens_as_one_byte_band_a_wavelength(tmp_path, kind, ortho):
    mask = granules.write(tmp_path, "MASK", lines=6, samples=9, band_mask_type=kind)
    dataset = views.open_view(mask, "band_mask", ORTHO=ortho)
    assert dataset.RasterCount == 285
    expected = reference.view(mask, "band_mask", ortho=ortho)
    assert set(np.unique(expected)) == ({0, 1, 255} if ortho == "GLT" else {0, 1})
    views.assert_same(views.pixels(dataset), expected)
    assert dataset.GetRasterBand(285).GetNoDataValue() == 255


def test_unpacked_band_mask_is_itself_screened_by_flags(tmp_path):
    mask = granules.write(tmp_path, "MASK", lines=6, samples=9)
    seen = views.read(mask, "band_mask", QUALITY_FLAGS="cloud")
    views.assert_same(seen, reference.view(mask, "band_mask", mask=mask, quality_flags="0"))
