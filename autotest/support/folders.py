# SPDX-License-Identifier: MIT
"""Programs run by a user who may not write where the granules are, as on a shared archive."""
import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import granules

NOBODY = 65534


@contextlib.contextmanager
def read_only(*paths):
    """A folder with copies of the granules and of the plugin that only its owner may write in."""
    folder = Path(tempfile.mkdtemp(prefix="emit-read-only-"))
    try:
        (folder / "plugins").mkdir()
        for path in paths:
            shutil.copy(path, folder)
        for name in ("gdal_EMIT.so", "emit_driver.so"):
            shutil.copy(granules.plugin_folder() / name, folder / "plugins")
        for part in [folder, *folder.rglob("*")]:
            part.chmod(0o555)
        yield folder
    finally:
        folder.chmod(0o755)
        (folder / "plugins").chmod(0o755)
        shutil.rmtree(folder)


def run_as_reader(folder, *command):
    """Like views.run(), as a user whom the folder's mode stops; it does not stop root."""
    root = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {**os.environ, "GDAL_DRIVER_PATH": str(folder / "plugins"), "HOME": "/"}
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        check=False,
        **root,
    )
    assert done.returncode >= 0, f"{command[0]} died of signal {-done.returncode}\n{done.stderr}"
    return done.returncode, done.stdout, done.stderr
