# SPDX-License-Identifier: MIT
"""Programs whose stack is small: 160 KB, which threads get as well. Other systems give threads that little by
default, and programs that make many threads choose it."""
import shlex
import subprocess

import granules
import h5py
import numpy as np
import pytest
import reference
import views

KILOBYTES = 160
MASKS = {"QUALITY_FLAGS": "0,1,3,4", "BAND_MASK": "YES", "NUM_THREADS": "4"}
OPTIONS = [word for key, value in MASKS.items() for word in ("-oo", f"{key}={value}")]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """(granule, mask): deflated, and large enough for threads."""
    folder = tmp_path_factory.mktemp("stacks")
    storage = {"chunksizes": (31, 29, 17), "zlib": True, "shuffle": True}
    return granules.pair(folder, lines=101, samples=89, bands=37, storage=storage)


def run(*command):
    """Exit code and both outputs; a program that a signal ended fails the test."""
    words = shlex.join(str(word) for word in command)
    return views.run("bash", "-c", f"ulimit -s {KILOBYTES} && {words}; exit $?")


@pytest.mark.parametrize("ortho", ["GLT", "NEAREST", "NO"])
def test_masked_pixels_of_all_bands(scene, tmp_path, ortho):
    path, mask = scene
    target = tmp_path / "out.img"
    how = ["-q", "-of", "ENVI", "-co", "INTERLEAVE=BSQ", "-oo", f"ORTHO={ortho}", *OPTIONS]
    code, _, errors = run("gdal_translate", *how, path, target)
    assert (code, errors) == (0, "")
    whole = reference.view(path, ortho=ortho, mask=mask, quality_flags="0,1,3,4", band_mask_file=mask)
    assert target.read_bytes() == whole.tobytes()


JOBS = {
    "information": ["gdalinfo", "-oo", "BAND_MASK=YES", "{path}"],
    "conditions": ["gdalinfo", "-oo", "QUALITY_WHERE=" + ",".join(["AOD550>0.4"] * 30), "{path}"],
    "statistics": ["gdalinfo", "-approx_stats", "--config", "GDAL_PAM_ENABLED", "NO", *OPTIONS, "{path}"],
    "overview": ["gdal_translate", "-q", "-outsize", "20%", "20%", "-r", "average", *OPTIONS, "{path}", "{target}"],
    "bands": ["gdal_translate", "-q", "-b", 30, "-b", 2, "-b", 7, *OPTIONS, "{path}", "{target}"],
    "netCDF": ["gdal_translate", "-q", "-of", "netCDF", *OPTIONS, "{path}", "{target}"],
    "warp": ["gdalwarp", "-q", "-t_srs", "EPSG:32632", "-multi", *OPTIONS, "{path}", "{target}"],
    "misspelt": ["gdalinfo", "-oo", "QUALITY_FLAGS=" + "x" * 500, "{path}"],
}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_ends_as_with_a_large_stack(scene, tmp_path, job):
    ends = []
    for how in (run, views.run):
        target = tmp_path / "out"
        code, printed, errors = how(*(str(word).format(path=scene[0], target=target) for word in JOBS[job]))
        ends.append((code, printed, errors, target.read_bytes() if job in ("bands", "overview", "warp") else None))
        target.unlink(missing_ok=True)
    assert ends[0] == ends[1]
    assert ends[0][0] == (1 if job == "misspelt" else 0), ends[0][2]


# ---- Types within types --------------------------------------------------------------------------


def with_nested_type(path, depth, kind):
    """A file whose attribute "deep" is of a type within types."""
    integer = h5py.h5t.NATIVE_INT32
    nested = integer
    for _ in range(depth):
        if kind == "list":
            nested = h5py.h5t.vlen_create(nested)
        elif kind == "array":
            nested = h5py.h5t.array_create(nested, (1,))
        else:
            inner = nested
            nested = h5py.h5t.create(h5py.h5t.COMPOUND, inner.get_size())
            nested.insert(b"a", 0, inner)
    with h5py.File(path, "w") as file:
        file["reflectance"] = np.arange(120, dtype="f4").reshape(6, 5, 4)
        file["location/glt_x"] = file["location/glt_y"] = np.ones((7, 8), "i4")
        file.attrs["geotransform"] = [10, 0.1, 0, 20, 0, -0.1]
        for owner in (file, file["reflectance"]):
            h5py.h5a.create(owner.id, b"deep", nested, h5py.h5s.create(h5py.h5s.SCALAR))


@pytest.mark.parametrize("kind", ["list", "array", "record"])
def test_types_within_types_open_or_are_refused(tmp_path, kind):
    """HDF5 walks through them recursively: a thousand need a megabyte of stack."""
    path = tmp_path / "EMIT_L2A_RFL_001_nested.nc"
    for depth, opens in ((7, True), (900, False)):
        with_nested_type(path, depth, kind)
        code, _, errors = run("gdalinfo", "-if", "EMIT", "-oo", "ORTHO=NO", path)
        assert (code == 0) == opens, errors
        assert opens or path.name in errors


def test_the_stack_is_small():
    limit = ["bash", "-c", f"ulimit -s {KILOBYTES} && ulimit -s"]
    assert subprocess.run(limit, capture_output=True, text=True, check=True).stdout.strip() == "160"
