#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The pictures of docs/archive.md: archive.py OUTDIR

Makes three passes over three neighbouring places with emit_mkgranule (on PATH, or named by
EMIT_MKGRANULE), an index of them with emit_index.py, and the spectra of three places with
emit_spectra.py. It needs GDAL 3.9 or later; GDAL_DRIVER_PATH names the folder of the plugin.
"""
import csv
import os
import pathlib
import subprocess
import sys
import tempfile

import matplotlib
import numpy as np
from osgeo import gdal

import masks

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
CORNERS = ("-10.20,30.90", "-10.06,30.86", "-10.13,30.76")
PASSES = ("20240611T10111", "20240703T10111", "20240728T10111")
BRIGHTEST = 0.36
GREY = 0.72  # no value
FLAGS = "QUALITY_FLAGS=cloud,cirrus,dilated_cloud"
RGB = "WAVELENGTHS=650,560,470"
PLACES = {"field": (-10.07035, 30.8828, "#2a7f3f"), "desert": (-10.0585, 30.7565, "#c8501e"),
          "bay": (-10.09366, 30.67458, "#1f5a8a")}  # fmt: skip


def run(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)


def example(name, *words):
    run(sys.executable, EXAMPLES / f"{name}.py", *words)


def make_granules(folder):
    number = 0
    for corner in CORNERS:
        for when in PASSES:
            number += 1
            sizes = ["--lines", 260, "--samples", 240, "--seed", 8, "--weather", number]
            name = ["--time", f"{when}{number}", "--scene", f"{number:03}", "--origin", corner]
            run(os.environ.get("EMIT_MKGRANULE", "emit_mkgranule"), *sizes, *name, folder)


def window(path):
    """(3, rows, columns) of the whole index, NaN where there is no value; its extent for imshow."""
    dataset = gdal.Open(str(path))
    west, across, _, north, _, down = dataset.GetGeoTransform()
    rgb = dataset.ReadAsArray()
    extent = west, west + across * dataset.RasterXSize, north + down * dataset.RasterYSize, north
    return np.where(rgb == -9999, np.nan, rgb), extent


def draw_mosaic(folder, path):
    """The newest pass as it is, and the mosaic of all in which the clouds are masked."""
    example("emit_index", "-o", RGB, "--since", "2024-07-20", folder, folder / "newest.gti.gpkg")
    example("emit_index", "-o", RGB, "-o", FLAGS, folder, folder / "mosaic.gti.gpkg")
    shown = [window(folder / f"{name}.gti.gpkg") for name in ("newest", "mosaic")]
    figure, axes = plt.subplots(1, 2, figsize=(11, 5.4), layout="constrained", sharey=True)
    for axis, (rgb, extent), title in zip(axes, shown, ("28 July", "11 June to 28 July, cloud-free")):
        image = np.clip(rgb / BRIGHTEST, 0, 1)
        axis.imshow(np.where(np.isnan(image), GREY, image).transpose(1, 2, 0), extent=extent, interpolation="nearest")
        axis.set_title(title)
    for name, (x, y, colour) in PLACES.items():
        axes[1].plot(x, y, "o", color=colour, markeredgecolor="white", markersize=8)
        axes[1].annotate(name, (x, y), (6, 6), textcoords="offset points", color="black", weight="bold")
    masks.save(figure, path)


def read_spectra(folder):
    """[(place, day, wavelengths, values), ...], NaN where a value is masked."""
    places, table = folder / "places.csv", folder / "spectra.csv"
    rows = [f"{name},{x},{y}\n" for name, (x, y, _) in PLACES.items()]
    places.write_text("name,lon,lat\n" + "".join(rows), encoding="ascii")
    example("emit_index", "-o", FLAGS, "-o", "BAD_WAVELENGTHS=NODATA", folder, folder / "all.gti.gpkg")
    example("emit_spectra", "--id", "name", places, folder / "all.gti.gpkg", table)
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            bands = [name for name in row if name.endswith(" nm")]
            values = [float(row[name] or "nan") for name in bands]
            yield row["place"], row["time"][5:10], [float(name[:-3]) for name in bands], values


def draw_spectra(folder, path):
    figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
    styles, seen = ("-", "--", ":"), {}
    for place, day, nm, values in read_spectra(folder):
        if np.isfinite(values).any():
            style = styles[seen.get(place, 0) % 3]
            seen[place] = seen.get(place, 0) + 1
            axis.plot(nm, values, style, color=PLACES[place][2], label=f"{place}, {day}", linewidth=1.2)
    axis.set(xlabel="wavelength (nm)", ylabel="reflectance", xlim=(370, 2500), ylim=(0, 0.62))
    axis.legend(frameon=False, ncols=3, loc="upper right", fontsize=8)
    masks.save(figure, path)


def main(outdir):
    gdal.UseExceptions()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_granules(folder)
        draw_mosaic(folder, pathlib.Path(outdir) / "archive_mosaic.png")
        draw_spectra(folder, pathlib.Path(outdir) / "archive_spectra.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
