# SPDX-License-Identifier: MIT
"""scripts/verify: layouts of both generations and crops are as expected, damage and differences are reported."""
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import granules
import h5py
import numpy as np
import pytest
import real

VARIABLES = {
    "RFL": ["reflectance"],
    "RAD": ["radiance"],
    "OBS": ["obs"],
    "MASK": ["mask"],
    "MIN": [f"group_{n}_{name}" for n in (1, 2) for name in ("band_depth", "mineral_id")],
}
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


@pytest.mark.parametrize("product", list(VARIABLES))
@pytest.mark.parametrize("generation", [1, 2])
def test_samples_are_as_expected(tmp_path, product, generation):
    size = ("--lines", 61, "--samples", 47, "--bands", 23)
    products = ("--products", f"{product},MASK", "--generation", generation)
    made = granules.make(tmp_path, *products, *size)
    code, output = verify(made[product])
    assert (code, output.splitlines()[-1]) == (0, "as expected"), output
    assert int(re.search(r"(\d+) sets of options", output)[1]) > 8
    assert "not aligned" in output and "deflate 9, shuffle" in output
    state = {"aerosol_optical_thickness", "water_vapor"} if (product, generation) == ("RFL", 2) else set()
    compared = set(re.findall(r"^(\w+): \d+ set", output, re.MULTILINE))
    assert compared == {*VARIABLES[product], "lon", "lat", "elev", *state}


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
    report = script.Report(path)
    cells = script.reference.glt_cells(path)
    subject = script.Subject(path, None, "reflectance", True, [4, 9], raw, -9999, cells)
    script.compare_bands(subject, script.Case({}), report)
    assert [finding.split(":")[1].strip() for finding in report.findings] == ["band 10", "band 10"]


SIZE = ("--lines", 61, "--samples", 47, "--bands", 23)


def findings(*paths):
    code, output = verify(*paths)
    found = [line for line in output[output.index("== Result") :].splitlines() if line.startswith("* ")]
    assert (code == 1) == bool(found)
    return found


@pytest.mark.parametrize("kept", [9, 0.6])
def test_a_mask_granule_that_is_there_and_damaged(tmp_path, kept):
    """Found in the folder, not named: never as if there were none."""
    made = granules.make(tmp_path, *SIZE)
    content = made["MASK"].read_bytes()
    made["MASK"].write_bytes(content[: int(kept * len(content)) if kept < 1 else kept])
    (found,) = findings(made["RFL"])
    assert "mask granule cannot be used" in found and made["MASK"].name in found


def test_masks_that_do_not_fit_are_named(tmp_path):
    made = granules.make(tmp_path, *SIZE)
    (tmp_path / "other").mkdir()
    other = granules.make(tmp_path / "other", "--lines", 33, "--samples", 29, "--bands", 23)
    for mask, words in {other["MASK"]: "33 x 29", made["RFL"]: "not an L2A MASK granule"}.items():
        (found,) = findings(made["RFL"], mask)
        assert words in found


def flip(path, name):
    """Inverts a byte in the middle of the first chunk of a variable."""
    with h5py.File(path) as file:
        chunk = file[name].id.get_chunk_info(0)
    with open(path, "r+b") as file:
        file.seek(chunk.byte_offset + chunk.size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 0xFF]))


def test_damaged_chunks_are_named(tmp_path):
    for product, name in (("RFL", "location/glt_y"), ("MASK", "mask"), ("MASK", "band_mask")):
        folder = tmp_path / name.replace("/", " ")
        folder.mkdir()
        made = granules.make(folder, *SIZE)
        flip(made[product], name)
        found = findings(made["RFL"])
        assert found and any(word in found[0] for word in ("glt_y", made["MASK"].name)), found


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda x: x + 1, "with +0 lines and -1 samples"),
        (lambda x: 48 - x, "does not open the granule as a map"),
        (lambda x: 0 * x, "no cell with a pixel"),
    ],
)
def test_lookup_tables_that_do_not_fit_are_named(tmp_path, change, words):
    path = granules.make(tmp_path, *SIZE, "--products", "RFL")["RFL"]
    with h5py.File(path, "r+") as file:
        table = file["location/glt_x"][:]
        file["location/glt_x"][:] = np.where(table > 0, change(table), table)
    (found,) = findings(path)
    assert words in found


def test_files_that_are_no_granules(tmp_path):
    text = tmp_path / "text.nc"
    text.write_text("no granule")
    path = granules.make(tmp_path, *SIZE, "--products", "RFL")["RFL"]
    with h5py.File(path, "r+") as file:
        file["brightness"] = file.pop("reflectance")[:]
    for each in (text, path):
        (found,) = findings(each)
        assert each.name in found


def test_no_folder_is_printed(tmp_path):
    """Not in warnings and errors either, whatever its name."""
    folder = tmp_path / "Jane Doe's data"
    folder.mkdir()
    made = granules.make(folder, *SIZE, "--products", "RFL")
    with h5py.File(made["RFL"], "r+") as file:
        del file["sensor_band_parameters/wavelengths"]
    (folder / "link.nc").symlink_to(made["RFL"])
    for path in (made["RFL"], folder / "link.nc"):
        done = subprocess.run([sys.executable, SCRIPT, path, "nowhere.nc"], capture_output=True, text=True, check=False)
        assert "Warning" in done.stdout and "nowhere.nc" in done.stdout
        assert "Jane" not in done.stdout + done.stderr and str(tmp_path) not in done.stdout + done.stderr


def test_octets_of_64_bits_are_read_one_by_one(script, tmp_path):
    """Bands of several octets, compared with NumPy's own unpacking."""
    mask = granules.make(tmp_path, *SIZE, "--band-mask-type", "u64")["MASK"]
    with h5py.File(mask) as file:
        bits = np.unpackbits(file["band_mask"][:].astype("u1"), axis=2)
    assert np.array_equal(script.interpolated_values(mask, [0, 7, 8, 21]), bits[:, :, [0, 7, 8, 21]] == 1)
