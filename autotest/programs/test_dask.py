# SPDX-License-Identifier: MIT
"""examples/clear_sky.py: several granules and windows of each, on worker processes of Dask.

The pixels of the hand-made granules are integers, whose sums are exact in any order: the result
must equal NumPy's bit for bit. The lifelike ones show whether the order of the additions is kept.
"""
import contextlib
import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import granules
import numpy as np
import pytest
import reference
import s3server
import views
import webserver
from osgeo import gdal

dask = pytest.importorskip("dask", reason="dask is not installed")
distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
rioxarray = pytest.importorskip("rioxarray", reason="rioxarray is not installed")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "clear_sky.py"
sys.path.insert(0, str(EXAMPLE.parent))  # before the workers start, which inherit it

import clear_sky  # noqa: E402

FLAGS = "cloud,dilated cloud"
OPTIONS = (f"QUALITY_FLAGS={FLAGS}", "BAND_MASK=YES")


@pytest.fixture(autouse=True)
def versions(record_property):
    record_property("version", distributed.__version__)


@pytest.fixture(scope="module")
def client():
    with clear_sky.local_client(2) as client:
        yield client


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Two scenes of other sizes: [(reflectance, mask), ...]."""
    folder = tmp_path_factory.mktemp("scenes")
    return [
        granules.pair(folder, lines=31, samples=14, bands=12),
        granules.pair(folder, lines=22, samples=37, bands=12, time="20230807T060504"),
    ]


@pytest.fixture(scope="module")
def lifelike(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lifelike")
    for seed, lines in ((3, 90), (4, 75)):
        sizes = ("--lines", lines, "--samples", 66, "--bands", 40)
        granules.make(folder, *sizes, "--seed", seed, "--time", f"20240315T10110{seed}")
    return sorted(str(path) for path in folder.glob("*_RFL_*.nc"))


def names(pairs):
    return [str(reflectance) for reflectance, _ in pairs]


def expected_part(reflectance, mask):
    """What the granule contributes, from arrays alone."""
    cube = reference.view(
        reflectance, mask=mask, quality_flags=FLAGS, band_mask_file=mask, nodata=np.nan
    )
    centre = reference.wavelengths(reflectance)[0]
    red, infrared = (cube[np.abs(centre - nm).argmin()] for nm in (650, 860))
    with np.errstate(divide="ignore", invalid="ignore"):
        ndvi = (infrared - red) / (infrared + red)
    clear = ~np.isnan(cube)
    sums = np.where(clear, cube, 0).astype(np.float64).sum(axis=(1, 2))
    return clear_sky.Part(sums, clear.sum(axis=(1, 2)), ndvi)


def assert_same_parts(seen, expected):
    for name in expected:
        for one, other in zip(seen[name], expected[name]):
            views.assert_same(one, other)


def read_csv(path):
    with open(path, newline="", encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    return [np.array([float(row[key]) for row in rows]) for key in ("wavelength", "mean", "pixels")]


@pytest.mark.interoperability("Dask distributed", "several granules over worker processes")
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_workers_give_the_reference(pairs, client, rows):
    """Windows of one row, of some, and the whole granule."""
    expected = {str(rfl): expected_part(rfl, mask) for rfl, mask in pairs}
    assert_same_parts(clear_sky.analyse(names(pairs), OPTIONS, rows), expected)
    assert_same_parts(clear_sky.analyse(names(pairs), OPTIONS, rows, client), expected)


@pytest.mark.interoperability("Dask distributed", "exactly the serial answer, at each repetition")
@pytest.mark.parametrize("more", [(), ("ORTHO=NO",)])
def test_workers_give_the_serial_answer_bit_for_bit(lifelike, client, more):
    options = ("QUALITY_FLAGS=cloud,cirrus", *more)
    serial = clear_sky.analyse(lifelike, options, rows=11)
    assert 0 < serial[lifelike[0]].counts[5] < serial[lifelike[0]].ndvi.size
    for _ in range(3):
        assert_same_parts(clear_sky.analyse(lifelike, options, 11, client), serial)


def test_both_workers_do_work(lifelike, client):
    clear_sky.analyse(lifelike, ("QUALITY_FLAGS=cirrus",), 2, client)
    opened = client.run(lambda: clear_sky._scene.cache_info().misses)
    assert len(opened) == 2 and min(opened.values()) > 0


@pytest.mark.interoperability("Dask distributed", "chunks of rioxarray, reduced by the workers")
def test_chunks_of_rioxarray_are_reduced_by_the_workers(lifelike, client):
    cube = rioxarray.open_rasterio(
        lifelike[0], chunks={"y": 16, "x": -1}, masked=True, QUALITY_FLAGS="cloud"
    )
    mean = cube.mean(("y", "x"), dtype="f8")
    views.assert_same(client.compute(mean).result().values, mean.compute(scheduler="sync").values)


def run_example(*arguments, **environment):
    command = [sys.executable, str(EXAMPLE), *(str(word) for word in arguments)]
    settings = {**os.environ, **environment}
    return subprocess.run(
        command, capture_output=True, text=True, env=settings, check=False, timeout=180
    )


def equal_files(folder, other):
    """How many files there are in either, all of them equal to the byte."""
    written = sorted(path.name for path in folder.iterdir())
    assert written == sorted(path.name for path in other.iterdir())
    for name in written:
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name
    return len(written)


@pytest.mark.slow
def test_command_writes_the_same_files_with_workers_and_alone(pairs, tmp_path):
    options = [word for option in OPTIONS for word in ("-o", option)]
    for folder, more in (("alone", ()), ("spread", ("--workers", "2"))):
        done = run_example(*options, "--rows", 9, *more, *names(pairs), tmp_path / folder)
        assert done.returncode == 0, done.stderr
    assert equal_files(tmp_path / "alone", tmp_path / "spread") == 2 * len(pairs) + 1

    parts = [expected_part(*pair) for pair in pairs]
    for (reflectance, _), part in zip(pairs, parts):
        centre, mean, pixels = read_csv(tmp_path / "spread" / f"{reflectance.stem}.csv")
        np.testing.assert_array_equal(np.float32(centre), reference.wavelengths(reflectance)[0])
        np.testing.assert_array_equal(mean, part.sums / part.counts)
        np.testing.assert_array_equal(pixels, part.counts)
        ndvi = gdal.Open(str(tmp_path / "spread" / f"{reflectance.stem}_ndvi.tif"))
        views.assert_same(ndvi.ReadAsArray(), part.ndvi)
        assert ndvi.GetGeoTransform() == reference.geotransform(reflectance)
    total = sum(part.sums for part in parts) / sum(part.counts for part in parts)
    np.testing.assert_array_equal(read_csv(tmp_path / "spread" / "mean.csv")[1], total)


def test_results_are_named_like_the_files(pairs, tmp_path):
    """Names with options hold dots and slashes, and addresses hold signatures, which no file name may show."""
    words = [f'EMIT:"{rfl}":reflectance?QUALITY_WHERE=AOD550>0.4&MASK_FILE={mask}' for rfl, mask in pairs]
    done = run_example(*words, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    stems = [rfl.stem for rfl, _ in pairs]
    expected = [f"{stem}{end}" for stem in stems for end in (".csv", "_ndvi.tif")] + ["mean.csv"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(expected)
    signed = "/vsicurl/https://host/EMIT_L2A_RFL_001_20230612T101112.nc?X-Amz-Signature=a/b.c"
    assert clear_sky.stem_of(signed) == "EMIT_L2A_RFL_001_20230612T101112"
    assert clear_sky.stem_of(str(pairs[0][0])) == stems[0]


@pytest.mark.parametrize("chosen", ("600-700", "2000-2450", "860"))
def test_without_red_or_near_infrared_there_is_no_ndvi(lifelike, tmp_path, chosen):
    """Other bands in their place gave an image of numbers that meant nothing."""
    done = run_example("-o", f"WAVELENGTHS={chosen}", lifelike[0], tmp_path / "out")
    assert done.returncode == 0 and "no NDVI" in done.stderr and Path(lifelike[0]).stem in done.stderr
    assert not list((tmp_path / "out").glob("*.tif"))
    centre, mean, pixels = read_csv(tmp_path / "out" / "mean.csv")
    assert centre.size >= 1 and np.isfinite(mean).all() and (pixels > 0).all()
    parts = clear_sky.analyse([lifelike[0]], [f"WAVELENGTHS={chosen}"])
    assert np.isnan(parts[lifelike[0]].ndvi).all()


def test_a_process_without_the_plugin_fails(pairs, tmp_path):
    """It must not read the file with another driver, without masks."""
    done = run_example(*names(pairs), tmp_path / "out", GDAL_DRIVER_PATH=str(tmp_path))
    assert done.returncode != 0
    assert "clear_sky: " in done.stderr and pairs[0][0].name in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_would_give_another_result_is_refused(pairs, tmp_path):
    """Options that mask nothing, nodata that counts as a value, one file for two granules, a mean of two quantities."""
    made = granules.make(tmp_path, "--lines", 31, "--samples", 14, "--bands", 12, "--products", "RFL,RAD,OBS")
    rfl, rad, obs = (str(made[product]) for product in ("RFL", "RAD", "OBS"))
    (tmp_path / "copy").mkdir()
    twice = str(shutil.copy(rfl, tmp_path / "copy"))
    refused = {
        ("-o", "NOSUCH=1", rfl): "NOSUCH",
        ("-o", "nodata=5", rfl): "NODATA",
        (rfl, twice): made["RFL"].stem,
        (rfl, rad): "radiance",
        (obs,): "wavelengths",
        ("--rows", "0", rfl): "--rows",
        ("--workers", "-3", rfl): "--workers",
        ("-o", "QUALITY_FLAGS=fog", str(pairs[0][0])): "fog",
    }
    for words, named in refused.items():
        done = run_example(*words, tmp_path / "out")
        assert done.returncode != 0 and named in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not (tmp_path / "out").exists()
    done = run_example(rfl, rad)  # the folder is missing, and the second granule in its place
    assert done.returncode != 0 and made["RAD"].name in done.stderr and "folder" in done.stderr


@pytest.fixture(scope="module")
def nginx(pairs, tmp_path_factory):
    clear_sky._scene.cache_clear()  # the server sets the times of the files, which are open there
    with webserver.Nginx(pairs[0][0].parent, tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.mark.interoperability("Dask distributed", "granules on a web server")
@pytest.mark.parametrize("more", [(), ("ORTHO=NO",)])
def test_workers_read_granules_on_a_server(pairs, client, nginx, more):
    """Only the names change; masks are found in the granules' folder there, too."""
    remote = [nginx.url("listed", Path(name).name) for name in names(pairs)]
    options = (*OPTIONS, *more)
    local = clear_sky.analyse(names(pairs), options)
    seen = clear_sky.analyse(remote, options, 8, client)
    assert_same_parts({name: seen[url] for name, url in zip(names(pairs), remote)}, local)


@contextlib.contextmanager
def cluster(folder, **environment):
    """The address of a Dask scheduler with two workers, processes of their own as on a cluster.
    What GDAL needs is in the environment of the workers alone."""
    (port,) = webserver.free_ports(1)
    address = f"tcp://127.0.0.1:{port}"
    own = ("--no-dashboard",)
    worker = ("worker", address, "--nthreads", 1, "--local-directory", folder, *own)
    with contextlib.ExitStack() as running:
        running.enter_context(dask_process("scheduler", "--host", "127.0.0.1", "--port", port, *own))
        for _ in range(2):
            running.enter_context(dask_process(*worker, **environment))
        yield address


@contextlib.contextmanager
def dask_process(kind, *arguments, **environment):
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *(str(w) for w in arguments)]
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.interoperability("Dask distributed", "scheduler and workers apart, granules in S3")
def test_a_cluster_reads_an_object_store(pairs, tmp_path):
    """The workers have the plugin and the credentials; the client has neither."""
    options = [word for option in (*OPTIONS, "ORTHO=NO") for word in ("-o", option)]
    done = run_example(*options, "--rows", 9, *names(pairs), tmp_path / "alone")
    assert done.returncode == 0, done.stderr
    home = tmp_path / "s3"
    home.mkdir()
    with s3server.S3(home) as s3:
        settings = s3server.settings(s3.port)
        with views.configured(**settings):
            stored = [s3server.put(path) for pair in pairs for path in pair]
        remote = [name for name in stored if "_RFL_" in name]
        with cluster(tmp_path / "workers", **settings) as address:
            asked = (*options, "--rows", 9, "--scheduler", address, *remote, tmp_path / "spread")
            done = run_example(*asked, GDAL_DRIVER_PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert equal_files(tmp_path / "alone", tmp_path / "spread") == 2 * len(pairs) + 1
