# SPDX-License-Identifier: MIT
"""Granules at signed addresses: no other address is requested, and the signature appears nowhere.

The server gives a file only to its own query, and refuses all else with 403, as object stores do.
"""
import json
import urllib.parse

import granules
import httpserver
import pytest
import reference
import views
from osgeo import gdal

SIZE = {"lines": 13, "samples": 9}
SECRET = "0df00d"
QUERIES = {
    "plain": f"Expires=4102444800&Signature={SECRET}~-_",
    "slash": f"X-Amz-Credential=AK/20260101/us-west-2/s3&X-Amz-Signature={SECRET}",
    "encoded": f"X-Amz-Credential=AK%2F20260101%2Fs3&X-Amz-Signature={SECRET}",
    "misleading": f"file=/emit.tif&Signature={SECRET}/EMIT_L2A_MASK_001_20220903T163129.nc",
}


class Handler(httpserver.Handler):
    def do_HEAD(self):
        self.server.asked.append(self.path)
        address, _, query = self.path.partition("?")
        _, kind, name = address.split("/")
        if query != QUERIES[kind]:
            return self.answer(403)
        return self.send_file((self.server.folder / name).read_bytes())

    do_GET = do_HEAD


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("granules")
    with httpserver.serving(Handler) as running:
        running.folder, running.asked = folder, []
        running.pair = granules.pair(folder, bands=6, **SIZE)
        yield running


@pytest.fixture
def fresh(server):
    gdal.VSICurlClearCache()
    server.asked.clear()
    with views.configured(GDAL_HTTP_TIMEOUT="10", GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
        yield server


def address(server, kind, path):
    return f"http://127.0.0.1:{server.server_port}/{kind}/{path.name}?{QUERIES[kind]}"


def plain(server, kind, path):
    return "/vsicurl/" + address(server, kind, path)


def encoded(server, kind, path):
    return "/vsicurl?max_retry=2&url=" + urllib.parse.quote(address(server, kind, path), safe="")


FORMS = [plain, encoded]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", QUERIES)
def test_granule_and_mask_open_without_other_requests(fresh, kind, form):
    path, mask = (form(fresh, kind, each) for each in fresh.pair)
    options = {"QUALITY_FLAGS": "0,1,3", "MASK_FILE": mask}
    expected = reference.view(fresh.pair[0], mask=fresh.pair[1], quality_flags="0,1,3")
    with views.Messages() as messages:
        for name in (path, f'EMIT:"{path}"', f'EMIT:"{path}":reflectance'):
            views.assert_same(views.pixels(views.open_name(name, **options)), expected)
    assert messages == []
    assert {asked.partition("?")[2] for asked in fresh.asked} == {QUERIES[kind]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", QUERIES)
def test_signatures_are_not_in_metadata_and_file_list(fresh, kind, form):
    path, mask = (form(fresh, kind, each) for each in fresh.pair)
    dataset = views.open_name(path, QUALITY_FLAGS="0", BAND_MASK="YES", MASK_FILE=mask)
    shown = json.dumps([dataset.GetMetadata(), dataset.GetFileList()])
    assert fresh.pair[0].name in shown and fresh.pair[1].name in shown
    assert SECRET not in shown and "20260101" not in shown


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", QUERIES)
def test_mask_is_not_searched_next_to_an_address_with_a_query(fresh, kind, form):
    message = views.refusal(form(fresh, kind, fresh.pair[0]), QUALITY_FLAGS="cloud")
    assert "MASK_FILE" in message and fresh.pair[0].name in message and SECRET not in message
    assert {asked.partition("?")[2] for asked in fresh.asked} == {QUERIES[kind]}


@pytest.mark.parametrize("form", FORMS)
def test_signatures_are_not_in_messages(fresh, form):
    path, mask = (form(fresh, "slash", each) for each in fresh.pair)
    messages = [
        views.refusal(path, QUALITY_FLAGS="fog", MASK_FILE=mask),
        views.refusal(path, QUALITY_FLAGS="cloud", MASK_FILE=mask.replace("_MASK_", "_MASC_")),
        views.refusal(f'EMIT:"{path}":temperature'),
        views.refusal(path, ORTHO="MAYBE"),
    ]
    with pytest.raises(RuntimeError) as caught:
        gdal.OpenEx(path, gdal.OF_UPDATE)
    with views.Messages() as reported:
        views.open_name(path, MASK_FILE=mask)
        views.open_name(f'EMIT:"{path}"?COLOUR=red')
    messages += [str(caught.value)] + [text for _, text in reported]
    assert len(reported) == 2
    for message in messages:
        assert "EMIT_L2A_" in message and SECRET not in message and "20260101" not in message


def test_address_with_a_query_must_be_quoted(fresh):
    name = plain(fresh, "plain", fresh.pair[0])
    for tail in ("", ":lon"):
        message = views.refusal(f"EMIT:{name}{tail}")
        assert 'EMIT:"path"' in message and fresh.pair[0].name in message
        assert SECRET not in message
    assert fresh.asked == []
