# SPDX-License-Identifier: MIT
"""For QGIS: multiband layers open with the bands that GDAL calls red, green and blue.

QGIS itself takes bands 1, 2 and 3, whatever they are. Save this as startup.py in the folder
~/.local/share/QGIS/QGIS3/ (Windows: AppData/Roaming/QGIS/QGIS3/), or let the environment variable
PYQGIS_STARTUP name it, and start QGIS again.
"""
from qgis.core import QgsMultiBandColorRenderer, QgsProject, QgsRaster

QGIS_CHOICE = [1, 2, 3]


def show_true_colour(layers):
    for layer in layers:
        renderer = getattr(layer, "renderer", lambda: None)()
        if not isinstance(renderer, QgsMultiBandColorRenderer):
            continue
        if [renderer.redBand(), renderer.greenBand(), renderer.blueBand()] != QGIS_CHOICE:
            continue
        colours = {
            layer.dataProvider().colorInterpretation(band): band
            for band in range(layer.bandCount(), 0, -1)
        }
        wanted = [QgsRaster.RedBand, QgsRaster.GreenBand, QgsRaster.BlueBand]
        bands = [colours.get(colour) for colour in wanted]
        if None in bands or bands == QGIS_CHOICE:
            continue
        renderer.setRedBand(bands[0])
        renderer.setGreenBand(bands[1])
        renderer.setBlueBand(bands[2])
        layer.setDefaultContrastEnhancement()


QgsProject.instance().layersAdded.connect(show_true_colour)
