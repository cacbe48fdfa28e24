# SPDX-License-Identifier: MIT
"""Errors name the file, the option and the available values.

Each case opens in this process for the message, and in gdalinfo and gdal_translate for the exit
code; nothing may be written.
"""
import os
import shutil

import granules
import h5py
import numpy as np
import pytest
import views

SIZE = {"lines": 9, "samples": 7}


def assert_fails(path, words, name=None, **options):
    """Opening fails with all "words" in the message, programs exit non-zero and write nothing."""
    name = name or str(path)
    message = views.refusal(name, **options)
    for word in words:
        assert word.lower() in message.lower(), f"no {word!r} in: {message}"
    listed = [word for key, value in options.items() for word in ("-oo", f"{key}={value}")]
    folder = path.parent
    before = sorted(os.listdir(folder))
    code, _, errors = views.run("gdalinfo", *listed, name)
    assert code != 0
    assert "ERROR" in errors
    code, _, _ = views.run("gdal_translate", "-q", *listed, name, folder / "out.tif")
    assert code != 0
    assert sorted(os.listdir(folder)) == before
    return message


def assert_read_fails(path, **options):
    """Opening or reading fails; the program lives and returns non-zero."""
    listed = [word for key, value in options.items() for word in ("-oo", f"{key}={value}")]
    target = path.parent / "out.tif"
    code, _, errors = views.run("gdal_translate", "-q", *listed, path, target)
    assert code != 0 and "ERROR" in errors
    with pytest.raises(RuntimeError) as caught:
        views.read(path, **options)
    return str(caught.value)


# ---- Flags ---------------------------------------------------------------------------------------


def test_unknown_flag_lists_the_labels_of_the_mask(tmp_path):
    path, mask = granules.pair(tmp_path, **SIZE)
    labels = granules.MASK_LABELS["001"]
    flags = [labels[band] for band in (0, 1, 2, 3, 4, 7)]
    assert_fails(
        path, ["QUALITY_FLAGS", "snow", mask.name, *flags], QUALITY_FLAGS="cloud,snow"
    )


@pytest.mark.parametrize("flag", ["5", "6", "AOD550", "H2O (g cm-2)", "h2o"])
def test_data_band_is_not_a_flag(tmp_path, flag):
    path, mask = granules.pair(tmp_path, **SIZE)
    assert_fails(path, ["QUALITY_FLAGS", flag, mask.name, "Cloud flag"], QUALITY_FLAGS=flag)


@pytest.mark.parametrize("flag", ["8", "99", "-1", "4294967296"])
def test_flag_index_beyond_the_mask_is_an_error(tmp_path, flag):
    path, mask = granules.pair(tmp_path, **SIZE)
    assert_fails(path, ["QUALITY_FLAGS", flag, mask.name], QUALITY_FLAGS=flag)


@pytest.mark.parametrize(
    "flag", ["SpecTf-Cloud Probability", "SpecTf-Buffer Distance", "4", "6", "spacecraft"]
)
def test_flag_missing_from_mask_003_is_an_error(tmp_path, flag):
    path, mask = granules.pair(tmp_path, "002", **SIZE)
    assert_fails(path, [flag, mask.name, "SpecTf-Cloud Flag"], QUALITY_FLAGS=flag)


# ---- Masks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"QUALITY_FLAGS": "cloud"}, {"BAND_MASK": "YES"}])
def test_missing_mask_is_an_error(tmp_path, options):
    path = granules.write(tmp_path, **SIZE)
    assert_fails(path, [path.name, "MASK_FILE", *options], **options)


@pytest.mark.parametrize("explicit", [True, False])
@pytest.mark.parametrize("options", [{"QUALITY_FLAGS": "cloud"}, {"BAND_MASK": "YES"}])
def test_mask_of_another_scene_is_an_error(tmp_path, options, explicit):
    """Even when its name says otherwise: time_coverage_start counts."""
    path = granules.write(tmp_path, **SIZE)
    mask = granules.write(
        tmp_path, "MASK", started="2022-09-03T16:31:41+0000", band_mask_octets=1, **SIZE
    )
    if explicit:
        options = {**options, "MASK_FILE": mask}
    message = assert_fails(path, [path.name, mask.name], **options)
    assert "163141" in message.replace(":", "")


@pytest.mark.parametrize("size", [(10, 7), (9, 8), (7, 9)])
@pytest.mark.parametrize("options", [{"QUALITY_FLAGS": "cloud"}, {"BAND_MASK": "YES"}])
def test_mask_of_another_size_is_an_error(tmp_path, options, size):
    path = granules.write(tmp_path, **SIZE)
    mask = granules.write(
        tmp_path, "MASK", lines=size[0], samples=size[1], band_mask_octets=1
    )
    words = [mask.name, "9", "7", str(size[0]), str(size[1])]
    assert_fails(path, words, **options)


def test_missing_band_mask_is_an_error(tmp_path):
    path = granules.write(tmp_path, **SIZE)
    mask = granules.write(tmp_path, "MASK", band_mask=False, **SIZE)
    assert_fails(path, ["BAND_MASK", mask.name], BAND_MASK="YES")


def test_mask_003_has_no_band_mask(tmp_path):
    path, mask = granules.pair(tmp_path, "002", **SIZE)
    assert_fails(path, ["BAND_MASK", mask.name], BAND_MASK="YES")


@pytest.mark.parametrize("octets", [1, 3, 36])
def test_band_mask_of_another_band_count_is_an_error(tmp_path, octets):
    path, mask = granules.pair(tmp_path, bands=13, band_mask_octets=octets, **SIZE)
    assert_fails(path, ["BAND_MASK", mask.name, "13"], BAND_MASK="YES")


def test_mask_that_is_cut_short_is_an_error(tmp_path):
    path, mask = granules.pair(tmp_path, lines=40, samples=50, bands=20)
    mask.write_bytes(mask.read_bytes()[: mask.stat().st_size // 3])
    assert mask.name in assert_fails(path, [mask.name], QUALITY_FLAGS="cloud")


def test_mask_that_is_empty_is_an_error(tmp_path):
    path, mask = granules.pair(tmp_path, **SIZE)
    mask.write_bytes(b"")
    assert_fails(path, [mask.name], QUALITY_FLAGS="cloud")


def test_mask_whose_chunks_are_damaged_fails_the_read(tmp_path):
    path, mask = granules.pair(tmp_path, lines=40, samples=50, bands=20)
    with h5py.File(mask) as file:
        chunk = file["mask"].id.get_chunk_info(0)
    content = bytearray(mask.read_bytes())
    content[chunk.byte_offset : chunk.byte_offset + 40] = bytes(40)
    mask.write_bytes(content)
    assert mask.name in assert_read_fails(path, QUALITY_FLAGS="cloud")


# ---- Granules ------------------------------------------------------------------------------------


@pytest.mark.parametrize("storage", ["contiguous", "chunked"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.9, 0.99])
def test_truncated_granule_is_an_error(tmp_path, share, storage):
    chunked = {"chunksizes": (9, 20, 5), "zlib": True}
    stored = chunked if storage == "chunked" else None
    path = granules.write(tmp_path, lines=60, samples=50, bands=20, storage=stored)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    message = assert_read_fails(path)
    assert path.name in message and "incomplete download?" in message


def test_granule_cut_short_while_open_fails_the_read(tmp_path):
    path = granules.write(tmp_path, lines=60, samples=50, bands=20)
    dataset = views.open_view(path)
    os.truncate(path, path.stat().st_size // 10)
    with pytest.raises(RuntimeError) as caught:
        views.pixels(dataset)
    assert path.name in str(caught.value)


def test_granule_whose_chunks_are_damaged_fails_the_read(tmp_path):
    storage = {"chunksizes": (20, 50, 20), "zlib": True, "shuffle": True}
    path = granules.write(tmp_path, lines=60, samples=50, bands=20, storage=storage)
    with h5py.File(path) as file:
        chunk = file["reflectance"].id.get_chunk_info(1)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + 9 : chunk.byte_offset + 90] = bytes(81)
    path.write_bytes(content)
    assert_read_fails(path)


def test_checksum_that_does_not_fit_fails_the_read(tmp_path):
    storage = {"chunksizes": (20, 50, 20), "fletcher32": True}
    path = granules.write(tmp_path, lines=60, samples=50, bands=20, storage=storage)
    with h5py.File(path) as file:
        chunk = file["reflectance"].id.get_chunk_info(2)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + 1000] ^= 1
    path.write_bytes(content)
    assert path.name in assert_read_fails(path)


def test_filter_that_is_not_installed_fails_the_read(tmp_path):
    """LZF comes with h5py, not with HDF5: gdal_translate has it not."""
    path = granules.write(tmp_path, lines=9, samples=7, bands=4)
    with h5py.File(path, "a") as file:
        values = file["reflectance"][:]
        del file["reflectance"]
        made = file.create_dataset("reflectance", data=values, chunks=(3, 7, 4), compression="lzf")
        for axis, name in enumerate(("downtrack", "crosstrack", "bands")):
            made.dims[axis].attach_scale(file[name])
    code, _, errors = views.run("gdal_translate", "-q", path, tmp_path / "out.tif")
    assert code != 0
    assert path.name in errors and ("filter" in errors.lower())


def test_directory_is_an_error(tmp_path):
    folder = tmp_path / "EMIT_L2A_RFL_001_20220903T163129_2224611_012.nc"
    folder.mkdir()
    assert_fails(folder, [folder.name], name=f'EMIT:"{folder}"')
    assert_fails(folder, [folder.name])


def test_empty_file_is_an_error(tmp_path):
    path = tmp_path / granules.file_name("RFL")
    path.write_bytes(b"")
    assert_fails(path, [path.name], name=f'EMIT:"{path}"')
    assert_fails(path, [path.name])


def test_missing_file_is_an_error(tmp_path):
    path = tmp_path / granules.file_name("RFL")
    assert_fails(path, [path.name], name=f'EMIT:"{path}"')
    assert_fails(path, [path.name])


@pytest.mark.parametrize("length", [8, 512, 3000])
def test_zeroes_after_the_signature_are_an_error(tmp_path, length):
    path = tmp_path / granules.file_name("RFL")
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(length))
    assert_fails(path, [path.name], name=f'EMIT:"{path}"')


def test_hdf5_file_without_a_swath_is_an_error(tmp_path):
    path = tmp_path / "other.nc"
    with h5py.File(path, "w") as file:
        file["temperature"] = np.ones((4, 5))
    message = assert_fails(path, [path.name], name=f'EMIT:"{path}"')
    assert "granule" in message or "swath" in message


def test_prefix_without_a_path_is_an_error(tmp_path):
    for name in ("EMIT:", 'EMIT:""', 'EMIT:"unfinished.nc', 'EMIT:"a.nc"b', 'EMIT:"a.nc":'):
        assert views.refusal(name)


def test_lookup_tables_of_different_sizes_are_an_error(tmp_path):
    path = granules.write(tmp_path, **SIZE)
    shutil.copy(path, tmp_path / "emit_odd.nc")
    with h5py.File(tmp_path / "emit_odd.nc", "a") as file:
        table = file["location/glt_y"][:-1]
        del file["location/glt_y"]
        file["location/glt_y"] = table
    with pytest.raises(RuntimeError) as caught:
        views.read(tmp_path / "emit_odd.nc")
    assert "glt" in str(caught.value).lower()
