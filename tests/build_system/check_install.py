# SPDX-License-Identifier: MIT
"""cmake --install puts the plugin where GDAL looks and the Python files with the documentation;
"uninstall" takes all of it away again."""
import os
import pathlib
import shutil
import subprocess
import sys


ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = {path.name for folder in ("examples", "tools") for path in ROOT.glob(f"{folder}/*.py")}


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def main(cmake, build, work, plugin_dir):
    stage = pathlib.Path(work) / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    environment = {**os.environ, "DESTDIR": str(stage)}
    manifest = pathlib.Path(build) / "install_manifest.txt"
    before = manifest.read_bytes() if manifest.exists() else None
    try:
        subprocess.run([cmake, "--install", build], env=environment, check=True)
        installed = files(stage)
        subprocess.run([cmake, "--build", build, "--target", "uninstall"], env=environment, check=True)
        left = files(stage)
    finally:  # of what somebody really installed from this build
        manifest.unlink(missing_ok=True)
        if before is not None:
            manifest.write_bytes(before)

    expected = {f"{plugin_dir.lstrip('/')}/{name}" for name in ("gdal_EMIT.so", "emit_driver.so")}
    print(f"installed: {installed}\nleft: {left}")
    if not expected <= set(installed):
        sys.exit(f"not all of these were installed: {sorted(expected)}")
    if {pathlib.Path(name).name for name in installed if "/doc/" in name} != EXAMPLES:
        sys.exit(f"not just these were installed as examples: {sorted(EXAMPLES)}")
    if left:
        sys.exit("uninstall left files")


if __name__ == "__main__":
    main(*sys.argv[1:])
