# SPDX-License-Identifier: MIT
"""One .aux.xml file, written by several datasets, processes and drivers at the same time."""
import os
import resource
import subprocess
import tempfile
import xml.etree.ElementTree as ET

import folders
import granules
import pytest
import views

MEAN = "STATISTICS_MEAN"
FOREIGN = """<?xml version="1.0"?>
<PAMDataset>
  <Metadata><MDI key="of">the whole file</MDI></Metadata>
  <Subdataset name="lon"><PAMDataset><Metadata><MDI key="of">netCDF</MDI></Metadata></PAMDataset></Subdataset>
  <DerivedDataset name="x"><PAMDataset /></DerivedDataset>
  <Array name="/reflectance"><Statistics>1</Statistics></Array>
  <Unknown>to GDAL</Unknown>
</PAMDataset>
"""


@pytest.fixture
def path(tmp_path):
    return granules.pair(tmp_path, lines=13, samples=9, bands=5)[0]


def auxiliary(path):
    return path.with_name(path.name + ".aux.xml")


def compute(dataset, *bands):
    for band in bands:
        dataset.GetRasterBand(band).ComputeStatistics(False)


def bands_with_statistics(path, **options):
    """Numbers of the bands that have statistics."""
    dataset = views.open_view(path, **options)
    bands = range(1, dataset.RasterCount + 1)
    return [band for band in bands if dataset.GetRasterBand(band).GetMetadataItem(MEAN)]


def foreign_parts(path):
    root = ET.parse(auxiliary(path)).getroot()
    return [
        ET.canonicalize(ET.tostring(part), strip_text=True)
        for part in root
        if "EMIT:" not in part.get("name", "")
    ]


@pytest.mark.parametrize("options", [{}, {"NODATA": "-1"}], ids=["one choice", "two choices"])
def test_datasets_open_at_once_keep_each_others_statistics(path, options):
    first, second = views.open_view(path), views.open_view(path, **options)
    compute(first, 1, 4)
    compute(second, 2)
    del first, second
    assert bands_with_statistics(path) == ([1, 4] if options else [1, 2, 4])
    assert bands_with_statistics(path, **options) == ([2] if options else [1, 2, 4])


def test_one_dataset_clears_while_another_adds(path):
    dataset = views.open_view(path)
    compute(dataset, 1, 2, 3)
    del dataset
    clearing, adding, idle = (views.open_view(path) for _ in range(3))
    compute(adding, 5)
    adding.SetMetadataItem("NOTE", "added")
    del adding
    for band in (1, 3):
        clearing.GetRasterBand(band).SetMetadata({})
    del clearing
    idle.SetMetadataItem("WORD", "later", "OF_ITS_OWN")
    del idle
    dataset = views.open_view(path)
    assert bands_with_statistics(path) == [2, 5]
    assert dataset.GetMetadataItem("NOTE") == "added"
    assert dataset.GetMetadataItem("WORD", "OF_ITS_OWN") == "later"


def test_two_datasets_change_one_band(path):
    first, second = views.open_view(path), views.open_view(path)
    compute(first, 4)
    second.GetRasterBand(4).SetMetadataItem("WORD", "of the second", "OF_ITS_OWN")
    del first, second
    assert bands_with_statistics(path) == [4]
    band = views.open_view(path).GetRasterBand(4)
    assert band.GetMetadataItem("WORD", "OF_ITS_OWN") == "of the second"


def test_items_of_one_domain_and_histograms_of_one_band_are_merged_one_by_one(path):
    before = views.open_view(path)
    before.SetMetadataItem("OLD", "1")
    del before
    first, second, third = (views.open_view(path) for _ in range(3))
    for dataset, word in ((first, "A"), (second, "B")):
        dataset.SetMetadataItem(word, "1")
        dataset.GetRasterBand(2).SetMetadataItem(word, "1")
        dataset.GetRasterBand(3).SetDefaultHistogram(0, len(word) + ord(word), [5, 6, 7])
    compute(third, 2)
    third.SetMetadataItem("OLD", None)
    del dataset, first, third, second
    dataset = views.open_view(path)
    band = dataset.GetRasterBand(2)
    assert [dataset.GetMetadataItem(word) for word in ("A", "B", "OLD")] == ["1", "1", None]
    assert [band.GetMetadataItem(word) for word in ("A", "B")] == ["1", "1"]
    assert bands_with_statistics(path) == [2]
    maxima = ET.parse(auxiliary(path)).getroot().findall(".//HistItem/HistMax")
    assert {float(maximum.text) for maximum in maxima} == {66, 67}


def test_second_save_keeps_what_others_saved_meanwhile(path):
    dataset = views.open_view(path)
    compute(dataset, 1)
    dataset.FlushCache()
    other = views.open_view(path)
    assert other.GetRasterBand(1).GetMetadataItem(MEAN)
    other.GetRasterBand(1).SetMetadata({})
    compute(other, 3)
    del other
    compute(dataset, 2)
    del dataset
    assert bands_with_statistics(path) == [2, 3]


def test_statistics_do_not_forget_overviews_built_meanwhile(path):
    dataset = views.open_view(path)
    other = views.open_view(path)
    assert other.BuildOverviews("AVERAGE", [2, 3]) == 0
    del other
    compute(dataset, 2)
    del dataset
    assert auxiliary(path).read_text().count("OVERVIEW_FILE") == 1
    assert views.open_view(path).GetRasterBand(1).GetOverviewCount() == 2
    assert bands_with_statistics(path) == [2]


def test_readers_never_see_half_a_file(path):
    """A reader that has opened the file reads it to its end as it was."""
    auxiliary(path).write_text(FOREIGN)
    with open(auxiliary(path)) as reader:
        dataset = views.open_view(path)
        compute(dataset, 1, 2, 3, 4, 5)
        del dataset
        assert reader.read() == FOREIGN
    assert bands_with_statistics(path) == [1, 2, 3, 4, 5]
    assert not [name for name in os.listdir(path.parent) if name.endswith(".tmp")]


def test_concurrent_processes_keep_each_others_statistics(path):
    choices = [f"NODATA={-number}" for number in range(1, 8)]
    for _ in range(2):
        auxiliary(path).unlink(missing_ok=True)
        command = ["gdalinfo", "-stats", "-oo"]
        running = [
            subprocess.Popen([*command, choice, path], stdout=subprocess.DEVNULL)
            for choice in choices
        ]
        assert [process.wait() for process in running] == [0] * len(choices)
        for choice in choices:
            assert bands_with_statistics(path, NODATA=choice.split("=")[1]) == [1, 2, 3, 4, 5], choice


def test_parts_of_others_stay(path):
    auxiliary(path).write_text(FOREIGN)
    before = foreign_parts(path)
    assert len(before) == 5
    dataset = views.open_view(path)
    compute(dataset, 3)
    del dataset
    assert bands_with_statistics(path) == [3] and foreign_parts(path) == before
    views.open_view(path).ClearStatistics()
    assert bands_with_statistics(path) == [] and foreign_parts(path) == before
    assert "EMIT:" not in auxiliary(path).read_text()


@pytest.mark.parametrize("content", ["", "not XML", '<PAMDataset><Subdataset name="'])
def test_damaged_file_is_replaced(path, content):
    auxiliary(path).write_text(content)
    dataset = views.open_view(path)
    compute(dataset, 3)
    del dataset
    assert bands_with_statistics(path) == [3]


def test_link_stays_a_link(path, tmp_path):
    target = tmp_path / "kept" / "elsewhere.xml"
    target.parent.mkdir()
    target.write_text(FOREIGN)
    auxiliary(path).symlink_to("kept/elsewhere.xml")
    dataset = views.open_view(path)
    compute(dataset, 3)
    del dataset
    assert auxiliary(path).is_symlink() and "EMIT:" in target.read_text()
    assert bands_with_statistics(path) == [3]


def test_full_disk_leaves_the_file_as_it_was(path):
    auxiliary(path).write_text(FOREIGN)
    dataset = views.open_view(path)
    compute(dataset, 1, 2)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with views.Messages() as messages:
            del dataset
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert auxiliary(path).name in messages[0][1]
    assert auxiliary(path).read_text() == FOREIGN
    assert not [name for name in os.listdir(path.parent) if name.endswith(".tmp")]


def test_writable_file_in_a_read_only_folder(path):
    with folders.read_only(path) as folder:
        own = folder / auxiliary(path).name
        folder.chmod(0o755)
        own.write_text(FOREIGN)
        own.chmod(0o666)
        folder.chmod(0o555)
        for word in ("-stats", "-nomd"):
            code, output, errors = folders.run_as_reader(folder, "gdalinfo", word, folder / path.name)
            assert (code, errors) == (0, "")
        assert MEAN in own.read_text() and "to GDAL" in own.read_text()


def test_folder_of_proxies(path, monkeypatch):
    with folders.read_only(path) as folder, tempfile.TemporaryDirectory() as proxies:
        os.chmod(proxies, 0o777)
        monkeypatch.setenv("GDAL_PAM_PROXY_DIR", proxies)
        for word in ("-stats", "-norat"):
            code, output, errors = folders.run_as_reader(folder, "gdalinfo", word, folder / path.name)
            assert (code, errors) == (0, "") and MEAN in output
