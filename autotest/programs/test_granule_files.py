# SPDX-License-Identifier: MIT
"""Deleting, renaming and copying include the files that GDAL keeps for a granule, and no others."""
import ctypes
import os
import shutil
import zipfile

import granules
import pytest
import views
from osgeo import _gdal, gdal

CLOUDS = {"QUALITY_FLAGS": "cloud"}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A pair with statistics and overviews of two choices of options, as GDAL's programs leave it."""
    folder = tmp_path_factory.mktemp("original")
    path, mask = granules.pair(folder, lines=14, samples=11, bands=3)
    for options in ({}, CLOUDS):
        dataset = views.open_view(path, **options)
        dataset.GetRasterBand(3).ComputeStatistics(False)
        assert dataset.BuildOverviews("AVERAGE", [3]) == 0
        del dataset
    for suffix in (".ovr", "_0.ovr", "_17.ovr"):  # of the netCDF driver, whole and by subdataset
        (folder / f"{path.name}{suffix}").write_bytes(b"II*")
    return path, mask


def strangers(path):
    """Files of others whose names begin like the granule's."""
    return [
        f"{path.name}{suffix}"
        for suffix in (
            "_b.nc",
            "_b.nc.aux.xml",
            "_b.nc_0123456789abcdef.ovr",
            "_0123456789abcdef",
            "_0123456789abcdef.ovr",
            "_5",
            "_5.ovr",
            "_100.ovr",
            "_0123456789abcde.ovr",
            "_notes.ovr",
            ".ovr.txt",
            "2.aux.xml",
        )
    ]


@pytest.fixture
def scene(original, tmp_path):
    """(granule, names of its own files, names of all others in its folder)."""
    folder = tmp_path / "scene"
    shutil.copytree(original[0].parent, folder)
    path = folder / original[0].name
    own = {name for name in os.listdir(folder) if name.startswith(path.name)}
    assert len(own) == 1 + 1 + 2 + 3
    for name in strangers(path):
        (folder / name).write_text("another's")
    return path, own, set(os.listdir(folder)) - own


def driver():
    return gdal.GetDriverByName("EMIT")


def names_in(folder):
    return set(os.listdir(folder))


def whole(path):
    return [str(path), f'EMIT:"{path}"', f"EMIT:{path}"]


VIEWS = [":lon", ":reflectance", "?QUALITY_FLAGS=cloud", ":reflectance?BAND_MASK=YES&NODATA=-1"]


@pytest.mark.parametrize("form", range(3), ids=["path", "quoted name", "name"])
def test_delete_removes_statistics_and_overviews_of_all_options(scene, form):
    path, _, others = scene
    assert driver().Delete(whole(path)[form]) == 0
    assert names_in(path.parent) == others


def test_gdalmanage_deletes_by_a_relative_name(scene, monkeypatch):
    path, _, others = scene
    monkeypatch.chdir(path.parent)
    code, _, errors = views.run("gdalmanage", "delete", path.name)
    assert (code, errors) == (0, "")
    assert names_in(path.parent) == others


def test_file_written_over_a_granule_inherits_nothing(scene):
    path, _, others = scene
    gdal.GetDriverByName("GTiff").Create(str(path), 5, 4).FlushCache()
    assert names_in(path.parent) == others | {path.name}
    assert gdal.Open(str(path)).GetDriver().ShortName == "GTiff"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "act",
    [
        lambda name, other: driver().Delete(name),
        lambda name, other: driver().Rename(str(other), name),
        lambda name, other: driver().CopyFiles(str(other), name),
        lambda name, other: driver().Rename(name, str(other)),
    ],
    ids=["delete", "rename", "copy", "rename to"],
)
def test_views_are_refused(scene, view, act):
    path, own, others = scene
    with pytest.raises(RuntimeError) as refusal:
        act(f'EMIT:"{path}"{view}', path.with_name("other.nc"))
    assert f'EMIT:"{path}"{view}' in str(refusal.value) and "view" in str(refusal.value)
    assert names_in(path.parent) == own | others


def test_programs_that_overwrite_a_view_change_nothing(scene):
    path, own, others = scene
    name = f'EMIT:"{path}":reflectance?QUALITY_FLAGS=cloud'
    for command in (["gdalwarp", "-q", "-overwrite"], ["gdal_translate", "-q"]):
        code, _, errors = views.run(*command, path, name)
        assert code != 0 and "view" in errors
    _, _, errors = views.run("gdalmanage", "delete", name)  # its exit code is 0 in GDAL 3.6
    assert "view" in errors
    assert names_in(path.parent) == own | others


def test_deleting_a_vrt_of_a_masked_view_deletes_the_vrt(scene):
    path, own, others = scene
    vrt = path.with_name("masked.vrt")
    views.run("gdal_translate", "-q", "-of", "VRT", "-oo", "QUALITY_FLAGS=cloud", path, vrt)
    assert vrt.exists()
    code, _, errors = views.run("gdalmanage", "delete", vrt)
    assert (code, errors) == (0, "")
    assert names_in(path.parent) == own | others


def found(path, **options):
    """Whether stored statistics and the overview file are found."""
    band = views.open_view(path, **options).GetRasterBand(3)
    return band.GetMetadataItem("STATISTICS_MEAN") is not None, band.GetOverviewCount()


@pytest.mark.parametrize("act", ["Rename", "CopyFiles"])
@pytest.mark.parametrize("new", ["../elsewhere/a b.nc", "other.nc"])
def test_renamed_and_copied_granules_keep_statistics_and_overviews(scene, act, new):
    path, own, others = scene
    (path.parent.parent / "elsewhere").mkdir()
    target = path.parent / new
    before = path.read_bytes()
    assert getattr(driver(), act)(str(target), str(path)) == 0
    moved = {target.name + name[len(path.name) :] for name in own}
    stay = others | (own if act == "CopyFiles" else set())
    expected = moved if ".." in new else moved | stay
    assert names_in(target.parent) == expected
    assert names_in(path.parent) == (stay if ".." in new else expected)
    assert target.read_bytes() == before
    name = f'EMIT:"{target}"'
    assert found(name) == (True, 1)
    record = target.with_name(target.name + ".aux.xml").read_text()
    assert f":::BASE:::{target.name}_" in record and path.name not in record


def test_copy_beside_its_mask_keeps_what_belongs_to_masked_views(scene):
    path, _, others = scene
    target = path.parent.parent / "elsewhere" / path.name
    target.parent.mkdir()
    mask = next(name for name in others if "_MASK_" in name)
    shutil.copy(path.parent / mask, target.parent / mask)
    code, _, errors = views.run("gdalmanage", "copy", path, target)
    assert (code, errors) == (0, "")
    assert found(target, **CLOUDS) == (True, 1)


@pytest.mark.parametrize("act", ["Rename", "CopyFiles"])
@pytest.mark.parametrize("taken", ["", ".aux.xml", "_0011223344556677.ovr"])
def test_existing_files_are_never_overwritten(scene, act, taken):
    path, own, others = scene
    target = path.with_name("taken.nc")
    obstacle = path.with_name(f"taken.nc{taken}")
    obstacle.write_text("precious")
    with pytest.raises(RuntimeError, match="exists") as refusal:
        getattr(driver(), act)(str(target), str(path))
    assert obstacle.name in str(refusal.value)
    assert obstacle.read_text() == "precious"
    assert names_in(path.parent) == own | others | {obstacle.name}


@pytest.mark.parametrize("act", ["Rename", "CopyFiles"])
@pytest.mark.parametrize("new", ["nowhere/other.nc", "n" * 240 + ".nc"], ids=["folder", "length"])
def test_partial_failures_are_undone(scene, act, new):
    """The long name itself is possible, those of its overviews are not."""
    path, own, others = scene
    with pytest.raises(RuntimeError, match=path.name):
        getattr(driver(), act)(f"{path.parent}/{new}", str(path))
    assert names_in(path.parent) == own | others


def test_what_is_not_a_granule_is_refused(tmp_path):
    notes = tmp_path / "EMIT_notes.txt"
    notes.write_text("not HDF5")
    for name in (notes, f'EMIT:"{notes}"', tmp_path / "missing.nc", f'EMIT:"{tmp_path}/no.nc"'):
        for act in (driver().Delete, lambda n: driver().Rename(str(tmp_path / "new.nc"), n)):
            with pytest.raises(RuntimeError) as refusal:
                act(str(name))
            assert str(name).strip('"').rsplit("/", 1)[-1] in str(refusal.value)
    assert names_in(tmp_path) == {notes.name}


def test_gridded_files_named_like_granules_are_their_own_drivers(tmp_path):
    path = tmp_path / granules.file_name("RFL").replace(".nc", "_site.nc")
    grid = gdal.GetDriverByName("netCDF").Create(str(path), 5, 4, options=["FORMAT=NC4"])
    grid.GetRasterBand(1).ComputeStatistics(False)
    del grid
    code, _, errors = views.run("gdalmanage", "rename", path, tmp_path / "b.nc")
    assert (code, errors) == (0, "")
    assert {"b.nc"} <= names_in(tmp_path) and path.name not in names_in(tmp_path)
    (tmp_path / "b.nc").rename(path)
    code, _, errors = views.run("gdalmanage", "delete", path)
    assert (code, errors) == (0, "") and not path.exists()


def test_files_in_memory(original):
    folder = "/vsimem/emit-files/"
    for source in original:
        gdal.FileFromMemBuffer(folder + source.name, source.read_bytes())
    path, mask = (folder + source.name for source in original)
    dataset = views.open_view(path, **CLOUDS)
    dataset.GetRasterBand(1).ComputeStatistics(False)
    assert dataset.BuildOverviews("NEAREST", [2]) == 0
    del dataset
    kept = set(gdal.ReadDir(folder)) - {original[1].name}
    assert len(kept) == 3
    assert driver().CopyFiles(folder + "copy.nc", path) == 0
    assert driver().Rename(folder + "renamed.nc", folder + "copy.nc") == 0
    assert driver().Delete(path) == 0
    expected = {"renamed.nc" + name[len(original[0].name) :] for name in kept}
    assert set(gdal.ReadDir(folder)) == expected | {original[1].name}
    for name in gdal.ReadDir(folder):
        gdal.Unlink(folder + name)


@pytest.mark.parametrize("target", ["granule.nc", "in.zip"], ids=["out of it", "within it"])
def test_rename_that_cannot_remove_the_original_fails(original, tmp_path, target):
    """GDAL copies between file systems, and ignores that the original stays."""
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for source in original:
            archive.write(source, source.name)
    inside = f"/vsizip/{tmp_path}/in.zip/"
    old = inside + original[0].name
    new = f"{tmp_path}/{target}" if target.endswith(".nc") else inside + "other.nc"
    with pytest.raises(RuntimeError, match=original[0].name):
        driver().Rename(new, old)
    assert names_in(tmp_path) == {"in.zip"}
    views.assert_same(views.read(old), views.read(original[0]))


def mark_for_deletion(dataset):
    """GDAL's Python has no such call before 3.13, its library has."""
    try:
        mark = ctypes.CDLL(_gdal.__file__)["_ZN11GDALDataset19MarkSuppressOnCloseEv"]
    except AttributeError:
        pytest.skip("this library does not have GDALDataset::MarkSuppressOnClose()")
    mark(ctypes.c_void_p(int(dataset.this)))


def test_granule_deleted_on_closing_removes_its_files(scene):
    path, _, others = scene
    dataset = views.open_view(path, **CLOUDS)
    mark_for_deletion(dataset)
    with views.Messages() as messages:
        del dataset
    assert messages == []
    assert names_in(path.parent) == others


def test_view_is_not_deleted_on_closing(scene):
    path, own, others = scene
    dataset = views.open_name(f'EMIT:"{path}":reflectance?QUALITY_FLAGS=cloud')
    dataset.SetMetadataItem("ANY", "thing")
    mark_for_deletion(dataset)
    with views.Messages() as messages:
        del dataset
    ((kind, text),) = messages
    assert kind == gdal.CE_Warning and path.name in text
    assert names_in(path.parent) == own | others
