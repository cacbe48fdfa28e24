# SPDX-License-Identifier: MIT
# help: a wheel for PyPI's rasterio and gdal-wheel: built, installed in a clean environment, pixels compared

# other_pythons: pyenv's newest, if it is newer than the system's, for which fewer wheels exist.
other_pythons() {
    printf '%s\n' "${EMIT_NEW_PYTHON:-}" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3 | grep . | sort -V | tail -n 1
}

# newest_headers: GDAL's of Debian's development release, which may be newer than npm's.
newest_headers() {
    source "$ROOT/scripts/trees.sh"
    local obstacle
    obstacle=$(trees_obstacle)
    if [[ $obstacle ]]; then
        echo "no headers of Debian sid: $obstacle" >&2
    else
        lay_tree sid "$TREES/sid" "${BUILD_PACKAGES[@]}" >&2 && printf '%s\n' "$TREES/sid/usr/include/gdal"
    fi
}

# test_wheel_of PYTHON [BUILD-WHEEL OPTION...]
test_wheel_of() {
    local python=$1 folder wheel
    folder=$ROOT/build-wheel/$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    shift
    step "Wheel for $python"
    mkdir -p "$folder"
    "$python" -m venv "$folder/hosts"
    if ! "$folder/hosts/bin/python" -m pip install --quiet --upgrade --only-binary :all: rasterio; then
        printf '\n**** NO WHEEL WAS TESTED with %s: PyPI cannot be reached ****\n' "$python"
        return 0
    fi
    "$folder/hosts/bin/python" -m pip install --quiet --upgrade --only-binary :all: gdal-wheel ||
        printf '\n**** gdal-wheel IS NOT TESTED: it has no wheel for %s ****\n' "$python"
    wheel=$("$ROOT/scripts/build-wheel" "$folder/hosts/bin/python" --work "$folder/work" --output "$folder/dist" "$@") ||
        return 1
    EMIT_WHEEL=$wheel EMIT_WHEEL_PYTHON=$python "$PYTHON" -m pytest autotest/programs/test_own_wheel.py
}

test_wheel() {
    need_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${AUTOTEST_PACKAGES[@]}" python3-venv dpkg-dev zlib1g-dev
    need_node
    cd "$ROOT"
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build gdal_EMIT emit_mkgranule
    use_plugin build
    local hdf5=$ROOT/build-wheel/hdf5 headers other
    [[ -e $hdf5/lib/libhdf5.a ]] || scripts/build-hdf5 "$hdf5"
    headers=$(newest_headers)
    other=$(other_pythons)
    test_wheel_of "$PYTHON" --hdf5 "$hdf5"
    if [[ $other ]]; then
        test_wheel_of "$other" --hdf5 "$hdf5" ${headers:+--headers "$headers"}
    else
        printf '\n**** NEWER WHEELS ARE NOT TESTED: no other Python (EMIT_NEW_PYTHON names one) ****\n'
    fi
}
