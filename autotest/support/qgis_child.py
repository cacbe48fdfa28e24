# SPDX-License-Identifier: MIT
"""QGIS in a process of its own: it answers the questions of qgis_process.py, one JSON line each.

A question is {"do": name of a function below, ...its arguments}; the answer {"answer": ...}.
"""
import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (  # noqa: E402
    Qgis,
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProcessingFeedback,
    QgsProject,
    QgsProviderRegistry,
    QgsRaster,
    QgsRasterFileWriter,
    QgsRasterLayer,
    QgsRasterPipe,
    QgsRectangle,
    QgsSettings,
    QgsVectorLayer,
)
from qgis.gui import QgsFileWidget, QgsGui  # noqa: E402
from qgis.PyQt.QtCore import QSize, Qt  # noqa: E402
from qgis.PyQt.QtGui import QColor, QImage, QPainter  # noqa: E402
from qgis.PyQt.QtWidgets import QComboBox, QLineEdit, QSpinBox  # noqa: E402


def version():
    return Qgis.QGIS_VERSION.split("-")[0]


# ---- Layers --------------------------------------------------------------------------------------


def opened(name):
    layer = QgsRasterLayer(name, "granule", "gdal")
    assert layer.isValid(), layer.error().message() or f"{name} gives no layer"
    return layer


def is_valid(name):
    return QgsRasterLayer(name, "granule", "gdal").isValid()


def renderer_of(layer):
    """Bands of the picture, by default, and what values become black and white in it.

    A band that does not exist is -1 and has no such values.
    """
    renderer = layer.renderer()
    if renderer.type() != "multibandcolor":
        return {"type": renderer.type()}
    limits = [
        (stretch.minimumValue(), stretch.maximumValue()) if stretch else None
        for stretch in (
            renderer.redContrastEnhancement(),
            renderer.greenContrastEnhancement(),
            renderer.blueContrastEnhancement(),
        )
    ]
    bands = [renderer.redBand(), renderer.greenBand(), renderer.blueBand()]
    return {"type": renderer.type(), "bands": bands, "limits": limits}


def describe(name):
    layer = opened(name)
    provider, extent = layer.dataProvider(), layer.extent()
    return {
        "crs": layer.crs().authid(),
        "extent": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
        "size": [layer.width(), layer.height()],
        "bands": [layer.bandName(band + 1) for band in range(layer.bandCount())],
        "nodata": provider.sourceNoDataValue(1) if provider.sourceHasNoDataValue(1) else None,
        "renderer": renderer_of(layer),
    }


def identify(name, x, y):
    """The value of each band, None where there is none."""
    layer = opened(name)
    found = layer.dataProvider().identify(QgsPointXY(x, y), QgsRaster.IdentifyFormatValue)
    assert found.isValid()
    return [found.results()[band] for band in sorted(found.results())]


def render(name, extent, size, picture):
    """Draws a part of the layer on a transparent ground."""
    layer = opened(name)
    settings = QgsMapSettings()
    settings.setDestinationCrs(layer.crs())
    settings.setLayers([layer])
    settings.setExtent(QgsRectangle(*extent))
    settings.setOutputSize(QSize(*size))
    settings.setBackgroundColor(QColor(0, 0, 0, 0))
    image = QImage(settings.outputSize(), QImage.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    job = QgsMapRendererCustomPainterJob(settings, painter)
    job.renderSynchronously()
    painter.end()
    assert not job.errors(), [error.message for error in job.errors()]
    assert image.convertToFormat(QImage.Format_ARGB32).save(picture)
    return renderer_of(layer)


def add_to_project(name, startup):
    """The renderer of a layer added to a project, after QGIS ran the file "startup"."""
    with open(startup, encoding="utf-8") as file:
        exec(compile(file.read(), startup, "exec"), {})
    layer = opened(name)
    QgsProject.instance().addMapLayer(layer)
    return renderer_of(layer)


def save_as(name, path):
    """Export > Save as, raw data."""
    layer = opened(name)
    pipe = QgsRasterPipe()
    assert pipe.set(layer.dataProvider().clone())
    writer = QgsRasterFileWriter(path)
    context = QgsProject.instance().transformContext()
    size, place = (layer.width(), layer.height()), (layer.extent(), layer.crs())
    assert writer.writeRaster(pipe, *size, *place, context) == QgsRasterFileWriter.NoError


def save_project(name, path):
    """A project that holds one layer."""
    project = QgsProject()
    project.setFileName(path)
    project.addMapLayer(opened(name))
    assert project.write()


def read_project(path):
    """(valid, source, description of band 1) of each layer."""
    project = QgsProject()
    assert project.read(path)
    layers = project.mapLayers().values()
    return [(layer.isValid(), layer.source(), layer.bandName(1)) for layer in layers]


def choose_default_bands(bands):
    """Settings > Options > Rendering > Rasters > RGB band selection."""
    settings = QgsSettings()
    for colour, band in zip(("Red", "Green", "Blue"), bands):
        settings.setValue(f"Raster/default{colour}Band", band)


def sublayers(path):
    """What QGIS finds in a file: (reader, name) each."""
    found = QgsProviderRegistry.instance().querySublayers(path)
    return [(details.providerKey(), details.uri()) for details in found]


# ---- Processing ----------------------------------------------------------------------------------


def start_processing():
    plugins = os.path.join(QgsApplication.pkgDataPath(), "python", "plugins")
    if plugins not in sys.path:
        sys.path.insert(0, plugins)
        from processing.core.Processing import Processing

        Processing.initialize()
    registry = QgsApplication.processingRegistry()
    if registry.providerById("native") is None:
        from qgis.analysis import QgsNativeAlgorithms

        registry.addProvider(QgsNativeAlgorithms())


def layer_of(value):
    """Parameters of tools: {"raster": name} and {"polygon": extent} are layers, lists hold them."""
    if isinstance(value, list):
        return [layer_of(item) for item in value]
    if isinstance(value, dict) and "raster" in value:
        layer = QgsRasterLayer(value["raster"], "granule", "gdal")
        assert layer.isValid()
        return QgsProject.instance().addMapLayer(layer)
    if isinstance(value, dict) and "polygon" in value:
        layer = QgsVectorLayer("Polygon?crs=EPSG:4326", "field", "memory")
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(*value["polygon"])))
        layer.dataProvider().addFeatures([feature])
        return QgsProject.instance().addMapLayer(layer)
    return value


def process(tool, parameters):
    """The results of a tool, layers as their features' attributes, and what it reported."""
    start_processing()
    import processing

    feedback = QgsProcessingFeedback(False)
    given = {name: layer_of(value) for name, value in parameters.items()}
    found = processing.run(tool, given, feedback=feedback)
    QgsProject.instance().removeAllMapLayers()
    for name, value in found.items():
        if isinstance(value, QgsVectorLayer):
            found[name] = [feature.attributes() for feature in value.getFeatures()]
    return {"found": found, "log": feedback.textLog()}


# ---- The dialog ----------------------------------------------------------------------------------


def choose(widget, value):
    if isinstance(widget, QComboBox):
        widget.setCurrentIndex(widget.findText(value, Qt.MatchFixedString))
        assert widget.currentIndex() >= 0, value
    elif isinstance(widget, QSpinBox):
        widget.setValue(int(value))
    else:
        widget.setText(value)


def choices(widget):
    if isinstance(widget, QComboBox):
        return [widget.itemText(index) for index in range(widget.count())]
    return "number" if isinstance(widget, QSpinBox) else "text"


def data_source_dialog(path, chosen, picture=None):
    """What Layer > Add raster layer offers for a file, and what it adds with "chosen" set."""
    providers = QgsGui.sourceSelectProviderRegistry().providers()
    gdal = next(provider for provider in providers if provider.providerKey() == "gdal")
    dialog = gdal.createDataSourceWidget(
        None, Qt.Widget, QgsProviderRegistry.WidgetMode.Embedded
    )
    added = []
    dialog.addRasterLayers.connect(added.extend)
    dialog.findChild(QgsFileWidget, "mFileWidget").setFilePath(path)
    dialog.resize(760, 640)
    dialog.show()
    QgsApplication.processEvents()
    options = {
        widget.objectName(): widget
        for kind in (QComboBox, QLineEdit, QSpinBox)
        for widget in dialog.findChildren(kind)
        if widget.isVisible() and widget.objectName().isupper()
    }
    for name, value in chosen.items():
        choose(options[name], value)
    QgsApplication.processEvents()
    if picture:
        assert dialog.grab().save(picture)
    dialog.addButtonClicked()
    offered = {
        name: {"choices": choices(widget), "help": widget.toolTip()}
        for name, widget in options.items()
    }
    return {"options": offered, "added": added}


# ---- Questions -----------------------------------------------------------------------------------


def main():
    application = QgsApplication([], True)
    application.initQgis()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # QGIS's own output is not an answer
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = {"answer": globals()[question.pop("do")](**question)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
