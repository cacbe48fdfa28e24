# SPDX-License-Identifier: MIT
"""s3rver on loopback, an S3 server. It knows who asks by the id of the key, and leaves it at that.

It comes from npm, in the version of s3rver/package.json and with the packages of the lock file,
into a folder for temporary files that is used again. EMIT_S3RVER names a folder in which "npm ci"
has been done already, for systems without npm.
"""
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import webserver
from osgeo import gdal

PACKAGE = Path(__file__).resolve().parent / "s3rver"
KEY, SECRET, BUCKET = "S3RVER", "S3RVER", "granules"
INSTALL_SECONDS = 240


def program():
    """The path of s3rver; skips the test, saying why, when it is not to be had."""
    return (_given_folder() or _own_folder()) / "node_modules" / ".bin" / "s3rver"


def _given_folder():
    if "EMIT_S3RVER" not in os.environ:
        return None
    folder = Path(os.environ["EMIT_S3RVER"])
    if shutil.which("node") is None or not (folder / "node_modules").is_dir():
        pytest.skip(f"node or {folder}/node_modules is missing: S3 WAS NOT TESTED")
    return folder


def _own_folder():
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm and node are not installed: S3 WAS NOT TESTED (Debian: nodejs npm)")
    lock = (PACKAGE / "package-lock.json").read_bytes()
    name = f"emit-s3rver-{os.getuid()}-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    if not folder.exists():
        _install(folder)
    return folder


def _install(folder):
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        place = Path(work) / "package"
        shutil.copytree(PACKAGE, place)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
        try:
            subprocess.run(
                command, cwd=place, capture_output=True, check=True, timeout=INSTALL_SECONDS
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            said = (error.stderr or b"").decode(errors="replace")[-500:]
            pytest.skip(f"npm could not install s3rver: S3 WAS NOT TESTED. {error} {said}")
        if not folder.exists():
            place.rename(folder)


class S3:
    """Use as a context manager; "home" is for the server's own files."""

    def __init__(self, home):
        self.home = home
        self.program = program()
        (self.port,) = webserver.free_ports(1)

    def __enter__(self):
        (self.home / "data").mkdir()
        command = [self.program, "-d", self.home / "data", "-a", "127.0.0.1", "-p", self.port]
        command += ["--no-vhost-buckets", "--configure-bucket", BUCKET]
        self.log = (self.home / "log").open("w")
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=self.log, stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + 60
        while "listening on" not in (self.home / "log").read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.home / "log").read_text() or "s3rver does not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.log.close()


def settings(port, **changes):
    """What GDAL needs to know of the server at "port"."""
    return {
        "AWS_S3_ENDPOINT": f"127.0.0.1:{port}",
        "AWS_HTTPS": "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        **changes,
    }


def put(path, folder="scene"):
    """Copies a file into the store that GDAL is configured for; its name there."""
    name = f"/vsis3/{BUCKET}/{folder}/{path.name}"
    content = path.read_bytes()
    file = gdal.VSIFOpenL(name, "wb")
    assert gdal.VSIFWriteL(content, 1, len(content), file) == len(content)
    assert gdal.VSIFCloseL(file) == 0
    return name
