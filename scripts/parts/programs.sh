# SPDX-License-Identifier: MIT
# help: R, GRASS, servers and others with the recipes of docs/programs.md; options go to pytest

# "what: the Debian packages of it"
PROGRAMS=(
    "R: r-cran-sf r-cran-stars r-cran-terra"
    "GRASS: grass-core"
    "MapServer: cgi-mapserver"
    "QGIS Server: qgis-server"
    "PostGIS: postgis postgresql postgresql-postgis"
    "Chromium: chromium"
    "GMT: ghostscript gmt"
    "SAGA: saga"
    "Octave: octave octave-mapping"
    "Orfeo ToolBox: otb-bin"
    "Mapnik: python3-mapnik"
)

# Packages of PyPI that the page has recipes for, and what they import without requiring it.
PYPI=(georeader-spaceml netCDF4 requests rio-tiler rioxarray scipy spectral titiler.core uvicorn xarray)
VENV=$ROOT/build-programs/venv

# make_venv: rasterio over the system's GDAL, and the packages on top of it.
make_venv() {
    [[ -f $VENV/complete ]] && return
    step "Building rasterio, installing ${PYPI[*]}"
    rm -rf "$VENV" && (need_packages python3-dev python3-venv) && "$PYTHON" -m venv "$VENV" &&
        "$VENV/bin/pip" install --quiet --no-binary rasterio rasterio "${PYPI[@]}" &&
        touch "$VENV/complete"
}

# A gigabyte is not downloaded without being asked for: "all" tests what is installed.
install_programs() {
    local program packages
    for program in "${PROGRAMS[@]}"; do
        read -ra packages <<<"${program#*:}"
        (need_packages "${packages[@]}") ||
            printf '\n**** %s WILL NOT BE TESTED: it could not be installed ****\n' "${program%%:*}"
    done
    [[ ${EMIT_OWN_ENVIRONMENT:-} ]] || make_venv ||
        printf '\n**** THE PACKAGES OF PYPI WILL NOT BE TESTED: pip could not install them ****\n'
}

# What could not be installed is skipped, and pytest says so.
test_programs() {
    need_packages "${UNIT_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${AUTOTEST_PACKAGES[@]}"
    step "Other programs"
    [[ $EVERYTHING ]] || install_programs
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build gdal_EMIT emit_mkgranule
    use_plugin build
    cd "$ROOT"
    "$PYTHON" -m pytest autotest/applications "$@"
}
