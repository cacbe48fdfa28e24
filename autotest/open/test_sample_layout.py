# SPDX-License-Identifier: MIT
"""emit_mkgranule lays a granule out as the mission does: compared with NASA's own map of one.

The map is the DMR++ of a full reflectance granule of March 2023. Values, the ortho grid's size and the texts differ."""
import xml.etree.ElementTree as ElementTree

import granules
import h5py
import netCDF4
import numpy as np
import pytest
import real

DAP = "{http://xml.opendap.org/ns/DAP/4.0#}"
DMRPP = "{http://xml.opendap.org/dap/dmrpp/1.0.0#}"
TYPES = {"Float32": "f4", "Float64": "f8", "Int32": "i4", "Byte": "u1"}
HEAD = range(14_000, 19_000)  # where the first data may begin


def variables(element, path=""):
    """Variables below "element" of the map, with their paths."""
    for child in element:
        name = child.tag.replace(DAP, "")
        if name in TYPES:
            yield f"{path}{child.get('name')}", child
        elif name == "Group":
            yield from variables(child, f"{path}{child.get('name')}/")


def of_map(variable):
    """Facts of one variable of the map, and the position of its first byte."""
    chunks = variable.find(f"{DMRPP}chunks")
    places = [int(chunk.get("offset")) for chunk in chunks.iter(f"{DMRPP}chunk")]
    facts = {
        "type": TYPES[variable.tag.replace(DAP, "")],
        "dimensions": [dim.get("name").strip("/") for dim in variable.iter(f"{DAP}Dim")],
        "filters": (chunks.get("compressionType") or "").split(),
        "fill": float(chunks.get("fillValue")),
        "chunks": len(places),
        "attributes": {
            attribute.get("name"): attribute.find(f"{DAP}Value").text
            for attribute in variable.iter(f"{DAP}Attribute")
            if attribute.get("type") == "String"
        },
    }
    return facts, min(places)


def chunk_places(dataset):
    if dataset.chunks is None:
        return [dataset.id.get_offset()]
    return [
        dataset.id.get_chunk_info(i).byte_offset for i in range(dataset.id.get_num_chunks())
    ]


def of_file(variable, dataset):
    """The same of a file: "variable" is netCDF4's, "dataset" h5py's."""
    texts = {name: variable.getncattr(name) for name in variable.ncattrs()}
    filters = ["shuffle"] * dataset.shuffle + ["deflate"] * (dataset.compression == "gzip")
    places = chunk_places(dataset)
    facts = {
        "type": dataset.dtype.str[1:],
        "dimensions": list(variable.dimensions),
        "filters": filters,
        "fill": float(dataset.fillvalue),
        "chunks": len(places),
        "attributes": {name: text for name, text in texts.items() if isinstance(text, str)},
    }
    return facts, min(places)


@pytest.fixture(scope="module")
def map_root():
    return ElementTree.parse(real.find("EMIT_L2A_RFL_*.nc.dmrpp")).getroot()


@pytest.fixture(scope="module")
def granule(map_root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("granule")
    return granules.make(folder, "--products", "RFL", "--lines", 2176)["RFL"]


@pytest.mark.slow
def test_a_reflectance_granule_is_laid_out_as_the_map_says(map_root, granule):
    expected = {path: of_map(variable) for path, variable in variables(map_root)}
    with netCDF4.Dataset(granule) as file, h5py.File(granule) as bytes_of:
        found = {path: of_file(file[path], bytes_of[path]) for path in expected}
        groups = {f"{group}/{name}" for group in file.groups for name in file[group].variables}
        assert {*file.variables, *groups} == set(expected)
    for path, (facts, _) in expected.items():
        assert found[path][0] == facts, path
    order = sorted(expected, key=lambda path: expected[path][1])
    assert sorted(found, key=lambda path: found[path][1]) == order
    assert found[order[0]][1] in HEAD and expected[order[0]][1] in HEAD
    assert found["reflectance"][1] % 4 != 0 and found["location/lon"][1] % 2 == 1  # not aligned


@pytest.mark.slow
def test_root_attributes_have_the_maps_names_order_and_kinds(map_root, granule):
    expected = {
        attribute.get("name"): attribute.get("type")
        for attribute in map_root.findall(f"{DAP}Attribute")
        if attribute.get("type") != "Container"
    }
    length = {
        attribute.get("name"): len(attribute.find(f"{DAP}Value").text)
        for attribute in map_root.findall(f"{DAP}Attribute")
        if attribute.get("name") in ("summary", "history")
    }
    with netCDF4.Dataset(granule) as file:
        kinds = {True: "String", False: "Float64"}
        found = {name: kinds[isinstance(file.getncattr(name), str)] for name in file.ncattrs()}
        assert list(found.items()) == list(expected.items())
        assert len(file.history) == length["history"]
        assert abs(len(file.summary) - length["summary"]) < 40  # the map escapes its characters


@pytest.mark.parametrize(
    "toolchain, lines, chunks",
    [
        pytest.param(
            "2022",
            1280,
            {"mask": (427, 414, 2), "band_mask": (427, 414, 12)},
            marks=pytest.mark.slow,
        ),
        ("2026", 96, {}),
    ],
)
def test_chunks_follow_the_libraries_rule(tmp_path, toolchain, lines, chunks):
    """Shapes in NASA's files, or worked out from the rule by hand."""
    made = granules.make(
        tmp_path, "--toolchain", toolchain, "--lines", lines, "--products", "MASK,MIN"
    )
    with h5py.File(made["MASK"]) as mask, h5py.File(made["MIN"]) as minerals:
        fill = {"2022": -9999, "2026": 0}[toolchain]
        assert mask["location/glt_x"].fillvalue == fill and 0 in mask["location/glt_x"][0]
        for name, shape in chunks.items():
            assert mask[name].chunks == shape, name
        layer = minerals["group_1_mineral_id"]
        assert layer.chunks == (lines, 1242)  # less than 4 MiB in all
        places = chunk_places(mask["location/glt_x"])
        assert len(places) == 1 or places != sorted(places)


def test_objects_of_each_product_lie_in_its_order(tmp_path):
    """RAD and OBS have their tables after the cube."""
    size = ("--lines", 9, "--samples", 8, "--bands", 7)
    made = granules.make(tmp_path, "--products", "RAD,OBS,MASK", "--flat-field", *size)
    order = {
        "RAD": ["sensor_band_parameters/wavelengths", "sensor_band_parameters/fwhm", "radiance",
                "flat_field_update", "location/lon", "location/lat", "location/elev",
                "location/glt_x", "location/glt_y"],
        "OBS": ["obs", "sensor_band_parameters/observation_bands", "location/lon", "location/lat",
                "location/elev", "location/glt_x", "location/glt_y"],
        "MASK": ["sensor_band_parameters/mask_bands", "location/lon", "location/lat",
                 "location/elev", "location/glt_x", "location/glt_y", "mask", "band_mask"],
    }
    for product, names in order.items():
        with h5py.File(made[product]) as file:
            places = [min(chunk_places(file[name])) for name in names]
            assert places == sorted(places), product


def test_mineral_tables_have_the_missions_columns(tmp_path):
    size = ("--lines", 9, "--samples", 8, "--products", "MIN")
    for generation, column in ((1, "url"), (2, "sample_name")):
        folder = tmp_path / str(generation)
        folder.mkdir()
        path = granules.make(folder, "--generation", generation, *size)["MIN"]
        with netCDF4.Dataset(path) as file:
            table = file["mineral_metadata"]
            names = np.array(table["name"][:])
            assert set(table.variables) == {"index", "record", "group", "library", "name", column}
            assert len(names) == 294 and len(set(names)) == 294 - 11
            assert len(set(np.array(table["index"][:]))) == 294
            assert ("bands" in file.dimensions) == (generation == 1)
            assert file.Conventions == ("CF-1.63" if generation == 1 else "CF-1.13")
