# SPDX-License-Identifier: MIT
"""Granules in an object store, by signed requests: /vsis3/ (and with it /vsigs/ and /vsiaz/, which
are the same code of GDAL's and of the driver's)."""
import granules
import pytest
import reference
import s3server
import views
import webserver
from osgeo import gdal

FLAGS = "0,1,3,4"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("granules")
    return granules.pair(folder, lines=130, samples=170, bands=60)


@pytest.fixture(scope="module")
def store(pair, tmp_path_factory):
    """nginx, which counts, before the S3 server with the granules."""
    with s3server.S3(tmp_path_factory.mktemp("s3")) as s3:
        home = tmp_path_factory.mktemp("nginx")
        with webserver.Nginx(pair[0].parent, home, behind=s3.port) as nginx:
            with views.configured(**s3server.settings(nginx.ports["s3"])):
                for path in pair:
                    s3server.put(path)
            yield nginx


@pytest.fixture
def server(store):
    """The store, configured, as nobody has asked it before."""
    gdal.VSICurlClearCache()
    store.forget()
    with views.configured(**s3server.settings(store.ports["s3"])):
        yield store


def name_of(path):
    return f"/vsis3/{s3server.BUCKET}/scene/{path.name}"


def test_pixels_equal_the_local_ones_and_cost_nothing_again(server, pair):
    path, mask = pair
    options = {"QUALITY_FLAGS": FLAGS, "BAND_MASK": "YES"}
    expected = reference.view(path, mask=mask, quality_flags=FLAGS, band_mask_file=mask)
    dataset = views.open_name(name_of(path), **options)
    opened = server.requests()
    assert 0 < len(opened) <= 16 and webserver.nbytes(opened) <= 500_000
    assert all(r.authorization.startswith("AWS4-HMAC-SHA256 Credential=S3RVER/") for r in opened)
    views.assert_same(views.pixels(dataset), expected)
    read = server.requests()
    assert 0 < len(read) <= 8
    whole = path.stat().st_size + mask.stat().st_size
    assert webserver.nbytes(opened + read) <= whole + 160_000
    views.assert_same(views.pixels(dataset), expected)
    views.assert_same(views.read(name_of(path), **options), expected)
    assert server.requests() == []


def test_temporary_credentials(server, pair, tmp_path):
    """Signed with a session token, as those that NASA gives for an hour."""
    target = tmp_path / "out.tif"
    session = s3server.settings(server.ports["s3"], AWS_SESSION_TOKEN="loopback/session/token=")
    code, _, errors = views.run("gdal_translate", "-q", name_of(pair[0]), target, **session)
    assert (code, errors) == (0, "")
    views.assert_same(views.read(target), reference.view(pair[0]))


def test_unknown_key_is_an_error_that_names_the_granule(server, pair):
    unknown = s3server.settings(server.ports["s3"], AWS_ACCESS_KEY_ID="EXPIRED")
    code, _, errors = views.run("gdalinfo", f'EMIT:"{name_of(pair[0])}"', **unknown)
    assert code == 1 and pair[0].name in errors
    assert 403 in {request.status for request in server.requests()}


def test_missing_mask_is_told(server, pair):
    lonely = s3server.put(pair[0], "alone")
    message = views.refusal(lonely, QUALITY_FLAGS=FLAGS)
    assert lonely in message and "MASK_FILE" in message
