# SPDX-License-Identifier: MIT
# help: R, GRASS, servers and others with the recipes of docs/programs.md; options go to pytest

# "what: the Debian packages of it"
PROGRAMS=(
    "R: r-cran-sf r-cran-stars r-cran-terra"
    "GRASS: grass-core"
    "MapServer: cgi-mapserver"
    "QGIS Server: qgis-server"
    "GMT: ghostscript gmt"
    "SAGA: saga"
    "Octave: octave octave-mapping"
    "Orfeo ToolBox: otb-bin"
    "Mapnik: python3-mapnik"
    "PostGIS: postgis postgresql postgresql-postgis"
)

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
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build gdal_EMIT emit_mkgranule
    use_plugin build
    cd "$ROOT"
    "$PYTHON" -m pytest autotest/applications "$@"
}
