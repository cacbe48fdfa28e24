# SPDX-License-Identifier: MIT
"""PostGIS reads masked granules in place, as out-of-database rasters."""
import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import applications
import numpy as np
import pytest
import webserver
from programs import Grid

DRIVERS = {"POSTGIS_GDAL_ENABLED_DRIVERS": "EMIT", "POSTGIS_ENABLE_OUTDB_RASTERS": "1"}


class Postgres:
    """A server on loopback with its files in "folder"; root runs it as the user postgres."""

    def __init__(self, folder):
        self.programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("missing"))
        if not (self.programs / "pg_ctl").exists():
            pytest.skip("PostgreSQL is not installed")
        if not list(self.programs.parent.glob("lib/postgis_raster-*.so")):
            pytest.skip("PostGIS is not installed")
        applications.need("raster2pgsql")
        self.folder = folder
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        (self.port,) = webserver.free_ports(1)
        self.settings = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres"}

    def _control(self, *words):
        command = [*self.user, self.programs / "pg_ctl", "-D", self.folder / "db", "-w", *words]
        subprocess.run(
            command,
            env=applications.environment(**DRIVERS),
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            check=True,
        )

    def __enter__(self):
        self._control("init", "-s", "-o", "-A trust -U postgres -E UTF8 --locale=C.UTF-8")
        options = f"-k {self.folder} -c listen_addresses=127.0.0.1 -p {self.port} -c fsync=off"
        self._control("-l", self.folder / "log", "-o", options, "start")
        return self

    def __exit__(self, *_):
        self._control("-m", "immediate", "stop")

    def shell(self, text):
        return applications.run("bash", "-euc", text, cwd=self.folder, **self.settings)

    def query(self, text):
        """Rows of texts."""
        words = ["psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", text]
        lines = applications.run(*words, cwd=self.folder, **self.settings).splitlines()
        return [line.split("|") for line in lines]


@pytest.fixture(scope="module")
def database(sample):
    """With the granule loaded as the recipe says, in a folder that the server's user reads."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="emit-postgis-")))
        for file in (sample.path, sample.mask):
            shutil.copy(file, folder)
        folder.chmod(0o777)
        server = stack.enter_context(Postgres(folder))
        server.query(applications.recipe("PostGIS", "sql"))
        server.shell(applications.recipe("PostGIS", "shell"))
        yield server


@pytest.fixture(autouse=True)
def version(database, record_property):
    record_property("version", database.query("SELECT postgis_lib_version()")[0][0])


@pytest.mark.interoperability("PostGIS", "raster2pgsql -R of a name with options: every pixel")
def test_pixels(database, sample):
    pixels = database.query(
        "SELECT ST_X(geom), ST_Y(geom), val FROM"
        " (SELECT (ST_PixelAsCentroids(rast)).* FROM reflectance) AS pixels"
    )
    lon, lat, values = np.array(pixels, float).T
    column, row = Grid(sample.path, sample.masked).places(lon, lat)
    seen = np.full(sample.masked[9].shape, -9999, "f4")
    seen[row.astype(int), column.astype(int)] = values
    np.testing.assert_array_equal(seen, sample.masked[9])


@pytest.mark.interoperability("PostGIS", "ST_Value: the value of a clear pixel, NULL of a masked one")
def test_value_at_a_place(database, sample):
    west, across, _, north, _, down = sample.transform
    clear = np.argwhere(sample.masked[9] != -9999)[700]
    hidden = np.argwhere((sample.plain[9] != -9999) & (sample.masked[9] == -9999))[150]
    for (row, column), expected in ((clear, sample.masked[9][tuple(clear)]), (hidden, None)):
        place = west + (column + 0.5) * across, north + (row + 0.5) * down
        point = f"ST_SetSRID(ST_MakePoint({place[0]:.15g}, {place[1]:.15g}), 4326)"
        ((value,),) = database.query(
            f"SELECT ST_Value(rast, {point}) FROM reflectance WHERE ST_Intersects(rast, {point})"
        )
        assert (np.float32(value) if value else None) == expected


@pytest.mark.interoperability("PostGIS", "ST_SummaryStats: count and mean of the clear pixels")
def test_statistics(database, sample):
    ((count, total),) = database.query(
        "SELECT sum((s).count), sum((s).sum) FROM"
        " (SELECT ST_SummaryStats(rast) AS s FROM reflectance) AS tiles"
    )
    clear = sample.masked[9][sample.masked[9] != -9999].astype(float)
    assert int(count) == clear.size
    np.testing.assert_allclose(float(total), clear.sum(), rtol=1e-9)
