# SPDX-License-Identifier: MIT
"""scripts/verify: layouts of both generations and crops are as expected, damage and differences are reported."""
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import granules
import numpy as np
import pytest
import real

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "verify.py"


def verify(*paths):
    done = subprocess.run(
        [sys.executable, SCRIPT, *paths], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("verify", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("product", ["RFL", "RAD", "OBS", "MASK"])
@pytest.mark.parametrize("generation", [1, 2])
def test_samples_are_as_expected(tmp_path, product, generation):
    size = ("--lines", 61, "--samples", 47, "--bands", 23)
    products = ("--products", f"{product},MASK", "--generation", generation)
    made = granules.make(tmp_path, *products, *size)
    code, output = verify(made[product])
    assert (code, output.splitlines()[-1]) == (0, "as expected"), output
    assert int(re.search(r"(\d+) sets of options", output)[1]) > 8
    assert "not aligned" in output and "deflate 9, shuffle" in output


@pytest.mark.parametrize("product", ["EMIT_L2A_MASK_001", "EMIT_L1B_OBS_001"])
def test_crops_differ_by_what_they_lack_alone(product):
    output = verify(real.crop(product))[1]
    findings = [line for line in output.splitlines() if line.startswith("* ")]
    assert all("attribute" in line for line in findings), output
    assert "sets of options" in output


def test_a_damaged_mask_is_named_without_its_path(tmp_path):
    made = granules.make(tmp_path, "--lines", 61, "--samples", 47, "--bands", 23)
    content = made["MASK"].read_bytes()
    made["MASK"].write_bytes(content[: len(content) // 2])
    code, output = verify(made["RFL"], made["MASK"])
    result = output[output.index("== Result") :]
    assert code == 1 and "truncated" in result and str(tmp_path) not in result


def test_each_wrong_value_is_counted(script):
    right = np.arange(12, dtype="f4").reshape(3, 4)
    wrong = right.copy()
    wrong[1, 2], wrong[2, 0] = -0.5, np.nan
    assert script.differing(wrong, right) == 2
    assert script.differing(-np.zeros(3, "f4"), np.zeros(3, "f4")) == 3  # bits, not values


def test_a_difference_ends_in_a_finding(script, tmp_path):
    """The answer for a cube of another file, with the driver's own pixels of this one."""
    size = ("--lines", 61, "--samples", 47, "--bands", 23, "--products", "RFL")
    path = granules.make(tmp_path, *size)["RFL"]
    raw = script.read_bands(path, "reflectance", [4, 9])
    raw[30, 20, 1] += 1
    findings = []
    cells = script.reference.glt_cells(path)
    script.compare_bands(path, None, script.Case({}), raw, -9999, [4, 9], cells, findings)
    assert [finding.split(":")[1].strip() for finding in findings] == ["band 10", "band 10"]
