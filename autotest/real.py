# SPDX-License-Identifier: MIT
"""The crops of real granules, which are not part of the repository."""
import os
from pathlib import Path

import pytest

DEFAULT = Path(__file__).resolve().parent / "../../shared/data/real"


def crop(product):
    """Path of the real crop whose name starts with "product"; skips the test without it."""
    folder = Path(os.environ.get("EMIT_REAL_DATA", DEFAULT)).resolve()
    found = sorted(folder.glob(product + "_*.nc"))
    if not found:
        pytest.skip(f"no real {product} crop in {folder} (set EMIT_REAL_DATA)")
    return found[0]
