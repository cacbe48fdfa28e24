# SPDX-License-Identifier: MIT
"""One measurement of growth.py; prints its seconds as {"wall": s, "cpu": s}, without Python's start.

growing.py read GRANULE OPTIONS X Y WIDTH HEIGHT    opens, and reads a window in strips
growing.py scenes FOLDER OPTIONS COUNT              opens granules, one a subfolder; a spectrum of each
growing.py open FILE OPTIONS COUNT                  the mean of so many openings; cpu as well

OPTIONS are open options, one word, separated by blanks.
"""
import json
import sys
import time
from pathlib import Path

from osgeo import gdal

STRIP_ROWS = 32


def open_raster(path, options):
    return gdal.OpenEx(str(path), gdal.OF_RASTER, open_options=options.split())


def read(granule, options, x, y, width, height):
    x, y, width, height = map(int, (x, y, width, height))
    raster = open_raster(granule, options)
    for row in range(y, y + height, STRIP_ROWS):
        raster.ReadRaster(x, row, width, min(STRIP_ROWS, y + height - row))


def scenes(folder, options, count):
    granules = sorted(Path(folder).glob("*/EMIT_L2A_RFL_*.nc"))[: int(count)]
    opened = [open_raster(granule, options) for granule in granules]
    for raster in opened:
        raster.ReadRaster(raster.RasterXSize // 2, raster.RasterYSize // 2, 1, 1)


def openings(path, options, count):
    for _ in range(int(count)):
        open_raster(path, options)


def main(job, *words):
    gdal.UseExceptions()
    wall, cpu = time.perf_counter(), time.process_time()
    {"read": read, "scenes": scenes, "open": openings}[job](*words)
    count = int(words[-1]) if job != "read" else 1
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps({key: value / count for key, value in spent.items()}))


main(*sys.argv[1:])
