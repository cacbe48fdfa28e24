# SPDX-License-Identifier: MIT
"""Files that gdal_translate writes from granules, opened again: pixels, place and band metadata."""
import importlib.metadata
import re
import sys
from pathlib import Path

import granules
import netCDF4
import numpy as np
import pages
import pytest
import reference
import views
import xarray
from osgeo import gdal

TOOL = Path(__file__).resolve().parents[2] / "tools" / "emit_wavelengths.py"
VERSION = int(gdal.VersionInfo("VERSION_NUM"))

WAVELENGTH = [381.00558, 460.25, 552.1, 641.7, 650.20612, 1380.5, 2100.0, 2492.9238]
FWHM = [8.4 + band / 16 for band in range(8)]
GOOD = [1, 1, 1, 1, 1, 0, 1, 1]
ALL = list(range(8))
CHOICE, CHOSEN = "2100,552,1380.5", [6, 2, 5]
MASKED = ["-oo", "QUALITY_FLAGS=0,cirrus", "-oo", "BAND_MASK=YES"]
SUBSET = ["-oo", f"WAVELENGTHS={CHOICE}"]
WINDOW = ["-srcwin", 2, 3, 11, 9]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Reflectance and mask: 13 lines x 10 samples x 8 bands."""
    folder = tmp_path_factory.mktemp("writers")
    spectral = {"wavelength": WAVELENGTH, "fwhm": FWHM, "good": GOOD}
    return granules.pair(folder, lines=13, samples=10, bands=8, **spectral)


def expected(scene, **choice):
    path, mask = scene
    return reference.view(path, mask=mask, quality_flags="0,1", band_mask_file=mask, **choice)


def translate(target, path, *words):
    """Runs gdal_translate, which may print only the netCDF reader's warning; returns "target"."""
    code, output, errors = views.run("gdal_translate", "-q", *words, path, target)
    assert (code, output, errors.replace(pages.NO_TIME_AXIS, "")) == (0, "", "")
    return target


def add_wavelengths(path):
    assert views.run(sys.executable, TOOL, path) == (0, "", "")
    return path


def bands_of(dataset):
    return [dataset.GetRasterBand(number + 1) for number in range(dataset.RasterCount)]


def assert_placed_like(written, path):
    assert np.allclose(written.GetGeoTransform(), reference.geotransform(path), rtol=1e-12, atol=0)
    assert written.GetSpatialRef().IsSame(views.open_view(path).GetSpatialRef())
    assert {band.GetNoDataValue() for band in bands_of(written)} == {-9999}


def assert_bands_are_described(written, numbers):
    """Descriptions and items that programs look for; "numbers" are those of the granule's bands."""
    assert written.RasterCount == len(numbers)
    for band, number in zip(bands_of(written), numbers):
        assert band.GetDescription() == f"{np.float32(WAVELENGTH[number]):.2f} nm"
        items = band.GetMetadata()
        assert np.float32(items["wavelength"]) == np.float32(WAVELENGTH[number])
        assert items["wavelength_units"] == "Nanometers"
        assert np.float32(items["fwhm"]) == np.float32(FWHM[number])
        assert (items["bbl"], items["EMIT_BAND"]) == (str(GOOD[number]), str(number))


# ---- GeoTIFF, COG --------------------------------------------------------------------------------


@pytest.mark.interoperability("gdal_translate", "GeoTIFF: masked pixels, place, band metadata")
def test_geotiff(scene, tmp_path):
    written = gdal.Open(str(translate(tmp_path / "out.tif", scene[0], *MASKED)))
    views.assert_same(views.pixels(written), expected(scene))
    assert_placed_like(written, scene[0])
    assert_bands_are_described(written, ALL)
    assert written.GetMetadataItem("EMIT_BAND_MASK") == "YES"


@pytest.mark.interoperability("gdal_translate", "GeoTIFF of bands chosen by WAVELENGTHS")
def test_geotiff_of_chosen_bands(scene, tmp_path):
    written = gdal.Open(str(translate(tmp_path / "out.tif", scene[0], *MASKED, *SUBSET)))
    views.assert_same(views.pixels(written), expected(scene, chosen=CHOICE))
    assert_bands_are_described(written, CHOSEN)


@pytest.mark.interoperability("gdal_translate", "GeoTIFF of -b and -srcwin: each band as it was")
def test_geotiff_of_gdals_own_subsets(scene, tmp_path):
    words = ["-b", 7, "-b", 3, *WINDOW, *MASKED]
    written = gdal.Open(str(translate(tmp_path / "out.tif", scene[0], *words)))
    views.assert_same(views.pixels(written), expected(scene)[[6, 2], 3:12, 2:13].copy())
    assert_bands_are_described(written, [6, 2])


@pytest.mark.interoperability("gdal_translate", "COG with overviews: pixels at every level")
def test_cog(tmp_path):
    path = granules.write(tmp_path, lines=150, samples=640, bands=3, degrees=3)
    words = ["-of", "COG", "-co", "RESAMPLING=NEAREST", "-co", "COMPRESS=DEFLATE"]
    written = gdal.Open(str(translate(tmp_path / "out.tif", path, *words)))
    assert written.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE") == "COG"
    assert_placed_like(written, path)
    cells = reference.view(path)
    views.assert_same(views.pixels(written), cells)
    for number, band in enumerate(bands_of(written)):
        overview = band.GetOverview(0)
        columns = (np.arange(overview.XSize) * 2 + 1).clip(max=cells.shape[2] - 1)
        rows = (np.arange(overview.YSize) * 2 + 1).clip(max=cells.shape[1] - 1)
        seen, full = overview.ReadAsArray(), cells[number]
        assert np.isin(seen, [-9999, *np.unique(full)]).all()
        # Each cell comes from the four below it.
        four = [full[np.ix_(rows - down, columns - right)] for down in (0, 1) for right in (0, 1)]
        assert np.any([seen == quarter for quarter in four], axis=0).all()


# ---- ENVI ----------------------------------------------------------------------------------------


def header(path):
    """The items of an ENVI header, lists as lists."""
    text = path.with_suffix(".hdr").read_text(encoding="utf-8")
    found = re.findall(r"^(.+?) *= *(\{[^}]*\}|.*)$", text, re.MULTILINE)
    split = lambda text: [word.strip() for word in text.strip("{}").split(",")]  # noqa: E731
    return {key: split(value) if value[:1] == "{" else value for key, value in found}


def stored(path):
    """(band, row, column) of an ENVI file, read by its header alone."""
    items = header(path)
    bands, lines, samples = (int(items[key]) for key in ("bands", "lines", "samples"))
    assert (items["data type"], items["byte order"], items["header offset"]) == ("4", "0", "0")
    values = np.fromfile(path, "<f4")
    if items["interleave"] == "bip":
        return np.ascontiguousarray(np.moveaxis(values.reshape(lines, samples, bands), 2, 0))
    assert items["interleave"] == "bsq"
    return values.reshape(bands, lines, samples)


def assert_header_describes(path, numbers):
    items = header(path)
    floats = lambda key: np.array(items[key], "f4").tolist()  # noqa: E731
    assert floats("wavelength") == np.float32([WAVELENGTH[n] for n in numbers]).tolist()
    assert items["wavelength units"] == "Nanometers"
    assert floats("fwhm") == np.float32([FWHM[n] for n in numbers]).tolist()
    assert items["bbl"] == [str(GOOD[n]) for n in numbers]
    assert items["band names"] == [f"{np.float32(WAVELENGTH[n]):.2f} nm" for n in numbers]
    assert float(items["data ignore value"]) == -9999


@pytest.mark.skipif(VERSION < 3080000, reason="the option SRC_MDD came with GDAL 3.8")
@pytest.mark.parametrize(
    "words, choice, numbers", [([], {}, ALL), (SUBSET, {"chosen": CHOICE}, CHOSEN)]
)
@pytest.mark.interoperability("gdal_translate", "ENVI with -co SRC_MDD=ENVI: wavelength, fwhm, bbl")
def test_envi_header_is_complete_from_gdal_3_8_on(scene, tmp_path, words, choice, numbers):
    words = ["-of", "ENVI", "-co", "SRC_MDD=ENVI", *MASKED, *words]
    path = translate(tmp_path / "out.img", scene[0], *words)
    views.assert_same(stored(path), expected(scene, **choice))
    assert_header_describes(path, numbers)


@pytest.mark.interoperability("emit_wavelengths.py", "ENVI header of a whole granule completed")
def test_envi_header_is_completed(scene, tmp_path):
    path = add_wavelengths(translate(tmp_path / "out.img", scene[0], "-of", "ENVI", *MASKED))
    views.assert_same(stored(path), expected(scene))
    assert_header_describes(path, ALL)
    assert header(path)["default bands"] == ["4", "3", "2"]
    assert_placed_like(gdal.Open(str(path)), scene[0])


@pytest.mark.interoperability("emit_wavelengths.py", "ENVI header of -b and -srcwin completed")
def test_envi_header_of_a_subset_is_completed(scene, tmp_path):
    words = ["-of", "ENVI", "-b", 7, "-b", 3, *WINDOW, *MASKED]
    path = add_wavelengths(translate(tmp_path / "out.img", scene[0], *words))
    views.assert_same(stored(path), expected(scene)[[6, 2], 3:12, 2:13].copy())
    assert_header_describes(path, [6, 2])


def test_envi_header_is_completed_twice_as_once(scene, tmp_path):
    path = add_wavelengths(translate(tmp_path / "out.img", scene[0], "-of", "ENVI"))
    once = path.with_suffix(".hdr").read_text(encoding="utf-8")
    assert add_wavelengths(path).with_suffix(".hdr").read_text(encoding="utf-8") == once


@pytest.mark.interoperability("emit_wavelengths.py", "ENVI header of a warp to UTM completed")
def test_envi_header_of_a_warp_is_completed(scene, tmp_path):
    path = tmp_path / "out.img"
    words = ["-q", "-of", "ENVI", "-t_srs", "EPSG:32629", *SUBSET]
    assert views.run("gdalwarp", *words, scene[0], path) == (0, "", "")
    assert_header_describes(add_wavelengths(path), CHOSEN)


def mosaic(path, scene, *variants):
    """A VRT by gdalbuildvrt of the same granule under each set of options in its name."""
    names = [f'EMIT:"{scene[0]}":reflectance?{variant}' for variant in variants]
    assert views.run("gdalbuildvrt", "-q", path, *names) == (0, "", "")
    if int(gdal.VersionInfo()) < 3130000:  # which copies the bands' metadata
        assert gdal.Open(str(path)).GetRasterBand(1).GetMetadataItem("wavelength") is None
    return path


@pytest.mark.interoperability("emit_wavelengths.py", "VRT of gdalbuildvrt completed")
def test_a_mosaic_gets_the_wavelengths_of_its_sources(scene, tmp_path):
    centres = reference.wavelengths(scene[0])[0]
    chosen = f"WAVELENGTHS={centres[6]},{centres[2]}"
    variants = (f"{chosen}&QUALITY_FLAGS=cloud", f"{chosen}&NUM_THREADS=1")
    path = add_wavelengths(mosaic(tmp_path / "mosaic.vrt", scene, *variants))
    nested = tmp_path / "nested.vrt"
    assert views.run("gdalbuildvrt", "-q", "-b", 2, nested, path) == (0, "", "")
    for vrt, numbers in ((path, [6, 2]), (add_wavelengths(nested), [2])):
        dataset = gdal.Open(str(vrt))
        for number, file_band in enumerate(numbers, 1):
            band = dataset.GetRasterBand(number)
            assert np.float32(band.GetMetadataItem("wavelength")) == centres[file_band]
            assert band.GetDescription() == f"{centres[file_band]:.2f} nm"
        image = add_wavelengths(translate(vrt.with_suffix(".img"), vrt, "-of", "ENVI"))
        assert_header_describes(image, numbers)


def test_a_mosaic_of_different_wavelengths_is_refused(scene, tmp_path):
    centres = reference.wavelengths(scene[0])[0]
    variants = [f"WAVELENGTHS={centres[band]}" for band in (6, 2)]
    path = mosaic(tmp_path / "mosaic.vrt", scene, *variants)
    before = path.read_text(encoding="utf-8")
    code, _, errors = views.run(sys.executable, TOOL, path)
    assert code == 1 and "band 1" in errors and "different wavelengths" in errors
    assert path.read_text(encoding="utf-8") == before


def test_files_without_wavelengths_are_refused(scene, tmp_path):
    path = translate(tmp_path / "mask.img", scene[1], "-of", "ENVI")
    before = path.with_suffix(".hdr").read_text(encoding="utf-8")
    code, _, errors = views.run(sys.executable, TOOL, path)
    assert code == 1 and "mask.img: not every band has a wavelength" in errors
    assert path.with_suffix(".hdr").read_text(encoding="utf-8") == before
    code, _, errors = views.run(sys.executable, TOOL, tmp_path / "nothing.img")
    assert code == 1 and "nothing.img" in errors and "Traceback" not in errors


# ---- netCDF --------------------------------------------------------------------------------------


def assert_cube_holds(path, cells, numbers):
    """One variable with a coordinate, as xarray shows it: masked values are NaN."""
    with xarray.open_dataset(path) as dataset:
        assert set(dataset.data_vars) == {"crs", "reflectance"}
        cube = dataset.reflectance.sortby("lat", ascending=False)
        assert cube.dims == ("wavelengths", "lat", "lon")
        centre, items = cube.wavelengths.values, cube.wavelengths.attrs
        views.assert_same(centre, np.float32([WAVELENGTH[n] for n in numbers]))
        assert items["units"] == "nm"
        assert np.array_equal(np.float32(items["fwhm"]).ravel(), np.float32(FWHM)[numbers])
        assert np.array_equal(np.ravel(items["good_wavelengths"]), np.array(GOOD)[numbers])
        assert (cube.long_name, cube.units) == ("Surface Reflectance", "unitless")
        holes = np.isnan(cube.values)
        assert np.array_equal(holes, cells == -9999)
        assert np.array_equal(np.where(holes, np.float32(-9999), cube.values), cells)


@pytest.mark.parametrize("words", [[], ["-co", "FORMAT=NC4", "-co", "COMPRESS=DEFLATE"]])
@pytest.mark.interoperability("gdal_translate", "netCDF: one variable with a wavelength coordinate")
def test_netcdf(scene, tmp_path, words):
    path = translate(tmp_path / "out.nc", scene[0], "-of", "netCDF", *words, *MASKED)
    assert_cube_holds(path, expected(scene), ALL)


@pytest.mark.interoperability("xarray", "that netCDF's band nearest to 650 nm by .sel()")
def test_xarray_selects_a_band_by_its_wavelength(scene, tmp_path, record_property):
    version = importlib.metadata.version("xarray")
    if version != "999":  # what Debian 12's package says of itself
        record_property("version", version)
    path = translate(tmp_path / "out.nc", scene[0], "-of", "netCDF", *MASKED)
    with xarray.open_dataset(path) as dataset:
        band = dataset.reflectance.sel(wavelengths=650, method="nearest")
        assert float(band.wavelengths) == np.float32(650.20612)
        transform = reference.geotransform(scene[0])
        rows, columns = expected(scene)[4].shape
        lon = transform[0] + transform[1] * (np.arange(columns) + 0.5)
        lat = transform[3] + transform[5] * (np.arange(rows) + 0.5)
        seen = band.sel(lon=lon, lat=lat, method="nearest", tolerance=1e-9).values
    assert np.array_equal(np.where(np.isnan(seen), -9999, seen), expected(scene)[4])


@pytest.mark.parametrize("choice, numbers", [(CHOICE, CHOSEN), ("650", [4])])
@pytest.mark.interoperability("gdal_translate", "netCDF of bands chosen by WAVELENGTHS: the same")
def test_netcdf_of_chosen_bands(scene, tmp_path, choice, numbers):
    words = ["-of", "netCDF", "-oo", f"WAVELENGTHS={choice}", *MASKED]
    path = translate(tmp_path / "out.nc", scene[0], *words)
    assert_cube_holds(path, expected(scene, chosen=choice), numbers)


@pytest.mark.interoperability("gdal_translate", "netCDF of -srcwin with all bands: the same")
def test_netcdf_of_a_window(scene, tmp_path):
    path = translate(tmp_path / "out.nc", scene[0], "-of", "netCDF", *WINDOW, *MASKED)
    assert_cube_holds(path, expected(scene)[:, 3:12, 2:13].copy(), ALL)


@pytest.mark.parametrize("order", [[6, 2], [2, 5, 6]])
def test_netcdf_of_bands_chosen_by_number_has_their_wavelengths(scene, tmp_path, order):
    """-b, also when it only reorders chosen bands: a variable a band, each with its wavelength."""
    places = [CHOSEN.index(number) + 1 for number in order]
    words = ["-of", "netCDF", *SUBSET, *(word for place in places for word in ("-b", place))]
    path = translate(tmp_path / "out.nc", scene[0], *words)
    with netCDF4.Dataset(path) as dataset:
        for place, number in enumerate(order, 1):
            variable = dataset[f"reflectance{place}"]
            assert np.float32(variable.wavelength) == np.float32(WAVELENGTH[number])
            cells = reference.view(scene[0])[number]
            assert np.array_equal(variable[::-1].filled(-9999), cells)


@pytest.mark.interoperability("emit_wavelengths.py", "netCDF of -b and -srcwin through a VRT")
def test_netcdf_of_any_subset_through_a_vrt(scene, tmp_path):
    words = ["-of", "VRT", "-b", 7, "-b", 3, "-b", 5, *WINDOW, *MASKED]
    subset = add_wavelengths(translate(tmp_path / "subset.vrt", scene[0], *words))
    path = translate(tmp_path / "out.nc", subset, "-of", "netCDF")
    numbers = [6, 2, 4]
    assert_cube_holds(path, expected(scene)[numbers, 3:12, 2:13].copy(), numbers)


@pytest.mark.interoperability("gdal_translate", "netCDF of the raw swath: every value, lon and lat")
def test_netcdf_of_the_swath_is_not_corrupt(scene, tmp_path):
    """GDAL before 3.10 cannot write a third dimension there and writes a variable a band."""
    words = ["-of", "netCDF", "-oo", "ORTHO=NO", *MASKED]
    path = translate(tmp_path / "out.nc", scene[0], *words)
    cells = expected(scene, ortho="NO")
    with netCDF4.Dataset(path) as dataset:
        one = "reflectance" in dataset.variables
        assert one == (VERSION >= 3100000)
        cube = dataset["reflectance"] if one else None
        for number in range(8):
            variable = cube[number] if one else dataset[f"reflectance{number + 1}"][:]
            assert np.array_equal(variable.filled(-9999)[::-1], cells[number])
        for name in ("lon", "lat"):
            assert dataset[name].dimensions == ("y", "x")
            assert np.array_equal(dataset[name][::-1], reference.raw(scene[0], name)[:, :, 0])


@pytest.mark.interoperability("gdal_translate", "netCDF of a mask: a variable a flag, by its label")
def test_netcdf_of_a_mask(scene, tmp_path):
    path = translate(tmp_path / "out.nc", scene[1], "-of", "netCDF")
    with netCDF4.Dataset(path) as dataset:
        seen = [dataset[f"mask{number + 1}"] for number in range(8)]
        assert [variable.long_name for variable in seen] == reference.labels(scene[1])
        for variable, cells in zip(seen, reference.view(scene[1])):
            assert np.array_equal(variable[::-1].filled(-9999), cells)


# ---- Zarr, PNG -----------------------------------------------------------------------------------


@pytest.mark.interoperability("gdal_translate", "Zarr with NODATA=NAN: pixels, place")
def test_zarr(scene, tmp_path):
    words = ["-of", "Zarr", *MASKED, "-oo", "NODATA=NAN", "-a_nodata", "none"]
    target = translate(tmp_path / "out.zarr", scene[0], *words)
    container = gdal.Open(str(target))
    if container.RasterCount:
        names = [str(target)]
    else:  # GDAL 3.6 writes an array a band
        names = [f'ZARR:"{target}":/Band{number + 1}' for number in range(8)]
    cells = np.concatenate([views.pixels(gdal.Open(name)) for name in names])
    views.assert_same(cells, expected(scene, nodata=np.nan))
    place = gdal.Open(names[0]).GetGeoTransform()
    assert np.allclose(place, reference.geotransform(scene[0]), rtol=1e-12, atol=0)


@pytest.mark.interoperability("gdal_translate", "PNG in true colour, transparent where masked")
def test_png_quicklook(tmp_path):
    steps = np.random.default_rng(7).integers(0, 254, (17, 12, 4)).astype("f4")
    data = (steps + np.float32(0.25)) / 254 * np.float32(0.4)  # a quarter above a grey value
    path, mask = granules.pair(
        tmp_path, lines=17, samples=12, bands=4, wavelength=[470, 560, 650, 900], data=data
    )
    words = ["-of", "PNG", "-ot", "Byte", "-scale", 0, 0.4, 1, 255, "-a_nodata", 0]
    words += ["-oo", "WAVELENGTHS=650,560,470", "-oo", "QUALITY_FLAGS=cloud"]
    written = gdal.Open(str(translate(tmp_path / "out.png", path, *words)))
    colours = [band.GetColorInterpretation() for band in bands_of(written)]
    assert colours == [gdal.GCI_RedBand, gdal.GCI_GreenBand, gdal.GCI_BlueBand]
    cells = reference.view(path, mask=mask, quality_flags="cloud", chosen="650,560,470")
    grey = np.rint((cells / 0.4 * 254).astype("f8") + 0.75)
    assert np.array_equal(views.pixels(written), np.where(cells == -9999, 0, grey))
    assert np.array_equal(
        written.GetRasterBand(1).GetMaskBand().ReadAsArray() == 255, cells[0] != -9999
    )
