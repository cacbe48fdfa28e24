# SPDX-License-Identifier: MIT
"""Servers that come from npm, on loopback.

Each is a folder here with the version (package.json) and the packages (the lock file). It is
installed into a folder for temporary files that is used again. EMIT_S3RVER, EMIT_AZURITE, ... name
a folder in which "npm ci" has been done already, for systems without npm.
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

INSTALL_SECONDS = 240
failures = {}  # package: why npm could not install it; not tried again for each test


def programs(package, oldest_node=0):
    """The folder of the package's programs; skips the test, saying why, when they are not to be
    had."""
    node = shutil.which("node")
    _need(node, package, "node is not installed (Debian: nodejs npm)")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    _need(int(version.strip("v\n").split(".")[0]) >= oldest_node, package, f"node is {version}")
    folder = _given_folder(package) or _own_folder(package)
    return folder / "node_modules" / ".bin"


def _need(condition, package, reason):
    if not condition:
        pytest.skip(f"{package} WAS NOT TESTED AGAINST: {reason}")


def _given_folder(package):
    variable = f"EMIT_{package.upper()}"
    if variable not in os.environ:
        return None
    folder = Path(os.environ[variable])
    _need((folder / "node_modules").is_dir(), package, f"{folder}/node_modules is missing")
    return folder


def _own_folder(package):
    _need(shutil.which("npm"), package, "npm is not installed (Debian: nodejs npm)")
    source = Path(__file__).resolve().parent / package
    lock = (source / "package-lock.json").read_bytes()
    name = f"emit-{package}-{os.getuid()}-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    _need(package not in failures, package, failures.get(package))
    if not folder.exists():
        _install(source, folder)
    return folder


def _install(source, folder):
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        place = Path(work) / "package"
        shutil.copytree(source, place)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
        try:
            subprocess.run(
                command, cwd=place, capture_output=True, check=True, timeout=INSTALL_SECONDS
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            output = (error.stderr or b"").decode(errors="replace")[-500:]
            failures[source.name] = f"npm could not install it. {error} {output}"
            _need(False, source.name, failures[source.name])
        if not folder.exists():
            place.rename(folder)


class Server:
    """A program that serves "port" and says "ready" in its output once it does. Use as a context
    manager; "home" is for its own files."""

    def __init__(self, home, command, ready):
        self.home, self.ready = home, ready
        (self.port,) = webserver.free_ports(1)
        self.command = [str(word).format(port=self.port) for word in command]

    def __enter__(self):
        self.log = (self.home / "log").open("w")
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while self.ready not in (self.home / "log").read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.home / "log").read_text() or "it does not start")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.log.close()
