# SPDX-License-Identifier: MIT
"""GetDataCoverageStatus(): finds windows without pixels without reading any."""
import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

EMPTY, DATA = gdal.GDAL_DATA_COVERAGE_STATUS_EMPTY, gdal.GDAL_DATA_COVERAGE_STATUS_DATA
GOOD = [1, 1, 0, 1, 1]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coverage")
    return granules.pair(folder, lines=61, samples=47, bands=5, good=np.array(GOOD, "u1"))


def windows(columns, rows, count=120):
    """Windows of all sizes, many of them small, which are empty or full."""
    random = np.random.default_rng(3)
    for _ in range(count):
        x, y = int(random.integers(columns)), int(random.integers(rows))
        largest = int(random.choice([3, 12, 200]))
        yield (
            x,
            y,
            int(random.integers(1, min(largest, columns - x) + 1)),
            int(random.integers(1, min(largest, rows - y) + 1)),
        )


def check(band, shown):
    """"shown": whether each cell shows a pixel. Returns the statuses."""
    seen = set()
    for x, y, width, height in windows(band.XSize, band.YSize):
        part = shown[y : y + height, x : x + width]
        expected = (DATA if part.any() else 0) | (EMPTY if not part.all() else 0)
        status, percent = band.GetDataCoverageStatus(x, y, width, height)
        assert status == expected, f"{x} {y} {width} {height}"
        assert percent == pytest.approx(100 * part.mean())
        seen.add(status)
    return seen


@pytest.mark.parametrize(
    "options",
    [{}, {"QUALITY_FLAGS": "0,1,3,4"}, {"ORTHO": "NO", "QUALITY_FLAGS": "0,1"}],
    ids=["plain", "masked", "raw"],
)
def test_empty_windows_are_those_without_a_pixel(pair, options):
    path, mask = pair
    flags = options.get("QUALITY_FLAGS")
    keywords = {"mask": mask, "quality_flags": flags} if flags else {}
    whole = reference.view(path, ortho=options.get("ORTHO", "GLT"), **keywords)
    dataset = views.open_view(path, **options)
    assert check(dataset.GetRasterBand(4), whole[3] != -9999) == {EMPTY, DATA, EMPTY | DATA}


def test_single_masked_values_are_not_counted(pair):
    path, _ = pair
    dataset = views.open_view(path, BAND_MASK="YES")
    check(dataset.GetRasterBand(2), reference.view(path)[1] != -9999)


def test_a_blank_band_is_empty(pair):
    band = views.open_view(pair[0], BAD_WAVELENGTHS="NODATA").GetRasterBand(3)
    assert tuple(band.GetDataCoverageStatus(5, 6, 20, 30)) == (EMPTY, 0)


def test_an_overview_counts_its_own_cells(tmp_path):
    path = granules.write(tmp_path, lines=533, samples=541, bands=1)
    dataset = views.open_view(path)
    band = dataset.GetRasterBand(1).GetOverview(0)
    check(band, band.ReadAsArray() != -9999)


def test_uncountable_windows_may_hold_data(tmp_path):
    path = granules.write(tmp_path, lines=31, samples=29, bands=2)
    band = views.open_view(path).GetRasterBand(1)
    path.write_bytes(path.read_bytes()[:-1])
    status, percent = band.GetDataCoverageStatus(1, 2, 3, 4)
    assert (status & DATA, percent) == (DATA, 100)
    with pytest.raises(RuntimeError, match=path.name):
        band.ReadRaster()
