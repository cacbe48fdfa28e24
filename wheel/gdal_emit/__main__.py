# SPDX-License-Identifier: MIT
"""python -m gdal_emit: which wheels the plugins are for, and whether these are installed."""
import importlib.metadata
import os

import gdal_emit


def state(folder):
    with open(os.path.join(folder, "built-for")) as file:
        name, version, gdal = file.read().split()
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        installed = None
    if installed == version:
        found = "installed"
    else:
        found = f"NOT USED: {name} {installed} is installed" if installed else "not installed"
    return f"{name} {version} (GDAL {gdal}): {found}"


for folder in gdal_emit.folders():
    print(state(folder))
