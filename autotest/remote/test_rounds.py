# SPDX-License-Identifier: MIT
"""How often a job waits for the server: its requests through a line with long round trips, of which only
those count that were sent after the answer to another one."""
import granules
import line
import pytest
import views
import webserver

pytestmark = pytest.mark.cost
MASKS = {"QUALITY_FLAGS": "0,1", "BAND_MASK": "YES"}
ROUND_TRIP, BANDWIDTH = 0.08, 1e9
LINES, SAMPLES, BANDS = 290, 331, 47
GDALS_OWN = 2  # size and first bytes of the file, before the driver is asked


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return granules.pair(tmp_path_factory.mktemp("granules"), lines=LINES, samples=SAMPLES, bands=BANDS)


@pytest.fixture(scope="module")
def nginx(pair, tmp_path_factory):
    with webserver.Nginx(pair[0].parent, tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.fixture
def far(nginx):
    with line.Line((webserver.DATA_HOST, nginx.ports["data"]), ROUND_TRIP, BANDWIDTH) as proxy:
        with views.configured(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
            yield proxy


def url(far, path):
    return f"/vsicurl/http://127.0.0.1:{far.port}/blind/{path.name}"


def test_opening_follows_references_and_nothing_else(far, pair):
    """Superblock and root group come with the first bytes; objects, and parts of them that lie elsewhere."""
    views.open_name(url(far, pair[0]))
    assert GDALS_OWN <= far.rounds() <= GDALS_OWN + 4, far.timeline()


def test_masks_are_looked_for_while_the_granule_opens(far, pair):
    """Names, first bytes, links, objects."""
    views.open_name(url(far, pair[0]), **MASKS)
    assert any("_MASK_" in each["target"] for each in far.requests)
    assert far.rounds() <= GDALS_OWN + 6, far.timeline()
