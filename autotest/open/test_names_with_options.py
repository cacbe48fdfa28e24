# SPDX-License-Identifier: MIT
"""Names of views: EMIT:"path"[:variable][?KEY=VALUE&KEY=VALUE], wherever the file lies."""
import os
import shutil
import zipfile
from xml.sax.saxutils import escape

import granules
import pytest
import reference
import views
from osgeo import gdal

FOLDERS = [
    "plain",
    "with space",
    "a&b",
    "a=b",
    "what?",
    "100%25",
    "Größe 日本",
    "it's",
    "a:b",
    "comma, semicolon;",
    "x.nc",
    'say "cheese"',
]


def expected(scene, **keywords):
    return reference.view(scene[0], mask=scene[1], quality_flags="0,1", **keywords)


def read_name(name, **options):
    return views.pixels(views.open_name(name, **options))


@pytest.mark.parametrize(
    "query",
    [
        ":reflectance?QUALITY_FLAGS=0,1",
        "?QUALITY_FLAGS=0,1",
        "?quality_flags=cloud,cirrus flag",
        "?QUALITY_FLAGS=cloud%2Ccirrus",
        "?QUALITY_FLAGS=Cloud%20Flag,cirrus&NUM_THREADS=1",
        ":reflectance?NUM_THREADS=2&QUALITY_FLAGS=1,0&ORTHO=GLT",
    ],
)
def test_options_stand_in_the_name(scene, query):
    views.assert_same(read_name(f'EMIT:"{scene[0]}"{query}'), expected(scene))


def test_several_options_in_the_name_all_count(scene):
    seen = read_name(f'EMIT:"{scene[0]}":reflectance?QUALITY_FLAGS=0,1&ORTHO=NO&NODATA=-1.5')
    views.assert_same(seen, expected(scene, ortho="NO", nodata=-1.5))


def test_open_options_override_those_in_the_name(scene):
    name = f'EMIT:"{scene[0]}"?QUALITY_FLAGS=2&ORTHO=NO'
    views.assert_same(read_name(name, QUALITY_FLAGS="0,1"), expected(scene, ortho="NO"))
    views.assert_same(read_name(name, QUALITY_FLAGS="0,1", ORTHO="GLT"), expected(scene))


def test_greater_and_ampersand_in_values(scene):
    """%26 is the ampersand; > needs nothing."""
    seen = read_name(f'EMIT:"{scene[0]}":reflectance?QUALITY_WHERE=AOD550>0.5,H2O>3')
    views.assert_same(
        seen, reference.view(scene[0], mask=scene[1], quality_where="AOD550>0.5,H2O>3")
    )


@pytest.mark.parametrize(
    "query",
    ["?QUALITY_FLAGS", "?=1", "?ORTHO=MAYBE", "?5>=0.4", "?H2O>=3&QUALITY_WHERE=AOD550>=0.4"],
)
def test_options_in_the_name_that_are_not_understood_are_errors(scene, query):
    message = views.refusal(f'EMIT:"{scene[0]}"{query}')
    assert query[1:].split("=")[0].strip(">") in message


def test_unknown_options_in_the_name_are_reported(scene):
    with views.Messages() as messages:
        views.open_name(f'EMIT:"{scene[0]}"?COLOUR=red')
    assert [kind for kind, _ in messages] == [gdal.CE_Warning] and "COLOUR" in messages[0][1]


@pytest.mark.parametrize("folder", FOLDERS)
def test_paths_of_any_kind(tmp_path, scene, folder):
    home = tmp_path / folder
    home.mkdir()
    for path in scene:
        shutil.copy(path, home)
    path = home / scene[0].name
    views.assert_same(read_name(path, QUALITY_FLAGS="0,1"), expected(scene))
    quoted = str(path).replace('"', '\\"')
    for query in ("", ":reflectance"):
        views.assert_same(
            read_name(f'EMIT:"{quoted}"{query}', QUALITY_FLAGS="0,1"), expected(scene)
        )
        views.assert_same(read_name(f'EMIT:"{quoted}"{query}?QUALITY_FLAGS=0,1'), expected(scene))
    mask = str(home / scene[1].name).replace("%", "%25").replace("&", "%26")
    if "," not in folder:
        name = f'EMIT:"{quoted}"?QUALITY_FLAGS=0,1&MASK_FILE={mask}'
        views.assert_same(read_name(name), expected(scene))


@pytest.mark.parametrize(
    "query", ["", ":reflectance", "?NUM_THREADS=1", ":reflectance?NUM_THREADS=1"]
)
def test_quotes_may_be_missing(scene, query):
    views.assert_same(read_name(f"EMIT:{scene[0]}{query}"), reference.view(scene[0]))


@pytest.mark.parametrize("ending", [".nc4", ".h5", ".HDF5", ".nc.h5", ".nc.dap.nc4"])
def test_quotes_may_be_missing_and_masks_are_found_whatever_ending_hdf5_has(
    scene, tmp_path, ending
):
    """Servers (OPeNDAP, Harmony) rename granule and mask alike."""
    for path in scene:
        shutil.copy(path, tmp_path / (path.stem + ending))
    name = f"EMIT:{tmp_path}/{scene[0].stem}{ending}"
    for query in ("?QUALITY_FLAGS=0,1", ":reflectance?QUALITY_FLAGS=0,1"):
        views.assert_same(read_name(name + query), expected(scene))


@pytest.mark.parametrize(
    "name", ["{name}", 'EMIT:"{name}"', 'EMIT:"./{name}":reflectance', "EMIT:{name}:reflectance"]
)
def test_relative_paths(scene, name, monkeypatch):
    monkeypatch.chdir(scene[0].parent)
    name = name.format(name=scene[0].name)
    views.assert_same(read_name(name, QUALITY_FLAGS="0,1"), expected(scene))


def test_zip_archives(tmp_path, scene):
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        archive = tmp_path / f"granules{method}.zip"
        with zipfile.ZipFile(archive, "w", method) as packed:
            for path in scene:
                packed.write(path, "in/" + path.name)
        name = f"/vsizip/{archive}/in/{scene[0].name}"
        for query in (name, f'EMIT:"{name}":reflectance'):
            views.assert_same(read_name(query, QUALITY_FLAGS="0,1"), expected(scene))


def test_virtual_memory(scene):
    for path in scene:
        gdal.FileFromMemBuffer(f"/vsimem/names/{path.name}", path.read_bytes())
    try:
        name = f"/vsimem/names/{scene[0].name}"
        for query in (name, f'EMIT:"{name}"', f"EMIT:{name}:reflectance"):
            views.assert_same(read_name(query, QUALITY_FLAGS="0,1"), expected(scene))
    finally:
        [gdal.Unlink(f"/vsimem/names/{path.name}") for path in scene]


def test_symbolic_links(tmp_path, scene):
    for path in scene:
        os.symlink(path, tmp_path / path.name)
    views.assert_same(read_name(tmp_path / scene[0].name, QUALITY_FLAGS="0,1"), expected(scene))


VRT = """<VRTDataset rasterXSize="{width}" rasterYSize="{height}">
  <VRTRasterBand dataType="Float32" band="1">
    <SimpleSource>
      <SourceFilename relativeToVRT="{relative}" shared="{shared}">{name}</SourceFilename>
      {options}
      <SourceBand>3</SourceBand>
    </SimpleSource>
  </VRTRasterBand>
</VRTDataset>
"""


def write_vrt(folder, scene, name, options="", shared=0, relative=0):
    height, width = reference.raw(scene[0], "glt_x").shape[:2]
    vrt = folder / f"view{len(list(folder.glob('*.vrt')))}.vrt"
    vrt.write_text(
        VRT.format(
            width=width,
            height=height,
            relative=relative,
            shared=shared,
            name=escape(name),
            options=options,
        )
    )
    return gdal.Open(str(vrt))


@pytest.mark.parametrize("shared", [0, 1])
def test_vrt_with_options_in_the_name(scene, tmp_path, shared):
    """Two views of one file in one process; the names keep them apart even when shared."""
    name = f'EMIT:"{scene[0]}":reflectance?QUALITY_FLAGS=0,1'
    masked = write_vrt(tmp_path, scene, name, shared=shared)
    plain = write_vrt(tmp_path, scene, f'EMIT:"{scene[0]}":reflectance', shared=shared)
    views.assert_same(masked.ReadAsArray(), expected(scene)[2])
    views.assert_same(plain.ReadAsArray(), reference.view(scene[0])[2])


@pytest.mark.parametrize("shared", [0, 1])
def test_vrt_with_open_options(scene, tmp_path, shared):
    options = '<OpenOptions><OOI key="QUALITY_FLAGS">0,1</OOI></OpenOptions>'
    masked = write_vrt(tmp_path, scene, str(scene[0]), options, shared)
    plain = write_vrt(tmp_path, scene, str(scene[0]), "", shared)
    views.assert_same(masked.ReadAsArray(), expected(scene)[2])
    views.assert_same(plain.ReadAsArray(), reference.view(scene[0])[2])


def test_vrt_made_by_gdal_itself(scene, tmp_path):
    """gdal_translate -of VRT writes the open options down."""
    target = tmp_path / "made.vrt"
    code, _, errors = views.run(
        "gdal_translate", "-q", "-of", "VRT", "-oo", "QUALITY_FLAGS=0,1", scene[0], target
    )
    assert (code, errors) == (0, "")
    views.assert_same(views.pixels(gdal.Open(str(target))), expected(scene))


def test_views_with_different_masks_do_not_mix(tmp_path):
    """The same file opened through different options at once."""
    path, mask = granules.pair(tmp_path, lines=9, samples=14)
    opened = {flags: views.open_view(path, QUALITY_FLAGS=flags) for flags in ("0", "1", "2")}
    for flags, dataset in opened.items():
        views.assert_same(
            views.pixels(dataset), reference.view(path, mask=mask, quality_flags=flags)
        )


@pytest.mark.parametrize("folder", ['with "quotes"', "with spaces & marks?"])
def test_subdatasets_carry_path_and_options_that_open_them(tmp_path, folder):
    """Quotes in paths and marks in values are written so that the name means the same."""
    place = tmp_path / folder
    place.mkdir()
    path = granules.write(place, "MIN", lines=9, samples=7)
    granules.write(place, "MASK", lines=9, samples=7)
    plain = views.open_view(path).GetSubDatasets()
    masked = views.open_view(path, QUALITY_FLAGS="Cloud flag,dilated cloud").GetSubDatasets()
    assert len(plain) == len(masked) > 1
    for (name, _), (masked_name, _) in zip(plain, masked):
        whole, seen = (views.open_name(each).ReadAsArray() for each in (name, masked_name))
        expected = views.open_name(name, QUALITY_FLAGS="Cloud flag,dilated cloud").ReadAsArray()
        views.assert_same(seen, expected)
        assert (seen != whole).any()
