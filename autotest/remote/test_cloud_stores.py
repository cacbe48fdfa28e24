# SPDX-License-Identifier: MIT
"""Granules in object stores, by signed requests: /vsis3/, /vsigs/ and /vsiaz/."""
import dataclasses

import azureserver
import pytest
import reference
import s3server
import views
import webserver
from osgeo import gdal

FLAGS = "0,1,3,4"
LINES, SAMPLES, BANDS = 130, 170, 60


@dataclasses.dataclass
class Kind:
    """A kind of object store: GDAL's prefix, the server, GDAL's settings for it, and how a request
    is signed. "other" has the settings of an unknown user."""

    prefix: str
    server: type
    settings: callable
    signature: str
    other: dict
    own_signature: bool = True


KINDS = {
    "s3": Kind(
        *("/vsis3", s3server.S3, s3server.settings),
        *("AWS4-HMAC-SHA256 Credential=S3RVER/", {"AWS_ACCESS_KEY_ID": "EXPIRED"}),
    ),
    "google": Kind(
        *("/vsigs", s3server.S3, s3server.google_settings),
        *("GOOG1 S3RVER:", {"GS_ACCESS_KEY_ID": "EXPIRED"}),
        own_signature=False,
    ),
    "azure": Kind(
        *("/vsiaz", azureserver.Azure, azureserver.settings),
        *("SharedKey devstoreaccount1:", {"AccountKey": "ZXhwaXJlZA=="}),
    ),
}


class Store:
    """A store with the granules, and nginx in front of it, which counts requests."""

    def __init__(self, kind, nginx):
        self.kind, self.nginx = kind, nginx
        self.requests = nginx.requests

    def settings(self, **changes):
        return self.kind.settings(self.nginx.ports["s3"], **changes)

    def put(self, path, folder="scene"):
        return s3server.put(path, folder, self.kind.prefix)

    def name_of(self, path):
        return f"{self.kind.prefix}/{s3server.BUCKET}/scene/{path.name}"


@pytest.fixture(scope="module", params=KINDS)
def store(request, pair, tmp_path_factory):
    kind = KINDS[request.param]
    with kind.server(tmp_path_factory.mktemp("store")) as upstream:
        home = tmp_path_factory.mktemp("nginx")
        with webserver.Nginx(
            pair[0].parent, home, upstream.port, kind.signature, kind.own_signature
        ) as nginx:
            filled = Store(kind, nginx)
            with views.configured(**filled.settings()):
                if request.param == "azure":
                    assert gdal.Mkdir(f"/vsiaz/{s3server.BUCKET}", 0o755) == 0
                for path in pair:
                    filled.put(path)
            yield filled


@pytest.fixture
def server(store):
    """The store, configured, with empty caches."""
    gdal.VSICurlClearCache()
    store.nginx.forget()
    with views.configured(**store.settings()):
        yield store


@pytest.mark.cost
def test_pixels_equal_the_local_ones_and_cost_nothing_again(server, pair):
    path, mask = pair
    options = {"QUALITY_FLAGS": FLAGS, "BAND_MASK": "YES"}
    expected = reference.view(path, mask=mask, quality_flags=FLAGS, band_mask_file=mask)
    dataset = views.open_name(server.name_of(path), **options)
    opened = server.requests()
    assert 0 < len(opened) <= 16 and webserver.nbytes(opened) <= 500_000
    assert all(r.authorization.startswith(server.kind.signature) for r in opened)
    views.assert_same(views.pixels(dataset), expected)
    read = server.requests()
    assert 0 < len(read) <= 11  # two of them for lon and lat
    whole = path.stat().st_size + mask.stat().st_size
    assert webserver.nbytes(opened + read) <= whole + 160_000
    views.assert_same(views.pixels(dataset), expected)
    views.assert_same(views.read(server.name_of(path), **options), expected)
    assert server.requests() == []


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_temporary_credentials(server, pair, tmp_path):
    """Signed with a session token, as those that NASA gives for an hour."""
    target = tmp_path / "out.tif"
    session = server.settings(AWS_SESSION_TOKEN="loopback/session/token=")
    code, _, errors = views.run("gdal_translate", "-q", server.name_of(pair[0]), target, **session)
    assert (code, errors) == (0, "")
    views.assert_same(views.read(target), reference.view(pair[0]))


def test_unknown_key_is_an_error_that_names_the_granule(server, pair):
    unknown = server.settings(**server.kind.other)
    code, _, errors = views.run("gdalinfo", f'EMIT:"{server.name_of(pair[0])}"', **unknown)
    assert code == 1 and pair[0].name in errors
    assert 403 in {request.status for request in server.requests()}


def test_missing_mask_is_an_error(server, pair):
    lonely = server.put(pair[0], "alone")
    message = views.refusal(lonely, QUALITY_FLAGS=FLAGS)
    assert lonely in message and "MASK_FILE" in message
