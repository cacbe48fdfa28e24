# SPDX-License-Identifier: MIT
"""QGIS in a process of its own, which answers questions: qgis("describe", name=...)."""
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHILD = Path(__file__).resolve().parent / "qgis_child.py"


class Qgis:
    def __init__(self, home):
        settings = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
        self.process = subprocess.Popen(
            [sys.executable, str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(home / "qgis.log").open("w"),
            text=True,
            env=settings,
        )
        self.log = home / "qgis.log"

    def __call__(self, do, **arguments):
        self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"QGIS died\n{self.log.read_text()}"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


@contextlib.contextmanager
def starter(tmp_path_factory):
    """A function that starts QGIS; all end with the context. Skips where QGIS is not installed.

    It loads the same GDAL as the tests; python3-qgis belongs to the system's Python.
    """
    there = [sys.executable, "-c", "import qgis.core, qgis.gui"]
    if subprocess.run(there, capture_output=True, check=False).returncode != 0:
        pytest.skip(f"QGIS is not installed for {sys.executable}")
    processes = []

    def start():
        processes.append(Qgis(tmp_path_factory.mktemp("qgis")))
        return processes[-1]

    yield start
    for process in processes:
        process.close()


def with_options(path, *options):
    """QGIS's own way to write open options."""
    return "|option:".join([str(path), *options])
