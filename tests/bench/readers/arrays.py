# SPDX-License-Identifier: MIT
"""The jobs on arrays, for readers that load cells into memory. Cells are (row, column, band)."""
import numpy as np

FILL = -9999


def write(path, cells, grid):
    """A GeoTIFF, by whichever library is there. "grid" is the geotransform and the WKT of the SRS."""
    try:
        import rasterio
    except ImportError:
        return write_by_gdal(path, cells, grid)
    rows, columns, bands = cells.shape
    profile = {"driver": "GTiff", "height": rows, "width": columns, "count": bands}
    profile.update(dtype="float32", nodata=FILL, interleave="pixel", crs=grid[1])
    profile["transform"] = rasterio.Affine.from_gdal(*grid[0])
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.moveaxis(cells, 2, 0))


def write_by_gdal(path, cells, grid):
    from osgeo import gdal

    rows, columns, bands = cells.shape
    options = ["INTERLEAVE=PIXEL"]
    file = gdal.GetDriverByName("GTiff").Create(path, columns, rows, bands, gdal.GDT_Float32, options)
    file.SetGeoTransform(grid[0])
    file.SetProjection(grid[1])
    file.GetRasterBand(1).SetNoDataValue(FILL)
    file.WriteArray(np.moveaxis(cells, 2, 0))


def zoomed(cells, view):
    """The nearest cell for each pixel of a view: x, y, width, height, columns and rows of the buffer."""
    x, y, width, height, columns, rows = view
    row = y + ((np.arange(rows) + 0.5) * height / rows).astype(int)
    column = x + ((np.arange(columns) + 0.5) * width / columns).astype(int)
    return cells[row[:, None], column]


def statistics(cells):
    for band in range(cells.shape[2]):
        values = cells[:, :, band]
        values = values[values != FILL]
        if values.size:
            values.min(), values.max(), values.mean(dtype="f8"), values.std(dtype="f8")


def run(job, load, spectra, grid, plan, target):
    """"load" returns the cells of a list of bands (from 0), or of all for None; "spectra" those of a list of
    (column, row)."""
    bands = [band - 1 for band in plan["bands"]]
    if job in ("rgb", "all"):
        write(target, load(bands if job == "rgb" else None), grid)
    elif job == "statistics":
        statistics(load(None))
    elif job == "spectra":
        spectra(plan["cells"])
    else:
        cells = load(bands)
        if job == "overview":
            write(target, zoomed(cells, [0, 0, cells.shape[1], cells.shape[0], 512, 512]), grid)
        for view in plan["views"] if job == "panning" else []:
            zoomed(cells, view)
