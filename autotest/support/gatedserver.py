# SPDX-License-Identifier: MIT
"""A web server on loopback that holds back the answers that a test chooses."""
import http.server
import queue
import re
import threading
from types import SimpleNamespace

import httpserver

SECONDS = 60


class GatedServer(http.server.ThreadingHTTPServer):
    """Serves the files of "folder" under any first folder, so that an address can be a new one. Requests
    for which holds(request) is true wait in "held" until request.release.set(). Use as a context
    manager."""

    daemon_threads = True
    request_queue_size = 128
    addresses = 0

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Answer)
        self.contents = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.holds = lambda request: False
        self.held = queue.Queue()
        self.requests = []

    def url(self, name):
        """An address for GDAL that was not used before."""
        GatedServer.addresses += 1
        return f"/vsicurl/http://127.0.0.1:{self.server_port}/{self.addresses}/{name}"

    def release_all(self):
        self.holds = lambda request: False
        while not self.held.empty():
            self.held.get().release.set()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.release_all()
        self.shutdown()


class Answer(httpserver.Handler):
    def do_GET(self):
        content = self.server.contents.get(self.path.rpartition("/")[2])
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        first, last = (int(number) for number in wanted.groups()) if wanted else (0, 1 << 40)
        request = SimpleNamespace(path=self.path, method=self.command, first=first, last=last)
        self.server.requests.append(request)
        if self.server.holds(request):
            request.release = threading.Event()
            self.server.held.put(request)
            request.release.wait(SECONDS)
        if content is None:
            return self.answer(404)
        return self.send_file(content, Last_Modified="Sat, 03 Sep 2022 16:31:29 GMT")

    do_HEAD = do_GET
