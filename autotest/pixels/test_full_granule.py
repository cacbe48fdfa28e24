# SPDX-License-Identifier: MIT
"""One granule of full size, 1280 x 1242 x 285: every bit of gdal_translate's output.

The comparison goes by blocks of bands, so that it stays below 2 GB of memory.
"""
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

pytestmark = pytest.mark.slow
BANDS = 285
BLOCK = 19


@pytest.fixture(scope="module", autouse=True)
def small_block_cache():
    with views.cache_size(64 << 20):
        yield


def assert_equals(target, path, **options):
    """Compares a file with the view, a block of bands at a time and strip by strip."""
    written = gdal.Open(str(target))
    assert written.RasterCount == BANDS
    masked = 0
    for first in range(0, BANDS, BLOCK):
        bands = range(first, first + BLOCK)
        expected = reference.view(path, bands=bands, **options)
        assert expected.shape[1:] == (written.RasterYSize, written.RasterXSize)
        for row in range(0, written.RasterYSize, 128):
            strip = expected[:, row : row + 128]
            seen = written.ReadAsArray(
                0,
                row,
                written.RasterXSize,
                strip.shape[1],
                band_list=[band + 1 for band in bands],
            )
            views.assert_same(seen, strip)
        masked += np.count_nonzero(expected == -9999)
    return masked / (BANDS * written.RasterYSize * written.RasterXSize)


@pytest.mark.parametrize(
    "flags, band_mask, ortho",
    [
        ("0,1,3,4", True, "GLT"),
        ('cloud,Cirrus_flag,spacecraft,"Dilated Cloud Flag"', False, "GLT"),
        ("0,1,3,4", True, "NO"),
    ],
)
def test_translated_granule_equals_the_reference(full, tmp_path, flags, band_mask, ortho):
    path, mask = full
    target = tmp_path / "out.tif"
    options = ["-oo", f"QUALITY_FLAGS={flags}", "-oo", f"ORTHO={ortho}"]
    options += ["-oo", "BAND_MASK=YES"] if band_mask else []
    try:
        code, _, errors = views.run("gdal_translate", "-q", *options, path, target)
        assert (code, errors) == (0, "")
        share = assert_equals(
            target,
            path,
            ortho=ortho,
            mask=mask,
            quality_flags="0,1,3,4",
            band_mask_file=mask if band_mask else None,
        )
    finally:
        target.unlink(missing_ok=True)
    assert 0.01 < share < 0.95
