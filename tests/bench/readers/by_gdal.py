# SPDX-License-Identifier: MIT
"""The jobs by GDAL's calls, the same whatever the source: by_gdal.py JOB SOURCE TARGET PLAN

SOURCE is a raster, or "glt:FILE" for GDAL's own multidimensional GLT view of a granule, unmasked. PLAN
is the JSON text that peer_table.py makes. The program runs inside trees of other releases as well, so
it needs nothing but GDAL's Python binding.
"""
import json
import sys

from osgeo import gdal


def glt_view(path):
    """A band flagged as bad stays as it is, as with the driver."""
    root = gdal.OpenEx(path, gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    cube = root.OpenMDArray("reflectance")
    options = ["USE_GOOD_WAVELENGTHS=NO"]
    ortho = cube.GetResampled([None] * 3, gdal.GRIORA_NearestNeighbour, None, options)
    return ortho.AsClassicDataset(1, 0)


def open_source(source, plan):
    if source.startswith("glt:"):
        return glt_view(source[len("glt:") :])
    return gdal.OpenEx(source, gdal.OF_RASTER, open_options=plan["options"])


def statistics(raster, target, plan):
    for number in range(1, raster.RasterCount + 1):
        raster.GetRasterBand(number).ComputeStatistics(False)


def panning(raster, target, plan):
    for x, y, width, height, columns, rows in plan["views"]:
        raster.ReadRaster(x, y, width, height, columns, rows, band_list=plan["bands"])


def spectra(raster, target, plan):
    for column, row in plan["cells"]:
        raster.ReadRaster(column, row, 1, 1)


def translate(**options):
    return lambda raster, target, plan: gdal.Translate(target, raster, format="GTiff", **options)


def warp(raster, target, plan):
    gdal.Warp(target, raster, format="GTiff", dstSRS=plan["utm"], xRes=plan["resolution"],
              yRes=plan["resolution"], warpMemoryLimit=512)


def main(job, source, target, plan):
    gdal.UseExceptions()
    gdal.SetConfigOption("GDAL_PAM_ENABLED", "NO")  # statistics are not for the next run
    plan = json.loads(plan)
    jobs = {
        "rgb": translate(bandList=plan["bands"]),
        "all": translate(),
        "warp": warp,
        "statistics": statistics,
        "panning": panning,
        "spectra": spectra,
        "overview": translate(bandList=plan["bands"], width=512, height=512),
    }
    jobs[job](open_source(source, plan), target, plan)


main(*sys.argv[1:])
