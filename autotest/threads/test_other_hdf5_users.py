# SPDX-License-Identifier: MIT
"""Beside others who use HDF5: GDAL's own drivers, h5py, and packages that bring another HDF5 along.

`scripts/test neighbours` runs this module with a plugin that shares HDF5 and with one that has its own, and sets
EMIT_UNSAFE_HDF5  a folder with a HDF5 of the system's name that is built without thread-safety
EMIT_WHEELS       a Python with the newest h5py, netCDF4 and h5netcdf of PyPI
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import granules
import netCDF4
import pytest
import reference
import views

USER = pathlib.Path(__file__).with_name("hdf5_user.py")
UNSAFE, WHEELS = os.environ.get("EMIT_UNSAFE_HDF5"), os.environ.get("EMIT_WHEELS")
needs_unsafe = pytest.mark.skipif(
    not UNSAFE, reason="NOT TESTED beside a HDF5 without thread-safety: scripts/test neighbours builds one"
)
needs_wheels = pytest.mark.skipif(
    not WHEELS, reason="NOT TESTED beside PyPI's wheels: scripts/test neighbours installs them"
)
# What the linker's messages on a library of the same name, but of another build, and HDF5's
# refusal to work with other headers would add.
UNSAFE_ENVIRONMENT = {"LD_LIBRARY_PATH": UNSAFE or "", "HDF5_DISABLE_VERSION_CHECK": "2"}


def shares_hdf5():
    plugin = granules.plugin_folder() / "emit_driver.so"
    listing = subprocess.run(
        ["readelf", "-d", plugin], capture_output=True, text=True, check=True
    ).stdout
    return re.search(r"NEEDED.*libhdf5", listing) is not None


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    folder = tmp_path_factory.mktemp("users")
    path, mask = granules.pair(folder, lines=23, samples=19, bands=13)
    pixels = reference.view(path, ortho="NO", mask=mask, quality_flags="0,1")
    with netCDF4.Dataset(str(path)) as file:
        file.set_auto_maskandscale(False)
        elev = file["location/elev"][:]
    (folder / "broken.nc").write_bytes(path.read_bytes()[:3000])
    (folder / "pixels").write_bytes(pixels.tobytes())
    (folder / "elev").write_bytes(elev.tobytes())
    names = {name: str(folder / name) for name in ("pixels", "elev")}
    return {"path": str(path), "broken": str(folder / "broken.nc"), **names}


def run(task, jobs, order="before", python=sys.executable, seconds=2.0, **environment):
    """What the process printed to its standard error; no thread of it failed."""
    asked = json.dumps({**task, "jobs": jobs, "import": order, "seconds": seconds})
    done = subprocess.run(
        [python, USER, asked],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr[-2000:])
    assert done.stdout.startswith("[] "), done.stdout
    print(done.stdout)
    return done.stderr


@pytest.mark.parametrize("order", ["before", "after"])
def test_threads_of_all_who_share_the_systems_hdf5(task, order):
    run(task, ["EMIT", "EMIT", "netCDF", "HDF5", "h5py"], order)


# ---- A library without thread-safety -------------------------------------------------------------


@needs_unsafe
def test_the_driver_alone_uses_an_unsafe_library_in_threads(task):
    run(task, ["EMIT"] * 4, **UNSAFE_ENVIRONMENT)


@needs_unsafe
@pytest.mark.parametrize("other", ["netCDF", "HDF5", "h5py"])
def test_a_plugin_with_its_own_hdf5_is_safe_beside_users_of_an_unsafe_one(task, other):
    """One thread of the other kind: several crash among themselves, GDAL's HDF5 driver of 3.6 for one."""
    if shares_hdf5():
        pytest.skip("this plugin shares HDF5, which no lock of its own can make safe")
    run(task, ["EMIT", "EMIT", "EMIT", other], **UNSAFE_ENVIRONMENT)


PRETEND = """
int H5is_library_threadsafe(_Bool *is_safe);
int H5is_library_threadsafe(_Bool *is_safe) { *is_safe = 0; return 0; }
"""


def test_opening_reports_a_shared_unsafe_library_once(task, tmp_path):
    if not shutil.which("cc"):
        pytest.skip("no C compiler")
    library = tmp_path / "unsafe.so"
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-o", library, "-"]
    subprocess.run(command, input=PRETEND, text=True, check=True)
    opens = "; ".join(["gdal.Open(sys.argv[1])"] * 3)
    code, _, errors = views.run(
        sys.executable,
        "-c",
        f"import sys; from osgeo import gdal; {opens}",
        task["path"],
        CPL_DEBUG="EMIT",
        LD_PRELOAD=str(library),
    )
    assert code == 0, errors
    assert errors.count("built without thread-safety") == (1 if shares_hdf5() else 0), errors


# ---- Packages with a HDF5 of their own -----------------------------------------------------------


@needs_wheels
@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("packages", [["h5py"], ["netCDF4"], ["h5py", "netCDF4", "h5netcdf"]], ids="+".join)
def test_wheels_with_another_hdf5_in_the_process(task, packages, order):
    run(task, ["EMIT", "EMIT", "netCDF", *packages], order, WHEELS)
