# SPDX-License-Identifier: MIT
"""The option list, and wrong values: an option that cannot be understood is an error."""
import re
import shutil
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest
import views
from osgeo import gdal

# Name: (possible types, choices or None, default or None).
CONTRACT = {
    "ORTHO": ({"string-select"}, ["GLT", "NEAREST", "NO"], "GLT"),
    "QUALITY_FLAGS": ({"string"}, None, "NONE"),
    "QUALITY_WHERE": ({"string"}, None, None),
    "CLOUD_BUFFER": ({"int", "integer", "float", "string"}, None, None),
    "BAND_MASK": ({"boolean", "string-select"}, ["NO", "YES"], "NO"),
    "MASK_FILE": ({"string"}, None, None),
    "BAD_WAVELENGTHS": ({"string-select"}, ["KEEP", "NODATA", "DROP"], "KEEP"),
    "WAVELENGTHS": ({"string"}, None, None),
    "NODATA": ({"string", "float"}, None, "-9999"),
    "VARIABLE": ({"string"}, None, None),
    "NUM_THREADS": ({"string"}, None, "ALL_CPUS"),
}
PAGE = Path(__file__).resolve().parents[2] / "docs" / "emit.rst"


def option_list():
    return xml.fromstring(gdal.GetDriverByName("EMIT").GetMetadataItem("DMD_OPENOPTIONLIST"))


def options():
    return {option.get("name"): option for option in option_list()}


def test_list_is_what_gdal_expects():
    assert option_list().tag == "OpenOptionList"
    assert {option.tag for option in option_list()} == {"Option"}
    assert len(options()) == len(option_list())


def test_every_option_of_the_contract_is_listed_and_no_other():
    assert set(options()) == set(CONTRACT)


@pytest.mark.parametrize("name", CONTRACT)
def test_option_has_type_description_default_and_choices(name):
    kinds, choices, default = CONTRACT[name]
    option = options()[name]
    assert option.get("type") in kinds
    assert len(option.get("description")) > 15
    if default is not None:
        assert option.get("default") == default
    values = option.findall("Value")
    if option.get("type") == "string-select":
        texts = [value.text for value in values]
        assert set(choices) <= set(texts)
        assert texts[0] == default


def test_values_have_no_attributes():
    """QGIS takes the first attribute of a value for its text."""
    for value in option_list().iter("Value"):
        assert value.attrib == {} and len(value) == 0


def test_gdal_accepts_every_listed_choice_without_warning(scene):
    for name, option in options().items():
        for value in option.findall("Value"):
            with views.Messages() as messages:
                views.open_view(scene[0], **{name: value.text})
            assert messages == [], (name, value.text)


MISSPELT = {
    "QUALITY_FLAG=cloud": "QUALITY_FLAGS",
    "quality-flags=cloud": "QUALITY_FLAGS",
    "QUALITYWHERE=AOD550>0.4": "QUALITY_WHERE",
    "CLOUD_BUFER=2": "CLOUD_BUFFER",
    "BANDMASK=YES": "BAND_MASK",
    "MASK_FILES=m.nc": "MASK_FILE",
    "WAVELENGHTS=650": "WAVELENGTHS",
    "BAD_WAVELENGTH=DROP": "BAD_WAVELENGTHS",
    "THREADS=2": "NUM_THREADS",
    "clouds=YES": "QUALITY_FLAGS",
    "QA_FLAGS=cloud": "QUALITY_FLAGS",
    "mask_path=m.nc": "MASK_FILE",
    "CLOUD_FLAGS=YES": "QUALITY_FLAGS",
    "MASK_BANDS=0": "MASK_FILE",
    "amp;QUALITY_WHERE=AOD550>0.4": "QUALITY_WHERE",
    "VAR=lon": "VARIABLE",
}


@pytest.mark.parametrize("option", MISSPELT)
def test_misspelt_option_is_an_error_that_names_the_right_one(scene, option):
    key, _, value = option.partition("=")
    with views.Messages():
        given = views.refusal(scene[0], **{key: value})
        in_name = views.refusal(f'EMIT:"{scene[0]}"?{option}')
    for message in (given, in_name):
        assert all(word in message for word in (key, MISSPELT[option], scene[0].name))


@pytest.mark.parametrize(
    "rest", ["cirrus", "dilated cloud", "cirrus BAND_MASK=YES", "550", "H2O>=3"]
)
def test_the_rest_of_a_list_that_a_program_split_is_an_error(scene, rest):
    """GRASS passes QUALITY_FLAGS=cloud,cirrus as two options: clouds alone would be masked."""
    given = ["QUALITY_FLAGS=cloud", rest]
    for options in (given, given[::-1]):
        with views.Messages(), pytest.raises(RuntimeError) as caught:
            gdal.OpenEx(str(scene[0]), open_options=options)
        assert scene[0].name in str(caught.value)
        assert f'"{rest.partition("=")[0]}"' in str(caught.value)


@pytest.mark.parametrize("option", ["QUALITY_FLAG=cloud", "QUALITY_FLAGS=", "BAND_MASK"])
def test_misspelt_or_empty_masking_option_is_an_error_for_a_file_of_any_name(
    scene, tmp_path, option
):
    """GDAL alone would warn, if that, and open the file unmasked by another driver."""
    shutil.copy(scene[0], tmp_path / "foo.nc")
    with views.Messages(), pytest.raises(RuntimeError, match=f"foo.nc.*{option.split('=')[0]}"):
        gdal.OpenEx(str(tmp_path / "foo.nc"), open_options=[option])


@pytest.mark.parametrize("name", ["QUALITY_FLAGS", "QUALITY_WHERE", "CLOUD_BUFFER", "BAND_MASK"])
def test_empty_masking_option_is_an_error_that_names_the_value_for_none(scene, name):
    nothing = options()[name].get("default")
    for source in ({name: ""}, {}):
        file = f'EMIT:"{scene[0]}"?{name}=' if not source else scene[0]
        message = views.refusal(file, **source)
        assert scene[0].name in message and f"{name}={nothing}" in message
    views.assert_same(views.read(scene[0], **{name: nothing}), views.read(scene[0]))


@pytest.mark.parametrize(
    "first, second",
    [
        ("QUALITY_FLAGS=cirrus", "QUALITY_FLAGS=cloud"),
        ("QUALITY_FLAGS=NONE", "quality_flags=cloud"),
        ("BAND_MASK=NO", "BAND_MASK=YES"),
        ("MASK_FILE=a.nc", "MASK_FILE=A.nc"),
    ],
)
@pytest.mark.parametrize("name", ["", "foo.nc"], ids=["mission's name", "any name"])
def test_masking_option_with_two_values_is_an_error(scene, tmp_path, name, first, second):
    """GDAL's lists hold both, and whoever looks for the key finds the first."""
    path = shutil.copy(scene[0], tmp_path / name) if name else scene[0]
    values = [option.partition("=")[2] for option in (first, second)]
    with views.Messages(), pytest.raises(RuntimeError) as given:
        gdal.OpenEx(str(path), open_options=[first, "ORTHO=NO", second])
    in_name = views.refusal(f'EMIT:"{path}":reflectance?{first}&{second}')
    for message in (str(given.value), in_name):
        assert all(word in message for word in (str(path), first.partition("=")[0], *values))


def test_keys_of_gdal_and_of_its_other_drivers_are_left_alone(scene):
    keys = {"OVERVIEW_LEVEL"}
    for number in range(gdal.GetDriverCount()):
        listed = gdal.GetDriver(number).GetMetadataItem("DMD_OPENOPTIONLIST")
        keys |= set(re.findall(r"<Option [^>]*?name=['\"](\w+)['\"]", listed or ""))
    keys -= set(options())
    assert {"HONOUR_VALID_RANGE", "SUPERGRIDS_MASK", "GEOREF_SOURCES"} < keys
    for key in sorted(keys - {"OVERVIEW_LEVEL"}):
        with views.Messages() as messages:
            assert views.open_name(f'EMIT:"{scene[0]}"?{key}=1').RasterCount == 13, key
        assert [kind for kind, _ in messages] == [gdal.CE_Warning], key


def test_key_with_an_at_sign_is_taken_as_gdal_takes_it(scene):
    """The @ silences GDAL's warning of unknown keys; known keys still apply."""
    expected = views.read(scene[0], QUALITY_FLAGS="cloud")
    with views.Messages() as messages:
        for name, given in (
            (scene[0], ["@QUALITY_FLAGS=cloud", "@FOO=1"]),
            (f'EMIT:"{scene[0]}"?@QUALITY_FLAGS=cloud&@FOO=1', []),
        ):
            dataset = gdal.OpenEx(str(name), open_options=given)
            views.assert_same(views.pixels(dataset), expected)
    assert messages == []


def test_unknown_option_causes_only_gdals_warning(scene):
    with views.Messages() as messages:
        assert views.open_view(scene[0], COLOUR="red") is not None
    assert [kind for kind, _ in messages] == [gdal.CE_Warning] and "COLOUR" in messages[0][1]


@pytest.mark.parametrize(
    "name, value",
    [
        ("ORTHO", "MAYBE"),
        ("ORTHO", "GLTX"),
        ("BAND_MASK", "PERHAPS"),
        ("BAND_MASK", "2"),
        ("BAD_WAVELENGTHS", "KEEPS"),
        ("NUM_THREADS", "MANY"),
        ("NUM_THREADS", "0"),
        ("NUM_THREADS", "-2"),
        ("NUM_THREADS", "2.5"),
        ("NODATA", "nothing"),
        ("CLOUD_BUFFER", "-1"),
        ("CLOUD_BUFFER", "wide"),
        ("QUALITY_WHERE", "AOD550"),
        ("WAVELENGTHS", "red"),
        ("WAVELENGTHS", "700-600"),
    ],
)
def test_wrong_value_is_an_error_that_names_file_option_and_value(scene, name, value):
    with views.Messages():
        message = views.refusal(scene[0], **{name: value})
    assert name in message
    assert value in message
    assert scene[0].name in message


@pytest.mark.parametrize("flags", ["cloud,,cirrus", ",cloud", "cloud,"])
def test_empty_item_of_a_list_is_an_error(scene, flags):
    """Half a list may mean that a shell ate the other half."""
    message = views.refusal(scene[0], QUALITY_FLAGS=flags)
    assert "QUALITY_FLAGS" in message and scene[1].name in message and "Cirrus flag" in message


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("ORTHO", "MAYBE", ["GLT", "NEAREST", "NO"]),
        ("BAND_MASK", "PERHAPS", ["YES", "NO"]),
        ("BAD_WAVELENGTHS", "KEEPS", ["KEEP", "NODATA", "DROP"]),
        ("NUM_THREADS", "MANY", ["ALL_CPUS"]),
        ("NODATA", "nothing", ["NAN"]),
        ("WAVELENGTHS", "700-600", ["low to high (2000-2450)", "GOOD", "nm"]),
        ("QUALITY_WHERE", "AOD550=0.4", [">=", "AOD550>0.4"]),
    ],
)
def test_error_lists_valid_values(scene, name, value, words):
    with views.Messages():
        message = views.refusal(scene[0], **{name: value})
    assert all(word in message for word in words)


# ---- The driver page -----------------------------------------------------------------------------


def documented():
    """Option: (term line, body) of the definition list under "Open options"."""
    assert PAGE.exists(), "the driver page docs/emit.rst is missing"
    text = PAGE.read_text(encoding="utf-8")
    body = re.split(r"\nOpen options\n[-=~]+\n", text)[1]
    body = re.split(r"\n[^\n]+\n[-=~]{4,}\n", body)[0]
    found = {}
    for match in re.finditer(r"^``([A-Z_]+)=(.*)\n((?:(?:    .*)?\n)+)", body, re.MULTILINE):
        found[match.group(1)] = (match.group(2), match.group(3))
    return found


def test_page_and_driver_list_the_same_options():
    assert set(documented()) == set(options())


@pytest.mark.parametrize("name", CONTRACT)
def test_page_has_choices_and_default_of(name):
    term, body = documented()[name]
    option = options()[name]
    default = re.search(r"default ``([^`]+)``", term)
    assert (default.group(1) if default else None) == option.get("default")
    stated = set(re.findall(r"[A-Z]+", term.split("``")[0]))
    for value in option.findall("Value"):
        assert value.text in stated or f"``{value.text}``" in body
    if option.get("type") == "string-select":
        assert stated <= {value.text for value in option.findall("Value")}
