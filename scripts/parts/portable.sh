# SPDX-License-Identifier: MIT
# help: the sources compile for macOS, Windows, musl and 32-bit ARM, by the Zig compiler of PyPI

PORTABLE_TARGETS=(
    aarch64-macos.11.0
    x86_64-macos.11.0
    x86_64-windows-gnu
    x86_64-linux-musl
    arm-linux-musleabihf
)

# portable_headers FOLDER: GDAL's and HDF5's, without what their configuration found on this system alone.
portable_headers() {
    mkdir -p "$1"
    cp -r /usr/include/gdal /usr/include/hdf5/serial "$1/"
    sed -i -e '/define VSI_STAT64_T/d' -e 's/\(define SIZEOF_UNSIGNED_LONG\) .*/\1 __SIZEOF_LONG__/' \
        -e 's/\(define SIZEOF_\(VOIDP\|SIZE_T\)\) .*/\1 __SIZEOF_POINTER__/' "$1/gdal/cpl_config.h"
    sed -i -e '/define H5_HAVE_FEATURES_H/d' \
        -e 's/\(define H5_SIZEOF_LONG\) .*/\1 __SIZEOF_LONG__/' "$1"/serial/H5pubconf*.h
}

# portable_compile TARGET SOURCE: an object and what the compiler reports, which must be nothing.
portable_compile() {
    local flags=(c++ -std=c++17) object=$PORTABLE/$1/${2//\//_}.o
    # Only systems with ELF libraries have an entry of its own.
    [[ $2 != */entry.cpp || $1 == *linux* ]] || return 0
    [[ $2 == *.cpp ]] || flags=(cc -std=gnu17 -Wstrict-prototypes -Wmissing-prototypes)
    "$PORTABLE/venv/bin/python" -m ziglang "${flags[@]}" -target "$1" -Wall -Wextra -Wpedantic -Wshadow \
        -Wconversion -Werror -fno-sanitize=undefined -fvisibility=hidden -fvisibility-inlines-hidden -DEMIT_LIBGDAL='"libgdal"' -DEMIT_DRIVER_FILE='"driver"' -I"$ROOT/driver" -isystem "$PORTABLE/headers/gdal" \
        -isystem "$PORTABLE/headers/serial" -c "$ROOT/$2" -o "$object" || {
        echo "$2 does not compile for $1"
        return 1
    }
}

test_portable() {
    step "Other systems"
    need_packages python3-venv libgdal-dev libhdf5-dev
    export PORTABLE=$ROOT/build-portable ROOT
    rm -rf "$PORTABLE/headers"
    portable_headers "$PORTABLE/headers"
    if [[ ! -x $PORTABLE/venv/bin/python ]]; then
        "$PYTHON" -m venv "$PORTABLE/venv"
        "$PORTABLE/venv/bin/python" -m pip install --quiet ziglang
    fi
    export -f portable_compile
    local target sources
    mapfile -t sources < <(cd "$ROOT" && find driver -name '*.c' -o -name '*.cpp' | sort)
    for target in "${@:-${PORTABLE_TARGETS[@]}}"; do
        mkdir -p "$PORTABLE/$target"
        printf '%s\n' "${sources[@]}" |
            xargs -P "$JOBS" -I{} bash -c "portable_compile $target {}"
        echo "$target: ${#sources[@]} sources compile without a warning"
    done
}
