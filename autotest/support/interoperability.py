# SPDX-License-Identifier: MIT
"""The table of docs/interoperability.md: what was done with which program, and whether it worked.

A test puts a row into it by a marker, whose words are literals so that all rows can be found
without running anything:

    @pytest.mark.interoperability("gdalwarp", "to UTM")

A program with a version of its own says it by pytest's fixture:

    record_property("version", "1.3.5")
"""
import ast
from pathlib import Path

from osgeo import gdal

PAGE = Path(__file__).resolve().parents[2] / "docs" / "interoperability.md"
MARKER = "interoperability"
NOT_RUN = "not run"


def registered(folder):
    """The rows (program, what) of the tests in "folder": by program, then as they stand there."""
    rows = []
    for source in sorted(Path(folder).rglob("test_*.py")):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == MARKER:
                rows.append(tuple(ast.literal_eval(word) for word in node.args))
    return sorted(rows, key=lambda row: row[0].lower())


def read_table(page):
    """The page's only table: its headings, and the cells after the first two by those two."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return cells[0], {tuple(row[:2]): row[2:] for row in cells[2:]}


def write_table(page, heading, rows):
    table = [heading, ["---"] * len(heading), *([*row, *cells] for row, cells in rows.items())]
    lines = page.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line[:1] == "|")
    kept = [line for line in lines if line[:1] != "|"]
    kept[first:first] = ["| " + " | ".join(row) + " |" for row in table]
    page.write_text("\n".join(kept) + "\n", encoding="utf-8")


def minor(heading):
    """"GDAL 3.6.2" and "GDAL 3.6.4" share a column."""
    return heading.split(".")[:2]


class Recorder:
    """A pytest plugin: writes the results of the run into the column of this GDAL."""

    def __init__(self, folder, page):
        self.folder, self.page = folder, page
        self.rows, self.seen = {}, {}

    def pytest_collection_modifyitems(self, items):
        self.rows = {item.nodeid: [m.args for m in item.iter_markers(MARKER)] for item in items}

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        version = dict(report.user_properties).get("version")
        cell = {"passed": "works", "failed": "fails"}.get(report.outcome)
        if cell is None:
            cell = "skipped: " + report.longrepr[2].removeprefix("Skipped: ")
        elif version:
            cell += f" ({version})"
        for row in self.rows[report.nodeid]:
            # Of the cases of one row, the worst counts: "fails" < "skipped" < "works".
            self.seen[row] = min(cell, self.seen.get(row, cell))

    def pytest_sessionfinish(self):
        heading, before = read_table(self.page)
        column = f"GDAL {gdal.VersionInfo('RELEASE_NAME')}"
        known = [minor(name) for name in heading[2:]]
        place = known.index(minor(column)) if minor(column) in known else len(known)
        heading[2 + place : 3 + place] = [column]
        rows = {}
        for row in registered(self.folder):
            cells = (before.get(row, []) + [NOT_RUN] * len(heading))[: len(heading) - 2]
            cells[place] = self.seen.get(row, cells[place])
            rows[row] = cells
        write_table(self.page, heading, rows)
