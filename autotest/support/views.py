# SPDX-License-Identifier: MIT
"""Opens and reads views, and compares them bit by bit with expected arrays."""
import contextlib
import os
import subprocess

import numpy as np
import pytest
from osgeo import gdal, gdal_array

import granules
import reference


_get_raster_band = gdal.Dataset.GetRasterBand


def _get_raster_band_and_hold(dataset, number):
    """A band that keeps its dataset open, which GDAL's own bands do not."""
    band = _get_raster_band(dataset, number)
    if band is not None:
        band.held = dataset
    return band


gdal.Dataset.GetRasterBand = _get_raster_band_and_hold


def name_of(path, variable=None):
    return f'EMIT:"{path}":{variable}' if variable else str(path)


def open_view(path, variable=None, **options):
    """Opens with open options given as keywords; GDAL's errors are raised."""
    return open_name(name_of(path, variable), **options)


def open_name(name, **options):
    listed = [f"{key}={value}" for key, value in options.items()]
    return gdal.OpenEx(str(name), gdal.OF_RASTER | gdal.OF_VERBOSE_ERROR, open_options=listed)


def pixels(dataset, **keywords):
    """(band, row, column), also for one band."""
    array = dataset.ReadAsArray(**keywords)
    return array[np.newaxis] if array.ndim == 2 else array


def read(path, variable=None, **options):
    return pixels(open_view(path, variable, **options))


def refusal(name, **options):
    """The message with which opening "name" fails."""
    with pytest.raises(RuntimeError) as caught:
        open_name(name, **options)
    return str(caught.value)


def assert_same(seen, expected):
    """Equal type, shape and bits: NaN equals only the same NaN, and -0.0 not 0.0."""
    assert seen.dtype == expected.dtype
    assert seen.shape == expected.shape
    unsigned = np.dtype(f"u{seen.dtype.itemsize}")
    differ = np.ascontiguousarray(seen).view(unsigned) != np.ascontiguousarray(expected).view(
        unsigned
    )
    if differ.any():
        first = tuple(int(index[0]) for index in np.nonzero(differ))
        pytest.fail(
            f"{np.count_nonzero(differ)} of {differ.size} values differ, first at {first}: "
            f"{seen[first]!r}, expected {expected[first]!r}"
        )


@contextlib.contextmanager
def cache_size(nbytes=None):
    """With GDAL's cache of this size (None: as it is); restores the size at the end."""
    before = gdal.GetCacheMax()
    if nbytes is not None:
        gdal.SetCacheMax(nbytes)
    try:
        yield nbytes
    finally:
        gdal.SetCacheMax(before)


MASKS = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES"}


def masked_scene(folder, chunks=None, **sizes):
    """(granule, its ortho array with MASKS): contiguous, or deflated in these chunks."""
    storage = chunks and {"chunksizes": chunks, "zlib": True, "shuffle": True}
    path, mask = granules.pair(folder, storage=storage, **sizes)
    return path, reference.view(path, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask)


def in_memory(array, nodata=None):
    """The array as a MEM dataset: GDAL's own resampling and conversion, for comparison."""
    array = array[np.newaxis] if array.ndim == 2 else array
    kind = gdal_array.NumericTypeCodeToGDALTypeCode(array.dtype.type)
    bands, rows, columns = array.shape
    dataset = gdal.GetDriverByName("MEM").Create("", columns, rows, bands, kind)
    for band in range(bands):
        dataset.GetRasterBand(band + 1).WriteArray(array[band])
        if nodata is not None:
            dataset.GetRasterBand(band + 1).SetNoDataValue(nodata)
    return dataset


class Messages:
    """Collects GDAL's messages: [(class, text), ...]."""

    def __enter__(self):
        self.messages = []
        gdal.PushErrorHandler(lambda kind, _, text: self.messages.append((kind, text)))
        return self.messages

    def __exit__(self, *_):
        gdal.PopErrorHandler()


def run(*command, **environment):
    """Runs a GDAL program with the plugin; (exit code, standard output, error output)."""
    settings = {**os.environ, "GDAL_DRIVER_PATH": str(granules.plugin_folder()), **environment}
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, env=settings, check=False)
    assert done.returncode >= 0, f"{words[0]} died of signal {-done.returncode}\n{done.stderr}"
    return done.returncode, done.stdout, done.stderr


def bytes_read():
    """Bytes that this process has read so far."""
    with open("/proc/self/io") as counters:
        return int(next(line for line in counters if line.startswith("rchar")).split()[1])


@contextlib.contextmanager
def configured(**settings):
    """GDAL's configuration options, for a while."""
    before = {key: gdal.GetConfigOption(key) for key in settings}
    for key, value in settings.items():
        gdal.SetConfigOption(key, value)
    try:
        yield
    finally:
        for key, value in before.items():
            gdal.SetConfigOption(key, value)


def sidecar(path):
    """What GDAL has stored of the granule; "" if nothing."""
    aux = path.with_name(path.name + ".aux.xml")
    return aux.read_text() if aux.exists() else ""
