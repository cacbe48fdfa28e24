# SPDX-License-Identifier: MIT
"""Statistics and histograms equal NumPy's; test_pam.py shows which views share them."""
import json
import os
import shutil

import folders
import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

CLOUDS = {"QUALITY_FLAGS": "cloud"}
STORED = "STATISTICS_MEAN"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """547 x 530 pixels, enough for an overview; values whose sum is not exact."""
    random = np.random.default_rng(5)
    data = random.normal(0.3, 0.1, (547, 530, 2)).astype("f4")
    data[random.random(data.shape) < 0.1] = -9999
    folder = tmp_path_factory.mktemp("statistics")
    return granules.pair(folder, lines=547, samples=530, bands=2, data=data)


@pytest.fixture
def pair(original, tmp_path):
    return [shutil.copy(path, tmp_path / path.name) and tmp_path / path.name for path in original]


def valid(path, mask=None, flags=None, band=1, **keywords):
    whole = reference.view(path, mask=mask, quality_flags=flags, **keywords)[band]
    return whole[np.isfinite(whole) & (whole != -9999)].astype("f8")


def moments(values):
    return [values.min(), values.max(), values.mean(), values.std()]


def band_of(path, number=2, **options):
    return views.open_view(path, **options).GetRasterBand(number)


def stored(path, **options):
    items = band_of(path, **options).GetMetadata()
    return {key: value for key, value in items.items() if key.startswith("STATISTICS_")}


@pytest.mark.parametrize(
    "options, keywords",
    [
        ({}, {}),
        (CLOUDS, {"flags": "cloud"}),
        ({"NODATA": "NAN", **CLOUDS}, {"flags": "cloud", "nodata": np.nan}),
        ({"ORTHO": "NO"}, {"ortho": "NO"}),
    ],
    ids=str,
)
def test_exact_statistics_equal_numpy(pair, options, keywords):
    values = valid(pair[0], mask=pair[1], **keywords)
    band = band_of(pair[0], **options)
    seen = list(band.ComputeStatistics(False))
    assert seen[:2] == moments(values)[:2]
    assert seen[2:] == pytest.approx(moments(values)[2:], rel=1e-12)
    share = 100 * values.size / (band.XSize * band.YSize)
    assert float(band.GetMetadataItem("STATISTICS_VALID_PERCENT")) == pytest.approx(share, abs=0.01)
    assert list(band.ComputeRasterMinMax(False)) == moments(values)[:2]


def test_approximate_statistics_are_those_of_the_overview(pair):
    whole = reference.view(pair[0])[1]
    rows, columns = ((2 * np.arange(-(-n // 2)) + 1) * n // (2 * -(-n // 2)) for n in whole.shape)
    cells = whole[rows[:, np.newaxis], columns].astype("f8")
    cells = cells[cells != -9999]
    band = band_of(pair[0])
    assert list(band.ComputeStatistics(True)) == pytest.approx(moments(cells), rel=1e-12)
    assert band.GetMetadataItem("STATISTICS_APPROXIMATE") == "YES"
    exact = band.GetStatistics(False, True)
    assert exact == pytest.approx(moments(valid(pair[0])), rel=1e-12)
    assert exact[0] < cells.min() or exact[1] > cells.max()


def test_histograms_equal_numpy(pair):
    values = valid(pair[0], mask=pair[1], flags="cloud")
    band = band_of(pair[0], **CLOUDS)
    seen = band.GetHistogram(-0.25, 0.85, 44, 0, False)
    inside = values[(values >= -0.25) & (values < 0.85)]
    bins = np.floor((inside + 0.25) * (44 / 1.1)).astype(int)
    assert seen == np.bincount(bins, minlength=44).tolist()
    values = valid(pair[0], mask=pair[1], flags="cloud", band=0)
    least, most, count, default = band_of(pair[0], 1, **CLOUDS).GetDefaultHistogram(force=1)
    assert count == len(default) == 256
    bins = np.floor((values - least) * (256 / (most - least))).astype(int)
    assert default == np.bincount(np.clip(bins, 0, 255), minlength=256).tolist()


@pytest.mark.interoperability("gdalinfo", "-stats and -hist, kept for one choice of options")
def test_gdalinfo_stats_of_one_option_set_is_not_shown_by_gdalinfo_of_another(pair):
    code, output, errors = views.run(
        "gdalinfo", "-stats", "-hist", "-oo", "QUALITY_FLAGS=cloud", pair[0]
    )
    assert (code, errors) == (0, "") and STORED in output and "buckets" in output
    for options in ([], ["-oo", "QUALITY_FLAGS=cirrus"], ["-oo", "ORTHO=NO"]):
        code, output, errors = views.run("gdalinfo", *options, pair[0])
        assert (code, errors) == (0, "")
        assert "STATISTICS" not in output and "Minimum" not in output and "buckets" not in output
    code, output, _ = views.run("gdalinfo", "-json", "-oo", "QUALITY_FLAGS=0", pair[0])
    mean = float(json.loads(output)["bands"][1]["metadata"][""][STORED])
    assert mean == pytest.approx(valid(pair[0], pair[1], "cloud").mean(), rel=1e-10)


def test_clearing_one_option_set_leaves_the_others(pair):
    for options in ({}, CLOUDS):
        band_of(pair[0], **options).ComputeStatistics(False)
    views.open_view(pair[0], **CLOUDS).ClearStatistics()
    assert stored(pair[0], **CLOUDS) == {}
    assert STORED in stored(pair[0])
    views.open_view(pair[0]).ClearStatistics()
    assert stored(pair[0]) == {}
    assert sorted(os.listdir(pair[0].parent)) == sorted(path.name for path in pair)


def test_statistics_of_an_overview_level_are_not_those_of_the_view(pair):
    code, output, errors = views.run(
        "gdalinfo", "-stats", "-json", "-oo", "OVERVIEW_LEVEL=0", pair[0]
    )
    assert (code, errors) == (0, "")
    level = json.loads(output)["bands"][1]
    assert stored(pair[0]) == {}
    assert level["mean"] != pytest.approx(valid(pair[0]).mean(), rel=1e-9)


def test_netcdfs_own_statistics_of_the_same_file_are_untouched(pair):
    name = f'NETCDF:"{pair[0]}":/location/lon'
    lon = gdal.OpenEx(name, gdal.OF_RASTER, allowed_drivers=["netCDF"])
    lon.GetRasterBand(1).ComputeStatistics(False)
    del lon
    band_of(pair[0]).ComputeStatistics(False)
    views.open_view(pair[0]).ClearStatistics()
    lon = gdal.OpenEx(name, gdal.OF_RASTER, allowed_drivers=["netCDF"])
    assert lon.GetRasterBand(1).GetMetadataItem(STORED) is not None
    assert views.open_view(pair[0], "lon").GetRasterBand(1).GetMetadataItem(STORED) is None


def test_read_only_folder_counts_each_time_and_stays_as_it_is(original):
    with folders.read_only(*original) as folder:
        path = folder / original[0].name
        before = sorted(os.listdir(folder))
        for options in ({}, CLOUDS):
            arguments = [word for item in options.items() for word in ("-oo", "=".join(item))]
            code, output, _ = folders.run_as_reader(
                folder, "gdalinfo", "-stats", "-json", *arguments, path
            )
            assert code == 0
            values = valid(original[0], original[1], options.get("QUALITY_FLAGS"))
            seen = json.loads(output)["bands"][1]
            assert seen["mean"] == pytest.approx(values.mean(), abs=1e-3)
            assert seen["minimum"] == pytest.approx(values.min(), abs=1e-3)
        assert sorted(os.listdir(folder)) == before
        code, output, errors = folders.run_as_reader(folder, "gdalinfo", path)
        assert (code, errors) == (0, "") and "STATISTICS" not in output
