# SPDX-License-Identifier: MIT
"""The virtual overviews of every view: a subset of its own cells, without a file."""
import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

LARGE = {"lines": 1034, "samples": 1100, "bands": 3}  # two overviews of either kind of grid
SMALL = {"lines": 527, "samples": 540, "bands": 3}  # one
BANDS = 3
FLAGS = {"QUALITY_FLAGS": "0,1,3,4"}
VIEWS = {
    "ortho": {},
    "ortho, masked": {**FLAGS, "BAND_MASK": "YES"},
    "ortho, NaN": {**FLAGS, "NODATA": "NAN"},
    "swath": {"ORTHO": "NO"},
    "swath, masked": {**FLAGS, "ORTHO": "NO", "BAND_MASK": "YES"},
}
ALGORITHMS = {
    name: getattr(gdal, "GRIORA_" + name)
    for name in "Bilinear Cubic CubicSpline Lanczos Average RMS Mode Gauss".split()
}


def write_pair(folder, lines, samples, bands):
    place = np.arange(lines * samples * bands) % 65521
    data = place.reshape(lines, samples, bands).astype("f4") / 8
    data[::7, ::9] = -9999
    return granules.pair(folder, lines=lines, samples=samples, bands=bands, data=data)


def opened(pair, options):
    """(dataset, the whole of it by the reference, its nodata)."""
    nodata = np.nan if options.get("NODATA") else -9999
    whole = reference.view(
        pair[0],
        mask=pair[1],
        quality_flags=options.get("QUALITY_FLAGS"),
        band_mask_file=pair[1] if "BAND_MASK" in options else None,
        ortho=options.get("ORTHO", "GLT"),
        nodata=nodata,
    )
    return views.open_view(pair[0], **options), whole, nodata


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return write_pair(tmp_path_factory.mktemp("large"), **LARGE)


@pytest.fixture(scope="module", params=VIEWS)
def view(request, pair):
    return opened(pair, VIEWS[request.param])


@pytest.fixture(scope="module", params=["ortho, NaN", "swath, masked"])
def small_view(request, tmp_path_factory):
    return opened(write_pair(tmp_path_factory.mktemp("small"), **SMALL), VIEWS[request.param])


def halved(side, factor):
    return -(-side // factor)


def decimated(whole, factor):
    """The cells under the centres of an overview's, in whole numbers."""
    rows, columns = (
        (2 * np.arange(halved(side, factor)) + 1) * side // (2 * halved(side, factor))
        for side in whole.shape[1:]
    )
    return whole[:, rows[:, np.newaxis], columns]


def overview(dataset, level):
    return dataset.GetRasterBand(1).GetOverview(level).GetDataset()


# ---- Number and size -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines, samples, factors",
    [
        (512, 600, []),
        (513, 600, [2]),
        (600, 513, [2]),
        (1300, 300, []),
    ],
)
def test_smaller_side_of_every_overview_stays_above_256_cells(tmp_path, lines, samples, factors):
    path = granules.write(tmp_path, lines=lines, samples=samples, bands=1)
    band = views.open_view(path, ORTHO="NO").GetRasterBand(1)
    sizes = [band.GetOverview(level) for level in range(band.GetOverviewCount())]
    assert [(one.YSize, one.XSize) for one in sizes] == [
        (halved(lines, factor), halved(samples, factor)) for factor in factors
    ]
    assert band.GetOverview(len(factors)) is None and band.GetOverview(-1) is None


@pytest.mark.parametrize("variable", [None, "lon", "elev"])
def test_ortho_view_of_every_variable_has_them(pair, variable):
    dataset = views.open_view(pair[0], variable)
    columns, rows = dataset.RasterXSize, dataset.RasterYSize
    for number in range(1, dataset.RasterCount + 1):
        band = dataset.GetRasterBand(number)
        assert band.GetOverviewCount() == 2
        for level, factor in enumerate((2, 4)):
            one = band.GetOverview(level)
            assert (one.XSize, one.YSize) == (halved(columns, factor), halved(rows, factor))


def test_gdalinfo_lists_them(pair):
    code, output, errors = views.run("gdalinfo", "-oo", "ORTHO=NO", pair[0])
    assert (code, errors) == (0, "")
    assert output.count("Overviews: 550x517, 275x259") == BANDS


# ---- Contents ------------------------------------------------------------------------------------


@pytest.mark.parametrize("level, factor", [(0, 2), (1, 4)])
def test_cells_are_those_of_gdals_nearest_sampling_of_the_whole(view, level, factor):
    dataset, whole, nodata = view
    expected = decimated(whole, factor)
    size = {"buf_xsize": expected.shape[2], "buf_ysize": expected.shape[1]}
    views.assert_same(views.pixels(views.in_memory(whole, nodata), **size), expected)
    views.assert_same(views.pixels(dataset, **size), expected)
    views.assert_same(views.pixels(overview(dataset, level)), expected)


def test_windows_bands_and_blocks_of_an_overview_are_parts_of_it(view):
    dataset, whole, _ = view
    expected = decimated(whole, 2)
    small = overview(dataset, 0)
    window = {"xoff": 31, "yoff": 107, "xsize": 93, "ysize": 64}
    seen = views.pixels(small, band_list=[3, 1], **window)
    views.assert_same(seen, expected[[2, 0], 107 : 107 + 64, 31 : 31 + 93])
    for number in range(1, BANDS + 1):
        band = dataset.GetRasterBand(number).GetOverview(0)
        views.assert_same(band.ReadAsArray(), expected[number - 1])
        width, height = band.GetBlockSize()
        last = (band.YSize - 1) // height
        block = np.frombuffer(band.ReadBlock(0, last), whole.dtype).reshape(height, width)
        views.assert_same(block[: band.YSize - last * height], expected[number - 1, last * height :])


def test_lines_of_an_overview_one_by_one(view):
    """As the netCDF writer does, through the block cache."""
    dataset, whole, _ = view
    band = dataset.GetRasterBand(2).GetOverview(1)
    seen = np.vstack([band.ReadAsArray(0, y, band.XSize, 1) for y in range(band.YSize)])
    views.assert_same(seen, decimated(whole, 4)[1])


def test_masks_of_overviews_are_their_nodata(view):
    dataset, whole, nodata = view
    band = dataset.GetRasterBand(2).GetOverview(1)
    expected = decimated(whole, 4)[1]
    empty = np.isnan(expected) if np.isnan(nodata) else expected == nodata
    assert empty.any() and not empty.all()
    assert band.GetMaskFlags() == gdal.GMF_NODATA
    views.assert_same(band.GetMaskBand().ReadAsArray(), np.where(empty, 0, 255).astype("u1"))
    assert np.array_equal([band.GetNoDataValue()], [nodata], equal_nan=True)


def test_nearest_grid_has_overviews_of_its_own_cells(pair):
    dataset = views.open_view(pair[0], ORTHO="NEAREST", **FLAGS)
    whole = views.pixels(dataset)
    views.assert_same(views.pixels(overview(dataset, 1)), decimated(whole, 4))


def test_integer_layers_keep_type_names_and_table(tmp_path):
    path = granules.write(tmp_path, "MIN", lines=514, samples=530)
    name = "group_1_mineral_id"
    dataset = views.open_view(path, name, ORTHO="NO")
    band = dataset.GetRasterBand(1)
    small = band.GetOverview(0)
    assert small.DataType == band.DataType == gdal.GDT_Int16
    assert small.GetCategoryNames() == band.GetCategoryNames() != []
    assert small.GetDefaultRAT().GetRowCount() == band.GetDefaultRAT().GetRowCount()
    expected = decimated(reference.view(path, name, ortho="NO"), 2)
    views.assert_same(views.pixels(overview(dataset, 0)), expected)


def test_band_mask_has_overviews(pair):
    dataset = views.open_view(pair[1], "band_mask", ORTHO="NO")
    expected = reference.view(pair[1], "band_mask", ortho="NO", bands=range(8))
    views.assert_same(views.pixels(overview(dataset, 0)), decimated(expected, 2))


def test_bands_of_an_overview_say_what_the_full_bands_do(pair):
    dataset = views.open_view(pair[0])
    for number in range(1, BANDS + 1):
        band = dataset.GetRasterBand(number)
        small = band.GetOverview(1)
        assert small.GetDescription() == band.GetDescription() != ""
        assert small.GetMetadata() == band.GetMetadata() != {}
        assert small.GetMetadata("IMAGERY") == band.GetMetadata("IMAGERY") != {}
        assert small.GetMetadataItem("wavelength") == band.GetMetadataItem("wavelength")
        assert small.GetColorInterpretation() == band.GetColorInterpretation()
        assert small.GetUnitType() == band.GetUnitType() != ""
        assert small.GetBand() == number and small.GetOverviewCount() == 0


def test_statistics_of_an_overview_are_its_own(pair):
    band = views.open_view(pair[0]).GetRasterBand(1)
    small = band.GetOverview(1)
    small.ComputeStatistics(False)
    assert "STATISTICS_MEAN" in small.GetMetadata() and "wavelength" in small.GetMetadata()
    assert "STATISTICS_MEAN" not in band.GetMetadata()
    band.ComputeStatistics(False)
    mean = "STATISTICS_MEAN"
    assert small.GetMetadataItem(mean) != band.GetMetadataItem(mean) is not None


# ---- Other methods than nearest neighbour see every cell -----------------------------------------


WINDOWS = [
    (None, (1 / 2, 1 / 2)),
    (None, (1 / 3.3, 1 / 7.1)),
    ((100, 111, 301, 240), (1 / 2, 1 / 4.6)),
    ((100, 111, 31, 20), (2.5, 3)),
]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_resampling_equals_gdals_of_the_whole(small_view, algorithm):
    """A nearest-sampled overview would give other averages."""
    dataset, whole, nodata = small_view
    assert dataset.GetRasterBand(1).GetOverviewCount() == 1
    memory = views.in_memory(whole[:2], nodata)
    for place, size in WINDOWS:
        x, y, width, height = place or (0, 0, whole.shape[2], whole.shape[1])
        buffer = {"buf_xsize": round(width * size[0]), "buf_ysize": round(height * size[1])}
        buffer["resample_alg"] = ALGORITHMS[algorithm]
        every = {"xoff": x, "yoff": y, "xsize": width, "ysize": height, "band_list": [2, 1], **buffer}
        expected = views.pixels(memory, **every)
        views.assert_same(views.pixels(dataset, **every), expected)
        seen = dataset.GetRasterBand(2).ReadAsArray(x, y, width, height, **buffer)
        views.assert_same(seen, expected[0])


@pytest.mark.parametrize("algorithm", ["Average", "Cubic", "Mode"])
def test_resampling_of_data_without_gaps(pair, algorithm):
    """Bytes without nodata, of which GDAL resamples several bands at once."""
    dataset = views.open_view(pair[1], "band_mask", ORTHO="NO")
    whole = reference.view(pair[1], "band_mask", ortho="NO", bands=range(8))
    nodata = dataset.GetRasterBand(1).GetNoDataValue()
    arguments = {"buf_xsize": 275, "buf_ysize": 259, "resample_alg": ALGORITHMS[algorithm]}
    expected = views.pixels(views.in_memory(whole, nodata), **arguments)
    views.assert_same(views.pixels(dataset, **arguments), expected)


@pytest.mark.parametrize("algorithm", ["NearestNeighbour", "Average", "Bilinear"])
def test_fractional_windows(small_view, algorithm):
    dataset, whole, nodata = small_view
    sources = (dataset, views.in_memory(whole, nodata))
    keywords = {"buf_xsize": 207, "buf_ysize": 190}
    keywords["resample_alg"] = getattr(gdal, "GRIORA_" + algorithm)
    for place in ((0.5, 0.25, 500.5, 433.75), (3.9, 7.1, 512.2, 310.9)):
        reads = [source.GetRasterBand(2).ReadRaster(*place, **keywords) for source in sources]
        assert bytes(reads[0]) == bytes(reads[1]), place


def test_averages_of_an_overview_are_those_of_its_cells(small_view):
    dataset, whole, nodata = small_view
    arguments = {"buf_xsize": 140, "buf_ysize": 133, "resample_alg": gdal.GRIORA_Average}
    expected = views.pixels(views.in_memory(decimated(whole, 2), nodata), **arguments)
    views.assert_same(views.pixels(overview(dataset, 0), **arguments), expected)
