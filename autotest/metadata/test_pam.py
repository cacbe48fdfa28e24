# SPDX-License-Identifier: MIT
"""Statistics and overviews beside the granule never leak from one set of options to another."""
import os
import re
import shutil

import granules
import numpy as np
import pytest
import views

STATISTICS = "STATISTICS_MEAN"


@pytest.fixture
def pair(tmp_path):
    return granules.pair(tmp_path, lines=12, samples=10, bands=6)


def mean(path, **options):
    """The stored mean, None where there is none."""
    text = views.open_view(path, **options).GetRasterBand(2).GetMetadataItem(STATISTICS)
    return None if text is None else float(text)


def compute(path, **options):
    dataset = views.open_view(path, **options)
    dataset.GetRasterBand(2).ComputeStatistics(False)
    return views.pixels(dataset)[1]


def sidecar(path):
    aux = path.with_name(path.name + ".aux.xml")
    return aux.read_text() if aux.exists() else ""


def test_gdalinfo_alone_writes_nothing(pair):
    code, _, _ = views.run("gdalinfo", pair[0])
    assert code == 0
    assert sorted(os.listdir(pair[0].parent)) == sorted(path.name for path in pair)


def test_statistics_are_kept_and_found_again(pair):
    values = compute(pair[0])
    assert mean(pair[0]) == pytest.approx(values[values != -9999].mean(), rel=1e-6)


def test_gdalinfo_stats_writes_no_metadata_of_the_driver(pair):
    code, _, errors = views.run("gdalinfo", "-stats", pair[0])
    assert code == 0, errors
    text = sidecar(pair[0])
    assert STATISTICS in text
    keys = set(re.findall(r'key="([^"]+)"', text))
    assert {key for key in keys if not key.startswith("STATISTICS_")} == set()
    for word in ("wavelength", "Description", "SRS", "GeoTransform", "ColorInterp", "NoDataValue"):
        assert word not in text


@pytest.mark.parametrize(
    "options",
    [
        {"QUALITY_FLAGS": "cloud"},
        {"BAND_MASK": "YES"},
        {"NODATA": "NAN"},
        {"ORTHO": "NO"},
        {"ORTHO": "NEAREST"},
        {"BAD_WAVELENGTHS": "NODATA"},
        {"WAVELENGTHS": "GOOD"},
        {"QUALITY_WHERE": "AOD550>0.5"},
    ],
    ids=str,
)
def test_statistics_of_one_option_set_do_not_show_under_another(pair, options):
    compute(pair[0])
    assert mean(pair[0], **options) is None
    values = compute(pair[0], **options)
    valid = values[np.isfinite(values) & (values != -9999)]
    assert mean(pair[0], **options) == pytest.approx(valid.mean(), rel=1e-6)
    plain = views.read(pair[0])[1]
    assert mean(pair[0]) == pytest.approx(plain[plain != -9999].mean(), rel=1e-6)


def test_statistics_of_one_variable_do_not_show_under_another(pair):
    views.open_view(pair[0], "lon").GetRasterBand(1).ComputeStatistics(False)
    for variable in ("lat", "elev", None):
        items = views.open_view(pair[0], variable).GetRasterBand(1).GetMetadata()
        assert STATISTICS not in items


def test_options_that_say_the_same_share_statistics(pair):
    compute(pair[0], QUALITY_FLAGS="cloud,cirrus")
    for flags in ("0,1", "1,0", "Cirrus_flag,CLOUD"):
        assert mean(pair[0], QUALITY_FLAGS=flags) is not None
    assert mean(pair[0], QUALITY_FLAGS="0,1", NUM_THREADS="1") is not None
    assert mean(pair[0], QUALITY_FLAGS="0") is None


def test_masks_of_different_files_do_not_share_statistics(pair, tmp_path):
    compute(pair[0], QUALITY_FLAGS="cloud")
    other = granules.write(
        tmp_path,
        "MASK",
        name="other.nc",
        lines=12,
        samples=10,
        data=granules.flags(12, 10, granules.MASK_LABELS["001"], seed=9),
    )
    assert mean(pair[0], QUALITY_FLAGS="cloud", MASK_FILE=other) is None


def found(name, **options):
    """The stored mean of band 2 and the number of overviews."""
    band = views.open_name(name, **options).GetRasterBand(2)
    return band.GetMetadataItem(STATISTICS), band.GetOverviewCount()


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Folders "data" (a pair with overviews and statistics, masked), "link" to it, "masks"."""
    data = tmp_path / "data"
    data.mkdir()
    path, mask = granules.pair(data, lines=12, samples=10, bands=2)
    (tmp_path / "link").symlink_to("data")
    (tmp_path / "masks").mkdir()
    shutil.copy(mask, tmp_path / "masks" / mask.name)
    monkeypatch.chdir(data)
    dataset = views.open_name(path.name, QUALITY_FLAGS="cloud")
    dataset.GetRasterBand(2).ComputeStatistics(False)
    dataset.BuildOverviews("AVERAGE", [3])
    assert len([name for name in os.listdir(data) if name.endswith(".ovr")]) == 1
    return tmp_path, path.name, mask.name


@pytest.mark.parametrize("mask_file", [None, "beside", "absolute", "link"])
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
def test_statistics_and_overviews_are_found_however_the_path_is_typed(
    elsewhere, monkeypatch, start, form, mask_file
):
    root, name, mask = elsewhere
    monkeypatch.chdir(root / start)
    options = {"QUALITY_FLAGS": "cloud"}
    if mask_file is not None:
        options["MASK_FILE"] = {
            "beside": os.path.relpath(root / "data" / mask),
            "absolute": root / "data" / mask,
            "link": root / "link" / mask,
        }[mask_file]
    mean_, overviews = found(form.format(root=root, name=name), **options)
    assert mean_ is not None and overviews == 1


def test_statistics_and_overviews_move_with_the_folder(elsewhere):
    root, name, _ = elsewhere
    (root / "data").rename(root / "moved")
    mean_, overviews = found(f"{root}/moved/{name}", QUALITY_FLAGS="cloud")
    assert mean_ is not None and overviews == 1


@pytest.mark.parametrize("place", ["../masks/{mask}", "{root}/masks/{mask}"])
def test_masks_of_one_name_in_two_folders_do_not_share_statistics(elsewhere, place):
    root, name, mask = elsewhere
    other = place.format(root=root, mask=mask)
    assert found(name, QUALITY_FLAGS="cloud", MASK_FILE=other) == (None, 0)


def test_overviews_of_one_option_set_do_not_show_under_another(tmp_path):
    path, _ = granules.pair(tmp_path, lines=40, samples=50, bands=2)
    dataset = views.open_view(path, QUALITY_FLAGS="cloud")
    dataset.BuildOverviews("NEAREST", [2])
    del dataset
    masked = views.open_view(path, QUALITY_FLAGS="cloud")
    assert masked.GetRasterBand(1).GetOverviewCount() == 1
    assert views.open_view(path).GetRasterBand(1).GetOverviewCount() == 0
    small = masked.GetRasterBand(1).GetOverview(0).ReadAsArray()
    assert np.isin(small, views.pixels(masked)[0]).all()


def test_driver_metadata_wins_over_nothing_in_the_sidecar(pair):
    """After statistics the descriptions and wavelengths are still the driver's."""
    compute(pair[0])
    band = views.open_view(pair[0]).GetRasterBand(2)
    assert band.GetDescription().endswith(" nm")
    assert band.GetMetadataItem("wavelength") and band.GetMetadataItem(STATISTICS)
    assert band.GetNoDataValue() == -9999


def test_granule_in_a_folder_that_cannot_be_written_opens(pair):
    """Root may write anywhere, so the folder is a path that nothing can be written under."""
    archive = pair[0].parent / "pair.zip"
    import zipfile

    with zipfile.ZipFile(archive, "w") as packed:
        for path in pair:
            packed.write(path, path.name)
    name = f"/vsizip/{archive}/{pair[0].name}"
    with views.Messages():
        dataset = views.open_name(name, QUALITY_FLAGS="cloud")
        dataset.GetRasterBand(1).ComputeStatistics(False)
        seen = views.pixels(dataset)
        dataset = None
    views.assert_same(seen, views.read(pair[0], QUALITY_FLAGS="cloud"))


def test_granule_in_a_read_only_folder_opens_and_counts(pair):
    folder = pair[0].parent
    folder.chmod(0o555)
    try:
        code, output, errors = views.run("gdalinfo", "-stats", pair[0])
    finally:
        folder.chmod(0o755)
    assert code == 0, errors
    assert STATISTICS in output


def test_pam_can_be_turned_off(pair):
    with views.configured(GDAL_PAM_ENABLED="NO"):
        values = compute(pair[0])
    assert sidecar(pair[0]) == "" and values.shape
