# SPDX-License-Identifier: MIT
"""Sets GDAL_DRIVER_PATH before anything imports GDAL. Without the plugin the session ends."""
import os
import shutil
import tempfile
from pathlib import Path

import granules
import pages
import pytest

os.environ["GDAL_DRIVER_PATH"] = str(granules.plugin_folder())
for noise in ("GDAL_PAM_ENABLED", "GDAL_PAM_PROXY_DIR", "GDAL_SKIP", "CPL_DEBUG"):
    os.environ.pop(noise, None)

from osgeo import gdal  # noqa: E402  (after the driver path)

import interoperability  # noqa: E402

gdal.UseExceptions()  # GDAL's errors fail the test unless it expects them


def pytest_addoption(parser):
    parser.addoption(
        "--update-interoperability",
        metavar="PAGE",
        type=lambda name: Path(name).resolve(),
        help="write the results into the table of this page (docs/interoperability.md)",
    )


def pytest_configure(config):
    page = config.getoption("--update-interoperability")
    if page:
        config.pluginmanager.register(interoperability.Recorder(Path(__file__).parent, page))


def pytest_sessionstart():
    if gdal.GetDriverByName("EMIT") is None:
        pytest.exit(f"gdal_EMIT.so did not load from {granules.plugin_folder()}", returncode=3)


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    """A reflectance granule with its mask: 11 lines x 17 samples x 13 bands."""
    folder = tmp_path_factory.mktemp("scene")
    return granules.pair(folder, lines=11, samples=17, bands=13)


@pytest.fixture(scope="session")
def spectf_scene(tmp_path_factory):
    """The same of the second generation, with a mask of version 003."""
    folder = tmp_path_factory.mktemp("spectf")
    return granules.pair(folder, "002", lines=12, samples=9, bands=6)


@pytest.fixture(scope="session")
def reader(tmp_path_factory):
    """Function of a page of the documentation: its reader's session."""
    sessions, folders = {}, []

    def session_of(path):
        if path not in sessions:
            folders.append(tmp_path_factory.mktemp(path.stem))
            sessions[path] = pages.Session(path, folders[-1], tmp_path_factory.mktemp("memory"))
        return sessions[path]

    yield session_of
    for folder in folders:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def full():
    """A pair of full size, 1280 x 1242 x 285, 1.9 GB: made once for each build of emit_mkgranule and
    stays in the folder for temporary files (TMPDIR)."""
    folder = Path(tempfile.gettempdir()) / f"emit-full-granule-{os.getuid()}"
    done = folder / "done"
    if not done.exists() or done.stat().st_mtime < granules.tool().stat().st_mtime:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        granules.make(folder, "--lines", 1280, "--samples", 1242, "--bands", 285)
        done.touch()
    (reflectance,) = folder.glob("EMIT_L2A_RFL_*.nc")
    (mask,) = folder.glob("EMIT_L2A_MASK_*.nc")
    return reflectance, mask
