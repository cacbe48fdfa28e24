# SPDX-License-Identifier: MIT
"""Commands of scripts/ that were typed wrongly: a message, an exit status, and files of others stay."""
import os
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def run(*words, cwd, path=""):
    settings = {**os.environ, "EMIT_OWN_ENVIRONMENT": "1", "PATH": f"{path}:{os.environ['PATH']}"}
    command = [str(SCRIPTS / words[0]), *(str(word) for word in words[1:])]
    return subprocess.run(command, cwd=cwd, env=settings, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("name", ("demo", "verify", "build-deb", "build-hdf5", "build-wheel", "test"))
def test_help_succeeds_and_unknown_options_fail(tmp_path, name):
    wanted, unknown = (run(name, word, cwd=tmp_path) for word in ("--help", "--no-such"))
    assert wanted.returncode == 0 and "usage: " in wanted.stdout.lower()
    assert unknown.returncode != 0 and "usage: " in (unknown.stdout + unknown.stderr).lower()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words, named",
    (
        (("demo", "no_such.nc"), "no_such.nc"),
        (("demo", "a.nc", "out", "b.nc"), "Usage"),
        (("test", "no_such"), '"no_such"'),
        (("test", "all", "-k", "ortho"), "-k ortho"),
        (("test", "fuzz", "minutes"), "minutes NUMBER"),
        (("build-deb", "a", "b"), "Usage"),
        (("build-wheel", "no_such"), "no_such"),
    ),
)
def test_wrong_words_are_named(tmp_path, words, named):
    done = run(*words, cwd=tmp_path)
    assert done.returncode != 0 and named in done.stdout + done.stderr, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and "unbound" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ("demo", "verify"))
def test_missing_modules_are_named_before_the_build(tmp_path, name):
    (tmp_path / "python3").write_text('#!/bin/sh\ncase "$*" in *numpy*) exit 1 ;; esac\n')
    (tmp_path / "python3").chmod(0o755)
    (tmp_path / "granule.nc").write_text("")
    done = run(name, "granule.nc", cwd=tmp_path, path=tmp_path)
    assert done.returncode != 0 and "numpy" in done.stderr and str(tmp_path / "python3") in done.stderr
    assert "Building" not in done.stdout


def test_packages_of_others_stay(tmp_path):
    """The folder of the build may be any, such as one of downloads."""
    programs, folder = tmp_path / "programs", tmp_path / "some folder"
    for each in (programs, folder):
        each.mkdir()
    for name in ("cmake", "dpkg-buildflags"):
        (programs / name).write_text("#!/bin/sh\nexit 1\n")
        (programs / name).chmod(0o755)
    (folder / "other_1.0_all.deb").write_text("")
    (folder / "libgdal-plugin-emit_0_all.deb").write_text("")
    assert run("build-deb", folder, cwd=tmp_path, path=programs).returncode != 0
    assert [path.name for path in folder.glob("*.deb")] == ["other_1.0_all.deb"]


def test_folders_of_others_stay(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "mine").write_text("")
    done = run("build-hdf5", tmp_path, tmp_path / "no such source", cwd=tmp_path)
    assert done.returncode != 0 and "no such source" in done.stderr
    assert (tmp_path / "work" / "mine").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build.log", "work"]
