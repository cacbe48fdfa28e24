# SPDX-License-Identifier: MIT
# help: R, GRASS, servers and others with the recipes of docs/programs.md; options go to pytest

# "what: the Debian packages of it"
PROGRAMS=(
    "R: r-cran-sf r-cran-stars r-cran-terra"
    "GRASS: grass-core"
    "MapServer: cgi-mapserver"
    "QGIS Server: qgis-server"
    "Chromium: chromium"
    "GMT: ghostscript gmt"
    "SAGA: saga"
    "Octave: octave octave-mapping"
    "Orfeo ToolBox: otb-bin"
    "Mapnik: python3-mapnik"
    "PostGIS: postgis postgresql postgresql-postgis"
)

# Packages of PyPI that the page has recipes for, and what these need without asking for it.
PYPI=(georeader-spaceml netCDF4 requests rio-tiler rioxarray scipy spectral titiler.core uvicorn xarray)

# make_venv FOLDER: rasterio over the system's GDAL, and the packages on top of it.
make_venv() {
    [[ -f $1/complete ]] && return
    step "Building rasterio, installing ${PYPI[*]}"
    rm -rf "$1" && (need_packages python3-dev python3-venv) && "$PYTHON" -m venv "$1" &&
        "$1/bin/pip" install --quiet --no-binary rasterio rasterio "${PYPI[@]}" && touch "$1/complete"
}

# What cannot be installed is reported and left out.
test_programs() {
    need_packages "${UNIT_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${AUTOTEST_PACKAGES[@]}"
    step "Other programs"
    local program packages
    for program in "${PROGRAMS[@]}"; do
        read -ra packages <<<"${program#*:}"
        (need_packages "${packages[@]}") ||
            printf '\n**** %s WILL NOT BE TESTED: it could not be installed ****\n' "${program%%:*}"
    done
    if [[ ! ${EMIT_OWN_ENVIRONMENT:-} ]]; then
        make_venv "$ROOT/build-programs/venv" ||
            printf '\n**** THE PACKAGES OF PYPI WILL NOT BE TESTED: pip could not install them ****\n'
    fi
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build gdal_EMIT emit_mkgranule
    use_plugin build
    cd "$ROOT"
    "$PYTHON" -m pytest autotest/applications "$@"
}
