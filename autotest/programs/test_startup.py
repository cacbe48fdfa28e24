# SPDX-License-Identifier: MIT
"""A program that opens no granule opens only the plugin's two files."""
import os
import re
import shutil
import subprocess

import granules
import pytest

pytestmark = pytest.mark.cost
OPENING = re.compile(r'open(?:at)?\(.*?"([^"]+)".*= \d+$')


def opened(folder, tmp_path, *command):
    """Files, not folders, that the command opens with plugins from "folder"."""
    if not shutil.which("strace"):
        pytest.skip("NOT TESTED: strace is not installed")
    trace = tmp_path / "trace"
    words = ["strace", "-f", "-e", "trace=open,openat", "-o", str(trace), *command]
    done = subprocess.run(
        words,
        env={**os.environ, "GDAL_DRIVER_PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "ptrace" in done.stderr:
        pytest.skip("NOT TESTED: strace may not trace here")
    assert done.returncode == 0, done.stderr
    found = (OPENING.search(line) for line in trace.read_text().splitlines() if "O_DIRECTORY" not in line)
    return sorted(match[1] for match in found if match and not match[1].startswith(("/proc", "/sys")))


@pytest.mark.parametrize("what", ["version", "formats", "image"])
def test_only_the_plugin_is_opened(tmp_path, what):
    picture = tmp_path / "a.pgm"
    picture.write_bytes(b"P5\n3 2\n255\n" + bytes(range(6)))
    command = {
        "version": ["gdalinfo", "--version"],
        "formats": ["gdalinfo", "--formats"],
        "image": ["gdal_translate", "-q", "-of", "GTiff", str(picture), "/vsimem/b.tif"],
    }[what]
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    plugin = granules.plugin_folder()
    without = opened(nothing, tmp_path, *command)
    more = opened(plugin, tmp_path, *command)
    own = sorted(str(file) for file in plugin.glob("*.so"))
    assert own and sorted(without + own) == more
