# SPDX-License-Identifier: MIT
"""Other programs, each run with the recipe of docs/programs.md, and the expected pixels."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import granules
import numpy as np
import pytest
import reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "programs.md"
FLAGS = "cloud,cirrus"


class Sample:
    """The granule of the recipes with its mask: 57 lines, 41 samples, 285 bands, 84 x 75 cells.

    "plain" and "masked" are what it must show without options and with FLAGS and the band mask.
    """

    def __init__(self, folder):
        made = granules.make(folder, "--lines", 57, "--samples", 41)
        self.path, self.mask = made["RFL"], made["MASK"]
        self.plain = reference.view(self.path)
        self.masked = self.view(FLAGS)
        self.transform = reference.geotransform(self.path)
        filled = (self.plain != reference.FILL).any(axis=0)
        hidden = filled & (self.masked == reference.FILL).all(axis=0)
        partly = filled & ~hidden & (self.masked == reference.FILL).any(axis=0)
        assert hidden.sum() > 100 and partly.sum() > 20
        self.row, self.column = self._clear_cell(partly)

    def view(self, flags=None, **choice):
        band_mask = choice.pop("band_mask_file", self.mask)
        return reference.view(
            self.path, mask=self.mask, quality_flags=flags, band_mask_file=band_mask, **choice
        )

    @staticmethod
    def _clear_cell(partly):
        rows, columns = np.nonzero(partly)
        return int(rows[len(rows) // 2]), int(columns[len(rows) // 2])


def recipe(heading, language):
    """The first block in a language below a heading of docs/programs.md."""
    section = re.split(rf"^#+ {re.escape(heading)}$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    assert len(section) == 2, f"{PAGE.name} has no heading {heading}"
    block = re.search(rf"^```{language}\n(.*?)^```$", section[1], flags=re.M | re.S)
    return block[1]


def need(*names):
    """Skips where one of the programs is not installed; the path of the first."""
    for name in names:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    return shutil.which(names[0])


def debian_version(package):
    """Upstream's part of an installed package's version, "" elsewhere."""
    command = ["dpkg-query", "-W", "-f=${Version}", package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return re.sub(r"^\d+:|[-+~].*$", "", done.stdout)


def environment(**settings):
    return {**os.environ, "GDAL_DRIVER_PATH": str(granules.plugin_folder()), **settings}


def run(*command, cwd=None, timeout=300, **settings):
    """Runs a program with the plugin; its output, both kinds. Fails if it does."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def floats(path, shape):
    """Bare floats of the machine's byte order."""
    return np.fromfile(path, "f4").reshape(shape)
