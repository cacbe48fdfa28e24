# SPDX-License-Identifier: MIT
"""The reference itself, against answers worked out by hand."""
import granules
import netCDF4
import numpy as np
import pytest
import reference

# Three lines, two samples, three bands, and an ortho grid of two rows and four columns.
CUBE = np.array(
    [
        [[0.11, 0.12, 0.13], [0.21, 0.22, 0.23]],
        [[1.11, 1.12, 1.13], [-9999, -9999, -9999]],
        [[2.11, 2.12, 2.13], [2.21, 2.22, 2.23]],
    ],
    "f4",
)
GLT_X = np.array([[1, 2, 0, 2], [1, 3, -5, 2]], "i4")
GLT_Y = np.array([[3, 1, 0, 2], [4, 1, 1, 3]], "i4")
LABELS = ["Cloud flag", "AOD550", "Dilated Cloud Flag"]
MASK = np.array(
    [[[1, 0.5, 0], [0, 0.25, 0]], [[0, 0.75, 0], [0, 0, 0]], [[0, 0.5, 1], [0, -9999, 0]]], "f4"
)
# 0b011 for line 0 sample 0 (bands 1 and 2), 241 = 0b11110001 for line 2 sample 1.
PACKED = np.array([[[0b01100000], [0]], [[0], [0]], [[0], [241]]], "u1")


@pytest.fixture(params=["u1", "u8"])
def tiny(tmp_path, request):
    layout = {"glt_x": GLT_X, "glt_y": GLT_Y}
    reflectance = granules.write(tmp_path, "RFL", "001", 3, 2, 3, data=CUBE, glt=layout)
    packed = PACKED.astype(request.param)
    if request.param == "u8":
        packed |= np.uint64(0xABCDEF00)
    mask = granules.write(
        tmp_path,
        "MASK",
        "001",
        3,
        2,
        data=MASK,
        labels=LABELS,
        glt=layout,
        band_mask=packed,
        band_mask_type=request.param,
    )
    return reflectance, mask


def test_glt_fills_cells_and_leaves_those_out_of_range_empty(tiny):
    cells = reference.view(tiny[0])
    assert cells[0].tolist() == np.float32(
        [[2.11, 0.21, -9999, -9999], [-9999, -9999, -9999, 2.21]]
    ).tolist()
    assert cells[2].tolist() == np.float32(
        [[2.13, 0.23, -9999, -9999], [-9999, -9999, -9999, 2.23]]
    ).tolist()


def test_raw_swath_is_what_is_stored(tiny):
    assert np.array_equal(reference.view(tiny[0], ortho="NO")[1], CUBE[:, :, 1])


@pytest.mark.parametrize("flag", ["Dilated Cloud Flag", "dilated_cloud", "DILATED-CLOUD", "2"])
def test_flag_masks_by_any_spelling(tiny, flag):
    cells = reference.view(tiny[0], mask=tiny[1], quality_flags=flag)
    assert cells[0].tolist() == np.float32(
        [[-9999, 0.21, -9999, -9999], [-9999, -9999, -9999, 2.21]]
    ).tolist()


def test_data_band_is_not_a_flag(tiny):
    for flag in ("1", "AOD550", "snow", "3"):
        with pytest.raises(KeyError):
            reference.flag_index(tiny[1], flag)


def test_band_mask_is_unpacked_from_the_most_significant_bit(tiny):
    bits = reference.band_mask(tiny[1], range(3))
    assert bits[0, 0].tolist() == [0, 1, 1]
    assert bits[2, 1].tolist() == [1, 1, 1]
    assert bits.sum() == 5


def test_nodata_replaces_the_fill_value_everywhere(tiny):
    swath = reference.view(
        tiny[0], ortho="NO", mask=tiny[1], quality_flags="cloud", nodata=np.nan
    )
    assert np.isnan(swath[0]).tolist() == [[True, False], [False, True], [False, False]]


def test_where_compares_data_bands_and_never_the_fill(tiny):
    held = reference.where_mask(tiny[1], "AOD550>=0.5")
    assert held.tolist() == [[True, False], [True, False], [True, False]]
    assert reference.where_mask(tiny[1], "aod550 < 0.25").tolist() == [
        [False, False],
        [False, True],
        [False, False],
    ]


def test_cloud_buffer_takes_distances_from_zero_up(tmp_path):
    distance = np.array([[[-1], [0]], [[1], [2]], [[3], [-9999]]], "f4")
    mask = granules.write(
        tmp_path, "MASK", "003", 3, 2, data=distance, labels=["SpecTf-Buffer Distance"]
    )
    assert reference.buffer_mask(mask, 2).tolist() == [[False, True], [True, True], [False, False]]


def test_wavelengths_choose_bands(tmp_path):
    path = granules.write(
        tmp_path, bands=5, wavelength=[400, 410, 420, 430, 440], fwhm=[9] * 5, good=[1, 0, 1, 1, 0]
    )

    def choose(*arguments):
        return reference.select_bands(path, "reflectance", *arguments)

    assert choose("431,402") == [3, 0]
    assert choose("410-430") == [1, 2, 3]
    assert choose("410-430", "DROP") == [2, 3]
    assert choose("GOOD") == [0, 2, 3]
    assert choose(None, "DROP") == [0, 2, 3]
    with pytest.raises(KeyError):
        choose("450")


def test_nearest_takes_the_closer_pixel_and_the_lower_one_at_a_tie(tmp_path):
    """Cells of one degree at 60 north: a degree of longitude is half of one of latitude."""
    layout = {
        "glt_x": np.array([[1, 1, 0]], "i4"),
        "glt_y": np.array([[1, 1, 0]], "i4"),
        "geotransform": np.array([0.0, 1, 0, 60.5, 0, -1]),
        # Cell centres 0.5 60 and 1.5 60. Pixel 1 is 0.9 of longitude off the first, pixel 0 0.6
        # of latitude; pixels 2 and 3 lie one on each side of the second.
        "lon": np.array([[0.5, -0.4], [1.25, 1.75]]),
        "lat": np.array([[60.6, 60.0], [60.0, 60.0]]),
    }
    path = granules.write(tmp_path, "RFL", "001", 2, 2, 1, glt=layout)
    filled, line, sample = reference.nearest_cells(path)
    assert filled.tolist() == [[True, True, False]]
    # First cell: pixel 2 is 0.75 * 0.5 = 0.375 away, nearer than 0.45 and 0.6.
    assert (line * 2 + sample)[0, :2].tolist() == [2, 2]
    pixels, squared = reference.nearest_candidates(path)
    assert pixels[0].tolist() == [2, 1, 0, 3]
    assert pixels[1, :2].tolist() == [2, 3]
    assert np.allclose(squared[0], [0.140625, 0.2025, 0.36, 0.390625])


def test_labels_of_every_version_fold_to_different_names():
    for names in granules.MASK_LABELS.values():
        assert len({reference.plain(name) for name in names}) == len(names)


def test_real_crop_agrees_with_numbers_read_by_eye():
    """ncdump of the real mask crop; the crop itself is tested in test_real_crops.py."""
    import real

    path = real.crop("EMIT_L2A_MASK_001")
    with netCDF4.Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        sums = dataset["mask"][:, :, [0, 1, 3, 4]].sum(axis=2)
        octets = dataset["band_mask"][:]
    assert np.array_equal(reference.quality_mask(path, "0,1,3,4"), np.minimum(sums, 1) == 1)
    bits = np.unpackbits(octets, axis=2)[:, :, :285]
    assert np.array_equal(reference.band_mask(path, range(285)), bits)
    assert round(100 * bits.any(axis=2).mean(), 1) == 9.5
