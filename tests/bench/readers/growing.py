# SPDX-License-Identifier: MIT
"""One measurement of growth.py; prints its seconds as {"wall": s, "cpu": s}, without Python's start.

growing.py read GRANULE OPTIONS X Y WIDTH HEIGHT    opens, and reads a window in strips
growing.py scenes FOLDER OPTIONS COUNT              opens granules, one a subfolder; a spectrum of each
growing.py open FILE OPTIONS COUNT                  opens a file so many times

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
    row_nbytes = width * raster.RasterCount * 4
    buffer = bytearray(min(STRIP_ROWS, height) * row_nbytes)  # one: a new large one costs a page fault a page
    for row in range(y, y + height, STRIP_ROWS):
        rows = min(STRIP_ROWS, y + height - row)
        raster.ReadRaster(x, row, width, rows, buf_obj=memoryview(buffer)[: rows * row_nbytes])


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
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))


main(*sys.argv[1:])
