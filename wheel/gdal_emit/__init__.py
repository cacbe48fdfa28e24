# SPDX-License-Identifier: MIT
"""Puts the plugins of this wheel on GDAL's driver path. gdal_emit.pth imports this module when
Python starts, before anything loads a libgdal; it needs nothing but what Python has loaded then."""
import os

PLUGINS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "plugins")


def folders():
    """One for each libgdal that the wheel was built for, named like it."""
    return [os.path.join(PLUGINS, name) for name in sorted(os.listdir(PLUGINS))]


def extend_driver_path(environment=os.environ):
    # An empty variable is for GDAL as if it was not set.
    current = environment.get("GDAL_DRIVER_PATH") or environment.get("OGR_DRIVER_PATH") or ""
    if current == "disable":
        return
    parts = [part for part in current.split(os.pathsep) if part]
    parts += [folder for folder in folders() if folder not in parts]
    environment["GDAL_DRIVER_PATH"] = os.pathsep.join(parts)


extend_driver_path()
