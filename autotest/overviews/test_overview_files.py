# SPDX-License-Identifier: MIT
"""Overviews that a user builds into a file belong to one set of options."""
import os
import shutil
import subprocess
import sys

import folders
import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

CLOUDS = {"QUALITY_FLAGS": "cloud"}
SETS = {
    "plain": {},
    "flags": CLOUDS,
    "band mask": {"BAND_MASK": "YES"},
    "swath": {"ORTHO": "NO"},
    "other nodata": {"NODATA": "-1"},
}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """533 x 521 pixels: one virtual overview of either grid."""
    folder = tmp_path_factory.mktemp("original")
    place = np.arange(533 * 521 * 2) % 4093
    data = place.reshape(533, 521, 2).astype("f4")
    return granules.pair(folder, lines=533, samples=521, bands=2, data=data)


@pytest.fixture
def pair(original, tmp_path):
    return [shutil.copy(path, tmp_path / path.name) and tmp_path / path.name for path in original]


def words(options):
    return [word for key, value in options.items() for word in ("-oo", f"{key}={value}")]


def gdaladdo(path, *arguments, **options):
    return views.run("gdaladdo", "-q", *words(options), *arguments[:-1], path, *arguments[-1:])


def build(path, factor=2, method="average", **options):
    code, _, errors = gdaladdo(path, "-ro", "-r", method, str(factor), **options)
    assert (code, errors) == (0, "")


def clean(path, **options):
    code, _, errors = views.run("gdaladdo", "-q", "-clean", *words(options), path)
    assert (code, errors) == (0, "")


def sizes(path, **options):
    band = views.open_view(path, **options).GetRasterBand(2)
    return [
        (band.GetOverview(level).XSize, band.GetOverview(level).YSize)
        for level in range(band.GetOverviewCount())
    ]


def overview_files(path):
    return sorted(name for name in os.listdir(path.parent) if name.endswith(".ovr"))


def halved(whole, factor):
    return tuple(-(-side // factor) for side in whole.shape[:0:-1])


def averaged(whole, factor):
    """GDAL's own answer for an array in memory."""
    width, height = halved(whole, factor)
    memory = views.in_memory(whole, -9999)
    return views.pixels(
        memory, buf_xsize=width, buf_ysize=height, resample_alg=gdal.GRIORA_Average
    )


@pytest.mark.interoperability("gdaladdo", "overviews in a file, for one choice of options")
@pytest.mark.parametrize("arguments", [["-ro"], []], ids=["-ro", "as for any read-only format"])
def test_gdaladdo_writes_a_file_beside_the_granule(pair, arguments):
    before = pair[0].read_bytes()
    code, _, errors = gdaladdo(pair[0], *arguments, "-r", "average", "3")
    assert (code, errors) == (0, "")
    assert pair[0].read_bytes() == before
    files = overview_files(pair[0])
    assert len(files) == 1 and files[0].startswith(pair[0].name)
    whole = reference.view(pair[0])
    assert sizes(pair[0]) == [halved(whole, 3)]
    dataset = views.open_view(pair[0])
    small = dataset.GetRasterBand(2).GetOverview(0).ReadAsArray()
    views.assert_same(small, averaged(whole, 3)[1])
    assert str(pair[0].parent / files[0]) in dataset.GetFileList()


def test_reads_at_lower_resolution_use_the_overview_file(pair):
    """Nearest-neighbour reads then show the user's averages, as with GeoTIFF."""
    build(pair[0], 2, **CLOUDS)
    whole = reference.view(pair[0], mask=pair[1], quality_flags="cloud")
    expected = averaged(whole, 2)
    width, height = halved(whole, 2)
    dataset = views.open_view(pair[0], **CLOUDS)
    size = {"buf_xsize": width, "buf_ysize": height}
    views.assert_same(views.pixels(dataset, **size), expected)
    views.assert_same(dataset.GetRasterBand(2).ReadAsArray(**size), expected[1])
    assert (expected != views.pixels(views.open_view(pair[0]), **size)).any()
    views.assert_same(views.pixels(dataset), whole)
    without = views.open_view(pair[0], OVERVIEW_LEVEL="NONE", **CLOUDS)
    nearest = views.pixels(views.in_memory(whole, -9999), **size)
    views.assert_same(views.pixels(without, **size), nearest)


def test_each_set_of_options_has_a_file_of_its_own(pair):
    expected = {name: sizes(pair[0], **options) for name, options in SETS.items()}
    for factor, (chosen, options) in enumerate(SETS.items(), start=3):
        build(pair[0], factor, **options)
        whole = reference.view(pair[0], ortho=options.get("ORTHO", "GLT"))
        expected[chosen] = [halved(whole, factor)]
        assert {name: sizes(pair[0], **one) for name, one in SETS.items()} == expected
    assert len(overview_files(pair[0])) == len(SETS)


def test_names_with_options_and_variables_find_their_files(pair):
    names = [
        f'EMIT:"{pair[0]}":reflectance?QUALITY_FLAGS=cloud',
        f'EMIT:"{pair[0]}":elev',
        f'EMIT:"{pair[1]}":band_mask?ORTHO=NO',
    ]
    for factor, name in enumerate(names, start=3):
        code, _, errors = gdaladdo(name, str(factor))
        assert (code, errors) == (0, "")
    for factor, name in enumerate(names, start=3):
        dataset = views.open_name(name)
        small = dataset.GetRasterBand(1).GetOverview(0)
        assert dataset.GetRasterBand(1).GetOverviewCount() == 1
        assert small.XSize == -(-dataset.RasterXSize // factor)
    code, _, errors = views.run("gdaladdo", "-q", "-clean", names[1])
    assert (code, errors) == (0, "")
    left = [views.open_name(name) for name in names]
    small = [dataset.GetRasterBand(1).GetOverview(0).XSize for dataset in left]
    assert small == [-(-left[0].RasterXSize // 3), -(-left[1].RasterXSize // 2), -(-521 // 5)]


@pytest.mark.interoperability("gdaladdo", "-clean: the files of other choices stay")
def test_cleaning_one_option_set_leaves_the_others(pair):
    virtual = sizes(pair[0])
    build(pair[0], 3)
    build(pair[0], 4, **CLOUDS)
    band = views.open_view(pair[0], ORTHO="NO").GetRasterBand(1)
    band.ComputeStatistics(False)
    del band
    clean(pair[0])
    assert len(overview_files(pair[0])) == 1
    assert sizes(pair[0]) == virtual
    assert sizes(pair[0], **CLOUDS) == [halved(views.read(pair[0]), 4)]
    swath = views.open_view(pair[0], ORTHO="NO").GetRasterBand(1)
    assert swath.GetMetadataItem("STATISTICS_MEAN") is not None


def test_cleaning_everything_leaves_the_granules_alone(pair):
    before = sorted(os.listdir(pair[0].parent))
    for options in SETS.values():
        build(pair[0], **options)
    for options in SETS.values():
        clean(pair[0], **options)
        clean(pair[0], **options)
    assert sorted(os.listdir(pair[0].parent)) == before


def test_file_deleted_by_hand_is_never_taken_from_another_option_set(pair):
    """GDAL numbers such files: the next set would get the name that the first still remembers."""
    virtual = sizes(pair[0])
    build(pair[0], 3)
    (pair[0].parent / overview_files(pair[0])[0]).unlink()
    build(pair[0], 4, **CLOUDS)
    assert sizes(pair[0]) == virtual
    assert sizes(pair[0], **CLOUDS) == [halved(views.read(pair[0]), 4)]


def test_file_is_found_by_its_name_when_its_record_is_lost(pair):
    build(pair[0], 3, **CLOUDS)
    pair[0].with_name(pair[0].name + ".aux.xml").unlink()
    whole = views.read(pair[0], **CLOUDS)
    assert sizes(pair[0], **CLOUDS) == [halved(whole, 3)]
    build(pair[0], 4, **CLOUDS)
    assert sizes(pair[0], **CLOUDS) == [halved(whole, 3), halved(whole, 4)]
    clean(pair[0], **CLOUDS)
    assert overview_files(pair[0]) == []
    build(pair[0], 5, **CLOUDS)
    assert sizes(pair[0], **CLOUDS) == [halved(whole, 5)]


def build_and_die(path, factor):
    """In a process that ends while GDAL writes."""
    script = (
        "import os, sys; from osgeo import gdal; dataset = gdal.Open(sys.argv[1]);"
        f"dataset.BuildOverviews('AVERAGE', [{factor}], callback=lambda *_: os._exit(7))"
    )
    code, _, _ = views.run(sys.executable, "-c", script, path)
    assert code == 7


def test_file_of_a_process_that_died_is_never_found(pair):
    """Its cells are empty, but GDAL could open it."""
    virtual = sizes(pair[0])
    build_and_die(pair[0], 3)
    assert len(overview_files(pair[0])) == 1
    assert sizes(pair[0]) == virtual
    build(pair[0], 4)
    assert sizes(pair[0]) == [halved(views.read(pair[0]), 4)]
    assert gdal.GetDriverByName("EMIT").Delete(str(pair[0])) == 0
    assert overview_files(pair[0]) == []


def test_process_that_died_adding_a_level_leaves_the_others(pair):
    build(pair[0], 3)
    (file,) = overview_files(pair[0])
    before = (pair[0].parent / file).read_bytes()
    build_and_die(pair[0], 4)
    assert (pair[0].parent / file).read_bytes() == before
    assert sizes(pair[0]) == [halved(views.read(pair[0]), 3)]


def levels_of_a_copy(path, copy, factors):
    """GDAL's overviews of a GeoTIFF of the same cells, one factor after the other."""
    gdal.Translate(str(copy), views.open_view(path))
    for factor in factors:
        assert gdaladdo(copy, "-ro", "-r", "average", factor)[0] == 0
    return levels(copy)


def levels(path):
    dataset = gdal.Open(str(path))
    band = dataset.GetRasterBand(2)
    return [band.GetOverview(i).ReadAsArray().tolist() for i in range(band.GetOverviewCount())]


def test_two_processes_that_build_at_once_leave_a_complete_file(pair, tmp_path):
    """The one that ends last wins, or adds its level if it starts after the end of the other."""
    command = ["gdaladdo", "-q", "-ro", "-r", "average", str(pair[0])]
    running = [subprocess.Popen([*command, factor]) for factor in ("3", "4")]
    assert [process.wait() for process in running] == [0, 0]
    assert len(overview_files(pair[0])) == 1
    orders = [("3",), ("4",), ("3", "4"), ("4", "3")]
    copies = [tmp_path / f"copy{''.join(order)}.tif" for order in orders]
    expected = [levels_of_a_copy(pair[0], *each) for each in zip(copies, orders)]
    assert levels(pair[0]) in expected


def test_levels_are_added_and_written_again(pair):
    build(pair[0], 2, "nearest")
    build(pair[0], 4, "average")
    whole = reference.view(pair[0])
    assert sizes(pair[0]) == [halved(whole, 2), halved(whole, 4)]
    build(pair[0], 2, "average")
    dataset = views.open_view(pair[0])
    small = dataset.GetRasterBand(1).GetOverview(0).ReadAsArray()
    views.assert_same(small, averaged(whole, 2)[0])


@pytest.mark.skipif(gdal.VersionInfo() < "3120000", reason="GDAL 3.12 adds existing overviews")
def test_existing_overviews_are_added_to_one_option_set(pair, tmp_path):
    """GDAL wrote <granule>.nc.ovr, which no view uses, and reported success."""
    build(pair[0], 4, "nearest", **CLOUDS)
    whole = reference.view(pair[0], mask=pair[1], quality_flags="cloud")
    small = averaged(whole, 3)
    source = tmp_path / "small.tif"
    gdal.GetDriverByName("GTiff").CreateCopy(source, views.in_memory(small, -9999)).Close()
    plain = sizes(pair[0])
    code, _, errors = views.run(
        *("gdal", "raster", "overview", "add", "--quiet", "--external", "--overview-src", source),
        *("--open-option", "@QUALITY_FLAGS=cloud", pair[0]),
    )
    assert (code, errors) == (0, "")
    added = views.open_view(pair[0], **CLOUDS).GetRasterBand(2)
    shown = [added.GetOverview(level).ReadAsArray() for level in range(added.GetOverviewCount())]
    assert sorted(array.shape for array in shown) == sorted(
        halved(whole, factor)[::-1] for factor in (3, 4)
    )
    views.assert_same(next(array for array in shown if array.shape == small[1].shape), small[1])
    assert sizes(pair[0]) == plain
    assert len(overview_files(pair[0])) == 1


def test_one_dataset_builds_reads_and_cleans(pair):
    """Without closing: virtual, then the file, then virtual again."""
    dataset = views.open_view(pair[0])
    virtual = dataset.GetRasterBand(1).GetOverview(0).ReadAsArray()
    assert dataset.BuildOverviews("AVERAGE", [2]) == 0
    whole = reference.view(pair[0])
    views.assert_same(dataset.GetRasterBand(1).GetOverview(0).ReadAsArray(), averaged(whole, 2)[0])
    assert dataset.BuildOverviews("NONE", []) == 0
    assert dataset.GetRasterBand(1).GetOverviewCount() == 1
    views.assert_same(dataset.GetRasterBand(1).GetOverview(0).ReadAsArray(), virtual)
    assert overview_files(pair[0]) == []


def test_overviews_beside_a_mask_granule_do_not_hide_it(pair):
    build(pair[1], 2)
    views.assert_same(
        views.read(pair[0], **CLOUDS),
        reference.view(pair[0], mask=pair[1], quality_flags="cloud"),
    )


@pytest.mark.parametrize(
    "setting, word",
    [("GDAL_PAM_ENABLED=NO", "GDAL_PAM_ENABLED"), ("USE_RRD=YES", "GeoTIFF")],
)
def test_files_that_could_not_be_found_again_are_refused(pair, setting, word):
    key, value = setting.split("=")
    before = sorted(os.listdir(pair[0].parent))
    code, _, errors = gdaladdo(pair[0], "--config", key, value, "2")
    assert code != 0 and word in errors and pair[0].name in errors
    assert sorted(os.listdir(pair[0].parent)) == before


def test_granule_without_bands_is_refused(tmp_path):
    path = granules.write(tmp_path, "MIN")
    code, _, errors = gdaladdo(path, "2")
    assert code != 0 and errors != ""
    assert overview_files(path) == []


def test_read_only_folder_gives_an_error_and_virtual_overviews_stay(original):
    with folders.read_only(*original) as folder:
        path = folder / original[0].name
        before = sorted(os.listdir(folder))
        code, _, errors = folders.run_as_reader(folder, "gdaladdo", "-q", path, "2")
        assert code != 0 and "ERROR" in errors
        assert sorted(os.listdir(folder)) == before
        code, output, errors = folders.run_as_reader(folder, "gdalinfo", path)
        assert (code, errors) == (0, "")
        assert "Overviews:" in output and ".ovr" not in output
