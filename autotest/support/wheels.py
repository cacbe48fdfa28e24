# SPDX-License-Identifier: MIT
"""Virtual environments with wheels from PyPI, in a folder for temporary files that is used again
for a day, so that new releases are tested a day later."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

DAY = 24 * 3600


def interpreters():
    """This Python, and the newest of those that pyenv has or that EMIT_NEW_PYTHON names."""
    newest = os.environ.get("EMIT_NEW_PYTHON")
    if not newest:
        folder = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        found = [path for path in folder.glob("3.*/bin/python3") if _version(path) > sys.version_info]
        newest = max(found, key=_version, default=None)
    return [Path(sys.executable), *([Path(newest)] if newest else [])]


def _version(python):
    return tuple(int(part) for part in python.parts[-3].split(".") if part.isdigit())


def environment(python, *requirements):
    """The interpreter of an environment with just these wheels; skips the test if PyPI has none for
    this Python, or cannot be reached."""
    name = "-".join(["emit-wheels", str(os.getuid()), *python.parts[1:-1], *requirements])
    folder = Path(tempfile.gettempdir()) / name.replace("/", "-")
    done = folder / "done"
    if not done.exists() or time.time() - done.stat().st_mtime > DAY:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "-q", "--only-binary", ":all:"]
        installed = subprocess.run([*pip, *requirements], capture_output=True, text=True)
        if installed.returncode:
            reason = installed.stderr.strip().splitlines()[-1]
            pytest.skip(f"{' '.join(requirements)} WAS NOT TESTED with {python}: {reason}")
        done.touch()
    return folder / "bin" / "python"
