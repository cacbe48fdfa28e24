#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the wavelengths of bands into ENVI headers, and into VRTs for the netCDF writer.

    emit_wavelengths.py FILE...

FILE is an ENVI file or a VRT that GDAL made from EMIT granules, of any of their bands in any order:
with `gdal_translate -b`, `-srcwin`, `gdalwarp`, `gdalbuildvrt` and so on. The lists of all bands that the
formats need are made from the wavelength of each band. Mosaics drop those: the bands of a VRT without a
wavelength get that of their sources, which must agree.
"""
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from osgeo import gdal

NC_TYPE_FLOAT = 5
BAND_ITEMS = ("wavelength", "wavelength_units", "fwhm", "bbl")


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


def source_name(element, folder):
    """The dataset that a SourceFilename or SourceDataset of a VRT names."""
    name = element.text or ""
    return str(folder / name) if element.get("relativeToVRT") == "1" else name


def mosaic_sources(root, folder):
    """(band of the VRT, source's name, its element, source's band) of a VRT made of sources."""
    for number, band in enumerate(root.findall("VRTRasterBand"), 1):
        for name in band.findall("*/SourceFilename"):
            source = next(child for child in band if name in list(child))
            source_band = source.findtext("SourceBand", "1")
            if source_band.isdigit():  # otherwise a mask
                yield number, source_name(name, folder), source, int(source_band)


def warp_sources(root, folder):
    """The same of a VRT that gdalwarp made."""
    options = root.find("GDALWarpOptions")
    if options is None:
        return
    name = source_name(options.find("SourceDataset"), folder)
    for mapping in options.findall("BandList/BandMapping"):
        yield int(mapping.get("dst")), name, options, int(mapping.get("src"))


def band_items(dataset):
    """Items and description of each band; those of a VRT's bands without a wavelength are their sources'."""
    found = {}
    for number in range(1, dataset.RasterCount + 1):
        band = dataset.GetRasterBand(number)
        items = {name: band.GetMetadataItem(name) for name in BAND_ITEMS}
        if items["wavelength"] is not None:
            found[number] = ({**items, "": band.GetDescription()}, dataset.GetDescription())
    if dataset.GetDriver().ShortName == "VRT":
        add_source_items(dataset, found)
    return {number: items for number, (items, _) in found.items()}


def add_source_items(vrt, found):
    """Adds to "found", by band, the items of a VRT's sources and where they come from."""
    root = ElementTree.fromstring(vrt.GetMetadata("xml:VRT")[0])
    folder = Path(vrt.GetDescription()).parent
    opened = {}
    for number, name, parent, source_band in [
        *mosaic_sources(root, folder),
        *warp_sources(root, folder),
    ]:
        options = [f"{o.get('key')}={o.text or ''}" for o in parent.findall("OpenOptions/OOI")]
        key = (name, *options)
        if key not in opened:
            opened[key] = band_items(gdal.OpenEx(name, gdal.OF_RASTER, open_options=options))
        items = opened[key].get(source_band)
        if items is None:
            continue
        known, known_from = found.setdefault(number, (items, name))
        if float(known["wavelength"]) != float(items["wavelength"]):
            raise ValueError(
                f"{vrt.GetDescription()}: band {number} has different wavelengths: "
                f"{known['wavelength']} nm in {known_from}, {items['wavelength']} nm in {name}"
            )


def complete_vrt(dataset):
    """Gives the bands of a VRT without a wavelength the items of their sources."""
    for number, items in band_items(dataset).items():
        band = dataset.GetRasterBand(number)
        if band.GetMetadataItem("wavelength") is not None:
            continue
        for name in BAND_ITEMS:
            if items[name] is not None:
                band.SetMetadataItem(name, items[name])
        if not band.GetDescription():
            band.SetDescription(items[""])


def describe(dataset):
    """Sets the lists on a dataset open for update, or on a VRT in memory."""
    if dataset.GetDriver().ShortName == "VRT":
        complete_vrt(dataset)
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
