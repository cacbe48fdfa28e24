# SPDX-License-Identifier: MIT
"""Packed variables (scale_factor, add_offset): shown as stored, with scale and offset, and unpacked
wherever the driver uses them. Expected values come from an unpacked twin."""
import granules
import netCDF4
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

LINES, SAMPLES, BANDS = 14, 11, 6

# Stored type, fill value and attributes of each packing.
PACKINGS = {
    "short": ("i2", -32768, {"scale_factor": 2.5e-5, "add_offset": 0.61}),
    "byte": ("u1", 255, {"scale_factor": np.float32(0.0078125)}),
    "int": ("i4", -1, {"add_offset": np.array([-3], "i8")}),
    "negative": ("u2", 65535, {"scale_factor": -1e-4, "add_offset": np.float32(2.5)}),
    "float": ("f4", -9999, {"scale_factor": np.array([0.01])}),
    "double": ("f8", 1e20, {"add_offset": np.int16(300)}),
}


def scale_of(attributes):
    return float(np.ravel(attributes.get("scale_factor", 1))[0])


def offset_of(attributes):
    return float(np.ravel(attributes.get("add_offset", 0))[0])


def pack(numbers, packing, fill=-9999):
    """Stored values of "numbers", and the numbers that they represent; both with missing ones."""
    kind, stored_fill, attributes = packing
    missing = numbers == fill
    codes = (np.where(missing, 0, numbers) - offset_of(attributes)) / scale_of(attributes)
    codes = np.where(missing, stored_fill, np.round(codes) if kind[0] != "f" else codes)
    codes = codes.astype(kind)
    back = np.where(missing, fill, codes.astype("f8") * scale_of(attributes) + offset_of(attributes))
    return codes, back


def packed_and_twin(path, folder, changes):
    """A copy of "path" with packed variables, and one with the same numbers in doubles.

    "changes" has (numbers, packing) by name.
    """
    packed, twin = {}, {}
    for name, (numbers, packing) in changes.items():
        codes, back = pack(numbers, packing)
        fill = None if packing[1] is None else np.dtype(packing[0]).type(packing[1])
        packed[name] = (codes, {"_FillValue": fill, **packing[2]})
        twin[name] = (back, {"_FillValue": -9999.0})
    for name in ("packed", "twin"):
        (folder / name).mkdir(exist_ok=True)
    return (
        granules.restore(path, folder / "packed" / path.name, packed),
        granules.restore(path, folder / "twin" / path.name, twin),
    )


def cube():
    """Reflectance 0 to 1 in steps that name the place, with missing values."""
    numbers = np.arange(LINES * SAMPLES * BANDS, dtype="f8").reshape(LINES, SAMPLES, BANDS) / 1000
    numbers[2, 3], numbers[-1, :4, 2] = -9999, -9999
    return numbers


# ---- Missing values ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["f8", "f4", "i4"])
def test_missing_value_of_any_type_counts_in_variables_that_are_not_packed(tmp_path, kind):
    """Python's numbers become doubles, whatever the type of the variable."""
    path, mask = granules.pair(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    missing = np.array([1e9], kind)
    for name, source, choice in (
        ("/reflectance", path, {}),
        ("/mask", mask, {"QUALITY_FLAGS": "cloud,cirrus"}),
    ):
        numbers = granules.stored(source, name).copy()
        numbers[3:5, 2:9] = -9999
        twin = granules.restore(
            source, tmp_path / "twin.nc", {name: (numbers, {"_FillValue": np.float32(-9999)})}
        )
        numbers = np.where(numbers == -9999, np.float32(1e9), numbers)
        copy = granules.restore(
            source, tmp_path / "copy.nc", {name: (numbers, {"missing_value": missing})}
        )
        if choice:
            seen, right = (views.read(path, MASK_FILE=file, **choice) for file in (copy, twin))
        else:
            seen, right = (views.read(views.name_of(file, "reflectance")) for file in (copy, twin))
        views.assert_same(seen, right)


# ---- Shown ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
@pytest.mark.parametrize("packing", PACKINGS.values(), ids=PACKINGS.keys())
def test_a_packed_variable_is_shown_as_stored_with_scale_and_offset(tmp_path, packing, ortho):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    packed, _ = packed_and_twin(path, tmp_path, {"/reflectance": (cube(), packing)})
    dataset = views.open_view(packed, ORTHO=ortho)
    views.assert_same(views.pixels(dataset), reference.view(packed, ortho=ortho))
    for number in (1, BANDS):
        band = dataset.GetRasterBand(number)
        assert band.GetScale() == scale_of(packing[2])
        assert band.GetOffset() == offset_of(packing[2])
        nodata = -9999 if packing[0][0] == "f" else packing[1]
        assert band.GetNoDataValue() == nodata
        valid = band.GetMaskBand().ReadAsArray() == 255
        assert np.array_equal(valid, band.ReadAsArray() != nodata) and not valid.all()


def test_without_packing_there_is_neither_scale_nor_offset(tmp_path):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    neutral = {"_FillValue": np.float32(-9999), "scale_factor": 1.0, "add_offset": np.float32(0)}
    (tmp_path / "neutral").mkdir()
    values = granules.stored(path, "/reflectance")
    copy = granules.restore(path, tmp_path / "neutral" / path.name, {"/reflectance": (values, neutral)})
    for name in (path, copy):
        band = views.open_view(name).GetRasterBand(2)
        assert band.GetScale() is None and band.GetOffset() is None
        views.assert_same(views.read(name), reference.view(path))


@pytest.mark.parametrize("kind", ["GTiff", "ENVI", "VRT"])
def test_copies_keep_packing_and_nodata(tmp_path, kind):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    packed, _ = packed_and_twin(path, tmp_path, {"/reflectance": (cube(), PACKINGS["short"])})
    gdal.Translate(str(tmp_path / "copy"), views.open_view(packed), format=kind)
    dataset = gdal.Open(str(tmp_path / "copy"))
    band = dataset.GetRasterBand(3)
    assert band.GetScale() == 2.5e-5 and band.GetOffset() == 0.61
    assert band.GetNoDataValue() == -32768
    assert np.array_equal(band.ReadAsArray(), views.read(packed)[2])


def test_netcdf_files_have_the_attributes(tmp_path):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    packed, _ = packed_and_twin(path, tmp_path, {"/reflectance": (cube(), PACKINGS["short"])})
    gdal.Translate(str(tmp_path / "copy.nc"), views.open_view(packed), format="netCDF")
    with netCDF4.Dataset(str(tmp_path / "copy.nc")) as dataset:
        copy = dataset["reflectance"]
        copy.set_auto_maskandscale(False)
        assert (copy.scale_factor, copy.add_offset, copy.getncattr("_FillValue")) == (2.5e-5, 0.61, -32768)
        assert np.array_equal(copy[:, ::-1], views.read(packed))


def test_overviews_have_the_packing_too(tmp_path):
    lines, samples = 620, 590
    path = granules.write(tmp_path, lines=lines, samples=samples, bands=1)
    numbers = np.arange(lines * samples, dtype="f8").reshape(lines, samples, 1)
    packing = ("i4", -1, {"scale_factor": 0.5, "add_offset": 7.0})
    packed, _ = packed_and_twin(path, tmp_path, {"/reflectance": (numbers, packing)})
    dataset = views.open_view(packed)
    overview = dataset.GetRasterBand(1).GetOverview(0)
    assert (overview.GetScale(), overview.GetOffset(), overview.GetNoDataValue()) == (0.5, 7.0, -1)


def test_scale_and_offset_of_the_user_come_first_and_are_kept(tmp_path):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    packed, _ = packed_and_twin(path, tmp_path, {"/reflectance": (cube(), PACKINGS["short"])})
    dataset = views.open_view(packed)
    dataset.GetRasterBand(1).SetScale(0.125)
    dataset = None
    dataset = views.open_view(packed)
    assert dataset.GetRasterBand(1).GetScale() == 0.125
    assert dataset.GetRasterBand(2).GetScale() == 2.5e-5


@pytest.mark.parametrize("kind, empty", [("i1", -128), ("u1", 255), ("i2", -32768), ("u2", 65535)])
def test_packed_integers_without_a_fill_value_have_an_extreme_for_nodata(tmp_path, kind, empty):
    """The mission's -9999 is an ordinary value there."""
    if kind == "i1" and int(gdal.VersionInfo()) < 3070000:
        pytest.skip("GDAL 3.7 and later have signed bytes")
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    codes = np.arange(LINES * SAMPLES * BANDS).reshape(LINES, SAMPLES, BANDS).astype(kind)
    codes[codes == empty] = 1
    if kind == "i2":
        codes[5, 5] = -9999
    attributes = {"_FillValue": False, "scale_factor": 0.01}
    packed = granules.restore(path, tmp_path / "packed.nc", {"/reflectance": (codes, attributes)})
    band = views.open_name(f'EMIT:"{packed}":reflectance').GetRasterBand(1)
    assert band.GetNoDataValue() == empty
    filled = reference.glt_cells(packed)[0]
    assert np.array_equal(band.GetMaskBand().ReadAsArray() == 255, filled)


# ---- Used: masks ---------------------------------------------------------------------------------


def scene_with_mask(folder, version, packing, state=None):
    """A reflectance granule with a packed mask, and the same with an unpacked twin of the mask."""
    mask_version = {"001": "001", "002": "003"}[version]
    scene = granules.pair(folder, version, lines=LINES, samples=SAMPLES, bands=BANDS, state=state)
    numbers = granules.stored(scene[1], "/mask").astype("f8")
    labels = granules.MASK_LABELS[mask_version]
    for band, label in enumerate(labels):
        if label.startswith("H2O"):
            numbers[:, :, band] = np.minimum(numbers[:, :, band], 4.5)
    masks = packed_and_twin(scene[1], folder, {"/mask": (numbers, packing)})
    return scene[0], masks


MASK_PACKINGS = {
    "short": ("i2", -32768, {"scale_factor": 9 / 65533, "add_offset": 3.9}),
    "byte": ("u1", 255, {"scale_factor": np.float32(9.3 / 254), "add_offset": np.float32(-1)}),
    "int": ("i4", 2**31 - 1, {"scale_factor": 1 / 2e8}),
    "float": ("f4", 1e20, {"scale_factor": 1 / 3, "add_offset": -0.7}),
    "no fill": ("i2", -9999, {"scale_factor": 1e-3, "add_offset": 2}),
}


@pytest.mark.parametrize("packing", MASK_PACKINGS.values(), ids=MASK_PACKINGS.keys())
@pytest.mark.parametrize(
    "version, choice",
    [
        ("001", {"QUALITY_FLAGS": "cloud,cirrus"}),
        ("001", {"QUALITY_FLAGS": "aggregate", "QUALITY_WHERE": "AOD550>0.41,H2O<=1.2"}),
        ("002", {"CLOUD_BUFFER": 3}),
        ("002", {"CLOUD_BUFFER": 0, "QUALITY_WHERE": "SpecTf-Cloud Probability>=0.72"}),
    ],
)
def test_packed_masks_mask_as_unpacked_ones(tmp_path, version, choice, packing):
    path, (packed, twin) = scene_with_mask(tmp_path, version, packing)
    flags_in = granules.stored(path.parent / packed.name, "/mask")
    seen = views.read(path, MASK_FILE=packed, **choice)
    screened = np.zeros((LINES, SAMPLES), bool)
    labels = granules.MASK_LABELS[{"001": "001", "002": "003"}[version]]
    if "QUALITY_FLAGS" in choice:  # of the mask as it was: packing must not change a flag
        screened |= reference.quality_mask(path.parent / packed.name, choice["QUALITY_FLAGS"])
    if "CLOUD_BUFFER" in choice:
        distance = flags_in[:, :, labels.index("SpecTf-Buffer Distance")]
        screened |= (distance >= 0) & (distance <= choice["CLOUD_BUFFER"])
    if "QUALITY_WHERE" in choice:
        screened |= reference.where_mask(twin, choice["QUALITY_WHERE"])
    expected = granules.stored(path, "/reflectance").copy()
    expected[screened] = -9999
    assert 0 < screened.mean() < 1
    filled, line, sample = reference.glt_cells(path)
    assert np.array_equal(seen[:, filled], expected[line[filled], sample[filled]].T)


def test_a_flag_of_255_counts_where_bytes_have_no_fill_value(tmp_path):
    path, mask = granules.pair(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    flags = np.maximum(granules.stored(mask, "/mask"), 0)
    codes = np.round(np.minimum(flags, 1) * 255).astype("u1")
    attributes = {"_FillValue": False, "scale_factor": 1 / 255}
    packed = granules.restore(mask, tmp_path / "mask.nc", {"/mask": (codes, attributes)})
    seen = views.read(path, ORTHO="NO", QUALITY_FLAGS="cloud", MASK_FILE=packed)[1]
    assert np.array_equal(seen == -9999, codes[:, :, 0] == 255)


@pytest.mark.parametrize("name", ["short", "byte", "float"])
def test_packed_state_variables_are_compared_in_their_own_unit(tmp_path, name):
    random = np.random.default_rng(11)
    state = random.integers(0, 65, (2, LINES, SAMPLES)) / 16
    state[:, 4, 5] = -9999
    path, _ = granules.pair(tmp_path, "002", lines=LINES, samples=SAMPLES, bands=BANDS, state=state)
    packings = {
        "short": ("i2", -32768, {"scale_factor": 1e-3, "add_offset": 5.0}),
        "byte": ("u1", 255, {"scale_factor": 1 / 64, "add_offset": np.float32(0.5)}),
        "float": ("f4", -9999, {"add_offset": 100.0}),
    }
    changes = {
        "/state_variables/aerosol_optical_thickness": (state[0], packings[name]),
        "/state_variables/water_vapor": (state[1], packings[name]),
    }
    packed, twin = packed_and_twin(path, tmp_path, changes)
    seen = views.read(packed, ORTHO="NO", QUALITY_WHERE="AOD550>3.01,H2O<=1.26")
    aerosol = granules.stored(twin, "/state_variables/aerosol_optical_thickness")
    water = granules.stored(twin, "/state_variables/water_vapor")
    screened = (aerosol > 3.01) | ((water <= 1.26) & (water != -9999))
    assert 0 < screened.mean() < 1
    assert np.array_equal(seen[0] == -9999, screened)


# ---- Used: places --------------------------------------------------------------------------------


def packed_places(folder, kind="i4"):
    path = granules.write(folder, lines=LINES, samples=SAMPLES, bands=BANDS)
    lon, lat = (granules.stored(path, f"/location/{name}") for name in ("lon", "lat"))
    scale = {"i4": 1e-7, "f4": 1.0}[kind]
    fill = {"i4": -(2**31), "f4": -9999}[kind]
    packings = [
        (kind, fill, {"scale_factor": scale, "add_offset": float(place.mean())}) for place in (lon, lat)
    ]
    changes = {"/location/lon": (lon, packings[0]), "/location/lat": (lat, packings[1])}
    return packed_and_twin(path, folder, changes)


@pytest.mark.parametrize("kind", ["i4", "f4"])
def test_nearest_pixels_are_found_by_packed_places(tmp_path, kind):
    packed, twin = packed_places(tmp_path, kind)
    seen = views.read(packed, ORTHO="NEAREST")
    assert not np.array_equal(seen, reference.view(twin, ortho="GLT"))
    views.assert_same(seen, reference.view(twin, ortho="NEAREST"))


def test_the_geolocation_domain_gives_degrees(tmp_path):
    packed, twin = packed_places(tmp_path)
    domain = views.open_view(packed, ORTHO="NO").GetMetadata("GEOLOCATION")
    for key, name in (("X_DATASET", "lon"), ("Y_DATASET", "lat")):
        seen = gdal.Open(domain[key]).ReadAsArray()
        assert np.array_equal(seen, granules.stored(twin, f"/location/{name}"))
    warped = [
        gdal.Warp("", views.open_view(path, ORTHO="NO"), format="MEM", geoloc=True)
        for path in (packed, twin)
    ]
    assert np.allclose(warped[0].GetGeoTransform(), warped[1].GetGeoTransform(), rtol=0, atol=1e-9)
    assert np.array_equal(warped[0].ReadAsArray(), warped[1].ReadAsArray())


@pytest.mark.parametrize(
    "packing",
    [
        ("i2", -1, {"scale_factor": 0.25}),
        ("u1", 255, {"add_offset": np.int32(-7)}),
        ("i2", -32768, {"scale_factor": 60 / 65533, "add_offset": 25.0}),
    ],
    ids=["scale", "offset", "inexact"],
)
def test_a_packed_lookup_table_fills_the_same_cells(tmp_path, packing):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    changes = {
        f"/location/{name}": (granules.stored(path, f"/location/{name}").astype("f8"), packing)
        for name in ("glt_x", "glt_y")
    }
    packed, _ = packed_and_twin(path, tmp_path, changes)
    views.assert_same(views.read(packed), reference.view(path))


# ---- Used: bands ---------------------------------------------------------------------------------


def test_packed_wavelengths_name_and_choose_bands(tmp_path):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    parameters = "/sensor_band_parameters/"
    good = granules.stored(path, parameters + "good_wavelengths").astype("f8")
    good[1] = 0
    changes = {
        parameters + "wavelengths": (
            granules.stored(path, parameters + "wavelengths").astype("f8"),
            ("u2", 65535, {"scale_factor": np.float32(0.0625), "add_offset": 100.0}),
        ),
        parameters + "fwhm": (np.full(BANDS, 8.5), ("u1", 255, {"scale_factor": 0.125})),
        parameters + "good_wavelengths": (good, ("u1", 255, {"scale_factor": 1 / 252, "add_offset": -0.004})),
    }
    packed, twin = packed_and_twin(path, tmp_path, changes)
    centres = granules.stored(twin, parameters + "wavelengths")
    dataset = views.open_view(packed)
    for number, centre in enumerate(centres, 1):
        band = dataset.GetRasterBand(number)
        assert band.GetDescription() == f"{centre:.2f} nm"
        assert float(band.GetMetadataItem("wavelength")) == centre
        assert float(band.GetMetadataItem("fwhm")) == 8.5
        assert band.GetMetadataItem("bbl") == str(int(good[number - 1]))
    chosen = views.read(packed, WAVELENGTHS=str(centres[3] + 4))
    views.assert_same(chosen, reference.view(path, bands=[3]))
    kept = views.open_view(packed, BAD_WAVELENGTHS="DROP").RasterCount
    assert kept == np.count_nonzero(good)


def test_packed_mineral_numbers_find_their_names(tmp_path):
    path = granules.write(tmp_path, "MIN", lines=LINES, samples=SAMPLES)
    name = "/mineral_metadata/index"
    numbers = granules.stored(path, name).astype("f8")
    packing = ("i2", -32768, {"scale_factor": 293 / 65533, "add_offset": 147.5})
    packed, twin = packed_and_twin(path, tmp_path, {name: (numbers, packing)})
    assert (granules.stored(twin, name) != numbers).any()
    names = [
        views.open_view(copy, "group_1_mineral_id").GetRasterBand(1).GetCategoryNames()
        for copy in (path, packed)
    ]
    assert names[1] == names[0] and granules.MINERALS[0] in names[0]


def test_a_missing_wavelength_is_left_out(tmp_path):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    name = "/sensor_band_parameters/wavelengths"
    centres = granules.stored(path, name).copy()
    centres[0] = -1
    changes = {name: (centres, {"_FillValue": np.float32(-1)})}
    (tmp_path / "copy").mkdir()
    copy = granules.restore(path, tmp_path / "copy" / path.name, changes)
    dataset = views.open_view(copy)
    assert dataset.GetRasterBand(1).GetMetadataItem("wavelength") is None
    assert dataset.GetRasterBand(1).GetDescription() == "reflectance 0"
    assert dataset.GetRasterBand(2).GetDescription() == f"{centres[1]:.2f} nm"
    views.assert_same(
        views.read(copy, WAVELENGTHS="0-9999"), reference.view(path, bands=list(range(1, BANDS)))
    )


# ---- Signs ---------------------------------------------------------------------------------------


def test_unsigned_numbers_in_a_signed_type_are_unsigned(tmp_path):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    numbers = np.arange(65535 - LINES * SAMPLES * BANDS, 65535).reshape(LINES, SAMPLES, BANDS)
    numbers[1, 1] = 65535
    attributes = {"_FillValue": np.int16(-1), "_Unsigned": "true", "scale_factor": 0.5}
    changes = {"/reflectance": (numbers.astype("u2").view("i2"), attributes)}
    packed = granules.restore(path, tmp_path / "packed.nc", changes)
    band = views.open_name(f'EMIT:"{packed}":reflectance', ORTHO="NO").GetRasterBand(2)
    assert (band.GetNoDataValue(), band.GetScale()) == (65535, 0.5)
    views.assert_same(band.ReadAsArray(), numbers[:, :, 1].astype("u2"))


def test_unsigned_flags_in_a_signed_type_are_unsigned(tmp_path):
    path, mask = granules.pair(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    codes = np.round(np.clip(granules.stored(mask, "/mask"), 0, 1) * 200).astype("u1").view("i1")
    attributes = {"_FillValue": False, "_Unsigned": "true", "scale_factor": 1 / 200}
    packed = granules.restore(mask, tmp_path / "mask.nc", {"/mask": (codes, attributes)})
    seen = views.read(path, ORTHO="NO", QUALITY_FLAGS="cirrus", MASK_FILE=packed)[1]
    assert np.array_equal(seen == -9999, codes[:, :, 1].view("u1") == 200)


# ---- Refused -------------------------------------------------------------------------------------

DEFECTS = {
    "text": {"scale_factor": "0.01"},
    "list": {"scale_factor": np.array([0.01, 0.02])},
    "zero": {"scale_factor": 0.0},
    "nan": {"scale_factor": np.float32("nan")},
    "infinite": {"scale_factor": np.inf},
    "offset text": {"add_offset": "none"},
    "offset list": {"add_offset": np.array([1, 2, 3])},
    "offset nan": {"scale_factor": 0.1, "add_offset": np.nan},
    "two fills": {"missing_value": np.int16(-2)},
}


def spoiled(source, folder, name, defect):
    values = np.clip(granules.stored(source, name), -1, 100).astype("i2")
    changes = {name: (values, {"_FillValue": np.int16(-1), **defect})}
    (folder / "spoiled").mkdir(exist_ok=True)
    return granules.restore(source, folder / "spoiled" / source.name, changes)


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS.keys())
def test_what_cannot_be_unpacked_is_refused_by_name(tmp_path, defect):
    attribute = next(key for key, value in reversed(defect.items()))
    path, mask = granules.pair(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    shown = spoiled(path, tmp_path, "/reflectance", defect)
    message = views.refusal(shown)
    assert attribute in message and str(shown) in message and "/reflectance" in message
    used = spoiled(mask, tmp_path, "/mask", defect)
    message = views.refusal(path, QUALITY_FLAGS="cloud", MASK_FILE=used)
    assert attribute in message and str(used) in message and "/mask" in message


@pytest.mark.parametrize("name", ["lat", "glt_y", "wavelengths"])
def test_a_variable_that_cannot_be_unpacked_fails_only_its_users(tmp_path, name):
    path = granules.write(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    group = "/sensor_band_parameters/" if name == "wavelengths" else "/location/"
    copy = spoiled(path, tmp_path, group + name, {"scale_factor": "1"})
    users = {"lat": {"ORTHO": "NEAREST"}, "glt_y": {}, "wavelengths": {}}
    message = views.refusal(copy, **users[name])
    assert "scale_factor" in message and name in message and str(copy) in message
    others = {"lat": {"ORTHO": "NO"}, "glt_y": {"ORTHO": "NO"}}
    if name in others:
        views.assert_same(views.read(copy, **others[name]), reference.view(path, ortho="NO"))


def test_bits_and_mineral_ids_cannot_be_packed(tmp_path):
    path, mask = granules.pair(tmp_path, lines=LINES, samples=SAMPLES, bands=BANDS)
    bits = granules.stored(mask, "/band_mask")
    changes = {"/band_mask": (bits, {"scale_factor": 2.0})}
    copy = granules.restore(mask, tmp_path / "mask.nc", changes)
    message = views.refusal(path, BAND_MASK="YES", MASK_FILE=copy)
    assert "scale_factor" in message and str(copy) in message and "band_mask" in message
    assert "scale_factor" in views.refusal(f'EMIT:"{copy}":band_mask')
    minerals = granules.write(tmp_path, "MIN", lines=LINES, samples=SAMPLES)
    name = "group_1_mineral_id"
    changes = {"/" + name: (granules.stored(minerals, "/" + name), {"add_offset": np.int16(1)})}
    copy = granules.restore(minerals, tmp_path / "minerals.nc", changes)
    message = views.refusal(f'EMIT:"{copy}":{name}')
    assert "add_offset" in message and str(copy) in message and name in message
