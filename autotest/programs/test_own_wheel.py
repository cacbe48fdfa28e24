# SPDX-License-Identifier: MIT
"""The wheel that scripts/build-wheel makes, in an environment with the wheels that it is for.

`scripts/test wheel` sets EMIT_WHEEL, its path, and EMIT_WHEEL_PYTHON, the interpreter for the environment.
"""
import importlib.util
import os
import re
import subprocess
import zipfile
from pathlib import Path

import granules
import numpy as np
import pytest
import reference

WHEEL = os.environ.get("EMIT_WHEEL")
OPEN = {
    "rasterio": """
import rasterio
with rasterio.open(sys.argv[1], QUALITY_FLAGS="cloud,cirrus", BAND_MASK="YES") as dataset:
    assert dataset.driver == "EMIT"
    sys.stdout.buffer.write(dataset.read().tobytes())
""",
    "gdal-wheel": """
from osgeo import gdal
gdal.UseExceptions()
options = ["QUALITY_FLAGS=cloud,cirrus", "BAND_MASK=YES"]
dataset = gdal.OpenEx(sys.argv[1], open_options=options)
assert dataset.GetDriver().ShortName == "EMIT"
sys.stdout.buffer.write(dataset.ReadAsArray().tobytes())
""",
}


def run(python, *words, **variables):
    settings = {k: v for k, v in os.environ.items() if k not in ("GDAL_DRIVER_PATH", "PYTHONPATH")}
    done = subprocess.run([python, *words], env={**settings, **variables}, capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def hosts():
    """The wheels that the wheel is for."""
    if not WHEEL:
        pytest.skip("THE WHEEL IS NOT TESTED: scripts/test wheel builds one")
    with zipfile.ZipFile(WHEEL) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
        return re.findall(r"^Provides-Extra: (\S+)$", wheel.read(name).decode(), re.MULTILINE)


@pytest.fixture(scope="module")
def python(hosts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([os.environ["EMIT_WHEEL_PYTHON"], "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", f"{WHEEL}[{','.join(hosts)}]"], check=True)
    return python


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    path, mask = granules.pair(tmp_path_factory.mktemp("scene"), lines=31, samples=27, bands=9)
    masks = {"mask": mask, "band_mask_file": mask, "quality_flags": "cloud,cirrus"}
    expected = reference.view(path, **masks)
    assert not np.array_equal(expected, reference.view(path))
    return path, expected.tobytes()


def test_each_reads_masked_pixels(hosts, python, scene):
    for host in hosts:
        assert run(python, "-c", "import sys" + OPEN[host], scene[0]) == scene[1], host
    both = run(python, "-c", "import sys" + "".join(OPEN[host] for host in hosts), scene[0])
    assert both == scene[1] * len(hosts)


def test_the_users_driver_path_stays(hosts, python, scene, tmp_path):
    script = "import sys" + OPEN[hosts[0]]
    assert run(python, "-c", script, scene[0], GDAL_DRIVER_PATH=str(tmp_path)) == scene[1]
    # A plugin for the system's GDAL does nothing here.
    plugins = str(granules.plugin_folder())
    assert run(python, "-c", script, scene[0], GDAL_DRIVER_PATH=plugins) == scene[1]


def test_it_reports_its_gdal_version(hosts, python):
    lines = run(python, "-m", "gdal_emit").decode().splitlines()
    assert len(lines) == len(hosts) and all(line.endswith(": installed") for line in lines)


# ---- The module alone ----------------------------------------------------------------------------


@pytest.fixture
def module(monkeypatch, tmp_path):
    source = Path(__file__).resolve().parents[2] / "wheel" / "gdal_emit" / "__init__.py"
    folder = tmp_path / "gdal_emit"
    for name in ("libgdal-2", "libgdal-1"):
        (folder / "plugins" / name).mkdir(parents=True)
    (folder / "__init__.py").write_bytes(source.read_bytes())
    monkeypatch.setenv("GDAL_DRIVER_PATH", "disable")  # importing it changes nothing in this process
    spec = importlib.util.spec_from_file_location("gdal_emit", folder / "__init__.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded, [str(folder / "plugins" / name) for name in ("libgdal-1", "libgdal-2")]


@pytest.mark.parametrize("before, kept", [
    ({}, []),
    ({"GDAL_DRIVER_PATH": ""}, []),
    ({"GDAL_DRIVER_PATH": "/a:/b"}, ["/a", "/b"]),
    ({"OGR_DRIVER_PATH": "/c"}, ["/c"]),
    ({"GDAL_DRIVER_PATH": "/a", "OGR_DRIVER_PATH": "/c"}, ["/a"]),
])
def test_the_path_is_extended_once(module, before, kept):
    loaded, folders = module
    environment = dict(before)
    for _ in range(2):
        loaded.extend_driver_path(environment)
        assert environment["GDAL_DRIVER_PATH"].split(":") == kept + folders


def test_plugins_may_be_disabled(module):
    environment = {"GDAL_DRIVER_PATH": "disable"}
    module[0].extend_driver_path(environment)
    assert environment == {"GDAL_DRIVER_PATH": "disable"}
