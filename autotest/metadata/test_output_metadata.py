# SPDX-License-Identifier: MIT
"""Metadata that other programs and formats look for."""
import granules
import numpy as np
import views


def listed(text):
    return [float(word) for word in text.strip("{} ").split(",")]


def test_envi_domain_has_what_an_envi_header_needs(tmp_path):
    path = granules.write(tmp_path, bands=6, good=[1, 0, 1, 1, 1, 0])
    items = views.open_view(path).GetMetadata("ENVI")
    assert np.allclose(listed(items["wavelength"]), granules.spectrum(6), atol=1e-3)
    assert listed(items["fwhm"]) == [8.5] * 6
    assert listed(items["bbl"]) == [1, 0, 1, 1, 1, 0]
    assert items["wavelength_units"] == "Nanometers"


def test_envi_domain_follows_the_chosen_bands(tmp_path):
    path = granules.write(
        tmp_path, bands=4, wavelength=[400, 500, 600, 700], good=[1, 1, 0, 1]
    )
    items = views.open_view(path, WAVELENGTHS="700,600").GetMetadata("ENVI")
    assert listed(items["wavelength"]) == [700, 600]
    assert listed(items["bbl"]) == [1, 0]


def test_mask_has_no_envi_wavelengths(scene):
    assert not (views.open_view(scene[1]).GetMetadata("ENVI") or {}).get("wavelength")


def test_acquisition_time_and_satellite_are_in_the_imagery_domain(scene):
    items = views.open_view(scene[0]).GetMetadata("IMAGERY")
    assert items["ACQUISITIONDATETIME"].replace("T", " ").startswith("2022-09-03 16:31:29")
    assert "ISS" in items["SATELLITEID"]
