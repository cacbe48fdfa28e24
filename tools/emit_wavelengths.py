#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the wavelengths of bands into ENVI headers, and into VRTs for the netCDF writer.

    emit_wavelengths.py FILE...

FILE is an ENVI file or a VRT that GDAL made from an EMIT granule, of any of its bands in any order:
with `gdal_translate -b`, `-srcwin`, `gdalwarp` and so on. Every band carries its own wavelength
there; the lists of all bands that the formats want are made from these, whatever was chosen.
"""
import sys

from osgeo import gdal

NC_TYPE_FLOAT = 5


def listed(dataset, item):
    """"{a, b, ...}" of an item over all bands, or None where a band has none."""
    bands = [dataset.GetRasterBand(number + 1) for number in range(dataset.RasterCount)]
    values = [band.GetMetadataItem(item) for band in bands]
    return None if None in values else "{" + ", ".join(values) + "}"


def envi_items(dataset):
    items = {name: listed(dataset, name) for name in ("wavelength", "fwhm", "bbl")}
    return {"wavelength_units": "Nanometers", **{k: v for k, v in items.items() if v}}


def netcdf_items(dataset):
    items = {
        "NETCDF_DIM_EXTRA": "{wavelengths}",
        "NETCDF_DIM_wavelengths_DEF": f"{{{dataset.RasterCount},{NC_TYPE_FLOAT}}}",
        "NETCDF_DIM_wavelengths_VALUES": listed(dataset, "wavelength"),
        "wavelengths#standard_name": "radiation_wavelength",
        "wavelengths#units": "nm",
        "wavelengths#fwhm": listed(dataset, "fwhm"),
        "wavelengths#good_wavelengths": listed(dataset, "bbl"),
    }
    return {name: value for name, value in items.items() if value}


def describe(dataset):
    """Sets the lists on a dataset open for update, or on a VRT in memory."""
    if not dataset.RasterCount or not listed(dataset, "wavelength"):
        raise ValueError(f"{dataset.GetDescription()}: not every band has a wavelength")
    dataset.SetMetadata({**dataset.GetMetadata("ENVI"), **envi_items(dataset)}, "ENVI")
    if dataset.GetDriver().ShortName == "VRT":
        dataset.SetMetadata({**dataset.GetMetadata(), **netcdf_items(dataset)})


def main(paths):
    if not paths or paths[0].startswith("-"):
        sys.exit(__doc__.strip())
    gdal.UseExceptions()
    for path in paths:
        try:
            describe(gdal.OpenEx(path, gdal.OF_RASTER | gdal.OF_UPDATE, ["ENVI", "VRT"]))
        except (RuntimeError, ValueError) as error:
            sys.exit(f"{sys.argv[0]}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
