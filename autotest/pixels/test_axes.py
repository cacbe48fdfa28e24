# SPDX-License-Identifier: MIT
"""Downtrack and crosstrack are never mixed up.

GDAL's own EMIT code bounds the crosstrack index by the number of lines and so loses 61 % of the
cells of a 90 x 230 granule.
"""
import granules
import numpy as np
import pytest
import reference
import views


def made(folder, lines, samples, damage=None, fill=0, kind="u1"):
    layout = granules.geometry(lines, samples, fill=fill)
    if damage:
        damage(layout, lines, samples)
    return granules.pair(
        folder,
        lines=lines,
        samples=samples,
        bands=13,
        glt={name: layout[name] for name in ("glt_x", "glt_y")},
        glt_fill=fill,
        band_mask_type=kind,
    )


@pytest.mark.parametrize("lines, samples", [(90, 230), (230, 90), (2, 61), (61, 2)])
@pytest.mark.parametrize("ortho", ["GLT", "NO"])
@pytest.mark.parametrize("kind", ["u1", "u8"])
def test_every_cell_is_kept_when_the_sides_differ(tmp_path, lines, samples, ortho, kind):
    path, mask = made(tmp_path, lines, samples, kind=kind)
    options = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES"}
    views.assert_same(views.read(path, ORTHO=ortho), reference.view(path, ortho=ortho))
    expected = reference.view(
        path, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask, ortho=ortho
    )
    views.assert_same(views.read(path, ORTHO=ortho, **options), expected)


def test_last_sample_and_last_line_are_reached(tmp_path):
    path, _ = made(tmp_path, 90, 230)
    cells = views.read(path)[0]
    assert cells.max() == (90 * 230 - 1) * 13
    assert set(np.unique(cells[cells != -9999] // 13 % 230)) == set(range(230))
    assert set(np.unique(cells[cells != -9999] // 13 // 230)) == set(range(90))


def scatter(name, value):
    """Overwrites a tenth of one table's filled entries."""

    def damage(layout, lines, samples):
        chosen = np.random.default_rng(4).random(layout[name].shape) < 0.1
        layout[name] = np.where(
            chosen & (layout[name] > 0), value(lines, samples), layout[name]
        ).astype("i4")

    return damage


VALUES = {
    "0": lambda lines, samples: 0,
    "-9999": lambda lines, samples: -9999,
    "-5": lambda lines, samples: -5,
    "lines": lambda lines, samples: lines,
    "samples": lambda lines, samples: samples,
    "lines + 1": lambda lines, samples: lines + 1,
    "samples + 1": lambda lines, samples: samples + 1,
    "largest": lambda lines, samples: 2**31 - 1,
    "smallest": lambda lines, samples: -(2**31),
}


@pytest.mark.parametrize("lines, samples", [(9, 23), (23, 9)])
@pytest.mark.parametrize("table", ["glt_x", "glt_y"])
@pytest.mark.parametrize("value", VALUES)
def test_entries_out_of_range_leave_cells_empty_and_others_are_filled(
    tmp_path, lines, samples, table, value
):
    path, mask = made(tmp_path, lines, samples, scatter(table, VALUES[value]))
    expected = reference.view(path, mask=mask, quality_flags="cloud", band_mask_file=mask)
    seen = views.read(path, QUALITY_FLAGS="cloud", BAND_MASK="YES")
    views.assert_same(seen, expected)
    empty = reference.glt_cells(path)[0]
    assert np.array_equal(views.read(path)[0] != -9999, empty)


@pytest.mark.parametrize("fill", [0, -9999])
def test_fill_values_of_either_generation_are_empty(tmp_path, fill):
    path, _ = made(tmp_path, 9, 23, fill=fill)
    assert fill in reference.raw(path, "glt_x")
    views.assert_same(views.read(path), reference.view(path))


@pytest.mark.parametrize("lines, samples", [(7, 19), (19, 7)])
@pytest.mark.parametrize("variable", ["lon", "lat", "elev"])
def test_location_variables_lie_on_the_same_axes(tmp_path, lines, samples, variable):
    path = granules.write(tmp_path, lines=lines, samples=samples)
    for ortho in ("GLT", "NO"):
        views.assert_same(
            views.read(path, variable, ORTHO=ortho), reference.view(path, variable, ortho=ortho)
        )


@pytest.mark.parametrize("lines, samples", [(45, 115), (115, 45)])
def test_lifelike_granule_with_unequal_sides(tmp_path, lines, samples):
    size = ["--lines", lines, "--samples", samples, "--bands", 20]
    found = granules.make(tmp_path, *size)
    expected = reference.view(
        found["RFL"], mask=found["MASK"], quality_flags="0,1,3,4", band_mask_file=found["MASK"]
    )
    seen = views.read(found["RFL"], QUALITY_FLAGS="0,1,3,4", BAND_MASK="YES")
    views.assert_same(seen, expected)
