#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The picture of docs/programs.md: true-colour tiles of a masked granule in Chromium.

Run it with the Python of the virtual environment of that page: tiles.py GRANULE.nc PICTURE.png
"""
import html
import math
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

import rasterio
import uvicorn
from fastapi import FastAPI
from titiler.core.factory import TilerFactory

ZOOM = 10
OPTIONS = "QUALITY_FLAGS=cloud,cirrus,dilated cloud&WAVELENGTHS=640,550,460"


def pixel_box(bounds):
    """Left, top, right and bottom of the bounds, in degrees, in pixels of the web map."""

    def place(longitude, latitude):
        northing = math.asinh(math.tan(math.radians(latitude))) / math.pi
        return int((longitude + 180) / 360 * 2**ZOOM * 256), int((1 - northing) / 2 * 2**ZOOM * 256)

    return *place(bounds.left, bounds.top), *place(bounds.right, bounds.bottom)


def main(granule, picture):
    name = f'EMIT:"{Path(granule).resolve()}":reflectance?{OPTIONS}'
    with rasterio.open(name) as dataset:
        left, top, right, bottom = pixel_box(dataset.bounds)
    columns, rows = range(left // 256, right // 256 + 1), range(top // 256, bottom // 256 + 1)
    app = FastAPI()
    app.include_router(TilerFactory().router)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    query = urllib.parse.urlencode({"url": name, "rescale": "0,0.35"})
    place = f"http://127.0.0.1:{port}/tiles/WebMercatorQuad/{ZOOM}"
    tiles = "".join(
        f'<img src="{html.escape(f"{place}/{column}/{row}.png?{query}")}">'
        for row in rows
        for column in columns
    )
    style = f"margin: -{top % 256}px 0 0 -{left % 256}px; background: #456; line-height: 0; width: {256 * len(columns)}px"
    with tempfile.TemporaryDirectory() as home:
        page = Path(home) / "map.html"
        page.write_text(f'<body style="{style}">{tiles}</body>', encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home}/profile"]
        options += [f"--window-size={right - left},{bottom - top}", "--virtual-time-budget=120000"]
        command = ["chromium", *options, "--hide-scrollbars", f"--screenshot={picture}", page.as_uri()]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    server.should_exit = True


if __name__ == "__main__":
    main(*sys.argv[1:])
