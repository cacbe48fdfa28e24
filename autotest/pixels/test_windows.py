# SPDX-License-Identifier: MIT
"""Any window, size, type, spacing and band list is a part of the whole."""
import numpy as np
import pytest
import views
from osgeo import gdal


@pytest.fixture(scope="module", params=[None, (13, 20, 6)], ids=["contiguous", "chunked"])
def large(tmp_path_factory, request):
    """(path, masked ortho array): 61 x 83 pixels, 17 bands."""
    folder = tmp_path_factory.mktemp("windows")
    return views.masked_scene(folder, request.param, lines=61, samples=83, bands=17)


@pytest.fixture
def opened(large):
    return views.open_view(large[0], **views.MASKS), large[1]


def window(array, x, y, width, height):
    return array[:, y : y + height, x : x + width]


def test_whole_image_at_once(opened):
    views.assert_same(views.pixels(opened[0]), opened[1])


def test_whole_image_band_by_band(opened):
    dataset, whole = opened
    for band in range(17):
        seen = dataset.GetRasterBand(band + 1).ReadAsArray()
        views.assert_same(seen, whole[band])


def test_whole_image_line_by_line_and_backwards(opened):
    dataset, whole = opened
    for y in range(dataset.RasterYSize)[::-1]:
        views.assert_same(
            views.pixels(dataset, xoff=0, yoff=y, xsize=dataset.RasterXSize, ysize=1),
            whole[:, y : y + 1],
        )


def test_whole_image_block_by_block(opened):
    """As the block cache does: ReadBlock of each block, cut at the edges."""
    dataset, whole = opened
    for number in (1, 9, 17):
        band = dataset.GetRasterBand(number)
        width, height = band.GetBlockSize()
        for y in range(0, dataset.RasterYSize, height):
            for x in range(0, dataset.RasterXSize, width):
                block = np.frombuffer(band.ReadBlock(x // width, y // height), "f4")
                expected = whole[number - 1, y : y + height, x : x + width]
                seen = block.reshape(height, width)[: expected.shape[0], : expected.shape[1]]
                views.assert_same(seen, expected)


def test_forced_caching_gives_the_same_pixels(large):
    with views.configured(GDAL_FORCE_CACHING="YES"):
        views.assert_same(views.read(large[0], **views.MASKS), large[1])


@pytest.mark.parametrize("seed", range(12))
def test_random_windows_and_band_lists(opened, seed):
    dataset, whole = opened
    random = np.random.default_rng(seed)
    for _ in range(8):
        x, y = random.integers(0, dataset.RasterXSize), random.integers(0, dataset.RasterYSize)
        width = random.integers(1, dataset.RasterXSize - x + 1)
        height = random.integers(1, dataset.RasterYSize - y + 1)
        bands = random.integers(1, 18, random.integers(1, 20)).tolist()
        place = [int(number) for number in (x, y, width, height)]
        seen = views.pixels(
            dataset, xoff=place[0], yoff=place[1], xsize=place[2], ysize=place[3], band_list=bands
        )
        views.assert_same(seen, window(whole, *place)[np.array(bands) - 1])


def test_single_cells(opened):
    dataset, whole = opened
    random = np.random.default_rng(3)
    rows, columns = dataset.RasterYSize, dataset.RasterXSize
    for y, x in [(0, 0), (rows - 1, columns - 1), *random.integers(0, (rows, columns), (40, 2))]:
        seen = views.pixels(dataset, xoff=int(x), yoff=int(y), xsize=1, ysize=1)
        views.assert_same(seen, whole[:, y : y + 1, x : x + 1])


@pytest.mark.parametrize(
    "place, size",
    [
        ((0, 0, None, None), (1, 1)),
        ((0, 0, None, None), (10, 7)),
        ((0, 0, None, None), (33, 50)),
        ((5, 9, 41, 37), (20, 18)),
        ((5, 9, 41, 37), (13, 37)),
        ((5, 9, 41, 37), (41, 5)),
        ((17, 23, 10, 8), (31, 29)),
        ((60, 60, 1, 1), (4, 3)),
    ],
)
def test_other_sizes_are_gdals_nearest_sampling_of_the_whole(opened, place, size):
    dataset, whole = opened
    place = [*place[:2], place[2] or dataset.RasterXSize, place[3] or dataset.RasterYSize]
    keywords = {"xoff": place[0], "yoff": place[1], "xsize": place[2], "ysize": place[3]}
    keywords.update(buf_xsize=size[0], buf_ysize=size[1])
    expected = views.pixels(views.in_memory(whole, -9999), **keywords)
    views.assert_same(views.pixels(dataset, **keywords), expected)
    one = dataset.GetRasterBand(4).ReadAsArray(
        place[0], place[1], place[2], place[3], buf_xsize=size[0], buf_ysize=size[1]
    )
    views.assert_same(one, expected[3])


@pytest.mark.parametrize(
    "place", [(0.5, 0.25, 40.5, 33.75), (3.9, 7.1, 12.2, 10.9), (10.0, 11.0, 7.5, 9.5)]
)
def test_fractional_windows_are_gdals_nearest_sampling(opened, place):
    dataset, whole = opened
    memory = views.in_memory(whole, -9999)
    for number in (1, 17):
        reads = [
            source.GetRasterBand(number).ReadRaster(*place, buf_xsize=9, buf_ysize=11)
            for source in (dataset, memory)
        ]
        assert bytes(reads[0]) == bytes(reads[1])


@pytest.mark.parametrize(
    "algorithm",
    [gdal.GRIORA_Average, gdal.GRIORA_Bilinear, gdal.GRIORA_Cubic, gdal.GRIORA_Mode],
)
def test_resampling_ignores_nodata_as_gdal_does(opened, algorithm):
    dataset, whole = opened
    keywords = {"buf_xsize": 19, "buf_ysize": 23, "resample_alg": algorithm}
    memory = views.in_memory(whole, -9999)
    expected = views.pixels(memory, **keywords)
    assert (expected != views.pixels(memory, buf_xsize=19, buf_ysize=23)).any()
    views.assert_same(views.pixels(dataset, **keywords), expected)


@pytest.mark.parametrize(
    "kind",
    [
        gdal.GDT_Byte,
        gdal.GDT_UInt16,
        gdal.GDT_Int16,
        gdal.GDT_UInt32,
        gdal.GDT_Int32,
        gdal.GDT_Float32,
        gdal.GDT_Float64,
        gdal.GDT_CInt16,
        gdal.GDT_CFloat32,
        gdal.GDT_CFloat64,
    ],
    ids=gdal.GetDataTypeName,
)
@pytest.mark.parametrize("size", [(30, 20), (11, 13)])
def test_buffers_of_any_type(opened, kind, size):
    dataset, whole = opened
    arguments = (7, 12, 30, 20, size[0], size[1], kind)
    expected = views.in_memory(whole, -9999).ReadRaster(*arguments)
    assert bytes(dataset.ReadRaster(*arguments)) == bytes(expected)
    expected = views.in_memory(whole[3], -9999).GetRasterBand(1).ReadRaster(*arguments)
    assert bytes(dataset.GetRasterBand(4).ReadRaster(*arguments)) == bytes(expected)


@pytest.mark.parametrize(
    "pixel, line, band",
    [
        (12, 12 * 21, 4),  # bands interleaved by pixel
        (4, 4 * 3 * 21, 4 * 21),  # by line
        (4, 4 * 21, 4 * 21 * 15),  # band after band
        (8, 8 * 21 + 12, (8 * 21 + 12) * 15 + 4),  # with gaps
        (4 * 15, 4, 4 * 21 * 15),  # transposed
    ],
)
def test_buffers_of_any_spacing(opened, pixel, line, band):
    dataset, whole = opened
    expected = window(whole, 9, 14, 21, 15)[[5, 0, 16]]
    keywords = {"buf_pixel_space": pixel, "buf_line_space": line, "buf_band_space": band}
    seen = dataset.ReadRaster(9, 14, 21, 15, band_list=[6, 1, 17], **keywords)
    array = np.lib.stride_tricks.as_strided(
        np.frombuffer(bytes(seen) + bytes(8), "f4"), (3, 15, 21), (band, line, pixel)
    )
    views.assert_same(array.copy(), expected)


def test_buffers_filled_from_the_end(opened):
    """Negative spacings: NumPy views turned round in both directions."""
    dataset, whole = opened
    target = np.zeros((15, 21), "f4")
    dataset.GetRasterBand(3).ReadAsArray(9, 14, 21, 15, buf_obj=target[::-1, ::-1])
    views.assert_same(target[::-1, ::-1].copy(), window(whole, 9, 14, 21, 15)[2])


@pytest.mark.parametrize("threads", ["1", "2", "7", "ALL_CPUS"])
def test_any_number_of_threads_gives_the_same_pixels(large, threads):
    views.assert_same(views.read(large[0], NUM_THREADS=threads, **views.MASKS), large[1])


@pytest.mark.parametrize("creation", [[], ["-co", "INTERLEAVE=BAND"], ["-co", "TILED=YES"]])
@pytest.mark.parametrize("bands", [[], ["-b", "9", "-b", "2", "-b", "2"]])
def test_translate_writes_the_same_pixels(large, tmp_path, creation, bands):
    path, whole = large
    options = [word for key, value in views.MASKS.items() for word in ("-oo", f"{key}={value}")]
    target = tmp_path / "out.tif"
    code, _, errors = views.run("gdal_translate", "-q", *options, *creation, *bands, path, target)
    assert (code, errors) == (0, "")
    chosen = [int(number) - 1 for number in bands[1::2]] or list(range(17))
    views.assert_same(views.read(target), whole[chosen])
