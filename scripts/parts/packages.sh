# SPDX-License-Identifier: MIT
# help: Debian packages (bookworm trixie, or SUITE...): built, installed in a clean tree, used, removed

# build_package SUITE BUILD: on this system if it is that release, or else in its tree.
build_package() {
    local suite=$1 build=$2
    step "$suite: building the package"
    if [[ $suite == "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" ]]; then
        need_packages "${BUILD_PACKAGES[@]}" dpkg-dev file
        "$ROOT/scripts/build-deb" "$build"
    else
        lay_tree "$suite" "$TREES/$suite" "${BUILD_PACKAGES[@]}" dpkg-dev file &&
            in_tree "$TREES/$suite" "$build" scripts/build-deb /build
    fi
}

# check_lintian BUILD: warnings and errors of the package are failures.
check_lintian() {
    if ! (need_packages lintian) || ! command -v lintian >/dev/null; then
        echo "**** lintian is not available: the package was not checked ****"
        return 0
    fi
    lintian --allow-root --fail-on error,warning "$1"/*.deb && echo "lintian: nothing to say"
}

# What is compared: three bands, masked, as plain numbers.
TRANSLATE='gdal_translate -q -of ENVI -oo QUALITY_FLAGS=cloud,cirrus -oo BAND_MASK=YES
    -oo WAVELENGTHS=650,560,470'

# In the clean tree: nothing of the package is there, it is installed and used, it is removed, and
# every file is as it was.
USE_PACKAGE='
    everything() {
        find / \( -path /proc -o -path /dev -o -path /source -o -path /build -o -path /tmp \
            -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log \
            \) -prune -o -print | sort
    }
    absent() {
        if gdalinfo --formats | grep EMIT; then
            echo "GDAL has the driver without the package"
            exit 1
        fi
    }
    apt-get -qq purge libgdal-plugin-emit >/dev/null 2>&1 || true
    absent
    everything >/build/before.txt

    apt-get -qq install /build/*.deb >/dev/null
    dpkg -L libgdal-plugin-emit | tee /build/files.txt
    grep -q "/libgdal-plugin-emit/examples/emit_wavelengths.py" /build/files.txt
    gdalinfo --format EMIT | sed -n 1,3p
    $TRANSLATE /build/granule/*_RFL_*.nc /build/seen.img
    cmp /build/expected.img /build/seen.img

    apt-get -qq purge libgdal-plugin-emit >/dev/null
    absent
    everything >/build/after.txt
    diff /build/before.txt /build/after.txt
'

# try_package SUITE BUILD: BUILD has the package, granule/ and expected.img.
try_package() {
    local suite=$1 build=$2 tree=$TREES/$1-clean
    lay_tree "$suite" "$tree" gdal-bin || return 1
    step "$suite: installing the package in a clean tree, using it, removing it"
    EMIT_ARCHIVES=$TREES/$suite.archives in_tree "$tree" "$build" \
        env TRANSLATE="$TRANSLATE" bash -euc "$USE_PACKAGE"
}

# test_package_of SUITE
test_package_of() {
    local suite=$1 build=$ROOT/build-deb-$1
    rm -rf "$build/granule" "$build"/{expected,seen}.*
    mkdir -p "$build/granule"
    build_package "$suite" "$build" && check_lintian "$build" || return 1
    "$ROOT/build/tests/support/emit_mkgranule" --products RFL,MASK --lines 90 --samples 70 \
        --bands 41 "$build/granule" >/dev/null
    $TRANSLATE "$build"/granule/*_RFL_*.nc "$build/expected.img"
    try_package "$suite" "$build" || return 1
    echo "$suite: $(basename "$build"/*.deb) was built, installed, used and removed"
}

test_packages() {
    source "$ROOT/scripts/trees.sh"
    local obstacle suite
    obstacle=$(trees_obstacle)
    if [[ $obstacle ]]; then
        printf '\n**** NO PACKAGE WAS TESTED: %s ****\n' "$obstacle"
        [[ $EVERYTHING ]]
        return
    fi
    need_packages "${BUILD_PACKAGES[@]}" gdal-bin
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build gdal_EMIT emit_mkgranule
    use_plugin build
    local suites=("$@")
    ((${#suites[@]})) || suites=(bookworm trixie)
    for suite in "${suites[@]}"; do
        test_package_of "$suite" || die "the package for $suite failed"
    done
}
