# SPDX-License-Identifier: MIT
"""Every product of both generations, as ortho grid and swath, with every mask that applies."""
import granules
import netCDF4
import numpy as np
import pytest
import reference
import views
from osgeo import gdal

SIZE = {"lines": 9, "samples": 14}
GRIDS = ["GLT", "NEAREST", "NO"]
CUBES = ["RAD", "RFL", "RFLUNCERT"]
MAIN = [*CUBES, "OBS", "MASK"]
LAYERS = {
    "MIN": ["group_1_band_depth", "group_1_mineral_id", "group_2_band_depth", "group_2_mineral_id"],
    "MINUNCERT": [
        "group_1_band_depth_unc",
        "group_1_fit",
        "group_2_band_depth_unc",
        "group_2_fit",
    ],
}
FLAGS = {"001": "0,1,3,4", "002": "cloud,cirrus,spectf-cloud"}
WHERE = {"001": "AOD550>0.4,H2O>3", "002": "SpecTf-Cloud Probability>0.7"}


@pytest.fixture(scope="module", params=["001", "002"])
def scene_of_all(request, tmp_path_factory):
    """(version, product -> path): hand-made granules of one scene and generation."""
    version = request.param
    folder = tmp_path_factory.mktemp("all" + version)
    made = {}
    for product in granules.LEVEL:
        if product == "MASK":
            mask_version = "001" if version == "001" else "003"
            made[product] = granules.write(
                folder, product, mask_version, band_mask_octets=3, **SIZE
            )
        else:
            data = granules.values(*SIZE.values(), 20 if product in CUBES else 11) / 8 - 3
            made[product] = granules.write(
                folder, product, version, bands=20, data=data.astype("f4"), **SIZE
            )
    return version, made


def options_of(choice, version, mask):
    """Open options of a choice of masks, and the reference's keywords."""
    options, keywords = {}, {}
    if "flags" in choice:
        options["QUALITY_FLAGS"] = FLAGS[version]
        keywords.update(mask=mask, quality_flags=FLAGS[version])
    if "where" in choice:
        options["QUALITY_WHERE"] = WHERE[version]
        keywords.update(mask=mask, quality_where=WHERE[version])
    if "band" in choice:
        options["BAND_MASK"] = "YES"
        keywords["band_mask_file"] = mask
    return options, keywords


def assert_equals_the_reference(path, variable, options, keywords):
    for ortho in GRIDS:
        seen = views.read(path, variable, ORTHO=ortho, **options)
        views.assert_same(seen, reference.view(path, variable, ortho=ortho, **keywords))


@pytest.mark.parametrize("choice", ["none", "flags", "where", "band", "flags+where+band"])
@pytest.mark.parametrize("product", MAIN)
def test_product_equals_the_reference(scene_of_all, product, choice):
    version, made = scene_of_all
    options, keywords = options_of(choice, version, made["MASK"])
    if "band" in choice and (version == "002" or product not in CUBES):
        for ortho in GRIDS:
            message = views.refusal(made[product], ORTHO=ortho, **options)
            assert "BAND_MASK" in message and made["MASK"].name in message
    else:
        assert_equals_the_reference(made[product], None, options, keywords)


@pytest.mark.parametrize("choice", ["none", "flags", "flags+where"])
@pytest.mark.parametrize(
    "product, layer", [(product, layer) for product in LAYERS for layer in LAYERS[product]]
)
def test_mineral_layer_equals_the_reference(scene_of_all, product, layer, choice):
    version, made = scene_of_all
    options, keywords = options_of(choice, version, made["MASK"])
    assert_equals_the_reference(made[product], layer, options, keywords)


@pytest.mark.parametrize("product", granules.LEVEL)
@pytest.mark.parametrize(
    "variable, choice", [("lon", "none"), ("lat", "flags"), ("elev", "flags+where")]
)
def test_location_equals_the_reference(scene_of_all, product, variable, choice):
    version, made = scene_of_all
    options, keywords = options_of(choice, version, made["MASK"])
    assert views.open_view(made[product], variable).GetRasterBand(1).DataType == gdal.GDT_Float64
    assert_equals_the_reference(made[product], variable, options, keywords)


@pytest.mark.parametrize("product", LAYERS)
def test_mineral_products_have_no_bands_but_a_subdataset_a_layer(scene_of_all, product):
    path = scene_of_all[1][product]
    dataset = views.open_view(path)
    assert dataset.RasterCount == 0
    listed = dataset.GetSubDatasets()
    for layer in LAYERS[product]:
        (name,) = [name for name, _ in listed if name.endswith(layer)]
        assert layer in [text for _, text in listed if layer in text][0]
        opened = gdal.Open(name)
        assert opened.GetDriver().ShortName == "EMIT"
        views.assert_same(views.pixels(opened), reference.view(path, layer))


@pytest.mark.parametrize("product", MAIN)
def test_products_with_a_main_variable_have_no_subdatasets(scene_of_all, product):
    assert views.open_view(scene_of_all[1][product]).GetSubDatasets() == []


@pytest.mark.parametrize("product", granules.LEVEL)
def test_variables_are_listed_and_every_one_opens(scene_of_all, product):
    path = scene_of_all[1][product]
    text = str(views.open_view(path).GetMetadata("EMIT_VARIABLES"))
    names = LAYERS.get(product) or [granules.VARIABLE[product][0]]
    for name in [*names, "lon", "lat", "elev"]:
        assert name in text
        assert views.open_view(path, name).RasterCount >= 1


def test_observation_names_may_hold_commas_and_brackets(tmp_path):
    dataset = views.open_view(granules.write(tmp_path, "OBS"))
    seen = [dataset.GetRasterBand(n + 1).GetDescription() for n in range(dataset.RasterCount)]
    assert seen == granules.OBSERVATIONS


def test_radiance_has_wavelengths_but_no_bad_ones(tmp_path):
    dataset = views.open_view(granules.write(tmp_path, "RAD", bands=9))
    for number, centre in enumerate(granules.spectrum(9)):
        items = dataset.GetRasterBand(number + 1).GetMetadata()
        assert float(items["wavelength"]) == pytest.approx(centre, abs=1e-3)
        assert "bbl" not in items


def test_early_radiance_files_have_other_names_of_wavelengths(tmp_path):
    path = granules.write(tmp_path, "RAD", bands=5, early_names=True)
    dataset = views.open_view(path)
    seen = [dataset.GetRasterBand(n + 1).GetDescription() for n in range(5)]
    assert seen == [f"{value:.2f} nm" for value in granules.spectrum(5)]
    assert float(dataset.GetRasterBand(2).GetMetadataItem("fwhm")) == 8.5


def test_flat_field_is_not_an_image(tmp_path):
    path = granules.write(tmp_path, "RAD", flat_field=True)
    dataset = views.open_view(path)
    assert "flat_field_update" not in str(dataset.GetMetadata("EMIT_VARIABLES"))
    views.assert_same(views.pixels(dataset), reference.view(path, "radiance"))
    assert "flat_field_update" in views.refusal(views.name_of(path, "flat_field_update"))


@pytest.mark.parametrize("ortho", ["GLT", "NEAREST", "NO"])
@pytest.mark.parametrize("variable", ["aerosol_optical_thickness", "water_vapor"])
def test_state_variables_open_by_name(tmp_path, variable, ortho):
    state = (granules.values(9, 14, 1, "f8")[..., 0] / 64, granules.values(9, 14, 1, "f8")[..., 0])
    path = granules.write(tmp_path, "RFL", "002", state=state, **SIZE)
    mask = granules.write(tmp_path, "MASK", "003", **SIZE)
    assert variable in str(views.open_view(path).GetMetadata("EMIT_VARIABLES"))
    seen = views.read(path, variable, ORTHO=ortho, QUALITY_FLAGS="cloud")
    expected = reference.view(path, variable, ortho=ortho, mask=mask, quality_flags="cloud")
    views.assert_same(seen, expected)


@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_elevation_of_either_type_opens(tmp_path, kind):
    """f4 is specified for mask 002."""
    path = granules.write(tmp_path, **SIZE)
    if kind == "f4":
        import h5py

        with h5py.File(path, "a") as file:
            stored = file["location/elev"][:].astype("f4")
            del file["location/elev"]
            made = file["location"].create_dataset("elev", data=stored)
            made.attrs["_FillValue"] = np.array([-9999], "f4")
            for axis, name in enumerate(("downtrack", "crosstrack")):
                made.dims[axis].attach_scale(file[name])
    views.assert_same(views.read(path, "elev"), reference.view(path, "elev"))


@pytest.fixture(scope="module", params=[1, 2])
def lifelike(request, tmp_path_factory):
    """(generation, product -> path) by emit_mkgranule."""
    folder = tmp_path_factory.mktemp(f"lifelike{request.param}")
    products = ",".join(granules.LEVEL)
    size = ["--lines", 31, "--samples", 44, "--bands", 24, "--products", products]
    return request.param, granules.make(folder, *size, "--generation", request.param)


def test_lifelike_granules_of_all_products_are_written(lifelike):
    assert set(lifelike[1]) == set(granules.LEVEL)
    assert lifelike[1]["MASK"].name[:17] == f"EMIT_L2A_MASK_00{1 if lifelike[0] == 1 else 3}"


@pytest.mark.parametrize("flags", [None, "cloud,cirrus,dilated cloud"])
@pytest.mark.parametrize("product", granules.LEVEL)
def test_lifelike_granules_equal_the_reference(lifelike, product, flags):
    _, made = lifelike
    options = {"QUALITY_FLAGS": flags} if flags else {}
    keywords = {"mask": made["MASK"], "quality_flags": flags} if flags else {}
    for variable in LAYERS.get(product, [None]):
        assert_equals_the_reference(made[product], variable, options, keywords)


def test_generator_and_builder_agree_on_the_layout(lifelike, tmp_path):
    """All objects of the hand-made granules exist in the lifelike ones under the same names."""
    generation, made = lifelike
    for product in granules.LEVEL:
        newest_mask = product == "MASK" and generation == 2
        version = "003" if newest_mask else f"00{generation}"
        path = granules.write(tmp_path, product, version)
        with netCDF4.Dataset(str(path)) as ours, netCDF4.Dataset(str(made[product])) as theirs:
            for group in ("", "location", "sensor_band_parameters"):
                mine = ours.groups.get(group, ours).variables
                other = theirs.groups.get(group, theirs).variables
                assert set(mine) <= set(other), product
                for name, stored in mine.items():
                    assert stored.dtype == other[name].dtype, (product, name)
                    assert stored.dimensions[:2] == other[name].dimensions[:2], name
            assert set(ours.ncattrs()) <= set(theirs.ncattrs())
