# SPDX-License-Identifier: MIT
"""The driver's promises to its users, and the tests of each."""
import re
from pathlib import Path

import pytest
import views
from osgeo import gdal

NAMES = {
    "plain path: the main variable": ["test_open:granule_opens_by_its_plain_path"],
    "plain path under /vsi...": [
        "test_names_with_options:zip_archives",
        "test_names_with_options:virtual_memory",
        "test_cloud:names_of_every_form_are_read_in_place",
    ],
    "MIN, MINUNCERT: no bands, a subdataset a layer": [
        "test_products:mineral_products_have_no_bands_but_a_subdataset_a_layer"
    ],
    'EMIT:"path": any file name': ["test_open:granule_of_another_name_opens_with_the_prefix"],
    'EMIT:"path":variable': [
        "test_products:variables_are_listed_and_every_one_opens",
        "test_products:location_equals_the_reference",
        "test_products:state_variables_open_by_name",
        "test_band_mask:band_mask_opens_as_one_byte_band_a_wavelength",
    ],
    'EMIT:"path":variable?KEY=VALUE': [
        "test_names_with_options:options_stand_in_the_name",
        "test_names_with_options:open_options_override_those_in_the_name",
    ],
    "everything else is left to other drivers": [
        "test_open:other_netcdf_files_are_opened_by_netcdf_silently",
        "test_open:files_of_other_kinds_are_not_touched",
        "test_open:granule_of_another_name_opens_when_only_this_driver_is_allowed",
    ],
}

OPTIONS = {
    "ORTHO": [
        "test_pixels_ortho:glt_is_the_default_and_yes_means_glt",
        "test_nearest:real_crops_equal_the_tree",
        "test_nearest:of_two_equally_near_pixels_the_lower_line_then_sample_is_taken",
        "test_geolocation:domain_points_at_our_own_longitudes_and_latitudes",
    ],
    "QUALITY_FLAGS": [
        "test_quality_flags:flag_is_named_by_any_spelling_of_its_label",
        "test_quality_flags:flags_by_index_equal_the_reference",
        "test_quality_flags:nothing_is_masked_by_default",
    ],
    "QUALITY_WHERE": [
        "test_quality_where:each_operator_compares_as_written",
        "test_quality_where:pixels_for_which_one_comparison_holds_are_masked",
        "test_quality_where:state_variables_replace_bands_missing_from_the_mask",
    ],
    "CLOUD_BUFFER": [
        "test_cloud_buffer:pixels_within_the_buffer_are_masked",
        "test_cloud_buffer:clear_sky_and_missing_values_are_never_masked",
    ],
    "BAND_MASK": ["test_band_mask:interpolated_values_are_masked"],
    "MASK_FILE": [
        "test_mask_discovery:mask_of_the_same_time_in_the_same_folder_is_found",
        "test_companions:band_mask_comes_from_version_001",
        "test_companions:flags_come_from_the_newest_version_that_has_them",
    ],
    "BAD_WAVELENGTHS": ["test_bands:bad_wavelengths_are_kept_blanked_or_dropped"],
    "WAVELENGTHS": [
        "test_bands:wavelengths_choose_bands_in_their_order",
        "test_bands:wavelength_far_from_every_band_is_an_error",
    ],
    "NODATA": ["test_nodata:masked_and_empty_cells_hold_the_value"],
    "VARIABLE": [
        "test_variable:variable_shows_what_the_name_shows",
        "test_variable:unknown_variable_is_an_error_that_lists_the_available_ones",
    ],
    "NUM_THREADS": ["test_windows:any_number_of_threads_gives_the_same_pixels"],
}

SHOWN = {
    "overviews: virtual, 2, 4, 8, ... while the smaller side stays above 256 cells": [
        "test_overviews:smaller_side_of_every_overview_stays_above_256_cells",
        "test_overviews:ortho_view_of_every_variable_has_them",
    ],
    "overviews: by sampling the GLT, masks applied": [
        "test_overviews:cells_are_those_of_gdals_nearest_sampling_of_the_whole",
        "test_overviews:masks_of_overviews_are_their_nodata",
    ],
    "overviews: resampling": ["test_overviews:resampling_equals_gdals_of_the_whole"],
    "statistics, histograms and external overviews never leak": [
        "test_pam:each_set_of_options_has_statistics_of_its_own",
        "test_overview_files:each_set_of_options_has_a_file_of_its_own",
        "test_overview_files:file_deleted_by_hand_is_never_taken_from_another_option_set",
    ],
}


@pytest.mark.parametrize("line", [*NAMES, *OPTIONS, *SHOWN])
def test_every_promise_has_its_tests(line):
    for name in {**NAMES, **OPTIONS, **SHOWN}[line]:
        module, test = name.split(":")
        (path,) = Path(__file__).parents[1].rglob(f"{module}.py")
        source = path.read_text(encoding="utf-8")
        assert f"\ndef test_{test}(" in source, name


def test_every_open_option_is_promised():
    listed = gdal.GetDriverByName("EMIT").GetMetadataItem("DMD_OPENOPTIONLIST")
    assert set(re.findall(r'<Option name="(\w+)"', listed)) == set(OPTIONS)


def test_a_new_user_finds_the_way_from_the_option_list_alone():
    """What `gdalinfo --format EMIT` prints names the option for data bands and how to write it."""
    code, output, errors = views.run("gdalinfo", "--format", "EMIT")
    assert (code, errors) == (0, "")
    assert "SpecTf-Cloud Probability&gt;0.7" in output and "AOD550&gt;0.4,H2O&gt;3" in output
