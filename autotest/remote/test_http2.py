# SPDX-License-Identifier: MIT
"""A server with HTTP/2, where requests of a thread share connections."""
from types import SimpleNamespace

import pytest
import reference
import views
import webserver
from osgeo import gdal

LINES, SAMPLES, BANDS = 89, 157, 285
COLUMNS = {"xoff": 60, "yoff": 0, "xsize": 9, "ysize": 80}  # a request for each line of the swath
CONFIGURATION = webserver.HEAD + """
    log_format counted "$server_protocol $connection $request_method $http_range";
    server {{
        access_log {home}/access.log counted;
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        location / {{ root {folder}; }}
    }}
}}
"""


@pytest.fixture
def http2(pair, certificate, tmp_path):
    (port,) = webserver.free_ports(1)
    configuration = CONFIGURATION.format(
        home=tmp_path, port=port, folder=pair[0].parent, certificate=certificate
    )
    with webserver.start(tmp_path, configuration, ("127.0.0.1", port)) as process:
        yield SimpleNamespace(name=f"/vsicurl/https://127.0.0.1:{port}/{pair[0].name}", log=tmp_path / "access.log")
        process.terminate()


@pytest.mark.parametrize("version", ["1.1", "2TLS"])
def test_a_window_of_many_requests(http2, pair, version):
    gdal.VSICurlClearCache()
    settings = {"GDAL_HTTP_UNSAFESSL": "YES", "GDAL_HTTP_VERSION": version}
    with views.configured(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", **settings):
        seen = views.pixels(views.open_name(http2.name, QUALITY_FLAGS="0,1", ORTHO="NO"), **COLUMNS)
    whole = reference.view(pair[0], mask=pair[1], quality_flags="0,1", ortho="NO")
    views.assert_same(seen, whole[:, :80, 60:69])
    requests = [line.split(" ", 3) for line in http2.log.read_text().splitlines()]
    assert len(requests) > 80
    connections = len({connection for _, connection, *_ in requests})
    if version == "1.1":
        assert {protocol for protocol, *_ in requests} == {"HTTP/1.1"}
        assert connections > 24
    else:
        assert {protocol for protocol, *_ in requests} == {"HTTP/2.0"}
        assert connections <= 24
