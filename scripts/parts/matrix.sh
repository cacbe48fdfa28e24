# SPDX-License-Identifier: MIT
# help: build and tests with Debian 13's GDAL in a tree of its own; options go to scripts/test-matrix

test_matrix() {
    source "$ROOT/scripts/trees.sh"
    local obstacle
    obstacle=$(trees_obstacle)
    if [[ $obstacle && $EVERYTHING ]]; then
        printf '\n**** NO OTHER GDAL WAS TESTED: %s ****\n' "$obstacle"
        return 0
    fi
    "$ROOT/scripts/test-matrix" "${@:-trixie}"
}
