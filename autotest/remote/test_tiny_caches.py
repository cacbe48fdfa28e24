# SPDX-License-Identifier: MIT
"""Tiny caches: every read ends with the right pixels, on servers too."""
import granules
import pytest
import reference
import views
from osgeo import gdal

STORAGE = {
    "contiguous": None,
    "chunked": {"chunksizes": (50, 31, 17), "zlib": True, "shuffle": True},
}


@pytest.fixture(scope="module", params=STORAGE)
def pair(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("granules")
    return granules.pair(folder, lines=89, samples=71, bands=43, storage=STORAGE[request.param])


@pytest.fixture(scope="module")
def expected(pair):
    path, mask = pair
    return reference.view(path, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask)


@pytest.fixture(params=[0, 1, 4096, 1_000_000])
def budget(request):
    with views.cache_size(request.param):
        yield request.param


def by_band(dataset):
    return [dataset.GetRasterBand(i + 1).ReadAsArray() for i in range(dataset.RasterCount)]


@pytest.mark.parametrize("place", ["local", "server"])
def test_pixels_at_once_and_band_by_band(budget, pair, nginx, expected, place):
    name = pair[0] if place == "local" else nginx.fresh_url(pair[0].name)
    dataset = views.open_name(name, **views.MASKS)
    assert dataset.AdviseRead(0, 0, dataset.RasterXSize, dataset.RasterYSize) == gdal.CE_None
    views.assert_same(views.pixels(dataset), expected)
    for band, values in enumerate(by_band(dataset)):
        views.assert_same(values, expected[band])


def test_program_on_a_server_without_a_cache(pair, nginx, expected, tmp_path):
    target = tmp_path / "out.tif"
    options = [word for key, value in views.MASKS.items() for word in ("-oo", f"{key}={value}")]
    name = nginx.fresh_url(pair[0].name)
    nginx.forget()
    code, _, errors = views.run(
        "gdal_translate", "-q", *options, name, target, GDAL_CACHEMAX="0"
    )
    assert (code, errors) == (0, "")
    views.assert_same(views.read(target), expected)
    assert len(nginx.requests()) < 60  # each run of pixels alone would make hundreds
