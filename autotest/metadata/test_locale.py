# SPDX-License-Identifier: MIT
"""Programs of the desktop call setlocale(): numbers keep their decimal point all the same."""
import os
import re
import shutil
import subprocess
import sys

import granules
import pytest

# Output that must not change: metadata, the option key in the .aux.xml, the mask by a threshold.
SEEN = """
import locale, sys
from osgeo import gdal
gdal.UseExceptions()
if sys.argv[2]:
    locale.setlocale(locale.LC_ALL, sys.argv[2])
    assert locale.localeconv()["decimal_point"] == ","
options = ["QUALITY_WHERE=AOD550>0.375", "WAVELENGTHS=1200.5-2000.25", "NODATA=-0.125"]
dataset = gdal.OpenEx(sys.argv[1], open_options=options)
print(sorted(dataset.GetMetadata_Dict().items()))
for domain in ("ENVI", "IMAGERY", "GEOLOCATION"):
    print(sorted(dataset.GetMetadata_Dict(domain).items()))
for number in range(1, dataset.RasterCount + 1):
    band = dataset.GetRasterBand(number)
    print(band.GetDescription(), sorted(band.GetMetadata_Dict().items()), band.GetNoDataValue())
    print(sorted(band.GetMetadata_Dict("IMAGERY").items()), band.Checksum())
dataset.GetRasterBand(1).ComputeStatistics(False)
"""


@pytest.fixture(scope="module")
def german(tmp_path_factory):
    """A folder of locales, for LOCPATH, that holds de_DE.UTF-8."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is None:
        pytest.skip("localedef is missing: no locale with a decimal comma was tried")
    made = subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "UTF-8", str(folder / "de_DE.UTF-8")],
        capture_output=True,
        check=False,
    )
    if not (folder / "de_DE.UTF-8" / "LC_NUMERIC").exists():
        pytest.skip(f"localedef makes no de_DE.UTF-8: {made.stderr}")
    return folder


def seen(path, folder, locale):
    environment = {**os.environ, "LOCPATH": str(folder)}
    command = [sys.executable, "-c", SEEN, str(path), locale]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    auxiliary = path.with_name(path.name + ".aux.xml")
    text = auxiliary.read_text()
    auxiliary.unlink()
    return done.stdout + re.search('<Subdataset name="(.*?)"', text)[1]


def test_a_decimal_comma_changes_nothing(tmp_path, german):
    reflectance, _ = granules.pair(
        tmp_path, lines=9, samples=7, bands=5, attributes={"spatialResolution": 0.1 + 0.2}
    )
    expected = seen(reflectance, german, "")
    assert "'0.30000000000000004'" in expected and "AOD550>0.375" in expected
    assert "{-8.0" in expected and ";QUALITY_WHERE=AOD550&gt;0.375" in expected
    assert seen(reflectance, german, "de_DE.UTF-8") == expected
