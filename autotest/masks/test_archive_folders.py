# SPDX-License-Identifier: MIT
"""Masks in the folders of NASA's archive, <collection>/<granule>/<file>: copies and servers."""
import shutil
import zipfile

import granules
import numpy as np
import pytest
import reference
import s3server
import views
import webserver
from osgeo import gdal

LINES, SAMPLES, BANDS = 17, 11, 12
SCENE = "_2224611_012"
RFL1, RFL2 = (granules.file_name("RFL", version) for version in ("001", "002"))
MASK1, MASK2, MASK3 = (granules.file_name("MASK", version) for version in ("001", "002", "003"))
FOLDERS = {
    "RFL001": f"EMITL2ARFL.001/{RFL1[:-3]}",
    "RFL002": f"EMITL2ARFL.002/{RFL2[:-3]}",
    "RFLUNCERT001": f"EMITL2ARFL.001/{RFL1[:-3]}",
    "RAD001": f"EMITL1BRAD.001/{granules.file_name('RAD', '001')[:-3]}",
    "RAD002": f"EMITL1BRAD.002/{granules.file_name('RAD', '002')[:-3]}",
    "MASK001": f"EMITL2ARFL.001/{RFL1[:-3]}",
    "MASK002": f"EMITL2AMASK.002/{MASK2[:-3]}",
    "MASK003": f"EMITL2AMASK.003/{MASK3[:-3]}",
}


def write(root, *kinds):
    """The granules of these kinds, each in its folder of the archive."""
    made = {}
    for kind in kinds:
        product, version = kind[:-3], kind[-3:]
        keywords = {"lines": LINES, "samples": SAMPLES}
        if product == "MASK":
            labels = granules.MASK_LABELS[version]
            keywords["data"] = granules.flags(LINES, SAMPLES, labels, seed=10 + int(version))
            keywords["band_mask_octets"] = 2
        else:
            keywords["bands"] = BANDS
        if kind == "RFL002":
            state = np.arange(2 * LINES * SAMPLES).reshape(2, LINES, SAMPLES) / 512
            keywords["state"] = state
        folder = root / FOLDERS[kind]
        folder.mkdir(parents=True, exist_ok=True)
        made[kind] = granules.write(folder, product, version, **keywords)
    return made


def address(root, path):
    return f"{root}/{path.relative_to(path.parents[2])}" if root else str(path)


def assert_masked(made, kind, mask, root=None, **options):
    options = options or {"QUALITY_FLAGS": "cloud"}
    flags = options.get("QUALITY_FLAGS")
    keywords = {"band_mask_file": made[mask]}
    if flags:
        keywords = {"mask": made[mask], "quality_flags": flags}
    dataset = views.open_name(address(root, made[kind]), **options)
    assert made[mask].name in dataset.GetMetadataItem("EMIT_MASK_FILE")
    views.assert_same(views.pixels(dataset), reference.view(made[kind], **keywords))


EVERY = ("RFL001", "RFL002", "RFLUNCERT001", "RAD001", "RAD002", "MASK001", "MASK003")


def assert_every_product_finds_its_mask(made, root=None):
    for kind in ("RFL001", "RFL002", "RFLUNCERT001", "RAD001", "RAD002"):
        assert_masked(made, kind, "MASK003", root)
    for kind in ("RFL001", "RFLUNCERT001", "RAD001"):
        assert_masked(made, kind, "MASK001", root, BAND_MASK="YES")
        assert_masked(made, kind, "MASK001", root, QUALITY_FLAGS="spacecraft")
    state = views.read(address(root, made["RAD001"]), QUALITY_WHERE="AOD550>0.2")
    assert (state == -9999).any() and (state != -9999).any()


# ---- Copies --------------------------------------------------------------------------------------


def test_copy_of_the_archive(tmp_path):
    made = write(tmp_path, *EVERY)
    assert_every_product_finds_its_mask(made)
    # Later names have no orbit and scene: those of version 001 are found in its collection.
    for kind in ("RFL002", "RAD002"):
        assert_masked(made, kind, "MASK001", BAND_MASK="YES")


def test_relative_paths_and_links(tmp_path, monkeypatch):
    made = write(tmp_path / "archive", "RAD001", "RFL002", "MASK003")
    for kind in ("RAD001", "RFL002"):
        path, mask = made[kind], made["MASK003"]
        expected = reference.view(path, mask=mask, quality_flags="cloud")
        for level in range(4):
            folder = path.parents[level]
            monkeypatch.chdir(folder)
            for name in (path.relative_to(folder), f"./{path.relative_to(folder)}"):
                views.assert_same(views.read(name, QUALITY_FLAGS="cloud"), expected)
        link = tmp_path / path.name
        link.symlink_to(path)
        views.assert_same(views.read(link, QUALITY_FLAGS="cloud"), expected)


def test_archive_in_an_archive(tmp_path):
    made = write(tmp_path / "copy", *EVERY)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in made.values():
            archive.write(path, path.relative_to(tmp_path / "copy"))
    assert_every_product_finds_its_mask(made, f"/vsizip/{tmp_path}/all.zip")


def test_a_mask_in_the_granule_s_folder_of_another_name_comes_last(tmp_path):
    made = write(tmp_path, "RFL002", "MASK003")
    granules.write(made["RFL002"].parent, "MASK", "003", LINES, SAMPLES, name=f"{MASK3[:-3]}_a.nc")
    assert_masked(made, "RFL002", "MASK003")


def test_missing_mask_names_the_folders(tmp_path):
    made = write(tmp_path, "RAD001", "RFL002")
    message = views.refusal(made["RAD001"], QUALITY_FLAGS="cloud")
    for kind, name in (("MASK001", MASK1), ("MASK002", MASK2), ("MASK003", MASK3)):
        assert f"{FOLDERS[kind]}/{name}" in message
    shutil.rmtree(tmp_path / "EMITL2ARFL.002")
    made = write(tmp_path, "MASK003")
    made["MASK003"].write_bytes(made["MASK003"].read_bytes()[:9000])
    path = write(tmp_path, "RAD001", "MASK001")["RAD001"]
    assert MASK3 in views.refusal(path, QUALITY_FLAGS="cloud")


# ---- Servers -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    return folder, write(folder / "lp-prod-protected", *EVERY)


@pytest.mark.parametrize("place", ["blind", "listed"])
def test_web_server(archive, place, tmp_path):
    folder, made = archive
    gdal.VSICurlClearCache()
    with webserver.Nginx(folder, tmp_path) as server:
        assert_every_product_finds_its_mask(made, server.url(place, "lp-prod-protected"))
        name = address(server.url(place, "lp-prod-protected"), made["RFL002"])
        message = views.refusal(name, BAND_MASK="YES")
    assert "MASK_FILE" in message and MASK3 in message


def assert_object_store_serves(made, settings):
    for kind, path in made.items():
        s3server.put(path, f"copy/{FOLDERS[kind]}", "/vsis3")
    root = f"/vsis3/{s3server.BUCKET}/copy"
    assert_every_product_finds_its_mask(made, root)
    if not settings:
        assert_masked(made, "RFL002", "MASK001", root, BAND_MASK="YES")


@pytest.mark.parametrize("settings", [{}, {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}])
def test_object_store(archive, settings, tmp_path):
    made = archive[1]
    gdal.VSICurlClearCache()
    with s3server.S3(tmp_path) as store:
        server = s3server.settings(store.port)
        with views.configured(**server, **settings):
            assert_object_store_serves(made, settings)
