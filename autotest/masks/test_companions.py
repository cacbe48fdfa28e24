# SPDX-License-Identifier: MIT
"""Which mask file is used if a folder holds several, of several versions."""
import granules
import pytest
import reference
import views

SIZE = {"lines": 9, "samples": 14}
LABELS = granules.MASK_LABELS


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """RFL 001 with masks 001, 002 and 003 of its time, whose flags all differ."""
    folder = tmp_path_factory.mktemp("crowd")
    made = {"RFL": granules.write(folder, bands=13, **SIZE)}
    for seed, version in enumerate(LABELS, 11):
        made[version] = granules.write(
            folder,
            "MASK",
            version,
            band_mask_octets=2,
            data=granules.flags(9, 14, LABELS[version], seed),
            **SIZE,
        )
    return made


def assert_masked(made, options, used, **keywords):
    """The view through "options" equals the reference's and names the files in "used"."""
    dataset = views.open_view(made["RFL"], **options)
    views.assert_same(views.pixels(dataset), reference.view(made["RFL"], **keywords))
    said = dataset.GetMetadataItem("EMIT_MASK_FILE")
    for version in LABELS:
        assert (made[version].name in said) == (version in used), said
    listed = {str(made["RFL"]), *(str(made[version]) for version in used)}
    assert set(dataset.GetFileList()) == listed


def test_band_mask_comes_from_version_001(crowd):
    assert_masked(crowd, {"BAND_MASK": "YES"}, ["001"], band_mask_file=crowd["001"])


def test_flags_come_from_the_newest_version_that_has_them(crowd):
    for flags, version in (
        ("cloud,cirrus", "003"),
        ("spectf-cloud", "003"),
        ("spacecraft", "002"),
        ("cloud,spacecraft", "002"),
        ("aggregate", "002"),
    ):
        keywords = {"mask": crowd[version], "quality_flags": flags}
        assert_masked(crowd, {"QUALITY_FLAGS": flags}, [version], **keywords)


def test_data_bands_come_from_the_newest_version_that_has_them(crowd):
    for where, version in (("AOD550>0.5", "002"), ("SpecTf-Cloud Probability>0.5", "003")):
        keywords = {"mask": crowd[version], "quality_where": where}
        assert_masked(crowd, {"QUALITY_WHERE": where}, [version], **keywords)


def test_each_mask_comes_from_its_own_file_when_both_are_asked_for(crowd):
    options = {"BAND_MASK": "YES", "QUALITY_FLAGS": "spectf-cloud"}
    keywords = {
        "mask": crowd["003"],
        "quality_flags": "spectf-cloud",
        "band_mask_file": crowd["001"],
    }
    assert_masked(crowd, options, ["001", "003"], **keywords)


def test_several_files_may_be_named(crowd):
    options = {
        "BAND_MASK": "YES",
        "QUALITY_FLAGS": "spectf-cloud",
        "MASK_FILE": f"{crowd['002']},{crowd['001']}",
    }
    keywords = {
        "mask": crowd["002"],
        "quality_flags": "spectf-cloud",
        "band_mask_file": crowd["001"],
    }
    assert_masked(crowd, options, ["001", "002"], **keywords)


def test_named_file_is_the_only_one_taken(crowd):
    keywords = {"mask": crowd["001"], "quality_flags": "cloud"}
    options = {"QUALITY_FLAGS": "cloud", "MASK_FILE": crowd["001"]}
    assert_masked(crowd, options, ["001"], **keywords)
    message = views.refusal(
        crowd["RFL"], QUALITY_FLAGS="spectf-cloud", MASK_FILE=crowd["001"]
    )
    assert crowd["001"].name in message and "spectf-cloud" in message


def test_file_name_with_a_comma_is_one_file(crowd, tmp_path):
    import shutil

    mask = tmp_path / "mask, mine.nc"
    shutil.copy(crowd["001"], mask)
    seen = views.read(crowd["RFL"], QUALITY_FLAGS="cloud", MASK_FILE=mask)
    views.assert_same(seen, reference.view(crowd["RFL"], mask=mask, quality_flags="cloud"))


@pytest.mark.parametrize("version, mask_version", [("001", "002"), ("002", "003"), ("002", "001")])
@pytest.mark.parametrize("product", ["RFL", "RAD"])
def test_versions_and_name_styles_mix(tmp_path, product, version, mask_version):
    path = granules.write(tmp_path, product, version, **SIZE)
    mask = granules.write(tmp_path, "MASK", mask_version, **SIZE)
    expected = reference.view(path, mask=mask, quality_flags="cloud")
    views.assert_same(views.read(path, QUALITY_FLAGS="cloud"), expected)


def test_broken_newest_mask_is_an_error_not_a_reason_to_take_an_older_one(crowd, tmp_path):
    import shutil

    for name in ("RFL", "001", "002"):
        shutil.copy(crowd[name], tmp_path)
    broken = tmp_path / crowd["003"].name
    broken.write_bytes(crowd["003"].read_bytes()[:2000])
    message = views.refusal(tmp_path / crowd["RFL"].name, QUALITY_FLAGS="cloud")
    assert broken.name in message
