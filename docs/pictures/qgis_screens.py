#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The pictures of QGIS in this folder: qgis_screens.py RFL_GRANULE, with its MASK beside it.

Starts the QGIS that is installed on a screen of its own (Xvfb), in which it runs this file again,
loads the granule as a user would, and saves qgis_window.png and qgis_options.png. GDAL_DRIVER_PATH
names the folder of the plugin; needs the packages qgis, python3-qgis and xvfb.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

FLAGS = "cloud,cirrus,dilated cloud"
CHOSEN = {"QUALITY_FLAGS": FLAGS, "WAVELENGTHS": "640,550,460,380-2500"}
GROUND = "#2b3a42"  # the canvas behind the granule: what is transparent shows it
WINDOW = (1180, 760)
DIALOG = (820, 640)
RENDERED_S, TIME_LIMIT_S = 120, 600


# ---- Outside of QGIS -----------------------------------------------------------------------------


def main(granule):
    folder = Path(__file__).resolve().parent
    granule = Path(granule).resolve()
    with tempfile.TemporaryDirectory(prefix="emit-") as home:
        for beside in granule.parent.glob("EMIT_*.nc"):  # paths in the pictures are to be short
            Path(home, beside.name).symlink_to(beside)
        settings = {
            **os.environ,
            "EMIT_GRANULE": str(Path(home, granule.name)),
            "EMIT_PICTURES": str(folder),
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "LC_ALL": "C.UTF-8",
        }
        screen = ["xvfb-run", "-a", "-s", "-screen 0 1400x1000x24"]
        inside = ["qgis", "--nologo", "--noversioncheck", "--noplugins", "--profiles-path", home]
        command = [*screen, *inside, "--code", str(Path(__file__).resolve())]
        subprocess.run(command, env=settings, check=True, timeout=TIME_LIMIT_S)


# ---- Inside --------------------------------------------------------------------------------------


def take_pictures():
    """Both pictures, then the end of QGIS. What goes wrong ends it with a code."""
    import traceback

    code = 1
    try:
        granule, folder = os.environ["EMIT_GRANULE"], Path(os.environ["EMIT_PICTURES"])
        name = picture_options(granule, folder / "qgis_options.png")
        picture_window(name, folder / "qgis_window.png")
        code = 0
    except Exception:
        traceback.print_exc()
    os._exit(code)  # QGIS would ask whether to save the project


def picture_options(granule, path):
    """The dialog with some options chosen; the name that it adds to the project."""
    from qgis.core import QgsProviderRegistry
    from qgis.gui import QgsFileWidget, QgsGui
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QApplication, QComboBox, QLineEdit

    providers = QgsGui.sourceSelectProviderRegistry().providers()
    gdal = next(provider for provider in providers if provider.providerKey() == "gdal")
    mode = QgsProviderRegistry.WidgetMode.Embedded
    dialog = gdal.createDataSourceWidget(None, Qt.Widget, mode)
    added = []
    dialog.addRasterLayers.connect(added.extend)
    dialog.findChild(QgsFileWidget, "mFileWidget").setFilePath(granule)
    for name, value in CHOSEN.items():
        dialog.findChild(QLineEdit, name).setText(value)
    dialog.findChild(QComboBox, "BAND_MASK").setCurrentText("Yes")
    dialog.resize(*DIALOG)
    dialog.show()
    QApplication.processEvents()
    save(dialog, path)
    dialog.addButtonClicked()
    dialog.close()
    return added[0]


def picture_window(name, path):
    """QGIS with the granule, and the spectrum of a pixel identified by a click on it."""
    from qgis.core import QgsProject, QgsRasterLayer
    from qgis.PyQt.QtGui import QColor
    from qgis.utils import iface

    layer = QgsRasterLayer(name, Path(name.split("|")[0]).stem, "gdal")
    assert layer.isValid(), layer.error().message()
    QgsProject.instance().addMapLayer(layer)
    canvas = iface.mapCanvas()
    canvas.setCanvasColor(QColor(GROUND))
    iface.setActiveLayer(layer)
    iface.mainWindow().showNormal()
    iface.mainWindow().resize(*WINDOW)
    show(canvas, layer.extent())
    identify_in_the_middle(iface)
    arrange_docks(iface.mainWindow())
    show(canvas, layer.extent())
    save(iface.mainWindow(), path)


def save(widget, path):
    assert widget.grab().save(str(path), "PNG", 0), path  # 0: compressed as well as can be


def identify_in_the_middle(iface):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest

    canvas = iface.mapCanvas()
    iface.actionIdentify().trigger()
    QTest.mouseClick(canvas.viewport(), Qt.LeftButton, Qt.NoModifier, canvas.rect().center())
    wait_until_drawn(canvas)


def arrange_docks(window):
    """The map gets the room: no browser, narrow lists to its left and right."""
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QDockWidget, QTreeWidget

    docks = {dock.objectName(): dock for dock in window.findChildren(QDockWidget)}
    docks["Browser"].hide()
    spectrum = docks["IdentifyResultsDock"]
    window.resizeDocks([docks["Layers"], spectrum], [215, 265], Qt.Horizontal)
    for tree in spectrum.findChildren(QTreeWidget):
        tree.header().resizeSection(0, 175)


def show(canvas, extent):
    canvas.setExtent(extent)
    wait_until_drawn(canvas)


def wait_until_drawn(canvas):
    import time

    from qgis.PyQt.QtWidgets import QApplication

    canvas.refresh()
    began, last = time.monotonic(), time.monotonic()
    while time.monotonic() - last < 2:  # two seconds without drawing
        QApplication.processEvents()
        if canvas.isDrawing():
            last = time.monotonic()
        assert last - began < RENDERED_S, "QGIS does not come to an end of drawing"
        time.sleep(0.02)


if "EMIT_PICTURES" in os.environ:
    from qgis.PyQt.QtCore import QTimer

    QTimer.singleShot(3000, take_pictures)
elif __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
