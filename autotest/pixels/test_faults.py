# SPDX-License-Identifier: MIT
"""Files that change while they are open, and full disks.

Each ends in the right answer or in an error, never in pixels of two files or in unmasked pixels;
no granule is changed.
"""
import os
import resource
import signal
import subprocess

import granules
import numpy as np
import pytest
import views

SIZE = {"lines": 41, "samples": 33, "bands": 7}
MASKED = {"QUALITY_FLAGS": "cloud,cirrus", "BAND_MASK": "YES"}
STORAGES = {
    "contiguous": {"contiguous": True},
    "packed": {"chunksizes": (9, 8, 7), "zlib": True, "shuffle": True},
}


@pytest.fixture(params=STORAGES)
def scene(request, tmp_path):
    """A reflectance granule and its mask."""
    storage = STORAGES[request.param]
    return granules.pair(tmp_path, storage=storage, **SIZE)


def fails_and_says(dataset, *words):
    with pytest.raises(RuntimeError) as caught:
        dataset.ReadAsArray()
    for word in words:
        assert str(word) in str(caught.value)


def overwrite(path):
    """Other bytes in the same file, as an editor or a broken download leaves them."""
    content = bytearray(path.read_bytes())
    for i in range(len(content) // 3, len(content)):
        content[i] ^= 0x5A
    with open(path, "r+b") as file:
        file.write(content)
    os.utime(path, ns=(1, 1))


# ---- While a view is open ------------------------------------------------------------------------


def test_an_error_in_metadata_names_the_failed_read(tmp_path):
    """HDF5 alone knows only that its driver failed."""
    path, mask = granules.pair(tmp_path, lines=14, samples=11, bands=3)
    dataset = views.open_view(path, QUALITY_FLAGS="cloud")
    os.truncate(mask, 3000)
    with pytest.raises(RuntimeError) as caught:
        dataset.ReadAsArray()
    assert all(word in str(caught.value) for word in (mask.name, "/mask", "bytes at offset"))


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_granule_or_mask_cut_short_fails_the_read(scene, which, share):
    dataset = views.open_view(scene[0], **MASKED)
    os.truncate(scene[which], int(scene[which].stat().st_size * share))
    fails_and_says(dataset, scene[which].name)


@pytest.mark.parametrize("which", [0, 1])
def test_a_granule_or_mask_cut_short_between_reads_fails_the_next(scene, which):
    right = views.read(scene[0], **MASKED)
    dataset = views.open_view(scene[0], **MASKED)
    assert np.array_equal(views.pixels(dataset), right)
    os.truncate(scene[which], scene[which].stat().st_size // 2)
    dataset.FlushCache()  # GDAL's own cached blocks stay valid
    fails_and_says(dataset, scene[which].name)


@pytest.mark.parametrize("which", [0, 1])
def test_a_granule_or_mask_overwritten_fails_the_read(scene, which):
    dataset = views.open_view(scene[0], **MASKED)
    overwrite(scene[which])
    fails_and_says(dataset, scene[which].name)


@pytest.mark.parametrize("which", [0, 1])
def test_a_granule_or_mask_deleted_is_read_to_the_end(scene, which):
    right = views.read(scene[0], **MASKED)
    dataset = views.open_view(scene[0], **MASKED)
    scene[which].unlink()
    assert np.array_equal(views.pixels(dataset), right)
    if which == 1:
        assert scene[0].parent.name in views.refusal(scene[0], **MASKED)


@pytest.mark.parametrize("which", [0, 1])
def test_a_file_that_replaces_an_open_one_is_not_mixed_in(scene, which, tmp_path):
    right = views.read(scene[0], **MASKED)
    dataset = views.open_view(scene[0], **MASKED)
    other = tmp_path / "other"
    other.mkdir()
    replacing = granules.pair(other, time="20230101T000000", **SIZE)[which]
    os.replace(replacing, scene[which])
    assert np.array_equal(views.pixels(dataset), right)


# ---- Between two openings ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SIZE, {**SIZE, "lines": 40}])
def test_a_mask_of_another_scene_is_refused(scene, size, tmp_path):
    path, mask = scene
    assert views.read(path, **MASKED) is not None
    other = tmp_path / "other"
    other.mkdir()
    os.replace(granules.pair(other, time="20230101T000000", **size)[1], mask)
    message = views.refusal(path, **MASKED)
    assert mask.name in message and path.name in message


def test_a_mask_without_the_flags_is_refused(scene):
    path, mask = scene
    labels = ["Snow flag", "Ice flag", "AOD550", "H2O (g cm-2)"]
    granules.write(mask.parent, "MASK", name=mask.name, labels=labels, **{**SIZE, "bands": 4})
    assert "cloud" in views.refusal(path, **MASKED)


# ---- Where nothing can be written ----------------------------------------------------------------


def without_space(nbytes):
    """For a child process: files of at most "nbytes", as on a disk that is full."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, nbytes))

    return limit


def run(*command, preexec=None):
    done = subprocess.run([str(word) for word in command], preexec_fn=preexec, capture_output=True,
                          text=True, restore_signals=False)
    assert done.returncode >= 0, f"{command} ended by signal {-done.returncode}: {done.stderr}"
    return done


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".nc"}


OPTIONS = [word for key, value in MASKED.items() for word in ("-oo", f"{key}={value}")]


@pytest.mark.parametrize("nbytes", [0, 200, 1000])
def test_statistics_on_a_full_disk_harm_nothing(scene, nbytes):
    path = scene[0]
    before, right = contents(path.parent), views.read(path, **MASKED)
    done = run("gdalinfo", "-stats", *OPTIONS, path, preexec=without_space(nbytes))
    assert "STATISTICS_MEAN" in done.stdout
    assert contents(path.parent) == before
    assert np.array_equal(views.read(path, **MASKED), right)
    again = run("gdalinfo", "-stats", *OPTIONS, path)
    assert again.returncode == 0
    assert means(again.stdout) == means(done.stdout)


def means(text):
    return [line for line in text.splitlines() if "STATISTICS_MEAN" in line]


@pytest.mark.parametrize("nbytes", [0, 200, 3000])
def test_overviews_on_a_full_disk_harm_nothing(scene, nbytes):
    path = scene[0]
    before, right = contents(path.parent), views.read(path, **MASKED)
    done = run("gdaladdo", "-ro", *OPTIONS, path, 2, preexec=without_space(nbytes))
    assert done.returncode != 0 and "ERROR" in done.stderr
    assert contents(path.parent) == before
    assert np.array_equal(views.read(path, **MASKED), right)
