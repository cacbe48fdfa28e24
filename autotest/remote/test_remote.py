# SPDX-License-Identifier: MIT
"""Granules on a web server, read in place through /vsicurl/ by programs of their own."""
import functools
import http.server
import io
import os
import re
import threading

import granules
import pytest
import reference
import views


class Ranges(http.server.SimpleHTTPRequestHandler):
    """Python's file server, taught to answer requests for a range of bytes."""

    sent = 0

    def do_GET(self):
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not asked:
            return super().do_GET()
        with open(self.translate_path(self.path), "rb") as file:
            content = file.read()
        part = content[int(asked[1]) : int(asked[2]) + 1]
        self.send_response(206)
        self.send_header("Content-Length", str(len(part)))
        last = int(asked[1]) + len(part) - 1
        self.send_header("Content-Range", f"bytes {asked[1]}-{last}/{len(content)}")
        self.end_headers()
        self.wfile.write(part)
        type(self).sent += len(part)

    def list_directory(self, path):
        """The way of Apache, which GDAL understands; under /blind/ nothing is listed."""
        if self.path.startswith("/blind/"):
            return self.send_error(403)
        lines = [f'<a href="{name}">{name}</a> 2024-01-01 00:00 1K' for name in os.listdir(path)]
        title = f"<title>Index of {self.path.rstrip('/')}</title>"
        page = "\n".join([f"<html><head>{title}</head><body><pre>", *lines, "</pre></body></html>"])
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return io.BytesIO(page.encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(pair of paths, "/vsicurl/http://.../"): 150 x 200 pixels, 60 bands, 7 MB.

    The same files lie in open/, which is listed, and in blind/, which is not.
    """
    folder = tmp_path_factory.mktemp("served")
    (folder / "open").mkdir()
    pair = granules.pair(folder / "open", lines=150, samples=200, bands=60)
    (folder / "blind").symlink_to(folder / "open")
    handler = functools.partial(Ranges, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield pair, f"/vsicurl/http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def translated(tmp_path, *arguments):
    target = tmp_path / "out.tif"
    code, _, errors = views.run("gdal_translate", "-q", *arguments, target)
    assert (code, errors) == (0, "")
    return views.read(target)


@pytest.mark.parametrize("form", ["{}", 'EMIT:"{}"', 'EMIT:"{}":reflectance'])
def test_granule_and_the_mask_beside_it_are_read_in_place(served, tmp_path, form):
    (path, mask), url = served
    masks = ["-oo", "QUALITY_FLAGS=0,1,3,4", "-oo", "BAND_MASK=YES"]
    seen = translated(tmp_path, *masks, form.format(url + "open/" + path.name))
    expected = reference.view(path, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask)
    views.assert_same(seen, expected)


def test_mask_is_named_where_the_folder_is_not_listed(served, tmp_path):
    (path, mask), url = served
    named = ["-oo", "QUALITY_FLAGS=cloud", "-oo", f"MASK_FILE={url}blind/{mask.name}"]
    seen = translated(tmp_path, *named, url + "blind/" + path.name)
    views.assert_same(seen, reference.view(path, mask=mask, quality_flags="cloud"))


def test_mask_is_found_or_missed_aloud_where_the_folder_is_not_listed(served, tmp_path):
    """NASA's servers list nothing. Names differ by product alone, so the mask may be guessed."""
    (path, mask), url = served
    name = url + "blind/" + path.name
    target = tmp_path / "out.tif"
    code, _, errors = views.run("gdal_translate", "-q", "-oo", "QUALITY_FLAGS=0", name, target)
    if code == 0:
        views.assert_same(
            views.read(target), reference.view(path, mask=mask, quality_flags="0")
        )
    else:
        assert path.name in errors and "MASK_FILE" in errors


def test_small_window_fetches_a_small_part(served, tmp_path):
    (path, _), url = served
    Ranges.sent = 0
    source = url + "open/" + path.name
    seen = translated(tmp_path, "-srcwin", "100", "90", "6", "5", "-b", "7", source)
    views.assert_same(seen[0], reference.view(path)[6, 90:95, 100:106].copy())
    assert 0 < Ranges.sent < path.stat().st_size / 4


def test_granule_that_is_not_there_is_an_error(served):
    name = f'EMIT:"{served[1]}open/{granules.file_name("RAD")}"'
    code, _, errors = views.run("gdalinfo", name)
    assert code != 0 and granules.file_name("RAD") in errors
