# SPDX-License-Identifier: MIT
"""A granule and its mask, of the size that the module names, and nginx that serves them."""
import subprocess

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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key with a self-signed certificate."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", path, "-out", path.with_suffix(".crt")]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path
