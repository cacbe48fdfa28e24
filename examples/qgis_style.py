#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes a style beside granules, with which QGIS opens them in true colour.

    qgis_style.py EMIT_L2A_RFL_*.nc

EMIT_...nc gets EMIT_...qml, which QGIS applies to every layer of the file, with open options or
without: the bands that the driver marks as red, green and blue, stretched from the 2nd to the 98th
percentile of the scene. A style that exists is left alone.
"""
import sys
from pathlib import Path

import numpy as np
from osgeo import gdal

COLOURS = {"red": gdal.GCI_RedBand, "green": gdal.GCI_GreenBand, "blue": gdal.GCI_BlueBand}
SIDE = 400  # pixels that the percentiles are taken from, in each direction

gdal.UseExceptions()


def bands_of(dataset):
    """1-based number of the band of each colour."""
    numbers = range(dataset.RasterCount, 0, -1)
    marked = {dataset.GetRasterBand(i).GetColorInterpretation(): i for i in numbers}
    missing = [name for name, colour in COLOURS.items() if colour not in marked]
    if missing:
        raise RuntimeError(f"no {missing[0]} band")
    return [marked[colour] for colour in COLOURS.values()]


def limits_of(band):
    columns, rows = min(SIDE, band.XSize), min(SIDE, band.YSize)
    values = band.ReadAsArray(buf_xsize=columns, buf_ysize=rows)
    values = values[np.isfinite(values) & (values != band.GetNoDataValue())]
    if not values.size:
        raise RuntimeError("no pixel has a value")
    return np.percentile(values, (2, 98))


def style(dataset):
    bands = bands_of(dataset)
    stretches = "\n".join(
        f"      <{name}ContrastEnhancement><minValue>{low}</minValue><maxValue>{high}</maxValue>"
        f"<algorithm>StretchToMinimumMaximum</algorithm></{name}ContrastEnhancement>"
        for name, number in zip(COLOURS, bands)
        for low, high in [limits_of(dataset.GetRasterBand(number))]
    )
    numbers = " ".join(f'{name}Band="{number}"' for name, number in zip(COLOURS, bands))
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="multibandcolor" {numbers} opacity="1" alphaBand="-1">
{stretches}
    </rasterrenderer>
  </pipe>
</qgis>
"""


def write_style(name):
    if not Path(name).is_file():
        raise RuntimeError("no such file; QGIS finds styles beside local files alone, by their paths")
    target = Path(name).with_suffix(".qml")
    if target.exists():
        print(f"{target} exists")
        return
    target.write_text(style(gdal.Open(name)), encoding="utf-8")
    print(target)


def main():
    """The exit status: 1 if a granule has no style."""
    names, failed = sys.argv[1:], False
    if not names or names[0] in ("-h", "--help"):
        sys.exit(__doc__)
    for name in names:
        try:
            write_style(name)
        except (OSError, RuntimeError) as error:
            failed = True
            print(f"qgis_style: {name}: {error}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
