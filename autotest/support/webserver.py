# SPDX-License-Identifier: MIT
"""nginx on loopback, configured like the servers that have granules, and its request log.

Every place below serves the same folder:

    /listed/     with an index page                 /blind/      without one, as NASA's servers
    /basic/      for USER and PASSWORD              /bearer/     for "Authorization: Bearer TOKEN"
    /flaky/      503 to every tenth request         /busy/       503 to requests from 1 MB on
    /cut/        connection cut after 300,000 bytes
    /whole/      without support for ranges         /slow/       4 MB/s a connection
    /page/       a web page for every request      /moody/      like /blind/, but 503 for masks
    /data/       Earthdata: see below               /fresh/1/    like /blind/, whatever the number
    /tagged/     ETags, no times of change          /unmarked/   neither
    /sulky/      503 to HEAD while there is home/sulk

/data/ sends who has the token, or the cookie of a session, on to a signed address of an object
store on another host, which refuses any other authorization. Everybody else is sent to the login
host: who brings a user name and a password gets the cookie, who brings nothing gets a web page.

Another port lets signed requests through to an object store (s3server.py, azureserver.py) and writes
them down.
"""
import dataclasses
import os
import shutil
import socket
import subprocess
import time
import urllib.request

USER, PASSWORD, TOKEN = "hedy", "l0opback", "eyJ0eXAi.loopback.token"
DATA_HOST, LOGIN_HOST, STORE_HOST = "127.0.0.1", "127.0.0.2", "127.0.0.3"
PAGE = (
    "<!DOCTYPE html><html><head><title>Earthdata Login</title></head>"
    "<body><form>User name, password</form></body></html>"
)
CUT_NBYTES = 300_000

HEAD = """
daemon off;
master_process off;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
"""
CONFIGURATION = HEAD + """
    default_type application/x-netcdf;
    log_format counted "$request_method\\t$request_uri\\t$status\\t$body_bytes_sent"
                       "\\t$http_range\\t$http_authorization";
    keepalive_requests 100000;

    # Weighted in turn: nine requests to the first, one to the second.
    upstream nine_of_ten {{
        server 127.0.0.1:{good} weight=9 max_fails=0;
        server 127.0.0.1:{busy} max_fails=0;
    }}
    server {{
        listen 127.0.0.1:{good};
        location / {{ root {folder}; }}
        location /stalled/ {{ alias {folder}/; limit_rate_after {cut}; limit_rate 1; }}
    }}
    server {{ listen 127.0.0.1:{busy}; return 503; }}

    server {{
        listen {data_host}:{data};
        access_log {home}/access.log counted;
        location /listed/ {{ alias {folder}/; autoindex on; }}
        location /blind/ {{ alias {folder}/; }}
        location /busy/ {{
            if ($http_range ~ "^bytes=[0-9]{{7,}}") {{ return 503; }}
            alias {folder}/;
        }}
        location ~ ^/fresh/[0-9]+/(.*)$ {{ alias {folder}/$1; }}
        location /moody/ {{
            if ($uri ~ _MASK_) {{ return 503; }}
            alias {folder}/;
        }}
        location /tagged/ {{ alias {folder}/; add_header Last-Modified ""; }}
        location /unmarked/ {{ alias {folder}/; add_header Last-Modified ""; etag off; }}
        location /sulky/ {{
            set $sulks "$request_method";
            if (-f {home}/sulk) {{ set $sulks "${{sulks}}S"; }}
            if ($sulks = HEADS) {{ return 503; }}
            alias {folder}/;
        }}
        location /whole/ {{ alias {folder}/; max_ranges 0; }}
        location /slow/ {{ alias {folder}/; limit_rate 4m; }}
        location /basic/ {{
            alias {folder}/; auth_basic "EMIT"; auth_basic_user_file {home}/users;
        }}
        location /bearer/ {{
            if ($http_authorization != "Bearer {token}") {{ return 401; }}
            alias {folder}/;
        }}
        location /flaky/ {{ proxy_pass http://nine_of_ten/; proxy_next_upstream off; }}
        location /cut/ {{
            proxy_pass http://127.0.0.1:{good}/stalled/;
            proxy_buffering off; proxy_read_timeout 500ms;
        }}
        location /page/ {{ default_type text/html; return 200 '{page}'; }}
        location /mark/ {{ return 204; }}
        location /data/ {{
            if ($http_authorization = "Bearer {token}") {{ rewrite ^/data/(.*) /signed/$1 last; }}
            if ($cookie_session = "granted") {{ rewrite ^/data/(.*) /signed/$1 last; }}
            return 302 http://{login_host}:{login}/oauth/authorize?state=$uri;
        }}
        location /signed/ {{
            internal;
            rewrite ^/signed/(.*) http://{store_host}:{store}/$1?Signature=aa&Expires=4102444800;
        }}
        location /login {{
            add_header Set-Cookie "session=granted; Path=/";
            return 302 http://{data_host}:{data}$arg_state;
        }}
    }}
    server {{
        listen {login_host}:{login};
        access_log {home}/access.log counted;
        location /oauth/authorize {{
            if ($http_authorization = "") {{ rewrite ^ /page last; }}
            auth_basic "Earthdata Login"; auth_basic_user_file {home}/users;
            try_files /none @authorized;
        }}
        location @authorized {{
            return 302 http://{data_host}:{data}/login?code=1&state=$arg_state;
        }}
        location /page {{ default_type text/html; return 200 '{page}'; }}
    }}
    server {{
        listen {data_host}:{s3};
        access_log {home}/access.log counted;
        client_max_body_size 0;
        location / {{
            if ($http_authorization !~ "^{signature}") {{ return 403; }}
            proxy_pass http://127.0.0.1:{upstream};
            proxy_set_header Host $http_host;
            proxy_set_header Authorization {passed_on};
        }}
    }}
    server {{
        listen {store_host}:{store};
        access_log {home}/access.log counted;
        location / {{
            if ($http_authorization != "") {{ return 400; }}
            if ($arg_Signature = "") {{ return 403; }}
            root {folder};
        }}
    }}
}}
"""


@dataclasses.dataclass
class Request:
    method: str
    path: str
    status: int
    nbytes: int
    range: str
    authorization: str


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def start(home, configuration, address):
    """nginx, with its own files in "home", once it listens at "address". Terminate the process."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    assert program, "nginx is not installed: these tests need it (Debian: apt install nginx)"
    file, log = home / "nginx.conf", home / "error.log"
    file.write_text(configuration)
    process = subprocess.Popen([program, "-p", home, "-e", log, "-c", file])
    deadline = time.monotonic() + 20
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(address) == 0:
                return process
        broken = process.poll() is not None or time.monotonic() > deadline
        assert not broken, log.read_text() if log.exists() else "no nginx"
        time.sleep(0.05)


class Nginx:
    """Serves "folder"; "home" is for its own files, "upstream" the port of an object store for requests
    that are signed with "signature", which it sees only where it is its own kind of signature. Use as
    a context manager."""

    addresses = 0

    def __init__(self, folder, home, upstream=0, signature="AWS4-HMAC-SHA256 Credential=", seen=True):
        names = ("good", "busy", "data", "login", "store", "s3")
        self.ports = dict(zip(names, free_ports(len(names))))
        self.home = home
        for path in folder.iterdir():  # index pages show no seconds: a whole minute may be rounded
            os.utime(path, (1_700_000_011, 1_700_000_011))
        (home / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        self.configuration = CONFIGURATION.format(
            home=home,
            folder=folder,
            upstream=upstream or self.ports["good"],
            signature=signature,
            passed_on="$http_authorization" if seen else '""',
            cut=CUT_NBYTES,
            page=PAGE,
            token=TOKEN,
            data_host=DATA_HOST,
            login_host=LOGIN_HOST,
            store_host=STORE_HOST,
            **self.ports,
        )
        self.seen = 0
        self.marks = 0

    def __enter__(self):
        self.process = start(self.home, self.configuration, (DATA_HOST, self.ports["data"]))
        self.forget()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)

    def url(self, place, name=""):
        """The address for GDAL of a file at one of the places above."""
        return f"/vsicurl/http://{DATA_HOST}:{self.ports['data']}/{place}/{name}"

    def fresh_url(self, name):
        """An address that this process has not used before; no folder is listed."""
        Nginx.addresses += 1
        return self.url(f"fresh/{Nginx.addresses}", name)

    # ---- The log -----------------------------------------------------------------------------

    def _mark(self):
        self.marks += 1
        address = f"http://{DATA_HOST}:{self.ports['data']}/mark/{self.marks}"
        urllib.request.urlopen(address, timeout=10).close()

    def requests(self):
        """Requests since the last call of requests() or forget()."""
        self._mark()  # one worker, one log: what was answered before stands before the mark
        deadline = time.monotonic() + 20
        while True:
            lines = (self.home / "access.log").read_text().splitlines()
            if lines and f"/mark/{self.marks}\t" in lines[-1]:
                break
            assert time.monotonic() < deadline, "nginx does not write its log"
            time.sleep(0.02)
        new = [line.split("\t") for line in lines[self.seen :]]
        self.seen = len(lines)
        found = [Request(a, b, int(c), int(d), e, f) for a, b, c, d, e, f in new]
        return [request for request in found if not request.path.startswith("/mark/")]

    def forget(self):
        self.requests()


def nbytes(requests):
    return sum(request.nbytes for request in requests)
