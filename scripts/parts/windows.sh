# SPDX-License-Identifier: MIT
# help: the core's unit tests as Windows programs under Wine, with the GDAL and HDF5 of PyPI's gdal-wheel

# Not run by "rest" or "all". The C core uses GDAL and HDF5 through their C interfaces, which MinGW's
# compiler and Microsoft's agree on. The GDAL side is C++, on which they do not agree.
WINDOWS=$ROOT/build-windows
WINDOWS_CC=x86_64-w64-mingw32-gcc-posix

# Need child processes, symbolic links, renaming over open files, or names with "/" from GDAL.
POSIX_ONLY=" companion describe file file_key h5_open likely_paths mask_sources platform process_lock thread_budget vfd "

# windows_libraries: the DLLs of the wheel, and import libraries for them.
windows_libraries() {
    local library dll folder=$WINDOWS/gdal_wheel.libs
    "$PYTHON" -m pip download --quiet --no-deps --only-binary :all: --platform win_amd64 --python-version 3.13 \
        --dest "$WINDOWS/wheel" gdal-wheel || return 1
    "$PYTHON" -m zipfile -e "$WINDOWS"/wheel/gdal_wheel-*.whl "$WINDOWS"
    # A function that Wine 8 lacks and another with the same parameter, for these tests alone.
    sed -i 's/\x00feholdexcept\x00/\x00fegetenv\x00\x00\x00\x00\x00/' "$folder"/hdf5-*.dll
    mkdir -p "$WINDOWS/lib"
    for library in gdal hdf5 hdf5_hl netcdf z; do
        dll=$(basename "$folder/$library"-*.dll)
        {
            printf 'LIBRARY %s\nEXPORTS\n' "$dll"
            x86_64-w64-mingw32-objdump -p "$folder/$dll" |
                awk '/\[Ordinal\/Name Pointer\]/ { on = 1; next } on && /\[ *[0-9]+\]/ { print $NF }' |
                sed -E -e '/^\?/d' -e 's/^(H5.*_g)$/\1 DATA/'
        } >"$WINDOWS/lib/$library.def"
        x86_64-w64-mingw32-dlltool -d "$WINDOWS/lib/$library.def" -l "$WINDOWS/lib/lib$library.a" ||
            return 1
    done
}

# windows_headers: of Debian's development release, whose GDAL and HDF5 are as new as the wheel's.
windows_headers() {
    source "$ROOT/scripts/trees.sh"
    source "$ROOT/scripts/parts/portable.sh"
    lay_tree sid "$TREES/sid" "${BUILD_PACKAGES[@]}" || return 1
    rm -rf "$WINDOWS/headers"
    portable_headers "$WINDOWS/headers" "$TREES/sid/usr/include"
    cp "$TREES"/sid/usr/include/netcdf*.h /usr/x86_64-w64-mingw32/include/z*.h "$WINDOWS/headers/"
}

# cmocka_source: prints the folder of Debian's source.
cmocka_source() {
    source "$ROOT/scripts/debian-source.sh"
    debian_source cmocka "$WINDOWS/cmocka"
}

# windows_compile SOURCE
windows_compile() {
    local object=$WINDOWS/objects/${1//\//_}.o
    "$WINDOWS_CC" -std=gnu17 -O1 -w -D__USE_MINGW_ANSI_STDIO=1 -I"$ROOT/driver" -I"$ROOT/tests/support" \
        -I"$ROOT/tests/unit" -I"$ROOT/tests/unit/windows" -isystem "$WINDOWS/headers/gdal" \
        -isystem "$WINDOWS/headers/serial" -isystem "$WINDOWS/headers" -isystem "$CMOCKA/include" -c "$ROOT/$1" \
        -o "$object"
}

windows_build() {
    local sources name
    export WINDOWS WINDOWS_CC CMOCKA ROOT
    export -f windows_compile
    CMOCKA=$(cmocka_source) || return 1
    rm -rf "$WINDOWS"/{objects,bin}
    mkdir -p "$WINDOWS"/{objects,bin}
    mapfile -t sources < <(cd "$ROOT" && find driver/core tests/support tests/unit -name '*.c' ! -name test_file.c)
    printf '%s\n' "${sources[@]}" | xargs -P "$JOBS" -I{} bash -c 'windows_compile {}' || return 1
    local have=(STDLIB_H STRING_H STDIO_H INTTYPES_H STDINT_H SETJMP_H STDARG_H STDDEF_H SIGNAL_H IO_H MALLOC_H
        SNPRINTF VSNPRINTF)
    "$WINDOWS_CC" -O1 -w -I"$CMOCKA/include" "${have[@]/#/-DHAVE_}" -c "$CMOCKA/src/cmocka.c" \
        -o "$WINDOWS/objects/cmocka.o" || return 1
    (
        cd "$WINDOWS/objects"
        x86_64-w64-mingw32-ar rcs ../lib/libcore.a driver_core_*.o
        x86_64-w64-mingw32-ar rcs ../lib/libsupport.a cmocka.o tests_unit_{windows_*,*support}.c.o \
            $(ls tests_support_*.o | grep -v emit_mkgranule)
        for name in tests_unit_*_test_*.o; do
            "$WINDOWS_CC" -static -o "../bin/$(sed 's/.*_test_\(.*\)\.c\.o/\1/' <<<"$name").exe" "$name" -L../lib \
                -Wl,--start-group -lsupport -lcore -Wl,--end-group -lgdal -lhdf5_hl -lhdf5 -lnetcdf -lz -lpthread ||
                exit 1
        done
    )
}

# windows_run: each program passes; a program may stay after its last line, which Wine's exit causes.
windows_run() {
    local program name log failed=0 passed=0
    export WINEPREFIX=$WINDOWS/wine WINEDEBUG=-all HDF5_DISABLE_VERSION_CHECK=2
    export WINEPATH="Z:${WINDOWS//\//\\}\\gdal_wheel.libs"
    mkdir -p "$WINDOWS/run"
    cd "$WINDOWS/run"
    for program in "$WINDOWS"/bin/*.exe; do
        name=$(basename "$program" .exe)
        [[ $POSIX_ONLY != *" $name "* ]] || continue
        log=$WINDOWS/run/$name.log
        timeout "${EMIT_WINE_SECONDS:-240}" /usr/lib/wine/wine64 "$program" >"$log" 2>&1 || true
        if grep -aq '^\[  PASSED  \]' "$log" && ! grep -aq '^\[  FAILED  \]' "$log"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "$name failed: $log"
        fi
    done
    echo "windows: $passed programs passed, $failed failed, not run:$POSIX_ONLY"
    ((failed == 0))
}

test_windows() {
    step "Windows, under Wine"
    need_packages gcc-mingw-w64-x86-64-posix libz-mingw-w64-dev wine64 python3-venv dpkg-dev
    mkdir -p "$WINDOWS"
    if ! windows_libraries; then
        printf '\n**** WINDOWS IS NOT TESTED: PyPI cannot be reached ****\n'
        return 1
    fi
    windows_headers && windows_build && windows_run
}
