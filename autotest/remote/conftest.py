# SPDX-License-Identifier: MIT
"""A granule and its mask, of the size that the module names, and nginx that serves them."""
import granules
import pytest
import webserver
from osgeo import gdal


@pytest.fixture(scope="module")
def pair(request, tmp_path_factory):
    """LINES x SAMPLES pixels of BANDS bands, in a folder of their own."""
    module = request.module
    folder = tmp_path_factory.mktemp("granules")
    return granules.pair(folder, lines=module.LINES, samples=module.SAMPLES, bands=module.BANDS)


@pytest.fixture(scope="module")
def nginx(pair, tmp_path_factory):
    with webserver.Nginx(pair[0].parent, tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.fixture
def server(nginx):
    """The server, of which GDAL has cached nothing."""
    gdal.VSICurlClearCache()
    nginx.forget()
    return nginx
