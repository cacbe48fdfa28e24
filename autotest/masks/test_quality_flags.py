# SPDX-License-Identifier: MIT
"""QUALITY_FLAGS: pixels in which one of the chosen flags is set become nodata."""
import itertools

import granules
import numpy as np
import pytest
import reference
import views

FLAGS_001 = [0, 1, 2, 3, 4, 7]


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
@pytest.mark.parametrize(
    "flags", [*map(str, FLAGS_001), "0,1,3,4", "4,3,1,0", "0,0", "0,1,2,3,4,7"]
)
def test_flags_by_index_equal_the_reference(scene, flags, ortho):
    seen = views.read(scene[0], QUALITY_FLAGS=flags, ORTHO=ortho)
    views.assert_same(
        seen, reference.view(scene[0], mask=scene[1], quality_flags=flags, ortho=ortho)
    )


def test_every_choice_of_flags_masks_something_else(scene):
    """The masks differ, so that the tests above detect a wrong choice."""
    masks = [reference.quality_mask(scene[1], [flag]) for flag in FLAGS_001]
    for first, second in itertools.combinations(masks, 2):
        assert (first != second).any()


@pytest.mark.parametrize(
    "spelling, index",
    [
        ("cloud", 0),
        ("Cloud flag", 0),
        ("CLOUD", 0),
        ("cloud-flag", 0),
        ("Cirrus Flag", 1),
        ("Cirrus_flag", 1),
        ("water", 2),
        ("spacecraft", 3),
        ("SpaceCraftFlag", 3),
        ("dilated_cloud", 4),
        ("Dilated Cloud Flag", 4),
        ("dilated-cloud", 4),
        (" dilated cloud ", 4),
        ("aggregate", 7),
    ],
)
def test_flag_is_named_by_any_spelling_of_its_label(scene, spelling, index):
    expected = reference.view(scene[0], mask=scene[1], quality_flags=[index])
    views.assert_same(views.read(scene[0], QUALITY_FLAGS=spelling), expected)


def test_names_and_indices_mix(scene):
    seen = views.read(scene[0], QUALITY_FLAGS='cloud,Cirrus_flag,3,"Dilated Cloud Flag"')
    views.assert_same(seen, reference.view(scene[0], mask=scene[1], quality_flags="0,1,3,4"))


@pytest.mark.parametrize("flags", ["NONE", "none"])
def test_quality_flags_none_masks_nothing(scene, flags):
    views.assert_same(views.read(scene[0], QUALITY_FLAGS=flags), reference.view(scene[0]))


def test_nothing_is_masked_by_default(scene):
    views.assert_same(views.read(scene[0]), reference.view(scene[0]))


@pytest.mark.parametrize(
    "version, flag, index",
    [
        ("002", "spectf-cloud", 9),
        ("002", "SpecTf-Cloud Flag", 9),
        ("002", "spectf_cloud", 9),
        ("002", "cloud", 0),
        ("002", "7", 7),
        ("003", "spectf-cloud", 5),
        ("003", "SPECTF CLOUD FLAG", 5),
        ("003", "5", 5),
        ("003", "dilated cloud", 3),
    ],
)
def test_flags_of_later_masks_are_found_by_label(tmp_path, version, flag, index):
    path, mask = granules.pair(tmp_path, mask_version=version, lines=9, samples=14, bands=3)
    expected = reference.view(path, mask=mask, quality_flags=[index])
    views.assert_same(views.read(path, QUALITY_FLAGS=flag), expected)


def test_order_of_the_labels_in_the_file_does_not_matter(tmp_path):
    labels = granules.MASK_LABELS["001"][::-1]
    path = granules.write(tmp_path, lines=8, samples=6)
    mask = granules.write(tmp_path, "MASK", lines=8, samples=6, labels=labels)
    cloudy = reference.raw(mask, "mask")[:, :, 7] >= 1
    expected = np.where(cloudy, np.float32(-9999), granules.values(8, 6, 4)[..., 0])
    seen = views.read(path, QUALITY_FLAGS="cloud", ORTHO="NO")[0]
    views.assert_same(seen, expected)


@pytest.mark.parametrize(
    "option, label, number",
    [
        ({"QUALITY_FLAGS": "{}"}, "cloud", 1),
        ({"QUALITY_WHERE": "{}>0.5"}, "SpecTf-Cloud Probability", 5),
        ({"CLOUD_BUFFER": "4"}, "SpecTf-Buffer Distance", None),
    ],
)
def test_a_label_of_two_bands_is_an_error(tmp_path, option, label, number):
    """Masks that were joined: the first of the two bands is empty here. Its number says which one is meant."""
    whole = granules.flags(8, 6, granules.MASK_LABELS["003"])
    index = 0 if label == "cloud" else granules.MASK_LABELS["003"].index(label)
    labels = [granules.MASK_LABELS["003"][index].replace(" ", "_").upper()] + granules.MASK_LABELS["003"]
    data = np.concatenate([np.full((8, 6, 1), -1, "f4"), whole], 2)
    path = granules.write(tmp_path, "RFL", "002", 8, 6)
    mask = granules.write(tmp_path, "MASK", "003", 8, 6, labels=labels, data=data)
    message = views.refusal(path, **{key: text.format(label) for key, text in option.items()})
    assert all(word in message for word in (*option, mask.name, "two bands", labels[0]))
    if number is None:
        return
    masked = whole[:, :, index] >= 1 if label == "cloud" else whole[:, :, index] > 0.5
    seen = views.read(path, ORTHO="NO", **{key: text.format(number) for key, text in option.items()})
    expected = np.where(masked, np.float32(-9999), granules.values(8, 6, 4)[..., 2])
    views.assert_same(seen[2], expected)


def test_a_flag_counts_from_one_up_and_missing_mask_pixels_do_not_count(tmp_path):
    """2 counts, 0.5 does not, nor do -9999, -1 and NaN."""
    mask = np.zeros((1, 7, 8), "f4")
    mask[0, :, 0] = [0, 1, 2, 0.5, -9999, -1, np.nan]
    path, _ = granules.pair(tmp_path, lines=1, samples=7, bands=2, mask_data=mask)
    seen = views.read(path, QUALITY_FLAGS="cloud", ORTHO="NO")[1, 0]
    assert (seen == -9999).tolist() == [False, True, True, False, False, False, False]


def test_flags_that_cancel_in_a_sum_still_mask(tmp_path):
    """emit_tools sums bands; a missing value in one must not hide another flag."""
    mask = np.zeros((1, 3, 8), "f4")
    mask[0, :, 0] = [1, 1, 0]
    mask[0, :, 1] = [-9999, 0, -9999]
    path, _ = granules.pair(tmp_path, lines=1, samples=3, bands=2, mask_data=mask)
    seen = views.read(path, QUALITY_FLAGS="0,1", ORTHO="NO")[0, 0]
    assert (seen == -9999).tolist() == [True, True, False]


def test_mask_is_masked_by_its_own_flags(scene):
    seen = views.read(scene[1], QUALITY_FLAGS="cloud,cirrus")
    views.assert_same(seen, reference.view(scene[1], mask=scene[1], quality_flags="0,1"))
