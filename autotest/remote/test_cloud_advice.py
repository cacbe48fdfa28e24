# SPDX-License-Identifier: MIT
"""AdviseRead(): the advised window is fetched at once, so that reading it piece by piece, in any
order, only checks whether the files changed."""
import numpy as np
import pytest
import reference
import views
import webserver
from osgeo import gdal

pytestmark = pytest.mark.cost
LINES, SAMPLES, BANDS = 130, 110, 61
XOFF, YOFF, XSIZE, YSIZE = 31, 42, 53, 47
WINDOW = XOFF, YOFF, XSIZE, YSIZE


@pytest.fixture
def dataset(nginx, pair):
    """A masked view on the server, whose opening is not counted."""
    gdal.VSICurlClearCache()
    opened = views.open_name(nginx.fresh_url(pair[0].name), **views.MASKS)
    nginx.forget()
    return opened


@pytest.fixture
def small_cache():
    """A cache of which a quarter holds none of the views here."""
    with views.cache_size(4_000_000):
        yield


def expected(pair, window=True):
    path, mask = pair
    whole = reference.view(path, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask)
    return whole[:, YOFF : YOFF + YSIZE, XOFF : XOFF + XSIZE] if window else whole


def piece_by_piece(dataset):
    """The window band by band from the last on, in rows from below."""
    pixels = np.empty((BANDS, YSIZE, XSIZE), "f4")
    for band in range(BANDS - 1, -1, -1):
        for row in range(YSIZE - 1, -1, -1):
            line = dataset.GetRasterBand(band + 1).ReadAsArray(XOFF, YOFF + row, XSIZE, 1)
            pixels[band, row] = line[0]
    return pixels


def assert_only_checks(requests, files=2):
    """One request a file, which transfers nothing of it."""
    assert [request.method for request in requests] == ["HEAD"] * files
    assert len({request.path for request in requests}) == files


@pytest.mark.parametrize("bands", [None, list(range(1, BANDS + 1))])
def test_advised_window_is_read_without_transfers(dataset, nginx, pair, bands):
    listed = () if bands is None else (None, None, None, bands)
    assert dataset.AdviseRead(*WINDOW, *listed) == gdal.CE_None
    assert 0 < len(nginx.requests()) <= 8
    nginx.forget()
    views.assert_same(piece_by_piece(dataset), expected(pair))
    assert_only_checks(nginx.requests())


def test_advice_for_many_places_costs_a_request_each(dataset, nginx, pair):
    """The table and the masks are there; whether the files changed is asked once for all."""
    dataset.AdviseRead(XOFF, YOFF, XSIZE, 1)
    dataset.ReadAsArray(XOFF, YOFF, XSIZE, 1)
    nginx.forget()
    whole = expected(pair, window=False)
    places = np.argwhere(whole[0] != -9999)[::41].tolist()
    for row, column in places:
        dataset.AdviseRead(column, row, 1, 1)
    fetched = nginx.requests()
    assert "HEAD" not in [request.method for request in fetched] and len(fetched) <= 1.1 * len(places)
    for row, column in places:
        assert np.array_equal(dataset.ReadAsArray(column, row, 1, 1)[:, 0, 0], whole[:, row, column])
    assert_only_checks(nginx.requests(), files=1)


def test_advice_of_a_band_serves_it_at_half_the_size(dataset, nginx, pair):
    band = dataset.GetRasterBand(8)
    half = XSIZE // 2, YSIZE // 2
    assert band.AdviseRead(*WINDOW) == gdal.CE_None
    assert nginx.requests()
    nginx.forget()
    seen = band.ReadAsArray(*WINDOW, *half)
    assert_only_checks(nginx.requests())
    local = views.open_view(pair[0], **views.MASKS).GetRasterBand(8)
    views.assert_same(seen, local.ReadAsArray(*WINDOW, *half))


def test_more_than_the_cache_holds_is_not_fetched(small_cache, dataset, nginx, pair):
    whole = dataset.RasterXSize, dataset.RasterYSize
    assert dataset.AdviseRead(0, 0, *whole) == gdal.CE_None
    assert webserver.nbytes(nginx.requests()) < LINES * SAMPLES * BANDS * 4 / 4
    views.assert_same(views.pixels(dataset), expected(pair, window=False))


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
def test_advice_on_local_files_reads_no_pixels(pair, ortho):
    dataset = views.open_view(pair[0], ORTHO=ortho, **views.MASKS)
    before = views.bytes_read()
    assert dataset.AdviseRead(0, 0, dataset.RasterXSize, dataset.RasterYSize) == gdal.CE_None
    assert views.bytes_read() - before < 20_000


@pytest.mark.parametrize(
    "window", [(-1, 0, 5, 5), (0, 0, 0, 4), (3, 2, 2**31 - 1, 4), (2, 3, 4, 2**31 - 1)]
)
def test_windows_beyond_the_raster_are_errors(dataset, nginx, window):
    with pytest.raises(RuntimeError, match="AdviseRead"):
        dataset.AdviseRead(*window)
    with pytest.raises(RuntimeError, match="AdviseRead"):
        dataset.GetRasterBand(2).AdviseRead(*window)
    assert nginx.requests() == []


def test_invalid_band_numbers_are_ignored(dataset, nginx, pair):
    for band in (0, BANDS + 1):
        dataset.AdviseRead(*WINDOW, None, None, None, [band])
    assert nginx.requests() == []
    views.assert_same(dataset.ReadAsArray(*WINDOW), expected(pair))


def test_failed_advice_is_reported_by_the_read(pair, tmp_path_factory):
    with webserver.Nginx(pair[0].parent, tmp_path_factory.mktemp("nginx")) as other:
        name = other.url("blind", pair[0].name)
        dataset = views.open_name(name)
    assert dataset.AdviseRead(*WINDOW) == gdal.CE_None
    with pytest.raises(RuntimeError) as caught:
        dataset.ReadAsArray(*WINDOW)
    assert name in str(caught.value)
