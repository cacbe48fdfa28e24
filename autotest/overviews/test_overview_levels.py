# SPDX-License-Identifier: MIT
"""Programs that choose overviews: OVERVIEW_LEVEL, COG, gdalwarp, VRT."""
import json

import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

FLAGS = {"QUALITY_FLAGS": "0,1,3,4"}
WORDS = ["-oo", "QUALITY_FLAGS=0,1,3,4"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two overviews on the map, one as swath."""
    folder = tmp_path_factory.mktemp("levels")
    place = np.arange(1030 * 790 * 2) % 65521
    data = place.reshape(1030, 790, 2).astype("f4") / 8
    return granules.pair(folder, lines=1030, samples=790, bands=2, data=data)


@pytest.fixture(scope="module")
def whole(pair):
    return reference.view(pair[0], mask=pair[1], quality_flags="0,1,3,4")


def halved(side, factor):
    return -(-side // factor)


def resampled(whole, factor, algorithm=gdal.GRIORA_NearestNeighbour):
    """GDAL's own answer for an array in memory."""
    size = {"buf_xsize": halved(whole.shape[2], factor), "buf_ysize": halved(whole.shape[1], factor)}
    return views.pixels(views.in_memory(whole, -9999), resample_alg=algorithm, **size)


@pytest.mark.parametrize("level, factor", [(0, 2), (1, 4)])
def test_overview_level_opens_one_as_a_dataset(pair, whole, level, factor):
    dataset = views.open_view(pair[0], OVERVIEW_LEVEL=level, **FLAGS)
    full = views.open_view(pair[0], **FLAGS)
    views.assert_same(views.pixels(dataset), resampled(whole, factor))
    west, width, _, north, _, height = dataset.GetGeoTransform()
    assert (west, north) == (full.GetGeoTransform()[0], full.GetGeoTransform()[3])
    assert width * dataset.RasterXSize == pytest.approx(full.GetGeoTransform()[1] * full.RasterXSize)
    assert height * dataset.RasterYSize == pytest.approx(
        full.GetGeoTransform()[5] * full.RasterYSize
    )
    assert dataset.GetSpatialRef().IsSame(full.GetSpatialRef())
    assert dataset.GetMetadata() == full.GetMetadata()
    for number in (1, 2):
        band, of_full = dataset.GetRasterBand(number), full.GetRasterBand(number)
        assert band.GetMetadata() == of_full.GetMetadata()
        assert band.GetNoDataValue() == -9999 and band.GetMaskFlags() == gdal.GMF_NODATA
        assert band.GetOverviewCount() == 1 - level


def test_overview_level_only_and_none(pair, whole):
    alone = views.open_view(pair[0], OVERVIEW_LEVEL="0 only", **FLAGS)
    assert alone.GetRasterBand(1).GetOverviewCount() == 0
    views.assert_same(views.pixels(alone), resampled(whole, 2))
    none = views.open_view(pair[0], OVERVIEW_LEVEL="NONE", **FLAGS)
    assert none.GetRasterBand(1).GetOverviewCount() == 0
    views.assert_same(views.pixels(none), whole)


def test_overview_level_that_does_not_exist_is_an_error(pair):
    assert "overview level 2" in views.refusal(pair[0], OVERVIEW_LEVEL=2)


@pytest.mark.interoperability("gdal_translate", "-oo OVERVIEW_LEVEL=1: one cell in sixteen")
def test_gdal_translate_of_an_overview_level(pair, whole, tmp_path):
    target = tmp_path / "level.tif"
    code, _, errors = views.run(
        "gdal_translate", "-q", *WORDS, "-oo", "OVERVIEW_LEVEL=1", pair[0], target
    )
    assert (code, errors) == (0, "")
    views.assert_same(views.read(target), resampled(whole, 4))


def test_gdal_translate_to_a_size_picks_from_all_cells(pair, whole, tmp_path):
    target = tmp_path / "size.tif"
    size = [str(halved(whole.shape[2], 3)), str(halved(whole.shape[1], 3))]
    code, _, errors = views.run("gdal_translate", "-q", *WORDS, "-outsize", *size, pair[0], target)
    assert (code, errors) == (0, "")
    views.assert_same(views.read(target), resampled(whole, 3))


def test_gdal_translate_averages_all_cells(pair, whole, tmp_path):
    target = tmp_path / "average.tif"
    size = [str(halved(whole.shape[2], 2)), str(halved(whole.shape[1], 2))]
    code, _, errors = views.run(
        "gdal_translate", "-q", *WORDS, "-r", "average", "-outsize", *size, pair[0], target
    )
    assert (code, errors) == (0, "")
    views.assert_same(views.read(target), resampled(whole, 2, gdal.GRIORA_Average))


@pytest.mark.parametrize(
    "options, algorithm",
    [
        ([], gdal.GRIORA_NearestNeighbour),
        (["OVERVIEWS=IGNORE_EXISTING", "OVERVIEW_RESAMPLING=AVERAGE"], gdal.GRIORA_Average),
    ],
    ids=["the driver's", "its own"],
)
def test_cog_copies_the_drivers_overviews_unless_asked_for_its_own(
    pair, whole, tmp_path, options, algorithm
):
    target = tmp_path / "cog.tif"
    words = [word for option in options for word in ("-co", option)]
    code, _, errors = views.run("gdal_translate", "-q", "-of", "COG", *words, *WORDS, pair[0], target)
    assert (code, errors) == (0, "")
    copy = views.open_name(target)
    views.assert_same(views.pixels(copy), whole)
    expected = resampled(whole, 2, algorithm)
    band = copy.GetRasterBand(2).GetOverview(0)
    if (band.YSize, band.XSize) != expected.shape[1:]:  # the writer rounds down where we round up
        expected = views.pixels(
            views.in_memory(whole, -9999),
            buf_xsize=band.XSize,
            buf_ysize=band.YSize,
            resample_alg=algorithm,
        )
    views.assert_same(band.ReadAsArray(), expected[1])


def warp(pair, tmp_path, *words):
    target = tmp_path / "warped.tif"
    code, _, errors = views.run(
        "gdalwarp", "-q", "-overwrite", *WORDS, *words, "-ts", "200", "0", pair[0], target
    )
    assert (code, errors) == (0, "")
    return views.read(target)


def warp_in_memory(pair, whole, **keywords):
    memory = views.in_memory(whole, -9999)
    full = views.open_view(pair[0])
    memory.SetGeoTransform(full.GetGeoTransform())
    memory.SetSpatialRef(full.GetSpatialRef())
    return views.pixels(gdal.Warp("", memory, format="MEM", width=200, **keywords))


def test_gdalwarp_without_overviews_averages_all_cells(pair, whole, tmp_path):
    seen = warp(pair, tmp_path, "-r", "average", "-ovr", "NONE")
    views.assert_same(seen, warp_in_memory(pair, whole, resampleAlg="average"))


def test_gdalwarp_uses_an_overview_by_default(pair, whole, tmp_path):
    """The coarsest that is finer than the target: -ovr AUTO, which is its default."""
    cells = [np.append(band, -9999) for band in resampled(whole, 4)]

    def are_of_the_overview(warped):
        return all(np.isin(band, of_band).all() for band, of_band in zip(warped, cells))

    assert are_of_the_overview(warp(pair, tmp_path, "-r", "near"))
    assert not are_of_the_overview(warp(pair, tmp_path, "-r", "near", "-ovr", "NONE"))


def test_vrt_shows_the_same_overviews(pair, whole, tmp_path):
    target = tmp_path / "view.vrt"
    code, _, errors = views.run("gdal_translate", "-q", "-of", "VRT", *WORDS, pair[0], target)
    assert (code, errors) == (0, "")
    band = views.open_name(target).GetRasterBand(2)
    assert band.GetOverviewCount() == 2
    code, output, _ = views.run("gdalinfo", "-json", target)
    listed = [one["size"] for one in json.loads(output)["bands"][1]["overviews"]]
    assert listed == [[halved(whole.shape[2], f), halved(whole.shape[1], f)] for f in (2, 4)]
