# SPDX-License-Identifier: MIT
"""Files of the mission, which are not part of this tree: they are searched in ../shared/data/real next to the tree, then in
the folder that EMIT_REAL_DATA names. Tests that need one are skipped without it."""
import os
from pathlib import Path

import pytest

FOLDERS = [
    Path(__file__).resolve().parents[2].parent / "shared" / "data" / "real",
    *map(Path, filter(None, [os.environ.get("EMIT_REAL_DATA")])),
]


def find(pattern):
    """Path of the one file that matches "pattern"; skips the test where there is none."""
    for folder in FOLDERS:
        for path in folder.glob(pattern):
            return path
    pytest.skip(f"{pattern} is in none of {', '.join(map(str, FOLDERS))}; EMIT_REAL_DATA names another folder")


def crop(product):
    """Path of the real 200 x 200 crop whose name starts with "product"."""
    return find(f"{product}_*.nc")
