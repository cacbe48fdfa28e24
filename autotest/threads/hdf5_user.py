# SPDX-License-Identifier: MIT
"""A process for test_other_hdf5_users.py: threads that use HDF5 through this driver and in other ways.

Its argument is a JSON object: "path", a granule, and "broken", a file that does not open; "pixels" and "elev", files
with the bytes that the granule's main variable and /location/elev must give; "jobs", one thread each; "seconds";
and "import", "before" or "after" GDAL. It prints a JSON list of failures, and at the end the
version of HDF5 that each package brought.
"""
import json
import pathlib
import sys
import threading
import time

TASK = json.loads(sys.argv[1])
PATH, BROKEN = TASK["path"], TASK["broken"]
PIXELS, ELEV = (pathlib.Path(TASK[name]).read_bytes() for name in ("pixels", "elev"))
VERSIONS = {}


def import_packages():
    if "h5py" in TASK["jobs"] or "h5netcdf" in TASK["jobs"]:
        import h5py

        VERSIONS["h5py"] = h5py.version.hdf5_version
    if "netCDF4" in TASK["jobs"]:
        import netCDF4

        VERSIONS["netCDF4"] = netCDF4.__hdf5libversion__
    if "h5netcdf" in TASK["jobs"]:
        import h5netcdf  # noqa: F401


if TASK["import"] == "before":
    import_packages()
from osgeo import gdal  # noqa: E402

gdal.UseExceptions()
gdal.PushErrorHandler("CPLQuietErrorHandler")
gdal.SetConfigOption("GDAL_NETCDF_BOTTOMUP", "NO")


def by_emit(path):
    options = ["ORTHO=NO", "QUALITY_FLAGS=0,1", "NUM_THREADS=2"]
    dataset = gdal.OpenEx(path, allowed_drivers=["EMIT"], open_options=options)
    return dataset.ReadRaster() == PIXELS


def by_gdal(driver, name):
    def job(path):
        return gdal.OpenEx(name.format(path), allowed_drivers=[driver]).ReadRaster() == ELEV

    return job


def by_h5py(path):
    import h5py

    with h5py.File(path) as file:
        return "nothing" not in file["location"] and file["location/elev"][:].tobytes() == ELEV


def by_netcdf4(path):
    import netCDF4

    with netCDF4.Dataset(path) as file:
        file.set_auto_maskandscale(False)
        return file["location/elev"][:].tobytes() == ELEV


def by_h5netcdf(path):
    import h5netcdf

    with h5netcdf.File(path) as file:
        return file["location/elev"][:].tobytes() == ELEV


JOBS = {
    "EMIT": by_emit,
    "netCDF": by_gdal("netCDF", 'NETCDF:"{}":/location/elev'),
    "HDF5": by_gdal("HDF5Image", 'HDF5:"{}"://location/elev'),
    "h5py": by_h5py,
    "netCDF4": by_netcdf4,
    "h5netcdf": by_h5netcdf,
}


def opens_broken(job):
    """Whether the job opens the broken file; all jobs try between reads, so that HDF5 reports errors."""
    try:
        job(BROKEN)
        return True
    except Exception:
        return False


def main():
    by_emit(PATH)
    held = gdal.Open(PATH)  # stays open while packages are imported
    if TASK["import"] == "after":
        import_packages()
    failures = []
    end = time.monotonic() + TASK["seconds"]

    def work(name):
        while time.monotonic() < end and not failures:
            try:
                if opens_broken(JOBS[name]) or not JOBS[name](PATH):
                    failures.append(f"{name}: wrong")
            except Exception as error:
                failures.append(f"{name}: {error}")

    threads = [threading.Thread(target=work, args=(name,)) for name in TASK["jobs"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if held.ReadRaster(0, 0, 2, 1) is None or not by_emit(PATH):
        failures.append("afterwards: wrong")
    print(json.dumps(failures), VERSIONS, flush=True)


main()
