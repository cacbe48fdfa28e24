# SPDX-License-Identifier: MIT
# help: the sources compile for macOS, Windows, musl and 32-bit ARM, and the plugin links for macOS and Windows

PORTABLE_TARGETS=(
    aarch64-macos.11.0
    x86_64-macos.11.0
    x86_64-windows-gnu
    x86_64-linux-musl
    arm-linux-musleabihf
)

# portable_headers FOLDER [INCLUDE]: GDAL's and HDF5's, without what their configuration found on this system alone.
portable_headers() {
    mkdir -p "$1"
    cp -r "${2:-/usr/include}/gdal" "${2:-/usr/include}/hdf5/serial" "$1/"
    sed -i -e '/define VSI_STAT64_T/d' -e 's/\(define SIZEOF_UNSIGNED_LONG\) .*/\1 __SIZEOF_LONG__/' \
        -e 's/\(define SIZEOF_\(VOIDP\|SIZE_T\)\) .*/\1 __SIZEOF_POINTER__/' "$1/gdal/cpl_config.h"
    sed -i -e '/define H5_HAVE_FEATURES_H/d' \
        -e 's/\(define H5_SIZEOF_LONG\) .*/\1 __SIZEOF_LONG__/' "$1"/serial/H5pubconf*.h
}

# zig WORD...: the compiler that PyPI packages as ziglang.
zig() {
    "$PORTABLE/venv/bin/python" -m ziglang "$@"
}

# portable_compile TARGET SOURCE: an object and what the compiler reports, which must be nothing.
portable_compile() {
    local flags=(c++ -std=c++17 -fvisibility-inlines-hidden) object=$PORTABLE/$1/${2//\//_}.o
    # Only systems with ELF libraries have an entry of its own.
    [[ $2 != */entry.cpp || $1 == *linux* ]] || return 0
    [[ $2 == *.cpp ]] || flags=(cc -std=gnu17 -Wstrict-prototypes -Wmissing-prototypes)
    zig "${flags[@]}" -target "$1" -fvisibility=hidden -fno-sanitize=undefined -Wall -Wextra -Wpedantic -Wshadow \
        -Wconversion -Werror -DEMIT_LIBGDAL='"libgdal"' -DEMIT_DRIVER_FILE='"driver"' -I"$ROOT/driver" \
        -isystem "$PORTABLE/headers/gdal" -isystem "$PORTABLE/headers/serial" -c "$ROOT/$2" -o "$object" || {
        echo "$2 does not compile for $1"
        return 1
    }
}

# import_libraries TARGET: for what the objects need of GDAL, HDF5 and the C++ library. Anything else
# has to come from the system, or the plugin does not link.
import_libraries() {
    local folder=$PORTABLE/$1 library
    comm -23 <(llvm-nm --undefined-only "$folder"/*.o | awk 'NF == 2 { print $2 }' | sort -u) \
        <(llvm-nm --defined-only --extern-only "$folder"/*.o | awk 'NF == 3 { print $3 }' | sort -u) |
        sed 's/^__imp_//' | sort -u >"$folder/needed"
    rm -f "$folder"/{gdal,hdf5,cxx}.def
    paste "$folder/needed" <(c++filt <"$folder/needed") | awk -F '\t' -v folder="$folder/" '
        { sub(/^((vtable|typeinfo|typeinfo name|(non-)?virtual thunk) (for|to) )/, "", $2); library = "" }
        $1 ~ /^(_Z|__cxa_|__gxx_|_Unwind_)/ { library = "cxx" }
        $1 ~ /^H5/ { library = "hdf5" }
        $2 ~ /^(GetGDALDriverManager|Pam|GDAL|CPL|CSL|VSI|OGR|OSR)/ { library = "gdal" }
        library != "" { print $1 ($1 ~ /^(_ZT[IVS]|H5.*_g$)/ ? " DATA" : "") > (folder library ".def") }'
    for library in gdal hdf5 cxx; do
        sed -i "1i LIBRARY $library.dll\nEXPORTS" "$folder/$library.def"
        zig dlltool -m i386:x86-64 -d "$folder/$library.def" -l "$folder/$library.lib"
    done
}

# portable_link TARGET: the plugin, which exports its entry and nothing else.
portable_link() {
    local folder=$PORTABLE/$1 exported
    case $1 in
        *macos*) # as a bundle whose undefined symbols are looked up when it is loaded
            zig cc -target "$1" -shared "$folder"/*.o -Wl,-undefined,dynamic_lookup -o "$folder/gdal_EMIT.so"
            # The linker adds the address of the file's header.
            exported=$(llvm-nm --defined-only --extern-only "$folder/gdal_EMIT.so" |
                awk '$3 !~ /^(__mh_dylib_header|___dso_handle)$/ { print $3 }')
            ;;
        *windows*)
            import_libraries "$1"
            zig cc -target "$1" -shared "$folder"/*.o "$folder"/{gdal,hdf5,cxx}.lib -o "$folder/gdal_EMIT.dll"
            exported=$(llvm-objdump -p "$folder/gdal_EMIT.dll" | awk '/^Export Table/ { on = 1 }
                on && $1 ~ /^[0-9]+$/ { print "_" $3 }')
            ;;
        *) return 0 ;;
    esac
    if [[ $exported != _GDALRegister_EMIT ]]; then
        printf '%s: the plugin should export GDALRegister_EMIT and nothing else, not:\n%s\n' "$1" "$exported"
        return 1
    fi
    echo "$1: the plugin links and exports its entry"
}

# install_zig: false if PyPI cannot be reached.
install_zig() {
    [[ -x $PORTABLE/venv/bin/python ]] || "$PYTHON" -m venv "$PORTABLE/venv"
    zig version >/dev/null 2>&1 || "$PORTABLE/venv/bin/python" -m pip install --quiet ziglang
}

test_portable() {
    step "Other systems"
    need_packages python3-venv libgdal-dev libhdf5-dev llvm binutils
    export PORTABLE=$ROOT/build-portable ROOT
    rm -rf "$PORTABLE/headers"
    portable_headers "$PORTABLE/headers"
    if ! install_zig; then
        printf '\n**** NO OTHER SYSTEM WAS TESTED: PyPI cannot be reached ****\n'
        [[ $EVERYTHING ]]
        return
    fi
    export -f zig portable_compile
    local target sources
    mapfile -t sources < <(cd "$ROOT" && find driver -name '*.c' -o -name '*.cpp' | sort)
    for target in "${@:-${PORTABLE_TARGETS[@]}}"; do
        rm -rf "${PORTABLE:?}/$target"
        mkdir -p "$PORTABLE/$target"
        printf '%s\n' "${sources[@]}" |
            xargs -P "$JOBS" -I{} bash -c "portable_compile $target {}"
        echo "$target: ${#sources[@]} sources compile without a warning"
        portable_link "$target"
    done
}
