# SPDX-License-Identifier: MIT
"""Files of NASA's emit_xarray(ortho=False): all groups flattened into the root group by xarray.

They must show the same as the granules that they were made from, which give the expected values.
"""
import shutil

import granules
import h5py
import netCDF4
import numpy as np
import pytest
import reference
import views
import xarray
from osgeo import gdal

LINES, SAMPLES, BANDS = 43, 31, 13
BAND_NAMES = {"MASK": "mask_bands", "OBS": "observation_bands", "MIN": "name", "MINUNCERT": None}
PRODUCTS = ["RFL", "RFLUNCERT", "RAD", "OBS", "MASK", "MIN", "MINUNCERT"]
SIZE = {"lines": LINES, "samples": SAMPLES}
BITS = {"band_mask_octets": 2}


def flatten(path, product, target, encoded=True):
    """One dataset of the variables of all groups, coordinates those of location and of the bands.

    Written as they were read (encoded), or as computed arrays are: decoded, in floats with NaN.
    """
    bands = BAND_NAMES.get(product, "wavelengths")
    group = "mineral_metadata" if product == "MIN" else "sensor_band_parameters"
    with xarray.open_dataset(path) as root, xarray.open_dataset(path, group="location") as location:
        coordinates = {
            "downtrack": np.arange(root.sizes["downtrack"]),
            "crosstrack": np.arange(root.sizes["crosstrack"]),
            **location.variables,
        }
        if bands is not None:
            with xarray.open_dataset(path, group=group) as described:
                coordinates.update(described.load().variables)
        flat = xarray.Dataset(dict(root.load().variables), coordinates, root.attrs)
    flat.attrs["granule_id"] = path.stem
    if product == "MIN":
        flat = flat.swap_dims(minerals="name").rename(name="mineral_name")
    elif bands is not None:
        flat = flat.swap_dims(bands=bands)
    if not encoded:
        for variable in flat.variables.values():
            variable.encoding.clear()
    flat.to_netcdf(target)
    return target


def write(folder, product, **keywords):
    sizes = {**SIZE, **({} if product == "MASK" else {"bands": BANDS})}
    return granules.write(folder, product, **sizes, **keywords)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """{product: (granule, flattened, flattened and decoded)}; the bits of the mask suit the bands."""
    folder = tmp_path_factory.mktemp("mission")
    target = tmp_path_factory.mktemp("flat")
    made = {}
    for product in PRODUCTS:
        data = granules.values(LINES, SAMPLES, BANDS)
        data[5, 7], data[20:22, 4:9, 3] = -9999, -9999
        keywords = BITS if product == "MASK" else {} if "MIN" in product or product == "OBS" else {"data": data}
        path = write(folder, product, **keywords)
        flat = [flatten(path, product, target / f"{product}_{n}.nc", n == 0) for n in (0, 1)]
        made[product] = path, *flat
    return made


def shown(dataset):
    """All metadata on bands and georeferencing."""
    bands = [dataset.GetRasterBand(n + 1) for n in range(dataset.RasterCount)]
    keys = ("wavelength", "fwhm", "bbl")
    return (
        dataset.GetGeoTransform(),
        dataset.GetProjection(),
        dataset.GetMetadataItem("ACQUISITIONDATETIME", "IMAGERY"),
        [(b.GetDescription(), b.GetUnitType(), *map(b.GetMetadataItem, keys)) for b in bands],
    )


@pytest.mark.parametrize("form", [1, 2], ids=["encoded", "decoded"])
@pytest.mark.parametrize("product", ["RFL", "RFLUNCERT", "RAD", "OBS", "MASK"])
def test_cubes_lie_on_the_map_with_their_bands(pairs, product, form):
    path, flat = pairs[product][0], pairs[product][form]
    with views.Messages() as messages:
        dataset = views.open_name(f'EMIT:"{flat}"')
        views.assert_same(views.pixels(dataset), reference.view(path))
    assert not messages
    assert shown(dataset) == shown(views.open_view(path))
    for ortho in ("NEAREST", "NO"):
        seen = views.read(flat, reference.main_variable(path), ORTHO=ortho)
        views.assert_same(seen, reference.view(path, ortho=ortho))


@pytest.mark.parametrize("form", [1, 2], ids=["encoded", "decoded"])
def test_all_variables_are_listed(pairs, form):
    for product in PRODUCTS:
        path, flat = pairs[product][0], pairs[product][form]
        names = []
        for file in (path, flat):
            domain = views.open_name(f'EMIT:"{file}"').GetMetadata("EMIT_VARIABLES")
            names.append([text for key, text in domain.items() if key.endswith("_NAME")])
        assert names[0] == names[1] and {"lon", "lat", "elev"} <= set(names[0])
        for name in ("lon", "lat", "elev"):
            views.assert_same(views.read(flat, name), reference.view(path, name))


def test_minerals_have_their_names(pairs):
    path, flat, decoded = pairs["MIN"]
    for layer in ("group_1_mineral_id", "group_2_band_depth"):
        views.assert_same(views.read(flat, layer), reference.view(path, layer))
        seen = views.read(decoded, layer)
        assert np.array_equal(seen, reference.view(path, layer))
    band = views.open_view(flat, "group_1_mineral_id").GetRasterBand(1)
    assert band.GetCategoryNames()[1:] == granules.MINERALS
    table = band.GetDefaultRAT()
    columns = {table.GetNameOfCol(n).lower(): n for n in range(table.GetColumnCount())}
    for number in range(1, 6):
        assert table.GetValueAsString(number, columns["url"]) == f"url {number}"
        assert table.GetValueAsInt(number, columns["group"]) == (1 if number < 3 else 2)


# ---- Masks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask_form", [0, 1, 2], ids=["mission's", "encoded", "decoded"])
@pytest.mark.parametrize("form", [0, 1, 2], ids=["mission's", "encoded", "decoded"])
def test_either_form_is_masked_by_either(pairs, form, mask_form):
    """The packed bytes hold 241, of which decoding makes NaN."""
    path, mask = pairs["RFL"][0], pairs["MASK"][0]
    assert (reference.raw(mask, "band_mask") == 241).any()
    expected = reference.view(
        path, mask=mask, quality_flags="0,1,4", quality_where="AOD550>0.5", band_mask_file=mask
    )
    seen = views.read(
        pairs["RFL"][form],
        "reflectance",
        MASK_FILE=pairs["MASK"][mask_form],
        QUALITY_FLAGS="cloud,Cirrus flag,4",
        QUALITY_WHERE="AOD550>0.5",
        BAND_MASK="YES",
    )
    views.assert_same(seen, expected)
    assert (expected != reference.view(path)).any()


def test_masks_of_version_003_and_by_name(tmp_path):
    """Flattened files that took the names of the granules, in their folder."""
    (tmp_path / "flat").mkdir()
    path = write(tmp_path, "RFL", version="002")
    mask = write(tmp_path, "MASK", version="003")
    flat = flatten(path, "RFL", tmp_path / "flat" / path.name)
    flatten(mask, "MASK", tmp_path / "flat" / mask.name)
    expected = reference.view(path, mask=mask, quality_flags="SpecTf-Cloud", cloud_buffer=3)
    views.assert_same(views.read(flat, QUALITY_FLAGS="SpecTf-Cloud", CLOUD_BUFFER="3"), expected)


def test_the_bits_of_a_flattened_mask_are_shown(pairs):
    path, flat, decoded = pairs["MASK"]
    expected = reference.view(path, "band_mask", bands=range(16))
    for file in (flat, decoded):
        views.assert_same(views.read(file, "band_mask"), expected)


def test_state_variables_may_be_flattened_too(tmp_path):
    random = np.random.default_rng(4)
    state = random.random((2, LINES, SAMPLES))
    path = write(tmp_path, "RFL", version="002", state=state)
    flat = flatten(path, "RFL", tmp_path / "flat.nc")
    with netCDF4.Dataset(flat, "a") as file:
        for name, values in zip(("aerosol_optical_thickness", "water_vapor"), state):
            file.createVariable(name, "f8", ("downtrack", "crosstrack"))[:] = values
    mask = write(tmp_path, "MASK", version="003")
    expected = reference.view(path, mask=mask, quality_where="AOD550>0.75", state=path)
    seen = views.read(flat, "reflectance", MASK_FILE=mask, QUALITY_WHERE="AOD550>0.75")
    views.assert_same(seen, expected)


# ---- The lookup table in floats ------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["f4", "f8", "i8", "u2", ">f8"])
def test_tables_of_any_type_fill_the_same_cells(pairs, tmp_path, kind):
    """Entries that are not whole numbers, or beyond the raw grid, are empty cells."""
    path = pairs["RFL"][0]
    target = tmp_path / "table.nc"
    target.write_bytes(pairs["RFL"][1].read_bytes())
    odd = [0, 65535] if kind[-2] != "f" else [np.nan, np.inf, -np.inf, 3.5, 0.9999, -7, 1e30, -0.0]
    table = [reference.raw(path, name)[:, :, 0].astype(kind) for name in ("glt_x", "glt_y")]
    filled = np.argwhere(table[0] > 0)[:: 5]
    for i, (row, column) in enumerate(filled):
        table[i % 2][row, column] = odd[i // 2 % len(odd)]
    with h5py.File(target, "a") as file:
        for name, values in zip(("glt_x", "glt_y"), table):
            del file[name]
            file[name] = values
    expected = reference.view(path)
    expected[:, filled[:, 0], filled[:, 1]] = -9999
    views.assert_same(views.read(target, "reflectance"), expected)


# ---- Wavelengths ---------------------------------------------------------------------------------


def without(path, target, *names):
    target.write_bytes(path.read_bytes())
    with h5py.File(target, "a") as file:
        for name in names:
            del file[name]
    return target


GROUP = "sensor_band_parameters/"


@pytest.mark.parametrize(
    "form, names",
    [
        (0, [GROUP + "wavelengths"]),
        (0, [GROUP + "wavelengths", GROUP + "fwhm"]),
        (0, [GROUP + "wavelengths", GROUP + "fwhm", GROUP + "good_wavelengths"]),
        (0, ["sensor_band_parameters"]),
        (1, ["wavelengths"]),
    ],
)
def test_without_wavelengths_it_opens_with_a_warning(pairs, tmp_path, form, names):
    path = without(pairs["RFL"][form], tmp_path / "bare.nc", *names)
    with views.Messages() as messages:
        dataset = views.open_view(path, "reflectance")
    assert [kind for kind, _ in messages] == [gdal.CE_Warning]
    assert str(path) in messages[0][1] and "wavelengths" in messages[0][1]
    views.assert_same(views.pixels(dataset), reference.view(pairs["RFL"][0]))
    band = dataset.GetRasterBand(2)
    assert band.GetDescription() == "reflectance 1"
    assert all(band.GetMetadataItem(key) is None for key in ("wavelength", "fwhm", "bbl"))
    for option in ({"WAVELENGTHS": "650"}, {"BAD_WAVELENGTHS": "DROP"}):
        message = views.refusal(views.name_of(path, "reflectance"), **option)
        assert str(path) in message and next(iter(option)) in message
    mask = pairs["MASK"][0]
    views.assert_same(
        views.read(path, "reflectance", MASK_FILE=mask, BAND_MASK="YES"),
        reference.view(pairs["RFL"][0], band_mask_file=mask),
    )


TEXTS = {
    "MASK": "sensor_band_parameters/mask_bands",
    "OBS": "sensor_band_parameters/observation_bands",
    "MIN": "mineral_metadata/name",
}


@pytest.mark.parametrize("padding", [b"\0", b" "])
@pytest.mark.parametrize("product", TEXTS)
def test_texts_may_be_characters(pairs, tmp_path, product, padding):
    """As xarray writes bytes, and netCDF's classic formats store strings: with one more dimension."""
    path = tmp_path / pairs[product][0].name
    shutil.copy(pairs[product][0], path)
    with h5py.File(path, "a") as file:
        words = [word for word in file[TEXTS[product]][:]]
        longest = max(map(len, words))
        characters = np.array([list(word.ljust(longest + 2, padding)) for word in words], "u1")
        del file[TEXTS[product]]
        file[TEXTS[product]] = characters.view("S1")
    variable = "group_1_mineral_id" if product == "MIN" else None
    dataset, right = (views.open_view(name, variable) for name in (path, pairs[product][0]))
    assert shown(dataset) == shown(right)
    assert dataset.GetRasterBand(1).GetCategoryNames() == right.GetRasterBand(1).GetCategoryNames()


def test_one_text_of_characters(tmp_path):
    """A single flag that was cut out: its label has only the dimension of its characters."""
    granule, mask = granules.pair(tmp_path, lines=9, samples=7, bands=5)
    expected = reference.view(granule, mask=mask, quality_flags="1")
    with h5py.File(mask, "a") as file:
        flag, label = file["mask"][:, :, 1], file["sensor_band_parameters/mask_bands"][1]
        del file["mask"], file["sensor_band_parameters/mask_bands"]
        file["mask"] = flag
        for axis, name in enumerate(("downtrack", "crosstrack")):
            file["mask"].dims[axis].attach_scale(file[name])
        file["sensor_band_parameters/mask_bands"] = np.frombuffer(label, "S1")
    views.assert_same(views.read(granule, QUALITY_FLAGS="cirrus"), expected)


def test_dimension_without_its_variable_gives_no_wavelengths(pairs, tmp_path):
    """netCDF-4 stores it as a dataset of zeros, named like the variable that was dropped."""
    path = tmp_path / "dropped.nc"
    with xarray.open_dataset(pairs["RFL"][1]) as flat:
        flat.drop_vars("wavelengths").to_netcdf(path)
    with h5py.File(path) as file:
        assert not np.any(file["wavelengths"])
    with views.Messages() as said:
        dataset = views.open_view(path, "reflectance")
    assert len(said) == 1 and str(path) in said[0][1] and "wavelengths" in said[0][1]
    assert dataset.GetRasterBand(2).GetDescription() == "reflectance 1"
    views.assert_same(views.pixels(dataset), reference.view(pairs["RFL"][0]))


def test_bands_cut_without_their_wavelengths_are_warned_of(pairs, tmp_path):
    """isel(bands=...) of the root group alone."""
    path = tmp_path / "cut.nc"
    path.write_bytes(pairs["RFL"][0].read_bytes())
    with h5py.File(path, "a") as file:
        cube = file["reflectance"][:, :, 2:9]
        del file["reflectance"]
        file["reflectance"] = cube
    with views.Messages() as messages:
        dataset = views.open_view(path, "reflectance")
    assert len(messages) == 1 and all(word in messages[0][1] for word in (str(path), "7", str(BANDS)))
    assert dataset.RasterCount == 7


def test_all_warnings_are_shown(pairs, tmp_path):
    path = without(pairs["RFL"][0], tmp_path / "bare.nc", "location", GROUP + "wavelengths")
    with views.Messages() as messages:
        views.open_view(path, "reflectance", MASK_FILE=pairs["MASK"][0])
    text = " ".join(text for _, text in messages)
    assert all(word in text for word in ("lookup table", "MASK_FILE", "wavelengths"))
