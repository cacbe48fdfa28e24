# SPDX-License-Identifier: MIT
"""The table of docs/interoperability.md has the rows of the tests, and how it is made."""
import subprocess
import sys
from pathlib import Path

import interoperability
import pytest
from osgeo import gdal

AUTOTEST = Path(__file__).resolve().parents[1]

CONFTEST = f"""
import sys
sys.path.insert(0, {str(AUTOTEST / 'support')!r})
from pathlib import Path
import interoperability

def pytest_configure(config):
    config.addinivalue_line("markers", "interoperability: a row")
    here = Path(__file__).parent
    config.pluginmanager.register(interoperability.Recorder(here, here / "page.md"))
"""

TESTS = """
import pytest

@pytest.mark.interoperability("zeta", "runs")
def test_that_passes(record_property):
    record_property("version", "7.5")

@pytest.mark.interoperability("alpha", "is not there")
def test_that_is_skipped():
    pytest.skip("no alpha on this system")

@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.interoperability("alpha", "breaks")
def test_of_which_one_case_fails(number):
    assert number != 2

@pytest.mark.interoperability("beta", "was left out")
def test_that_is_not_run():
    assert False
"""

PAGE = """# Heading

| Program | What was done | GDAL 0.9.1 |
| --- | --- | --- |
| alpha | breaks | works |
| gone | no test any more | works |

The end.
"""


def test_table_has_a_row_for_every_registered_test_and_no_other():
    """Where this fails, the command in docs/interoperability.md makes the table again."""
    rows = interoperability.registered(AUTOTEST)
    assert len(set(rows)) == len(rows) > 0
    assert list(interoperability.read_table(interoperability.PAGE)[1]) == rows


def test_table_has_no_failure():
    for row, cells in interoperability.read_table(interoperability.PAGE)[1].items():
        for cell in cells:
            known = cell == interoperability.NOT_RUN or cell.startswith(("works", "skipped: "))
            assert known, (row, cell)
        assert any(cell.startswith("works") for cell in cells), row


@pytest.fixture
def small_suite(tmp_path):
    for name, text in {"conftest.py": CONFTEST, "test_it.py": TESTS, "page.md": PAGE}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_table_is_written_from_the_test_results(small_suite):
    command = [sys.executable, "-m", "pytest", "-q", "-k", "not left_out and not not_run"]
    subprocess.run(command, cwd=small_suite, capture_output=True, check=False)
    page = (small_suite / "page.md").read_text(encoding="utf-8")
    assert page == f"""# Heading

| Program | What was done | GDAL 0.9.1 | GDAL {gdal.VersionInfo('RELEASE_NAME')} |
| --- | --- | --- | --- |
| alpha | is not there | not run | skipped: no alpha on this system |
| alpha | breaks | works | fails |
| beta | was left out | not run | not run |
| zeta | runs | not run | works (7.5) |

The end.
"""
