# SPDX-License-Identifier: MIT
"""QUALITY_WHERE: pixels are screened by the data bands of the mask."""
import granules
import numpy as np
import pytest
import reference
import views

SIZE = {"lines": 9, "samples": 14}


@pytest.fixture(scope="module")
def masked_by(tmp_path_factory):
    """version of the mask -> (reflectance, mask)"""
    return {
        version: granules.pair(
            tmp_path_factory.mktemp("where" + version),
            "002" if version == "003" else "001",
            mask_version=version,
            bands=5,
            **SIZE,
        )
        for version in granules.MASK_LABELS
    }


CASES = [
    ("001", "AOD550>0.5"),
    ("001", "AOD550>=0.5"),
    ("001", "AOD550>0.5,H2O>3"),
    ("001", "aod550 > 0.5 , h2o <= 1.25"),
    ("001", "H2O (g cm-2)>3"),
    ("001", "H2O>=3,H2O<0.25"),
    ("002", "AOD550>0.25,SpecTf-Cloud Probability>0.75"),
    ("002", "spectf_cloud_probability>=0.75"),
    ("003", "SpecTf-Cloud Probability>0.75"),
    ("003", "SpecTf-Cloud Probability<0.25"),
    ("003", "SpecTf-Buffer Distance>5"),
    ("001", "AOD550>1e9"),
    ("001", "AOD550>.5"),
    ("001", "AOD550>+5e-1"),
]


@pytest.mark.parametrize("ortho", ["GLT", "NO"])
@pytest.mark.parametrize("version, where", CASES)
def test_pixels_for_which_one_comparison_holds_are_masked(masked_by, version, where, ortho):
    path, mask = masked_by[version]
    expected = reference.view(path, mask=mask, quality_where=where, ortho=ortho)
    views.assert_same(views.read(path, QUALITY_WHERE=where, ORTHO=ortho), expected)


def test_data_bands_are_named_by_number_as_flags_are(masked_by):
    """Numbers count mask bands from 0: 5 is AOD550 in mask 001, a flag in 003."""
    path, mask = masked_by["001"]
    expected = reference.view(path, mask=mask, quality_where="AOD550>0.5,H2O>3")
    views.assert_same(views.read(path, QUALITY_WHERE="5>0.5,6>3"), expected)
    message = views.refusal(masked_by["003"][0], QUALITY_WHERE="5>0.5")
    for word in ("SpecTf-Cloud Flag", "QUALITY_FLAGS", masked_by["003"][1].name):
        assert word in message


@pytest.mark.parametrize("version, number, label", [("001", 5, "AOD550"), ("002", 6, "H2O (g cm-2)")])
def test_number_of_a_data_band_among_flags_is_an_error_that_shows_the_comparison(
    masked_by, version, number, label
):
    message = views.refusal(masked_by[version][0], QUALITY_FLAGS=f"cloud,{number}")
    for word in (f'"{number}"', label, f'QUALITY_WHERE="{label}>', masked_by[version][1].name):
        assert word in message


@pytest.mark.parametrize(
    "operator, masked", [(">", [0, 0, 1]), (">=", [0, 1, 1]), ("<", [1, 0, 0]), ("<=", [1, 1, 0])]
)
def test_each_operator_compares_as_written(tmp_path, operator, masked):
    mask = np.zeros((1, 3, 8), "f4")
    mask[0, :, 5] = [0.25, 0.5, 0.75]
    path, _ = granules.pair(tmp_path, lines=1, samples=3, bands=2, mask_data=mask)
    seen = views.read(path, QUALITY_WHERE=f"AOD550{operator}0.5", ORTHO="NO")[0, 0]
    assert (seen == -9999).tolist() == [bool(value) for value in masked]


def test_nan_and_missing_values_never_hold(tmp_path):
    mask = np.zeros((1, 3, 8), "f4")
    mask[0, :, 5] = [np.nan, -9999, 0.25]
    path, _ = granules.pair(tmp_path, lines=1, samples=3, bands=2, mask_data=mask)
    for where, masked in (("AOD550<0.5", [False, False, True]), ("AOD550>0.5", [False] * 3)):
        seen = views.read(path, QUALITY_WHERE=where, ORTHO="NO")[0, 0]
        assert (seen == -9999).tolist() == masked


def test_comparisons_flags_band_mask_and_buffer_combine(masked_by):
    path, mask = masked_by["002"]
    options = {"QUALITY_WHERE": "AOD550>0.75", "QUALITY_FLAGS": "cirrus", "CLOUD_BUFFER": "2"}
    expected = reference.view(
        path, mask=mask, quality_where="AOD550>0.75", quality_flags="cirrus", cloud_buffer=2
    )
    views.assert_same(views.read(path, **options), expected)


def test_mask_itself_is_screened(masked_by):
    _, mask = masked_by["001"]
    expected = reference.view(mask, mask=mask, quality_where="H2O>3")
    views.assert_same(views.read(mask, QUALITY_WHERE="H2O>3"), expected)


def test_applied_options_are_in_the_metadata(masked_by):
    path, mask = masked_by["001"]
    dataset = views.open_view(path, QUALITY_WHERE="AOD550>0.5,H2O>3")
    said = dataset.GetMetadataItem("EMIT_QUALITY_WHERE").replace(" ", "")
    assert said.startswith("AOD550>0.5,H2O") and said.endswith(">3")
    assert mask.name in dataset.GetMetadataItem("EMIT_MASK_FILE")


def test_spectf_probability_above_07(masked_by):
    """Clouds by SpecTf probability above 0.7 in a V002 scene. 0.7 lies between values."""
    path, mask = masked_by["003"]
    where = "SpecTf-Cloud Probability>0.7"
    expected = reference.view(path, mask=mask, quality_where=where)
    assert (expected != reference.view(path)).any()
    views.assert_same(views.read(path, QUALITY_WHERE=where), expected)


# ---- State variables of V002 reflectance ---------------------------------------------------------


@pytest.fixture(scope="module")
def with_state(tmp_path_factory):
    """RFL 002 with its state variables, an uncertainty granule and a mask 003."""
    folder = tmp_path_factory.mktemp("state")
    random = np.random.default_rng(6)
    state = random.integers(0, 65, (9, 14)) / 64, random.integers(0, 320, (9, 14)) / 64
    path = granules.write(folder, "RFL", "002", bands=5, state=state, **SIZE)
    other = granules.write(folder, "RFLUNCERT", "002", bands=5, **SIZE)
    return path, other, granules.write(folder, "MASK", "003", **SIZE)


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize(
    "where", ["AOD550>0.5", "H2O>3", "AOD550>0.75,H2O>4,SpecTf-Cloud Probability>0.75"]
)
def test_state_variables_replace_bands_missing_from_the_mask(with_state, where, which):
    path, mask = with_state[which], with_state[2]
    expected = reference.view(path, mask=mask, quality_where=where, state=with_state[0])
    dataset = views.open_view(path, QUALITY_WHERE=where)
    views.assert_same(views.pixels(dataset), expected)
    assert str(with_state[0]) in dataset.GetFileList()


def test_band_of_the_mask_takes_precedence_over_the_state_variable(tmp_path):
    state = np.zeros((9, 14)), np.zeros((9, 14))
    path = granules.write(tmp_path, "RFL", "002", bands=3, state=state, **SIZE)
    mask = granules.write(tmp_path, "MASK", "002", **SIZE)
    expected = reference.view(path, mask=mask, quality_where="AOD550>0.5")
    views.assert_same(views.read(path, QUALITY_WHERE="AOD550>0.5"), expected)


def test_neither_band_nor_state_variable_is_an_error(masked_by):
    path, mask = masked_by["003"]
    message = views.refusal(path, QUALITY_WHERE="AOD550>0.5")
    for word in ("QUALITY_WHERE", "AOD550", mask.name, "SpecTf-Cloud Probability"):
        assert word in message


# ---- Errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("band", ["ozone", "cloud", "AOD"])
def test_unknown_band_lists_the_data_bands(masked_by, band):
    path, mask = masked_by["001"]
    message = views.refusal(path, QUALITY_WHERE=f"H2O>1,{band}>0.5")
    for word in ("QUALITY_WHERE", band, mask.name, "AOD550", "H2O (g cm-2)"):
        assert word in message


@pytest.mark.parametrize(
    "where, position",
    [
        ("AOD550", 7),
        ("AOD550>", 8),
        ("AOD550>x", 8),
        (">0.5", 1),
        ("AOD550>0.5,", 12),
        ("AOD550>0.5,,H2O>3", 12),
        ("AOD550>0.5 H2O>3", 12),
        ("AOD550=0.5", None),
        ("AOD550==0.5", None),
        ("AOD550>>0.5", 8),
        ("AOD550>0.5;H2O>3", 11),
        ("AOD550>0,5", None),
        ("AOD550>nan", 8),
    ],
)
def test_syntax_errors_show_their_position(masked_by, where, position):
    message = views.refusal(masked_by["001"][0], QUALITY_WHERE=where)
    assert "QUALITY_WHERE" in message and where in message
    if position:
        assert str(position) in message.replace(where, "")


def test_without_a_mask_it_is_an_error(tmp_path):
    path = granules.write(tmp_path, **SIZE)
    message = views.refusal(path, QUALITY_WHERE="AOD550>0.5")
    assert path.name in message and "MASK_FILE" in message
