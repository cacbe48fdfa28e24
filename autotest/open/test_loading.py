# SPDX-License-Identifier: MIT
"""Loading of the plugin in processes with this libgdal and with another one."""
import os
import shutil
import subprocess
import sys

import granules
import views

OTHER_GDAL = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
library.GDALGetDriverByName.restype = ctypes.c_void_p
library.GDALAllRegister()
print(library.GDALGetDriverCount(), library.GDALGetDriverByName(b"EMIT"))
names = {line.split()[-1] for line in open("/proc/self/maps") if "/" in line}
print(sum("libgdal" in name for name in names), sum("emit_driver" in name for name in names))
"""


def libgdal():
    """The library in this process, and its name in those that need it."""
    with open("/proc/self/maps") as lines:
        names = {line.split()[-1] for line in lines if "/" in line}
    (path,) = {os.path.realpath(name) for name in names if "/libgdal.so" in name}
    return path, ".".join(os.path.basename(path).split(".")[:3])


def replaced(source, target, old, new):
    """A copy of a library with another name in it, as long as the old one."""
    assert len(old) == len(new)
    with open(source, "rb") as file:
        content = file.read()
    assert old.encode() in content
    target.write_bytes(content.replace(old.encode(), new.encode()))


def test_a_process_with_another_libgdal_does_not_get_a_second_one(tmp_path):
    path, name = libgdal()
    other = tmp_path / name.replace("libgdal", "libgdel")
    replaced(path, other, f"\0{name}\0", f"\0{other.name}\0")
    other = other.rename(tmp_path / "libgdal-own.so")
    words = [sys.executable, "-c", OTHER_GDAL, str(other)]

    def run(**variables):
        settings = {**os.environ, **variables}
        done = subprocess.run(words, env=settings, capture_output=True, text=True, check=True)
        return done.stdout, done.stderr

    without = run(GDAL_DRIVER_PATH="disable")
    assert "None\n1 0\n" in without[0]
    assert run() == without
    assert f"built for {name}" in run(CPL_DEBUG="EMIT")[1]


def test_a_plugin_without_its_driver_is_an_error_that_names_it(tmp_path):
    entry = granules.plugin_folder() / "gdal_EMIT.so"
    replaced(entry, tmp_path / entry.name, "emit_driver.so", "emit_missin.so")
    code, listed, errors = views.run("gdalinfo", "--formats", GDAL_DRIVER_PATH=str(tmp_path))
    assert code == 0 and "GTiff" in listed and "EMIT" not in listed
    assert "emit_missin.so" in errors and "ERROR" in errors


def test_the_two_files_can_be_moved_together(tmp_path):
    for name in ("gdal_EMIT.so", "emit_driver.so"):
        shutil.copy(granules.plugin_folder() / name, tmp_path)
    assert " EMIT " in views.run("gdalinfo", "--formats", GDAL_DRIVER_PATH=str(tmp_path))[1]
