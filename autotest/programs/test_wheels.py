# SPDX-License-Identifier: MIT
"""Wheels from PyPI have a libgdal of their own. With GDAL_DRIVER_PATH set to this plugin, which is
for the system's, they work as without."""
import os
import subprocess

import granules
import pytest
import wheels

# Each prints its drivers and what it read of what it wrote, and leaves through the normal exit.
WORK = {
    "rasterio": """
import rasterio
from rasterio.io import MemoryFile
with rasterio.Env() as env:
    print(sorted(env.drivers()))
with MemoryFile() as memory:
    with memory.open(driver="GTiff", width=3, height=2, count=1, dtype="uint8") as made:
        made.write(numpy.arange(6, dtype="u1").reshape(1, 2, 3))
    with memory.open() as seen:
        print(seen.read().tolist())
""",
    "gdal-wheel": """
from osgeo import gdal
gdal.UseExceptions()
print([gdal.GetDriver(i).ShortName for i in range(gdal.GetDriverCount())])
made = gdal.GetDriverByName("MEM").Create("", 3, 2)
made.GetRasterBand(1).WriteArray(numpy.arange(6, dtype="u1").reshape(2, 3))
gdal.Translate("/vsimem/a.tif", made)
print(gdal.Open("/vsimem/a.tif").ReadAsArray().tolist())
""",
    "pyogrio": """
import pyogrio
from pyogrio.raw import read, write
print(sorted(pyogrio.list_drivers()))
write("points.geojson", numpy.array([bytes.fromhex("0101000000" + "00" * 16)], dtype=object),
      [numpy.array([7])], ["a"], geometry_type="Point", crs="EPSG:4326", driver="GeoJSON")
print(read("points.geojson")[3][0].tolist())
""",
    "fiona": """
import fiona
with fiona.Env() as env:
    print(sorted(env.drivers()))
schema = {"geometry": "Point", "properties": {"a": "int"}}
with fiona.open("points.json", "w", driver="GeoJSON", schema=schema) as made:
    made.write({"geometry": {"type": "Point", "coordinates": (1, 2)}, "properties": {"a": 7}})
with fiona.open("points.json") as seen:
    print([feature["properties"]["a"] for feature in seen])
""",
}
MAPPED = """
import os
files = {line.split()[-1] for line in open("/proc/self/maps") if "/" in line}
print(sorted(os.path.basename(f) for f in files if "libgdal" in f or "emit_driver" in f))
"""
LOGGED = "import logging; logging.basicConfig(level=logging.DEBUG)\n"


def output(python, script, folder, **variables):
    settings = {k: v for k, v in os.environ.items() if k not in ("GDAL_DRIVER_PATH", "PYTHONPATH")}
    done = subprocess.run(
        [python, "-c", script], cwd=folder, env={**settings, **variables}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
@pytest.mark.parametrize("python", wheels.interpreters(), ids=lambda path: path.parts[-3])
@pytest.mark.parametrize("wheel", WORK)
def test_a_wheel_works_as_without_the_plugin(wheel, python, tmp_path):
    python = wheels.environment(python, wheel, "numpy")
    script = "import numpy\n" + WORK[wheel] + MAPPED
    without = output(python, script, tmp_path)
    plugins = str(granules.plugin_folder())
    beside = output(python, script, tmp_path, GDAL_DRIVER_PATH=plugins)
    assert (beside.stdout, beside.stderr) == (without.stdout, without.stderr)
    assert without.stdout.splitlines()[-1].count("libgdal") == 1
    # The reason is there for those who ask.
    logged = output(python, LOGGED + script, tmp_path, GDAL_DRIVER_PATH=plugins, CPL_DEBUG="EMIT")
    assert "the driver was built for libgdal" in logged.stderr


@pytest.mark.slow
def test_all_wheels_in_one_process(tmp_path):
    python = wheels.environment(wheels.interpreters()[-1], "numpy", *WORK)
    script = "import numpy\n" + "".join(WORK.values()) + MAPPED
    without = output(python, script, tmp_path)
    beside = output(python, script, tmp_path, GDAL_DRIVER_PATH=str(granules.plugin_folder()))
    assert (beside.stdout, beside.stderr) == (without.stdout, without.stderr)
