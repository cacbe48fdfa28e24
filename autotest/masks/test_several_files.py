# SPDX-License-Identifier: MIT
"""Which mask is used in users' folders with crops, exports, second and broken downloads.

The whole scene has 26 x 21 pixels; crops are cut from it, each with a mask of its own.
"""
import os
import shutil
from pathlib import Path

import folders
import granules
import h5py
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

LINES, SAMPLES, BANDS = 26, 21, 10
WHOLE = (slice(0, LINES), slice(0, SAMPLES))
NORTH = (slice(1, 12), slice(2, 15))  # 11 x 13 pixels, as are the next two
SOUTH = (slice(13, 24), slice(5, 18))
BELOW = (slice(2, 13), slice(2, 15))  # NORTH, one line down
OPTIONS = ({"QUALITY_FLAGS": "cloud,cirrus"}, {"BAND_MASK": "YES"})
GEOMETRY = granules.geometry(LINES, SAMPLES)
PACKED = granules.packed_bits(LINES, SAMPLES, 2, seed=3)


def cut(place, rebased=True):
    """The location of a crop. Tools that do not re-base leave lookup table and geotransform."""
    lines, samples = place
    part = {name: GEOMETRY[name][place] for name in ("lon", "lat")}
    if not rebased:
        return part
    x, y = GEOMETRY["glt_x"] - samples.start, GEOMETRY["glt_y"] - lines.start
    inside = (x >= 1) & (x <= samples.stop - samples.start)
    inside &= (y >= 1) & (y <= lines.stop - lines.start)
    rows, columns = (np.nonzero(inside.any(axis))[0] for axis in (1, 0))
    window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    transform = GEOMETRY["geotransform"].copy()
    transform[0] += columns[0] * granules.STEP
    transform[3] -= rows[0] * granules.STEP
    part["geotransform"] = transform
    part["glt_x"] = np.where(inside, x, 0)[window].astype("i4")
    part["glt_y"] = np.where(inside, y, 0)[window].astype("i4")
    return part


def write(folder, product="RFL", version="001", place=WHOLE, rest="", rebased=True, **keywords):
    """One granule of the scene, or a crop of it, with "rest" before the ending of its name."""
    lines, samples = (part.stop - part.start for part in place)
    if product == "MASK":
        seed = int(version) * 10
        labels = granules.MASK_LABELS[version]
        data = granules.flags(LINES, SAMPLES, labels, seed)[place]
        keywords.setdefault("band_mask", PACKED[place] if version == "001" else False)
        keywords.setdefault("data", data)
    else:
        keywords.setdefault("data", granules.values(LINES, SAMPLES, BANDS)[place])
    return granules.write(
        folder,
        product,
        version,
        lines,
        samples,
        BANDS,
        name=granules.file_name(product, version)[:-3] + rest + ".nc",
        glt=GEOMETRY if place == WHOLE else cut(place, rebased),
        **keywords,
    )


def mask_of(dataset):
    return Path(dataset.GetMetadataItem("EMIT_MASK_FILE")).name


def assert_takes(granule, mask, **options):
    """Each kind of masking takes "mask", and the pixels are those of the answer."""
    for masks in OPTIONS:
        dataset = views.open_view(granule, **masks, **options)
        assert mask_of(dataset) == mask.name
        flags = masks.get("QUALITY_FLAGS")
        keywords = {"mask": mask, "quality_flags": flags} if flags else {"band_mask_file": mask}
        views.assert_same(views.pixels(dataset), reference.view(granule, **keywords))


def assert_refused(granule, *words, **options):
    for masks in OPTIONS:
        message = views.refusal(granule, **masks, **options)
        for word in ("MASK_FILE", *(() if options else masks), *words):
            assert word in message


# ---- Crops ---------------------------------------------------------------------------------------


def test_each_crop_beside_the_whole_pair_takes_its_own_mask(tmp_path):
    for rest, place in (("", WHOLE), ("_north", NORTH), ("_south", SOUTH), (".below", BELOW)):
        granule = write(tmp_path, place=place, rest=rest)
        mask = write(tmp_path, "MASK", place=place, rest=rest)
        assert_takes(granule, mask)
    assert_takes(tmp_path / granules.file_name("RFL"), tmp_path / granules.file_name("MASK"))
    assert_takes(
        tmp_path / granules.file_name("RFL").replace(".nc", "_north.nc"),
        tmp_path / granules.file_name("MASK").replace(".nc", "_north.nc"),
    )


@pytest.mark.parametrize("rebased", [True, False])
@pytest.mark.parametrize("other", [SOUTH, BELOW])
def test_mask_of_another_crop_of_that_size_is_refused(tmp_path, other, rebased):
    """Even by one line, and even where the crop has kept the whole scene's geotransform."""
    granule = write(tmp_path, place=NORTH, rest="_a", rebased=rebased)
    mask = write(tmp_path, "MASK", place=other, rest="_b", rebased=rebased)
    assert_refused(granule, granule.name, mask.name, " m apart")
    assert_refused(granule, granule.name, mask.name, " m apart", MASK_FILE=mask)
    right = write(tmp_path, "MASK", place=NORTH, rest="_c", rebased=rebased)
    raw = {} if rebased else {"ORTHO": "NO"}
    for masks in OPTIONS:
        dataset = views.open_view(granule, **masks, **raw)
        assert mask_of(dataset) == right.name


def without_places(path):
    """As xarray writes the root group alone, with the labels: the geotransform is the scene's."""
    with h5py.File(path, "a") as file:
        del file["location"]
    return path


@pytest.mark.parametrize("whose", ["granule", "mask", "both"])
def test_mask_of_a_crop_of_unknown_place_is_refused_unless_its_name_fits(tmp_path, whose):
    granule = write(tmp_path, place=NORTH, rest="_a", rebased=False)
    mask = write(tmp_path, "MASK", place=SOUTH, rest="_b", rebased=False)
    for path in {"granule": [granule], "mask": [mask], "both": [granule, mask]}[whose]:
        without_places(path)
    assert_refused(granule, granule.name, mask.name, "lon and lat", ORTHO="NO")
    right = without_places(write(tmp_path, "MASK", place=NORTH, rest="_a", rebased=False))
    for masks in OPTIONS:
        dataset = views.open_view(granule, ORTHO="NO", **masks)
        assert mask_of(dataset) == right.name


def test_turned_mask_of_a_square_crop_is_refused(tmp_path):
    """Lines as samples: nothing but lon and lat shows it, if the dimensions have no names."""
    square = (slice(3, 15), slice(4, 16))
    granule = write(tmp_path, place=square, rest="_a")
    mask = write(tmp_path, "MASK", place=square, rest="_a")
    with h5py.File(mask, "a") as file:
        for name in ("mask", "band_mask", "location/lon", "location/lat", "location/elev"):
            turned = file[name][:].swapaxes(0, 1)
            del file[name]
            file[name] = turned
    assert_refused(granule, granule.name, mask.name, " m apart")


def clipped(path, far=0.0, turned=False, missing=np.nan):
    """Without location in two corners and the middle, as xarray's where() leaves a polygon; "far" degrees
    north, or upside down. _FillValue is NaN, whatever is missing."""
    with h5py.File(path, "a") as file:
        for name, add in (("location/lat", far), ("location/lon", 0.0)):
            place = file[name][:] + add
            place[:3, -3:], place[-3:, :3], place[5:7, 6:8] = missing, missing, missing
            file[name][:] = place[::-1, ::-1] if turned else place
            file[name].attrs["_FillValue"] = np.nan
    return path


@pytest.mark.parametrize("other", [{"far": 0.4}, {"turned": True}])
@pytest.mark.parametrize("how", ["found", "named"])
@pytest.mark.parametrize("missing", [np.nan, -9999])
def test_places_are_compared_where_both_files_have_them(tmp_path, other, how, missing):
    granule = clipped(write(tmp_path, place=NORTH), missing=missing)
    mask = clipped(write(tmp_path, "MASK", place=NORTH), missing=missing, **other)
    options = {"MASK_FILE": mask} if how == "named" else {}
    assert_refused(granule, granule.name, mask.name, " m apart", **options)
    assert_takes(granule, clipped(write(tmp_path, "MASK", place=NORTH), missing=missing), **options)


def test_mask_of_the_whole_scene_is_not_taken_for_a_crop(tmp_path):
    granule = write(tmp_path, place=NORTH, rest="_north")
    mask = write(tmp_path, "MASK")
    assert_refused(granule, granule.name, mask.name, "26 x 21", "11 x 13")
    assert_refused(granule, mask.name, "26 x 21", "11 x 13", MASK_FILE=mask)


def test_state_variables_come_from_the_crop_s_own_reflectance(tmp_path):
    state = np.arange(2 * LINES * SAMPLES).reshape(2, LINES, SAMPLES) / 1024
    for rest, place in (("", WHOLE), ("_a", SOUTH), ("_b", NORTH)):
        part = [array[place] for array in state]
        granule = write(tmp_path, version="002", place=place, rest=rest, state=part)
    uncertainty = write(tmp_path, "RFLUNCERT", "002", place=NORTH, rest="_c")
    dataset = views.open_view(uncertainty, QUALITY_WHERE="AOD550>0.2", ORTHO="NO")
    assert granule.name in " ".join(dataset.GetFileList())
    expected = granules.values(LINES, SAMPLES, BANDS)[NORTH].copy()
    expected[state[0][NORTH] > 0.2] = -9999
    views.assert_same(views.pixels(dataset), np.moveaxis(expected, 2, 0))


def test_a_mask_that_is_opened_itself_takes_its_own_flags_among_crops(tmp_path):
    write(tmp_path, "MASK")
    write(tmp_path, "MASK", place=SOUTH, rest="_a")
    mask = write(tmp_path, "MASK", place=NORTH, rest="_b")
    seen = views.read(mask, QUALITY_FLAGS="cloud", ORTHO="NO")
    expected = reference.view(mask, ortho="NO", mask=mask, quality_flags="cloud")
    views.assert_same(seen, expected)


# ---- Exports, downloads, other names -------------------------------------------------------------


def test_gridded_exports_are_skipped(tmp_path):
    granule, mask = write(tmp_path), write(tmp_path, "MASK")
    for rest, name in (("_ortho", mask.name), ("", "EMIT_L2A_MASK_002_20220903T163129.nc")):
        for form in ("NC", "NC4"):
            target = tmp_path / (name[:-3] + rest + (form if rest else "") + ".nc")
            gdal.Translate(
                str(target), str(mask), format="netCDF", creationOptions=[f"FORMAT={form}"]
            )
    assert_takes(granule, mask)
    mask.unlink()
    assert_refused(granule, "_ortho", "EMIT_L2A_MASK_002_20220903T163129.nc")


@pytest.mark.parametrize("content", [b"", b"<html>login</html>", 3000, 20000])
def test_broken_download_next_to_the_mask_is_skipped(tmp_path, content):
    granule, mask = write(tmp_path), write(tmp_path, "MASK")
    broken = mask.read_bytes()[:content] if isinstance(content, int) else content
    for name in ("{} (1).nc", "{}_a.nc", "{}.nc.part", "{}.part.nc"):
        (tmp_path / name.format(mask.name[:-3])).write_bytes(broken)
    (tmp_path / "EMIT_L2A_MASK_003_20220903T163129 (1).nc").write_bytes(broken)
    assert_takes(granule, mask)
    mask.unlink()
    assert_refused(granule, granule.name, f"{mask.name[:-3]} (1).nc")
    mask.write_bytes(broken)  # of the fitting name: it may be the right mask
    for masks in OPTIONS:
        assert mask.name in views.refusal(granule, **masks)


def test_second_download_is_used_when_the_first_is_missing(tmp_path):
    granule, mask = write(tmp_path, rest=" (1)"), write(tmp_path, "MASK")
    second = write(tmp_path, "MASK", rest=" (1)")
    assert_takes(granule, second)
    second.unlink()
    assert_takes(granule, mask)
    mask.rename(tmp_path / f"{mask.name[:-3]} (2).nc")
    assert_takes(granule, tmp_path / f"{mask.name[:-3]} (2).nc")


def test_mask_that_may_not_be_read(tmp_path):
    """With the fitting name it is an error, with another it is skipped."""
    granule, mask = write(tmp_path), write(tmp_path, "MASK")
    copy = tmp_path / "EMIT_L2A_MASK_003_20220903T163129 (1).nc"
    shutil.copy(mask, copy)
    with folders.read_only(granule, mask, copy) as folder:
        (folder / copy.name).chmod(0)
        command = ("gdalinfo", "-oo", "QUALITY_FLAGS=cloud", granule.name)
        code, out, _ = folders.run_as_reader(folder, *command)
        assert code == 0 and f"EMIT_MASK_FILE={mask.name}" in out
        (folder / mask.name).chmod(0)
        code, _, errors = folders.run_as_reader(folder, *command)
        assert code == 1 and mask.name in errors


def test_names_may_differ_in_case(tmp_path):
    for rename in (str.lower, str.upper):
        folder = tmp_path / rename("Folder")
        folder.mkdir()
        granule, mask = write(folder), write(folder, "MASK")
        renamed = [path.rename(folder / rename(path.name)) for path in (granule, mask)]
        assert_takes(*renamed)
        shutil.copy(renamed[0], folder / granule.name)
        assert_takes(folder / granule.name, renamed[1])


def test_granule_of_any_name_finds_the_mask_by_the_time_inside(tmp_path):
    granule = write(tmp_path).rename(tmp_path / "any.nc")
    mask = write(tmp_path, "MASK")
    write(tmp_path, "MASK", place=NORTH, rest="_a")
    dataset = views.open_name(f'EMIT:"{granule}"', QUALITY_FLAGS="cloud")
    assert mask_of(dataset) == mask.name


def test_one_mask_fits_among_many_files(tmp_path):
    """A crop's mask among 21 of other places and sizes, in a folder of 4,000 files."""
    granule = write(tmp_path, place=NORTH, rest="_wanted")
    mask = write(tmp_path, "MASK", place=NORTH, rest="_zz")
    for place in (SOUTH, BELOW, WHOLE):
        template = write(tmp_path, "MASK", place=place, rest="_000")
        for i in range(1, 8):
            os.link(template, tmp_path / f"{template.name[:-6]}{place[0].start}{i}.nc")
        template.unlink()
    for i in range(4000):
        os.mknod(tmp_path / f"EMIT_L2A_MASK_001_2023{i:08}T000000.nc")
    assert_takes(granule, mask)


def test_the_list_of_many_unsuitable_files_is_short(tmp_path):
    granule = write(tmp_path, place=NORTH)
    mask = write(tmp_path, "MASK", place=WHOLE, rest="_0")
    for i in range(1, 40):
        os.link(mask, tmp_path / f"{mask.name[:-5]}_{i}.nc")
    for masks in OPTIONS:
        message = views.refusal(granule, **masks)
        assert "40" in message and mask.name[:-5] in message and len(message) < 4000
