# SPDX-License-Identifier: MIT
"""Other programs with the driver. Only "scripts/test programs" runs this folder; see pytest.ini."""
import shutil

import applications
import pytest


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    return applications.Sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def here(sample, tmp_path_factory):
    """A folder with the sample's files, in which the recipes of a module write their own."""
    folder = tmp_path_factory.mktemp("here")
    for file in (sample.path, sample.mask):
        shutil.copy(file, folder)
    return folder


@pytest.fixture(scope="module")
def vrt(here):
    """masked.vrt, as the head of the page makes it."""
    applications.run("bash", "-euc", applications.recipe("Other programs", "shell"), cwd=here)
    return here / "masked.vrt"
