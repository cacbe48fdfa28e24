# SPDX-License-Identifier: MIT
# What the commands of this folder share. Source it; sourcing it only sets up PATH.
#
# EMIT_OWN_ENVIRONMENT=1 leaves everything as it is found: no packages are installed, and cmake,
# the compilers, GDAL's programs and python3 are those on PATH. Without it the distribution's come
# first, since a python3 or gdalinfo from elsewhere would load another GDAL than the plugin's.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
JOBS=$(nproc 2>/dev/null || echo 2)

if [[ ${EMIT_OWN_ENVIRONMENT:-} ]]; then
    PYTHON=python3
else
    PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
    PYTHON=/usr/bin/python3
    unset GDAL_DATA GDAL_SKIP PROJ_LIB PROJ_DATA PYTHONHOME PYTHONPATH CMAKE_PREFIX_PATH
fi
export PATH CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}

BUILD_PACKAGES=(gcc g++ cmake ninja-build pkg-config libgdal-dev libhdf5-dev libnetcdf-dev
    libcmocka-dev)
RUN_PACKAGES=(gdal-bin python3 python3-gdal python3-numpy)
UNIT_PACKAGES=("${BUILD_PACKAGES[@]}" binutils clang python3)
AUTOTEST_PACKAGES=(
    netcdf-bin
    nginx
    python3-dask
    python3-distributed
    python3-h5py
    python3-matplotlib
    python3-netcdf4
    python3-pytest
    python3-qgis
    python3-rasterio
    python3-rioxarray
    python3-scipy
    python3-xarray
    strace
)
DOCS_PACKAGES=(python3-sphinx python3-sphinx-rtd-theme python3-myst-parser)

# step TEXT...: a heading in the output.
step() {
    printf '\n== %s\n' "$*"
}

# die TEXT...: says why and ends the script.
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

is_installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# need_packages PACKAGE...: installs those that are missing, asking nothing.
need_packages() {
    [[ ${EMIT_OWN_ENVIRONMENT:-} ]] && return
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        die "packages can be set up on Debian (12 or later) and Ubuntu (24.04 or later) only." \
            "Elsewhere, install what corresponds to these Debian packages and run again with" \
            "EMIT_OWN_ENVIRONMENT=1: $*"
    fi

    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local as_root=(env DEBIAN_FRONTEND=noninteractive)
    local apt=(apt-get -qq -y -o DPkg::Lock::Timeout=300)
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            die "these packages are missing: ${missing[*]}. Install them as root, or install" \
                "sudo, and run again."
        as_root=(sudo "${as_root[@]}")
    fi
    step "Installing packages: ${missing[*]}"
    "${as_root[@]}" "${apt[@]}" update
    "${as_root[@]}" "${apt[@]}" --no-install-recommends install "${missing[@]}" >/dev/null ||
        die "apt-get could not install: ${missing[*]}"
}

# need_modules MODULE...: ends the script unless python3 has them, before anything is built.
need_modules() {
    local module
    for module in "$@"; do
        "$PYTHON" -c "import $module" 2>/dev/null || die "$(command -v "$PYTHON") has no module $module"
    done
}

# need_node: node and npm, whoever made them; the distribution's where there are none.
need_node() {
    command -v node >/dev/null && command -v npm >/dev/null || need_packages nodejs npm
}

# need_quick_packages: those of the unit tests and the autotest in one call of apt-get, which is
# faster than one for each.
need_quick_packages() {
    local node=()
    command -v node >/dev/null && command -v npm >/dev/null || node=(nodejs npm)
    need_packages "${UNIT_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${AUTOTEST_PACKAGES[@]}" "${node[@]}"
}

# configure FOLDER [CMAKE OPTION...]
configure() {
    local folder=$1
    shift
    mkdir -p "$ROOT/$folder"
    cmake -S "$ROOT" -B "$ROOT/$folder" "$@" >"$ROOT/$folder/configure.log" 2>&1 || {
        cat "$ROOT/$folder/configure.log"
        die "cmake could not configure $folder"
    }
}

# build FOLDER [TARGET...]
build() {
    local folder=$1
    shift
    cmake --build "$ROOT/$folder" --parallel "$JOBS" ${1:+--target "$@"}
}

# use_plugin FOLDER: GDAL's programs find the plugin built there, and the installed plugins.
# GDAL_DRIVER_PATH takes the place of the built-in folder, hence the second entry.
use_plugin() {
    local installed
    installed=$(sed -n 's/^EMIT_PLUGIN_DIR:[A-Z]*=//p' "$ROOT/$1/CMakeCache.txt")
    export GDAL_DRIVER_PATH=$ROOT/$1${installed:+:$installed}
}

# build_and_ctest FOLDER CC CXX SANITIZERS [CTEST OPTION...]
build_and_ctest() {
    local folder=$1 sanitizers=$4
    CC=$2 CXX=$3 configure "$folder" -DEMIT_WERROR=ON -DEMIT_SANITIZE="$sanitizers"
    shift 4
    build "$folder"
    ctest --test-dir "$ROOT/$folder" --output-on-failure --parallel "$JOBS" "$@"
}
