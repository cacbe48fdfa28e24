# SPDX-License-Identifier: MIT
"""With other users of HDF5 in the process: GDAL's drivers, h5py, and packages with another HDF5.

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
    not UNSAFE, reason="NOT TESTED with a HDF5 without thread-safety: scripts/test neighbours builds one"
)
needs_wheels = pytest.mark.skipif(
    not WHEELS, reason="NOT TESTED with PyPI's wheels: scripts/test neighbours installs them"
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
    """The process's error output; none of its threads may fail."""
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
    """One thread of the other kind: several crash each other, as those of GDAL 3.6's HDF5 driver do."""
    if shares_hdf5():
        pytest.skip("this plugin shares HDF5, which no lock of its own can make safe")
    run(task, ["EMIT", "EMIT", "EMIT", other], **UNSAFE_ENVIRONMENT)


def pretending(tmp_path, function):
    """Environment of a program for which "function" takes the place of HDF5's; and its options."""
    if not shutil.which("cc"):
        pytest.skip("no C compiler")
    library = tmp_path / "pretending.so"
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-o", library, "-"]
    subprocess.run(command, input=function, text=True, check=True)
    preload = f"{os.environ.get('LD_PRELOAD', '')} {library}"
    return {"LD_PRELOAD": preload, "CPL_DEBUG": "EMIT"}


def test_opening_reports_a_shared_unsafe_library_once(task, tmp_path):
    unsafe = pretending(tmp_path, "int H5is_library_threadsafe(_Bool *is) { *is = 0; return 0; }")
    opens = "; ".join(["gdal.Open(sys.argv[1])"] * 3)
    program = f"import sys; from osgeo import gdal; {opens}"
    code, _, errors = views.run(sys.executable, "-c", program, task["path"], **unsafe)
    assert code == 0, errors
    assert errors.count("built without thread-safety") == (1 if shares_hdf5() else 0), errors


def test_another_library_in_place_of_the_linked_one_is_named(task, tmp_path):
    """As where a package makes its own HDF5 visible to all (RTLD_GLOBAL)."""
    function = "int H5get_libversion(unsigned *a, unsigned *b, unsigned *c) { *a = 7; *b = *c = 5; return 0; }"
    other = pretending(tmp_path, function)
    code, _, errors = views.run("gdalinfo", "-if", "EMIT", task["path"], **other)
    if shares_hdf5():
        assert code == 1
        assert "HDF5 7.5.5" in errors and task["path"] in errors and "EMIT_PRIVATE_HDF5" in errors
    else:
        assert code == 0, errors


CLOSING = """
import ctypes, re, sys
from osgeo import gdal
gdal.UseExceptions()
def read(dataset):
    try:
        return dataset.ReadRaster()
    except RuntimeError as error:
        return str(error)
dataset = gdal.OpenEx(sys.argv[1], open_options=["QUALITY_FLAGS=0,1"])
shared = re.search(r"/\\S*libhdf5_serial\\.so\\S*", open("/proc/self/maps").read())[0]
before = read(gdal.OpenEx(sys.argv[1], open_options=["QUALITY_FLAGS=0,1"]))
ctypes.CDLL(shared).H5close()
after = read(dataset)
again = read(gdal.OpenEx(sys.argv[1], open_options=["QUALITY_FLAGS=0,1"]))
print(again == before, after == before, sys.argv[1] in after if isinstance(after, str) else "")
"""


def test_another_user_closes_the_shared_library(task):
    code, printed, errors = views.run(sys.executable, "-c", CLOSING, task["path"])
    assert code == 0, errors
    if shares_hdf5():
        assert printed.split() in (["True", "False", "True"], ["True", "True"])
    else:
        assert printed.split() == ["True", "True"]


# ---- Packages with a HDF5 of their own -----------------------------------------------------------


@needs_wheels
@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("packages", [["h5py"], ["netCDF4"], ["h5py", "netCDF4", "h5netcdf"]], ids="+".join)
def test_wheels_with_another_hdf5_in_the_process(task, packages, order):
    run(task, ["EMIT", "EMIT", "netCDF", *packages], order, WHEELS)
