# SPDX-License-Identifier: MIT
"""The crops of real granules in data/real."""
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "data" / "real"


def crop(product):
    """Path of the real crop whose name starts with "product"."""
    (path,) = FOLDER.glob(product + "_*.nc")
    return path
