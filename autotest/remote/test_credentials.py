# SPDX-License-Identifier: MIT
"""examples/earthdata_credentials.py against an endpoint like the archive's, and GDAL with it."""
import json
import pathlib
import subprocess
import sys

import httpserver
import pytest
import reference
import s3server
import views
from osgeo import gdal

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "earthdata_credentials.py"
TOKEN = "eyJ0.earthdata.token"
LINES, SAMPLES, BANDS = 27, 33, 8


class Handler(httpserver.Handler):
    def do_GET(self):
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        granted = {
            "accessKeyId": s3server.KEY,
            "secretAccessKey": s3server.SECRET,
            "sessionToken": "loopback/session/token=",
            "expiration": "2100-01-02 03:04:05+00:00",
        }
        content = json.dumps(granted).encode()
        self.answer(200 if known else 401, len(content))
        self.wfile.write(content)


@pytest.fixture
def endpoint(monkeypatch):
    with httpserver.serving(Handler) as server:
        monkeypatch.setenv("EARTHDATA_S3CREDENTIALS", f"http://127.0.0.1:{server.server_port}/s3credentials")
        monkeypatch.setenv("EARTHDATA_TOKEN", TOKEN)
        yield server


def run():
    return subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True)


def test_credentials_in_the_form_of_a_credential_process(endpoint, monkeypatch):
    granted = json.loads(run().stdout)
    assert granted == {
        "Version": 1,
        "AccessKeyId": s3server.KEY,
        "SecretAccessKey": s3server.SECRET,
        "SessionToken": "loopback/session/token=",
        "Expiration": "2100-01-02T03:04:05Z",
    }
    monkeypatch.setenv("EARTHDATA_TOKEN", "expired")
    refused = run()
    assert refused.returncode != 0 and "401" in refused.stderr


class LoginPage(httpserver.Handler):
    def do_GET(self):
        content = b"<html>Earthdata Login</html>"
        self.answer(200, len(content))
        self.wfile.write(content)


def test_failures_are_messages(endpoint, monkeypatch):
    """Programs show what a credential_process prints: the address and the cause, never a traceback or the token."""
    with httpserver.serving(LoginPage) as server:
        login = f"http://127.0.0.1:{server.server_port}/login"
        for token, address, named in (("expired", None, "401"), (TOKEN, login, "token"), ("", None, "EARTHDATA_TOKEN")):
            monkeypatch.setenv("EARTHDATA_TOKEN", token)
            if address:
                monkeypatch.setenv("EARTHDATA_S3CREDENTIALS", address)
            refused = run()
            assert refused.returncode != 0 and named in refused.stderr and refused.stdout == ""
            assert "Traceback" not in refused.stderr and TOKEN not in refused.stderr


@pytest.mark.skipif(int(gdal.VersionInfo()) < 3120000, reason="credential_process came with GDAL 3.12")
def test_gdal_asks_the_example(endpoint, pair, tmp_path):
    (tmp_path / "config").write_text(f"[profile earthdata]\ncredential_process = {sys.executable} {EXAMPLE}\n")
    (tmp_path / "store").mkdir()
    with s3server.S3(tmp_path / "store") as store:
        settings = s3server.settings(store.port)
        with views.configured(**settings):
            name = s3server.put(pair[0])
        gdal.VSICurlClearCache()
        del settings["AWS_ACCESS_KEY_ID"], settings["AWS_SECRET_ACCESS_KEY"]
        profile = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_PROFILE": "earthdata"}
        with views.configured(**settings, **profile):
            views.assert_same(views.read(name), reference.view(pair[0]))
