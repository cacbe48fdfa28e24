# SPDX-License-Identifier: MIT
"""Round trips of jobs: the longest chain of requests each of which was sent after the answer to the one
before."""
import h5py
import line
import numpy as np
import pytest
import reference
import views
import webserver

pytestmark = pytest.mark.cost
MASKS = {"QUALITY_FLAGS": "0,1", "BAND_MASK": "YES"}
ROUND_TRIP, BANDWIDTH = 0.08, 1e9
LINES, SAMPLES, BANDS = 290, 331, 47
GDALS_OWN = 2  # size and first bytes of the file, before GDAL calls the driver


@pytest.fixture
def far(nginx):
    with line.Line((webserver.DATA_HOST, nginx.ports["data"]), ROUND_TRIP, BANDWIDTH) as proxy:
        with views.configured(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
            yield proxy


def url(far, path):
    return f"/vsicurl/http://127.0.0.1:{far.port}/blind/{path.name}"


def test_opening_waits_only_for_references(far, pair):
    """Superblock and root group come with the first bytes; then objects, and their parts elsewhere."""
    views.open_name(url(far, pair[0]))
    assert GDALS_OWN <= far.rounds() <= GDALS_OWN + 4, far.timeline()


def test_masks_are_searched_while_the_granule_opens(far, pair):
    """Names, first bytes, links, objects."""
    views.open_name(url(far, pair[0]), **MASKS)
    assert any("_MASK_" in each["target"] for each in far.requests)
    assert far.rounds() <= GDALS_OWN + 6, far.timeline()


def test_headers_of_a_location_are_asked_for_before_what_refers_to_them(far, pair):
    """Links name lon and elev alone at first; the headers of lat and glt_x lie at the same distances."""
    far.together = 4
    dataset = views.open_name(url(far, pair[0]))
    with h5py.File(pair[0]) as file:
        headers = [h5py.h5o.get_info(file[f"location/{name}"].id).addr for name in ("lon", "elev", "glt_x")]
    asked = [tuple(map(int, each["range"].split("-"))) for each in far.parts()[: far.together]]
    for header in headers:
        assert any(first <= header <= last for first, last in asked), far.timeline()
    assert dataset.RasterCount == BANDS and not far.came_apart, far.timeline()


def test_the_likeliest_mask_is_asked_for_on_the_open_connection(far, pair):
    views.open_name(url(far, pair[0]), **MASKS)
    of_masks = [each for each in far.requests if "_MASK_" in each["target"]]
    asked = [each["connection"] for each in of_masks if each["target"] == pair[1].name][0]
    assert asked == far.requests[0]["connection"], far.timeline()
    assert len({each["target"] for each in of_masks}) > 1


def test_lon_and_lat_for_the_check_come_with_the_table(far, pair):
    dataset = views.open_name(url(far, pair[0]))
    with h5py.File(pair[0]) as file:
        begins = [file[f"location/{name}"].id.get_offset() for name in ("lon", "lat")]
        nbytes = file["location/lon"].id.get_storage_size()
    before = len(far.parts())
    far.together = before + 5  # two lines of each, and the table
    seen = views.pixels(dataset)
    views.assert_same(seen, reference.view(pair[0]))
    firsts = [int(each["range"].partition("-")[0]) for each in far.parts()[before : far.together]]
    for begin in begins:
        assert sum(begin - 8192 <= first < begin + nbytes for first in firsts) == 2, far.timeline()
    assert not far.came_apart, far.timeline()


def filled_cell(pair):
    """Row and column of a cell with a clear pixel, and of the cell that shows its neighbour in the line."""
    masked = reference.view(pair[0], mask=pair[1], quality_flags="0,1", band_mask_file=pair[1])[10]
    with h5py.File(pair[0]) as file:
        x, y = file["location/glt_x"][:], file["location/glt_y"][:]
    for row, column in zip(*np.nonzero(masked != -9999)):
        beside = np.argwhere((y == y[row, column]) & (x == x[row, column] + 1))
        if len(beside) > 0:
            return (int(row), int(column)), tuple(map(int, beside[0]))
    raise AssertionError("no clear cell")


def test_a_spectrum_and_its_neighbour(far, pair):
    """Lookup table; then its check, masks and values together; then what confirms the revisions."""
    cells = filled_cell(pair)
    dataset = views.open_name(url(far, pair[0]), **MASKS)
    opened = far.rounds()
    whole = reference.view(pair[0], mask=pair[1], quality_flags="0,1", band_mask_file=pair[1])
    row, column = cells[0]
    seen = views.pixels(dataset, xoff=column, yoff=row, xsize=1, ysize=1)
    views.assert_same(seen, whole[:, row : row + 1, column : column + 1])
    assert far.rounds() <= opened + 4, far.timeline()
    before = len(far.requests)
    row, column = cells[1]
    reopened = views.open_name(url(far, pair[0]), **MASKS)
    seen = views.pixels(reopened, xoff=column, yoff=row, xsize=1, ysize=1)
    views.assert_same(seen, whole[:, row : row + 1, column : column + 1])
    assert len(far.requests) == before, far.timeline()


def test_groups_of_hdf5s_early_format_are_prefetched(far, pair):
    """What h5py writes by default: links in trees and heaps of another kind."""
    path = pair[0].with_name("early_" + pair[0].name)
    with h5py.File(pair[0]) as old, h5py.File(path, "w", libver="earliest") as new:
        new.attrs.update({key: value for key, value in old.attrs.items() if key != "_NCProperties"})
        for name in ("location", "sensor_band_parameters"):
            for key, variable in old[name].items():
                new.create_dataset(f"{name}/{key}", data=variable[:])
        new.create_dataset("reflectance", data=old["reflectance"][:])
    views.assert_same(views.read(url(far, path)), reference.view(pair[0]))
    opening = next(i for i, each in enumerate(far.requests) if each["nbytes"] > 100_000)
    del far.requests[opening:]
    assert far.rounds() <= GDALS_OWN + 5, far.timeline()


@pytest.mark.parametrize("lines", [(0, LINES), (3, 40)], ids=["all", "few"])
@pytest.mark.parametrize("turn", [0, 31])
def test_table_is_checked_whichever_lines_it_shows(nginx, pair, turn, lines):
    """Lon and lat come from two lines of the swath; a table that shows neither is checked by its own."""
    path = pair[0].with_name(f"turned_{turn}_{lines[0]}_{pair[0].name}")
    path.write_bytes(pair[0].read_bytes())
    with h5py.File(path, "r+") as file:
        y = file["location/glt_y"][:]
        file["location/glt_y"][:] = np.where((y > lines[0]) & (y <= lines[1]), y, 0)
        file["location/lat"][:] = np.roll(file["location/lat"][:], turn, axis=0)
    window = {"xoff": 100, "yoff": 90, "xsize": 60, "ysize": 50}
    dataset = views.open_name(nginx.url("blind", path.name))
    if turn == 0:
        views.assert_same(views.pixels(dataset, **window), reference.view(path)[:, 90:140, 100:160])
    else:
        with pytest.raises(RuntimeError, match="contradicts lon and lat"):
            views.pixels(dataset, **window)
