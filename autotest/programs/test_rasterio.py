# SPDX-License-Identifier: MIT
"""rasterio and rioxarray, linked to the same GDAL: their pixels and metadata are the granule's."""
import warnings

import granules
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

rasterio = pytest.importorskip("rasterio", reason="rasterio is not installed")
rioxarray = pytest.importorskip("rioxarray", reason="rioxarray is not installed")
dask = pytest.importorskip("dask", reason="dask is not installed")

from rasterio.windows import Window  # noqa: E402

LINES, SAMPLES, BANDS = 23, 14, 9
OPTIONS = {"QUALITY_FLAGS": "cloud,cirrus", "BAND_MASK": "YES"}
CHUNKS = {"y": 7, "x": 10}


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return granules.pair(tmp_path_factory.mktemp("pair"), lines=LINES, samples=SAMPLES, bands=BANDS)


@pytest.fixture(scope="module")
def minerals(tmp_path_factory):
    return granules.write(tmp_path_factory.mktemp("min"), "MIN", lines=8, samples=13)


@pytest.fixture(autouse=True)
def versions(record_property):
    """A rasterio with its own GDAL would not load this plugin."""
    assert rasterio.__gdal_version__ == gdal.VersionInfo("RELEASE_NAME")
    record_property("version", rasterio.__version__)


@pytest.fixture
def rioxarray_version(record_property):
    record_property("version", rioxarray.__version__)


def masked_view(pair, **options):
    return reference.view(
        pair[0], mask=pair[1], band_mask_file=pair[1], quality_flags="cloud,cirrus", **options
    )


def by_wavelength(cube):
    """As rioxarray 0.18 opens a cube; 0.13 numbers the bands, and has the wavelengths in names."""
    if "wavelengths" in cube.dims:
        return cube
    nm = [float(name.split()[0]) for name in cube.attrs["long_name"]]
    return cube.rename(band="wavelengths").assign_coords(wavelengths=nm)


@pytest.mark.interoperability("rasterio", "open with options, read all and windows of it")
def test_windows_of_a_masked_view_equal_the_reference(pair):
    expected = masked_view(pair)
    with rasterio.open(pair[0], **OPTIONS) as dataset:
        assert dataset.driver == "EMIT"
        views.assert_same(dataset.read(), expected)
        for column, row, width, height in ((0, 0, 1, 1), (3, 5, 8, 6), (2, 11, 13, 9)):
            seen = dataset.read(window=Window(column, row, width, height))
            views.assert_same(seen, expected[:, row : row + height, column : column + width])
        views.assert_same(dataset.read(6), expected[5])


@pytest.mark.interoperability("rasterio", "grid, names, wavelengths, files, nodata")
def test_description_is_the_granules(pair):
    with rasterio.open(pair[0], **OPTIONS) as dataset:
        assert dataset.crs == rasterio.crs.CRS.from_epsg(4326)
        assert dataset.transform.to_gdal() == reference.geotransform(pair[0])
        assert (dataset.height, dataset.width) == reference.glt_cells(pair[0])[0].shape
        assert dataset.count == BANDS
        assert set(dataset.nodatavals) == {-9999.0}
        assert [str(pair[0]), str(pair[1])] == dataset.files
        centre = reference.wavelengths(pair[0])[0]
        for band, nm in enumerate(centre):
            assert np.float32(dataset.tags(band + 1)["wavelength"]) == nm
            assert dataset.descriptions[band] == f"{nm:.2f} nm"
        assert dataset.tags()["EMIT_QUALITY_FLAGS"] == "Cloud flag,Cirrus flag"


@pytest.mark.interoperability("rasterio", "masked arrays, nodata as NaN")
def test_masked_cells_are_masked_or_nan(pair):
    expected = masked_view(pair)
    with rasterio.open(pair[0], **OPTIONS) as dataset:
        seen = dataset.read(masked=True)
    np.testing.assert_array_equal(seen.mask, expected == -9999)
    np.testing.assert_array_equal(seen.data, expected)
    with rasterio.open(pair[0], NODATA="NAN", **OPTIONS) as dataset:
        views.assert_same(dataset.read(), masked_view(pair, nodata=np.nan))


@pytest.mark.interoperability("rasterio", "names with options inside")
def test_name_with_options_equals_open_options(pair):
    name = f'EMIT:"{pair[0]}":reflectance?QUALITY_FLAGS=cloud,cirrus&BAND_MASK=YES'
    with rasterio.open(name) as dataset:
        views.assert_same(dataset.read(), masked_view(pair))


@pytest.mark.interoperability("rasterio", "the reason why a mask cannot be applied")
def test_refusal_is_an_exception_that_says_why(pair):
    with pytest.raises(rasterio.RasterioIOError, match='"fog" is not a flag.*1 Cirrus flag'):
        rasterio.open(pair[0], QUALITY_FLAGS="fog")


@pytest.mark.interoperability("rasterio", "subdatasets of a mineral granule")
def test_subdatasets_open_by_their_names(minerals):
    with warnings.catch_warnings():  # rasterio warns: the granule itself has no grid
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(minerals) as granule:
            names = granule.subdatasets
    assert len(names) == len(gdal.Open(str(minerals)).GetSubDatasets()) > 3
    for name in names:
        variable = name.rpartition(":")[2]
        with rasterio.open(name) as layer:
            views.assert_same(layer.read(), reference.view(minerals, variable))


@pytest.mark.interoperability("rioxarray", "open_rasterio with options and chunks")
@pytest.mark.parametrize("lock", [None, False])
def test_chunks_equal_the_reference(pair, rioxarray_version, lock):
    """In one thread and in several, with rioxarray's lock around all reads and without."""
    expected = masked_view(pair)
    cube = rioxarray.open_rasterio(pair[0], chunks=CHUNKS, lock=lock, **OPTIONS)
    assert cube.chunks[0] == (BANDS,) and cube.chunks[1][:2] == (7, 7)
    assert cube.rio.nodata == -9999
    for scheduler in ("synchronous", "threads"):
        with dask.config.set(scheduler=scheduler):
            views.assert_same(cube.values, expected)


@pytest.mark.interoperability("rioxarray", "nodata to NaN")
def test_masked_cells_become_nan(pair, rioxarray_version):
    expected = masked_view(pair, nodata=np.nan)
    cube = rioxarray.open_rasterio(pair[0], masked=True, chunks=CHUNKS, **OPTIONS)
    assert np.isnan(cube.rio.nodata)
    np.testing.assert_array_equal(cube.values, expected)
    cube = rioxarray.open_rasterio(pair[0], NODATA="NAN", **OPTIONS)
    assert np.isnan(cube.rio.nodata)
    np.testing.assert_array_equal(cube.values, expected)


@pytest.mark.interoperability("rioxarray", "coordinates, bands by wavelength, window by box")
def test_coordinates_and_selection(pair, rioxarray_version):
    expected = masked_view(pair)
    transform = reference.geotransform(pair[0])
    centre = reference.wavelengths(pair[0])[0]
    cube = rioxarray.open_rasterio(pair[0], chunks=CHUNKS, **OPTIONS)
    rows, columns = expected.shape[1:]
    np.testing.assert_allclose(cube.x, transform[0] + (np.arange(columns) + 0.5) * transform[1])
    np.testing.assert_allclose(cube.y, transform[3] + (np.arange(rows) + 0.5) * transform[5])
    red = by_wavelength(cube).sel(wavelengths=650, method="nearest")
    views.assert_same(red.values, expected[np.abs(centre - 650).argmin()])
    box = cube.rio.clip_box(*cube.isel(x=slice(4, 9), y=slice(6, 12)).rio.bounds())
    views.assert_same(box.values, expected[:, 6:12, 4:9])


@pytest.mark.interoperability("rioxarray", "a mineral granule as a dataset")
def test_mineral_granule_is_a_dataset_of_its_layers(minerals, rioxarray_version):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        layers = rioxarray.open_rasterio(minerals)
    for variable in ("group_1_band_depth", "group_2_mineral_id", "elev"):
        views.assert_same(layers[variable].values, reference.view(minerals, variable))
