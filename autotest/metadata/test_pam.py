# SPDX-License-Identifier: MIT
"""Statistics and overviews stored next to the granule belong to one set of options."""
import os
import re
import shutil
import zipfile

import granules
import netCDF4
import numpy as np
import pytest
import views

STATISTICS = "STATISTICS_MEAN"
CLOUDS = {"QUALITY_FLAGS": "cloud"}
SETS = [
    {},
    CLOUDS,
    {"BAND_MASK": "YES"},
    {"NODATA": "NAN"},
    {"ORTHO": "NO"},
    {"ORTHO": "NEAREST"},
    {"BAD_WAVELENGTHS": "NODATA"},
    {"WAVELENGTHS": "GOOD"},
    {"QUALITY_WHERE": "AOD550>0.5"},
]


@pytest.fixture
def pair(tmp_path):
    return granules.pair(tmp_path, lines=12, samples=10, bands=6)


def test_gdalinfo_alone_writes_nothing(pair):
    code, _, _ = views.run("gdalinfo", pair[0])
    assert code == 0
    assert sorted(os.listdir(pair[0].parent)) == sorted(path.name for path in pair)


def test_gdalinfo_stats_writes_no_metadata_of_the_driver(pair):
    before = views.open_view(pair[0]).GetRasterBand(2)
    code, _, errors = views.run("gdalinfo", "-stats", pair[0])
    assert code == 0, errors
    text = views.sidecar(pair[0])
    assert STATISTICS in text
    keys = set(re.findall(r'key="([^"]+)"', text))
    assert {key for key in keys if not key.startswith("STATISTICS_")} == set()
    for word in ("wavelength", "Description", "SRS", "GeoTransform", "ColorInterp", "NoDataValue"):
        assert word not in text
    after = views.open_view(pair[0]).GetRasterBand(2)
    assert before.GetMetadata().items() < after.GetMetadata().items()
    assert before.GetDescription() == after.GetDescription() != ""
    assert after.GetNoDataValue() == -9999


def band_of(path, options):
    return views.open_view(path, **options).GetRasterBand(2)


def stored_mean(path, options):
    text = band_of(path, options).GetMetadataItem(STATISTICS)
    return None if text is None else float(text)


def mean_of_the_view(path, options):
    values = views.read(path, **options)[1]
    return values[np.isfinite(values) & (values != -9999)].mean(dtype="f8")


def stored_histogram(path, options):
    histogram = band_of(path, options).GetDefaultHistogram(force=0)
    return sum(histogram[3]) if histogram and histogram[2] else None


def pixels_of_the_view(path, options):
    values = views.read(path, **options)[1]
    return np.count_nonzero(np.isfinite(values) & (values != -9999))


@pytest.mark.parametrize(
    "compute, stored, expected",
    [
        (lambda band: band.ComputeStatistics(False), stored_mean, mean_of_the_view),
        (lambda band: band.GetDefaultHistogram(force=1), stored_histogram, pixels_of_the_view),
    ],
    ids=["statistics", "histogram"],
)
def test_each_set_of_options_has_statistics_of_its_own(pair, compute, stored, expected):
    for number, options in enumerate(SETS):
        found = [stored(pair[0], one) is not None for one in SETS]
        assert found == [one < number for one in range(len(SETS))], options
        compute(band_of(pair[0], options))
    for options in SETS:
        assert stored(pair[0], options) == pytest.approx(expected(pair[0], options)), options


def test_statistics_of_one_variable_do_not_show_under_another(pair):
    views.open_view(pair[0], "lon").GetRasterBand(1).ComputeStatistics(False)
    for variable in ("lat", "elev", None):
        items = views.open_view(pair[0], variable).GetRasterBand(1).GetMetadata()
        assert STATISTICS not in items


def test_spellings_of_the_same_options_share_statistics(pair):
    band_of(pair[0], {"QUALITY_FLAGS": "cloud,cirrus"}).ComputeStatistics(False)
    for flags in ("0,1", "1,0", "Cirrus_flag,CLOUD"):
        assert stored_mean(pair[0], {"QUALITY_FLAGS": flags}) is not None
    assert stored_mean(pair[0], {"QUALITY_FLAGS": "0,1", "NUM_THREADS": "1"}) is not None
    assert stored_mean(pair[0], {"QUALITY_FLAGS": "0"}) is None


def found(name, **options):
    """The stored mean of band 2 and the number of overviews."""
    band = views.open_name(name, **options).GetRasterBand(2)
    return band.GetMetadataItem(STATISTICS), band.GetOverviewCount()


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Folders "data" with a pair that has statistics and overviews of CLOUDS, "link" to it, and "masks"."""
    data = tmp_path / "data"
    data.mkdir()
    path, mask = granules.pair(data, lines=12, samples=10, bands=2)
    (tmp_path / "link").symlink_to("data")
    (tmp_path / "masks").mkdir()
    for copy in (tmp_path / "masks" / mask.name, data / "other.nc"):
        shutil.copy(mask, copy)
    monkeypatch.chdir(data)
    dataset = views.open_name(path.name, **CLOUDS)
    dataset.GetRasterBand(2).ComputeStatistics(False)
    dataset.BuildOverviews("AVERAGE", [3])
    assert len([name for name in os.listdir(data) if name.endswith(".ovr")]) == 1
    return tmp_path, path.name, mask.name


@pytest.mark.parametrize(
    "start, form",
    [
        ("data", "{name}"),
        ("data", "./{name}"),
        ("data", "../data/{name}"),
        ("masks", "../link/{name}"),
        (".", "{root}/data/{name}"),
        ("/", "{root}/link/{name}"),
        (".", 'EMIT:"data/{name}"'),
        (".", "EMIT:data/{name}:reflectance"),
    ],
)
def test_statistics_and_overviews_are_found_by_every_spelling_of_the_path(
    elsewhere, monkeypatch, start, form
):
    root, name, mask = elsewhere
    monkeypatch.chdir(root / start)
    spellings = [os.path.relpath(root / "data" / mask), root / "data" / mask, root / "link" / mask]
    for mask_file in [{}, *({"MASK_FILE": spelling} for spelling in spellings)]:
        mean_, overviews = found(form.format(root=root, name=name), **CLOUDS, **mask_file)
        assert mean_ is not None and overviews == 1, mask_file


def test_statistics_and_overviews_move_with_the_folder(elsewhere):
    root, name, _ = elsewhere
    (root / "data").rename(root / "moved")
    mean_, overviews = found(f"{root}/moved/{name}", **CLOUDS)
    assert mean_ is not None and overviews == 1


@pytest.mark.parametrize("place", ["other.nc", "../masks/{mask}", "{root}/masks/{mask}"])
def test_masks_of_different_files_do_not_share_statistics(elsewhere, place):
    root, name, mask = elsewhere
    other = place.format(root=root, mask=mask)
    assert found(name, **CLOUDS, MASK_FILE=other) == (None, 0)


def test_names_that_differ_in_case_alone_do_not_share_statistics(elsewhere):
    """GDAL finds parts of the .aux.xml file whatever their case: of masks here, of variables below."""
    _, name, mask = elsewhere
    other = shutil.copy(mask, mask.lower())
    assert found(name, **CLOUDS, MASK_FILE=other) == (None, 0)
    with netCDF4.Dataset(name, "a") as granule:
        for number, variable in enumerate(("depth", "Depth")):
            added = granule.createVariable(variable, "i2", ("downtrack", "crosstrack"))
            added[:] = number
    means = []
    for variable in ("depth", "Depth"):
        band = views.open_view(name, variable, ORTHO="NO").GetRasterBand(1)
        assert STATISTICS not in band.GetMetadata()
        means.append(band.ComputeStatistics(False)[2])
        del band
    assert means == [0, 1]
    stored = [views.open_view(name, variable, ORTHO="NO") for variable in ("depth", "Depth")]
    assert [float(each.GetRasterBand(1).GetMetadata()[STATISTICS]) for each in stored] == means


def test_granule_in_an_archive_is_counted_and_read(pair, tmp_path):
    """Nobody can write next to it, not even root."""
    archive = tmp_path / "pair.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in pair:
            packed.write(path, path.name)
    with views.Messages():
        dataset = views.open_name(f"/vsizip/{archive}/{pair[0].name}", **CLOUDS)
        dataset.GetRasterBand(1).ComputeStatistics(False)
        seen = views.pixels(dataset)
        dataset = None
    views.assert_same(seen, views.read(pair[0], **CLOUDS))


def test_pam_can_be_turned_off(pair):
    with views.configured(GDAL_PAM_ENABLED="NO"):
        minimum, maximum, *_ = band_of(pair[0], {}).ComputeStatistics(False)
    assert views.sidecar(pair[0]) == "" and minimum < maximum
