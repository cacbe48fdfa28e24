# SPDX-License-Identifier: MIT
"""CPL_DEBUG=EMIT prints a few lines on each view and read; without it, nothing is printed."""
import re

import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal


@pytest.fixture
def debug_lines():
    """Opens and reads with debugging on; returns the driver's lines."""

    def lines_of(path, *window, variable=None, debug="EMIT", **options):
        with views.configured(CPL_DEBUG=debug), views.Messages() as messages:
            dataset = views.open_view(path, variable, **options)
            views.pixels(dataset, **dict(zip(("xoff", "yoff", "xsize", "ysize"), window)))
            dataset = None
        debugging = [text for kind, text in messages if kind == gdal.CE_Debug]
        return [text.split("EMIT: ", 1)[1] for text in debugging if text.startswith("EMIT: ")]

    return lines_of


def test_view_and_what_was_applied(debug_lines, scene):
    path, mask = scene
    lines = debug_lines(path, QUALITY_FLAGS="cloud", BAND_MASK="YES", NUM_THREADS=2)
    dataset = gdal.Open(str(path))
    size = f"{dataset.RasterYSize} rows x {dataset.RasterXSize} columns x 13 bands"
    cache = f"cache: {gdal.GetCacheMax() // 4 * 3 >> 20} MB (3/4 of GDAL_CACHEMAX)"
    assert lines[0] == f"{path}: reflectance, {size}; threads: at most 2; {cache}"
    assert f"EMIT_MASK_FILE={mask.name}" in [line.replace(f"{mask.parent}/", "") for line in lines]
    assert "EMIT_QUALITY_FLAGS=Cloud flag" in lines and "EMIT_BAND_MASK=YES" in lines
    assert len(lines) < 10


def test_reads_are_reported_with_their_cost(debug_lines, scene):
    expected = reference.view(scene[0], mask=scene[1], quality_flags="cloud")
    rows, columns = expected.shape[1:]
    last = debug_lines(scene[0], QUALITY_FLAGS="cloud")[-1]
    shown = np.count_nonzero((expected != -9999).any(axis=0))
    found = re.fullmatch(
        r"(\S+): reads (\d+) x (\d+) cells of (\d+) bands: (\d+) pixels in (\d+) tiles, "
        r"spectra straight from the file, threads: (\d+)",
        last,
    )
    name, *numbers = found.groups()
    assert name == scene[0].name
    assert [int(number) for number in numbers] == [rows, columns, 13, shown, 1, 1]


def test_windows_are_reported_with_their_own_cells(debug_lines, scene):
    assert ": reads 3 x 4 cells of 13 bands: " in debug_lines(scene[0], 2, 1, 4, 3)[-1]


def test_chunked_variable_is_read_by_blocks(debug_lines, tmp_path):
    stored = {"zlib": True, "complevel": 1, "chunksizes": (4, 5, 6)}
    path = granules.write(tmp_path, "RFL", lines=11, samples=17, bands=13, storage=stored)
    last = debug_lines(path, ORTHO="NO")[-1]
    assert "187 pixels in 36 blocks through the cache" in last


def test_bits_of_the_band_mask(debug_lines, scene):
    last = debug_lines(scene[1], variable="band_mask", ORTHO="NO")[-1]
    assert ": reads 11 x 17 cells of " in last and "from the band mask in memory" in last


def test_large_reads_use_several_threads(debug_lines, tmp_path):
    path = granules.write(tmp_path, "RFL", lines=150, samples=101, bands=7)
    assert debug_lines(path, ORTHO="NO", NUM_THREADS=3)[-1].endswith("threads: 3")


@pytest.mark.parametrize("debug", ["OFF", "NO", None])
def test_nothing_is_printed_without_debugging(debug_lines, scene, debug):
    assert debug_lines(scene[0], debug=debug) == []


def test_other_debug_categories_print_nothing_of_the_driver(debug_lines, scene):
    assert debug_lines(scene[0], debug="GTiff") == []


def test_programs_print_it_to_stderr(scene):
    code, _, messages = views.run("gdalinfo", scene[0], "-oo", "QUALITY_FLAGS=cloud", CPL_DEBUG="EMIT")
    assert code == 0 and "EMIT: EMIT_QUALITY_FLAGS=Cloud flag" in messages
