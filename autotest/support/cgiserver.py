# SPDX-License-Identifier: MIT
"""A CGI program as a web server on loopback. Use as a context manager; get() asks it."""
import http.server
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import applications


class Server:
    def __init__(self, program, **settings):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = self.path.partition("?")[2]
                given = {"REQUEST_METHOD": "GET", "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1"}
                done = subprocess.run(
                    [program],
                    env=applications.environment(**given, **settings),
                    capture_output=True,
                    timeout=120,
                    check=False,
                )
                head, _, body = done.stdout.partition(b"\r\n\r\n")
                self.wfile.write(b"HTTP/1.0 200 OK\r\n" + head + b"\r\n\r\n" + body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def address(url, *pairs, **words):
    return f"{url}?{urllib.parse.urlencode([*pairs, *words.items()])}"


def get(url, *pairs, **words):
    """(type of the content, content), also of an error."""
    try:
        with urllib.request.urlopen(address(url, *pairs, **words), timeout=120) as answer:
            return answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        return error.headers["Content-Type"], error.read()
