# SPDX-License-Identifier: MIT
"""What CMake says when something is missing or too old: that it ends there, and what to do."""
import pathlib
import re
import shutil
import subprocess
import sys

# GDAL and HDF5 as their own CMake files describe them; FindHDF5 is asked last, so the fake HDF5
# takes the place of it.
FAKE_GDAL = """
set(GDAL_FOUND TRUE)
add_library(GDAL::GDAL INTERFACE IMPORTED)
"""
FAKE_GDAL_VERSION = """
set(PACKAGE_VERSION {version})
set(PACKAGE_VERSION_COMPATIBLE TRUE)
"""
FAKE_HDF5 = """
set(HDF5_FOUND TRUE)
set(HDF5_VERSION {version})
set(HDF5_IS_PARALLEL {parallel})
set(HDF5_INCLUDE_DIRS {folder})
set(HDF5_C_LIBRARIES {folder}/libhdf5.a)
"""


def fake(folder, gdal=None, hdf5=None, parallel=False):
    """Options that make CMake find these versions; None stands for what is installed."""
    options = []
    if gdal:
        (folder / "GDALConfig.cmake").write_text(FAKE_GDAL)
        (folder / "GDALConfigVersion.cmake").write_text(FAKE_GDAL_VERSION.format(version=gdal))
        options.append(f"-DGDAL_DIR={folder}")
    if hdf5:
        (folder / "hdf5.h").write_text("/* no H5_HAVE_THREADSAFE */\n")
        settings = {"version": hdf5, "parallel": parallel, "folder": folder}
        (folder / "FindHDF5.cmake").write_text(FAKE_HDF5.format(**settings))
        options.append(f"-DCMAKE_MODULE_PATH={folder}")
    return options


CASES = {
    "no GDAL": (
        lambda folder: ["-DCMAKE_DISABLE_FIND_PACKAGE_GDAL=ON"],
        "GDAL's development files were not found (Debian: apt-get install libgdal-dev; "
        "elsewhere -DGDAL_DIR=FOLDER",
    ),
    "old GDAL": (
        lambda folder: fake(folder, gdal="3.5.3"),
        "GDAL 3.5.3 is too old: the driver needs 3.6 or newer (found in ",
    ),
    "no HDF5": (
        lambda folder: ["-DCMAKE_DISABLE_FIND_PACKAGE_HDF5=ON"],
        "HDF5's development files were not found (Debian: apt-get install libhdf5-dev; "
        "elsewhere -DHDF5_ROOT=FOLDER",
    ),
    "old HDF5": (
        lambda folder: fake(folder, hdf5="1.10.4"),
        "HDF5 1.10.4 is too old: the driver needs 1.10.5 or newer",
    ),
    "a parallel HDF5": (
        lambda folder: fake(folder, hdf5="1.14.5", parallel=True),
        "is a parallel one, built for MPI: the driver needs a serial one (Debian: apt-get install libhdf5-dev; "
        "elsewhere -DHDF5_ROOT=FOLDER",
    ),
    "no static HDF5": (
        lambda folder: [*fake(folder, hdf5="1.14.5"), "-DEMIT_PRIVATE_HDF5=ON"],
        "libhdf5.a) cannot be linked into a plugin. It has to be static and position independent: "
        '"scripts/build-hdf5 FOLDER" builds one, -DHDF5_ROOT=FOLDER names it',
    ),
    "an HDF5 without thread-safety": (  # a warning, and an error that ends it
        lambda folder: [*fake(folder, hdf5="1.14.5"), "-DPKG_CONFIG_EXECUTABLE=/bin/false"],
        "is built without thread-safety: a process whose threads use it through this driver and through "
        "others at once may crash. -DEMIT_PRIVATE_HDF5=ON gives the plugin an HDF5 of its own",
    ),
    "no netCDF for the tests": (
        lambda folder: ["-DPKG_CONFIG_EXECUTABLE=/bin/false"],
        "The tests need pkg-config, netCDF and cmocka "
        "(Debian: apt-get install pkg-config libnetcdf-dev libcmocka-dev); "
        "-DEMIT_TESTS=OFF builds the driver alone",
    ),
}


def configure(cmake, source, build, compilers, options):
    """CMake's exit code, and its output on one line."""
    settings = {
        "CMAKE_C_COMPILER": compilers[0],
        "CMAKE_CXX_COMPILER": compilers[1],
        "CMAKE_C_COMPILER_WORKS": "ON",  # saves two small builds each time
        "CMAKE_CXX_COMPILER_WORKS": "ON",
    }
    listed = [f"-D{name}={value}" for name, value in settings.items()]
    run = subprocess.run(
        [cmake, "-S", source, "-B", build, *listed, *options], capture_output=True, text=True
    )
    return run.returncode, re.sub(r"\s+", " ", run.stdout + run.stderr)


def main(cmake, source, work, *compilers):
    failures = 0
    for name, (options, expected) in CASES.items():
        folder = pathlib.Path(work) / "messages"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        status, output = configure(cmake, source, folder / "build", compilers, options(folder))
        if status == 0 or expected not in output:
            failures += 1
            print(f"{name}: exit code {status}, and this is missing: {expected}\n{output}\n")
    print(f"{len(CASES)} messages, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
