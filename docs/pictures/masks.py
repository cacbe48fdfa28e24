#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The pictures of docs/masks.rst: masks.py FOLDER OUTDIR

FOLDER holds the reflectance granule of one scene and its mask granules of versions 001 and 002, all
of whose flags are drawn beside the image. GDAL_DRIVER_PATH names the folder of the plugin.
"""
import pathlib
import sys

import matplotlib
import numpy as np
from osgeo import gdal

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

RGB_NM = "650,560,470"
BAND = 234  # the band that NASA's notebook looks at, counted from 0
MASKED = (0.84, 0.15, 0.55)
plt.rcParams.update({"font.size": 9, "figure.dpi": 80, "savefig.dpi": 80, "image.cmap": "viridis"})


class Scene:
    """The granules of one scene, opened with the options given as keywords."""

    def __init__(self, folder):
        self.granule = next(folder.glob("EMIT_L2A_RFL_*.nc"))
        self.mask1 = next(folder.glob("EMIT_L2A_MASK_001_*.nc"))
        self.mask2 = next(folder.glob("EMIT_L2A_MASK_002_*.nc"))
        rgb = self.rgb()
        self.limits = np.nanpercentile(rgb, (1, 88), axis=(1, 2))[:, :, None, None]

    @staticmethod
    def open(name, **options):
        listed = [f"{key}={value}" for key, value in options.items()]
        return gdal.OpenEx(str(name), gdal.OF_RASTER, open_options=listed)

    def rgb(self, **options):
        """(3, rows, columns), NaN where there is no value."""
        return self.open(
            self.granule, WAVELENGTHS=RGB_NM, NODATA="NAN", **options
        ).ReadAsArray()

    def stretched(self, rgb, background=1):
        """(rows, columns, 3) for imshow; "background" where there is no value."""
        low, high = self.limits
        shown = np.clip((rgb - low) / (high - low), 0, 1) ** 0.8
        return np.where(np.isnan(rgb), np.reshape(background, (-1, 1, 1)), shown).transpose(1, 2, 0)


def panels(rows, columns, side=2.9):
    figure, axes = plt.subplots(
        rows, columns, figsize=(columns * side, rows * side * 1.06), layout="constrained"
    )
    for axis in np.ravel(axes):
        axis.set_axis_off()
    return figure, np.ravel(axes)


def save(figure, path):
    """With 128 colours, which keeps the file small and the picture the same to the eye."""
    figure.savefig(path)
    plt.close(figure)
    rgb = gdal.Translate("", gdal.Open(str(path)), format="MEM", bandList=[1, 2, 3])
    bands = [rgb.GetRasterBand(band) for band in (1, 2, 3)]
    colours = gdal.ColorTable()
    gdal.ComputeMedianCutPCT(*bands, 128, colours)
    for entry in range(colours.GetCount()):
        if min(colours.GetColorEntry(entry)[:3]) >= 248:  # white lies at the edge of its box
            colours.SetColorEntry(entry, (255, 255, 255))
    picture = gdal.GetDriverByName("MEM").Create("", rgb.RasterXSize, rgb.RasterYSize, 1)
    gdal.DitherRGB2PCT(*bands, picture.GetRasterBand(1), colours)
    picture.GetRasterBand(1).SetColorTable(colours)
    gdal.GetDriverByName("PNG").CreateCopy(str(path), picture, options=["ZLEVEL=9"])
    path.with_name(path.name + ".aux.xml").unlink(missing_ok=True)


def draw_flags(scene, path):
    """Each flag beside the image, as the raw swath."""
    mask = scene.open(scene.mask2, ORTHO="NO", NODATA="NAN")
    flags = [mask.GetRasterBand(number + 1) for number in (0, 4, 9, 1, 2, 3, 7)]
    figure, axes = panels(2, 4)
    axes[0].imshow(scene.stretched(scene.rgb(ORTHO="NO")))
    axes[0].set_title("true colour")
    for axis, flag in zip(axes[1:], flags):
        axis.imshow(flag.ReadAsArray(), cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
        axis.set_title(flag.GetDescription())
    save(figure, path)


def draw_data(scene, path):
    """The data bands of the mask."""
    mask = scene.open(scene.mask2, ORTHO="NO", NODATA="NAN")
    figure, axes = panels(1, 4)
    for axis, number in zip(axes, (5, 6, 8, 10)):
        band = mask.GetRasterBand(number + 1)
        values = band.ReadAsArray()
        image = axis.imshow(values, vmin=np.nanmin(values), vmax=np.nanpercentile(values, 99.5))
        axis.set_title(band.GetDescription())
        figure.colorbar(image, ax=axis, location="bottom", shrink=0.85)
    save(figure, path)


def draw_masked(scene, path):
    """The map without and with masks: clouds alone, and Aggregate."""
    titles = {
        "no mask": {},
        "QUALITY_FLAGS=\ncloud,cirrus,dilated cloud": {
            "QUALITY_FLAGS": "cloud,cirrus,dilated cloud",
            "MASK_FILE": scene.mask1,
        },
        "QUALITY_FLAGS=aggregate": {"QUALITY_FLAGS": "aggregate", "MASK_FILE": scene.mask1},
    }
    there = np.isfinite(scene.rgb()).all(axis=0)
    figure, axes = panels(1, 3, side=3.8)
    for axis, (title, options) in zip(axes, titles.items()):
        rgb = scene.rgb(**options)
        image = scene.stretched(rgb)
        image[there & np.isnan(rgb).any(axis=0)] = MASKED
        axis.imshow(image)
        axis.set_title(title)
    save(figure, path)


def draw_band_mask(scene, path):
    """Interpolated values of one band, and of all bands across the detector."""
    name = f'EMIT:"{scene.mask1}":band_mask'
    bits = scene.open(name, ORTHO="NO").ReadAsArray()
    figure, axes = plt.subplots(1, 2, figsize=(11.6, 4), layout="constrained")
    axes[0].imshow(bits[BAND], cmap="cividis", interpolation="nearest")
    axes[0].set_title(f"band {BAND}: interpolated pixels")
    axes[0].set(xlabel="crosstrack sample", ylabel="downtrack line")
    band, sample = np.nonzero(bits[:, 0])
    axes[1].plot(sample, band, "s", markersize=2.2, color="#00204d")
    axes[1].axhline(BAND, color="#c8501e", linewidth=0.6)
    axes[1].set_title("line 0, all bands: interpolated elements of the detector")
    axes[1].set(xlim=(0, bits.shape[2]), ylim=(bits.shape[0], 0))
    axes[1].set(xlabel="crosstrack sample", ylabel="band")
    save(figure, path)


def draw_spectrum(scene, path):
    """The pixel with the most vegetation: all bands, and those in the water absorptions."""
    red, near = scene.open(
        scene.granule, WAVELENGTHS="670,860", NODATA="NAN", QUALITY_FLAGS="cloud,cirrus"
    ).ReadAsArray()
    row, column = np.unravel_index(np.nanargmax((near - red) / (near + red + 0.05)), red.shape)
    dataset = scene.open(scene.granule)
    bands = [dataset.GetRasterBand(number + 1) for number in range(dataset.RasterCount)]
    nm = np.array([float(band.GetMetadataItem("wavelength")) for band in bands])
    good = np.array([band.GetMetadataItem("bbl") == "1" for band in bands])
    values = dataset.ReadAsArray(int(column), int(row), 1, 1).ravel()
    figure, axis = plt.subplots(figsize=(9, 3.4), layout="constrained")
    axis.plot(nm, np.where(good, values, np.nan), color="#1f5a8a", label="good bands (bbl = 1)")
    axis.plot(nm, np.where(good, np.nan, values), color="#c8501e", label="bad bands (bbl = 0)")
    for start, end in bad_ranges(nm, good):
        axis.axvspan(start, end, color="#c8501e", alpha=0.12, linewidth=0)
    axis.set(xlabel="wavelength (nm)", ylabel="reflectance", xlim=(nm[0], nm[-1]))
    axis.legend(frameon=False)
    save(figure, path)


def bad_ranges(nm, good):
    """(first, last) wavelength of each run of bad bands."""
    edges = np.flatnonzero(np.diff(np.concatenate(([1], good, [1])).astype(int)))
    return [(nm[first], nm[end - 1]) for first, end in zip(edges[::2], edges[1::2])]


def main(folder, outdir):
    gdal.UseExceptions()
    scene = Scene(pathlib.Path(folder))
    for draw in (draw_flags, draw_data, draw_masked, draw_band_mask, draw_spectrum):
        name = draw.__name__.replace("draw_", "masks_" if draw is not draw_spectrum else "")
        draw(scene, pathlib.Path(outdir) / f"{name}.png")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
