# SPDX-License-Identifier: MIT
"""MASK_FILE, and the mask that is found without it."""
import os
import shutil
import threading
from pathlib import Path

import granules
import pytest
import reference
import views

SIZE = {"lines": 8, "samples": 13}


def expected(path, mask):
    return reference.view(path, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask)


def masked(path, **options):
    return views.read(path, QUALITY_FLAGS="0,1,3,4", BAND_MASK="YES", **options)


def test_mask_of_the_same_time_in_the_same_folder_is_found(scene):
    views.assert_same(masked(scene[0]), expected(*scene))


def test_mask_is_identified_by_time_not_by_orbit_or_scene(tmp_path, scene):
    shutil.copy(scene[0], tmp_path)
    mask = tmp_path / f"EMIT_L2A_MASK_001_{granules.TIME}_9999999_001.nc"
    shutil.copy(scene[1], mask)
    views.assert_same(masked(tmp_path / scene[0].name), expected(scene[0], mask))


def test_mask_of_another_time_in_the_folder_is_not_taken(tmp_path):
    path, mask = granules.pair(tmp_path, bands=9, **SIZE)
    other = granules.write(tmp_path, "MASK", time="20220903T163141", **SIZE, data=0)
    views.assert_same(masked(path), expected(path, mask))
    assert other.name not in " ".join(views.open_view(path, QUALITY_FLAGS="0").GetFileList())


def test_mask_file_names_the_mask(tmp_path):
    path = granules.write(tmp_path, bands=9, **SIZE)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    mask = granules.write(
        elsewhere, "MASK", name="screen.nc", band_mask_octets=2, **SIZE
    )
    views.assert_same(masked(path, MASK_FILE=mask), expected(path, mask))


def test_mask_file_takes_precedence_over_the_mask_in_the_folder(tmp_path):
    path, beside = granules.pair(tmp_path, bands=9, **SIZE)
    mask = granules.write(
        tmp_path,
        "MASK",
        name="mine.nc",
        band_mask_octets=2,
        data=granules.flags(8, 13, granules.MASK_LABELS["001"], seed=7),
        **SIZE,
    )
    assert (expected(path, mask) != expected(path, beside)).any()
    views.assert_same(masked(path, MASK_FILE=mask), expected(path, mask))


def test_renamed_granule_finds_no_mask_but_accepts_mask_file(tmp_path, scene):
    path = tmp_path / "renamed.nc"
    shutil.copy(scene[0], path)
    message = views.refusal(f'EMIT:"{path}"', QUALITY_FLAGS="cloud")
    assert "renamed.nc" in message and "MASK_FILE" in message
    options = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES", "MASK_FILE": scene[1]}
    seen = views.pixels(views.open_name(f'EMIT:"{path}"', **options))
    views.assert_same(seen, expected(*scene))


def test_mask_file_without_any_masking_masks_nothing(scene):
    views.assert_same(views.read(scene[0], MASK_FILE=scene[1]), reference.view(scene[0]))


def test_folder_without_a_mask_opens_as_long_as_none_is_needed(tmp_path):
    path = granules.write(tmp_path, **SIZE)
    views.assert_same(views.read(path), reference.view(path))


@pytest.mark.parametrize("options", [{"QUALITY_FLAGS": "cloud"}, {"BAND_MASK": "YES"}])
def test_missing_mask_is_an_error_that_says_how_to_name_one(tmp_path, options):
    path = granules.write(tmp_path, **SIZE)
    message = views.refusal(path, **options)
    for word in (path.name, "MASK_FILE", *options):
        assert word in message


def test_missing_mask_file_is_an_error_that_names_it(scene):
    message = views.refusal(scene[0], QUALITY_FLAGS="cloud", MASK_FILE="/nowhere/mask.nc")
    assert "/nowhere/mask.nc" in message


@pytest.mark.parametrize("named", [False, True], ids=["found", "MASK_FILE"])
def test_pipe_in_the_place_of_a_mask_is_an_error_and_is_not_waited_for(tmp_path, scene, named):
    shutil.copy(scene[0], tmp_path)
    pipe = tmp_path / ("pipe.nc" if named else scene[1].name)
    os.mkfifo(pipe)
    writer = threading.Timer(10, lambda: os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)))
    writer.start()
    options = {"MASK_FILE": pipe} if named else {}
    message = views.refusal(tmp_path / scene[0].name, QUALITY_FLAGS="cloud", **options)
    writer.cancel()
    assert pipe.name in message and "pipe," in message


def test_path_that_is_too_long_for_a_search_is_an_error_that_says_so(tmp_path, scene):
    folder = tmp_path.joinpath(*["deep" * 60] * 8)
    folder.mkdir(parents=True)
    granule, mask = (Path(shutil.copy(path, folder)) for path in scene)
    assert len(str(granule)) > 1900
    message = views.refusal(granule, QUALITY_FLAGS="cloud")
    assert str(granule) in message and "1900 bytes" in message and "MASK_FILE" in message
    expected = reference.view(granule, mask=mask, quality_flags="cloud")
    views.assert_same(views.read(granule, QUALITY_FLAGS="cloud", MASK_FILE=mask), expected)


def test_folder_in_the_place_of_a_mask_is_an_error_that_says_so(tmp_path, scene):
    message = views.refusal(scene[0], QUALITY_FLAGS="cloud", MASK_FILE=tmp_path)
    assert str(tmp_path) in message and "folder" in message and "MASK_FILE" in message


def test_mask_file_that_is_not_a_mask_is_an_error_that_names_it(scene):
    message = views.refusal(scene[0], QUALITY_FLAGS="cloud", MASK_FILE=scene[0])
    assert scene[0].name in message and "mask" in message


def test_mask_beside_a_granule_in_virtual_memory_is_found(scene):
    from osgeo import gdal

    for path in scene:
        gdal.FileFromMemBuffer(f"/vsimem/found/{path.name}", path.read_bytes())
    try:
        views.assert_same(masked(f"/vsimem/found/{scene[0].name}"), expected(*scene))
    finally:
        [gdal.Unlink(f"/vsimem/found/{path.name}") for path in scene]


# ---- Relative names ------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The current folder, which is not the granule's."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def spread(tmp_path):
    """A granule; masks of other names in its folder, in a subfolder and in the parent folder."""
    path = granules.write(tmp_path / "data", bands=9, **SIZE)
    names = ("data/a.nc", "data/masks/b.nc", "c.nc", "data/d, e.nc")
    masks = []
    for seed, name in enumerate(names, 5):
        data = granules.flags(8, 13, granules.MASK_LABELS["001"], seed)
        packed = granules.packed_bits(8, 13, 2, seed)
        keywords = {"data": data, "band_mask": packed, **SIZE}
        masks.append(granules.write(tmp_path, "MASK", name=name, **keywords))
    return path, masks


@pytest.fixture
def scattered(tmp_path):
    (tmp_path / "data/masks").mkdir(parents=True)
    return spread(tmp_path)


def test_relative_mask_file_may_be_relative_to_the_granule(scattered, elsewhere):
    path, masks = scattered
    names = ("a.nc", "masks/b.nc", "../c.nc", "d, e.nc", "./a.nc")
    for name, mask in zip(names, [*masks, masks[0]]):
        views.assert_same(masked(path, MASK_FILE=name), expected(path, mask))
    both = {"QUALITY_FLAGS": "spectf-cloud", "BAND_MASK": "YES", "MASK_FILE": "new.nc, a.nc"}
    new = granules.write(path.parent, "MASK", "003", name="new.nc", **SIZE)
    answer = reference.view(path, mask=new, quality_flags="spectf-cloud", band_mask_file=masks[0])
    views.assert_same(views.read(path, **both), answer)


def test_relative_mask_file_of_the_current_folder_comes_first(scattered, elsewhere):
    path, masks = scattered
    shutil.copy(masks[2], elsewhere / "a.nc")
    views.assert_same(masked(path, MASK_FILE="a.nc"), expected(path, masks[2]))
    # A granule that is named without a folder.
    shutil.copy(path, elsewhere)
    views.assert_same(masked(path.name, MASK_FILE="a.nc"), expected(path, masks[2]))
    named = f'EMIT:"{path}":reflectance?QUALITY_FLAGS=0,1,3,4&BAND_MASK=YES&MASK_FILE=../c.nc'
    views.assert_same(views.pixels(views.open_name(named)), expected(path, masks[2]))


def test_missing_relative_mask_file_names_both_places(scattered, elsewhere):
    path, _ = scattered
    for options in ({"QUALITY_FLAGS": "cloud"}, {"BAND_MASK": "YES"}):
        message = views.refusal(path, MASK_FILE="b.nc", **options)
        for word in ("MASK_FILE", " b.nc", str(path.parent / "b.nc")):
            assert word in message
    assert "MASK_FILE" in views.refusal(path, MASK_FILE="a.nc,b.nc", QUALITY_FLAGS="cloud")


def test_relative_mask_file_in_an_archive_and_in_memory(scattered, elsewhere, tmp_path):
    import zipfile

    from osgeo import gdal

    path, masks = scattered
    files = [path, *masks]
    with zipfile.ZipFile(elsewhere / "all.zip", "w") as archive:
        for file in files:
            archive.write(file, file.relative_to(tmp_path))
            gdal.FileFromMemBuffer(f"/vsimem/all/{file.relative_to(tmp_path)}", file.read_bytes())
    try:
        for root in (f"/vsizip/{elsewhere}/all.zip", "/vsizip/all.zip", "/vsimem/all"):
            for name, mask in zip(("a.nc", "masks/b.nc", "../c.nc"), masks):
                seen = masked(f"{root}/data/{path.name}", MASK_FILE=name)
                views.assert_same(seen, expected(path, mask))
    finally:
        [gdal.Unlink(f"/vsimem/all/{file.relative_to(tmp_path)}") for file in files]
