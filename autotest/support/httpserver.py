# SPDX-License-Identifier: MIT
"""Web servers of Python's on loopback, for answers that nginx does not give."""
import contextlib
import http.server
import re
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, nbytes=0, **headers):
        """Everything but the content, which has "nbytes" bytes."""
        self.send_response(status)
        for key, value in {"Content_Length": str(nbytes), **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()

    def send_file(self, content, **headers):
        """The part of the file that the request asks for."""
        range_ = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        first, last = 0, len(content) - 1
        if range_:
            first, last = int(range_[1]), min(int(range_[2]), last)
            headers["Content_Range"] = f"bytes {first}-{last}/{len(content)}"
        self.answer(206 if range_ else 200, last - first + 1, Accept_Ranges="bytes", **headers)
        if self.command == "GET":
            self.wfile.write(content[first : last + 1])

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
