# SPDX-License-Identifier: MIT
# help: beside other users of HDF5: a library without thread-safety, PyPI's wheels; shared and private HDF5

NEIGHBOURS=$ROOT/build-neighbours

# make_unsafe_hdf5 ARCHIVE FOLDER: HDF5 under the name, and with the symbol versions, of the system's, from an archive
# that was built without thread-safety. Functions that it lacks (file drivers) fail.
make_unsafe_hdf5() {
    local archive=$1 folder=$2 system name
    system=$(ldconfig -p | sed -n 's,.*libhdf5_serial.so.[0-9]* .*=> ,,p' | sed -n 1p)
    [[ $system ]] || die "the system has no libhdf5_serial, which GDAL's drivers use"
    name=$(objdump -p "$system" | sed -n 's/ *SONAME *//p')
    mkdir -p "$folder"
    # VERSION NAME, one a line
    objdump -T "$system" | sed -n 's/.*[ (]\(HDF5_SERIAL[^ )]*\))* *\(H5[^ ]*\)$/\1 \2/p' | sort -uV >"$folder/symbols"
    awk '$1 != version { if (version) print "} " previous ";"
                         previous = version; version = $1; print version " { global:" }
         { print $2 ";" } END { print "local: *; } " previous ";" }' "$folder/symbols" >"$folder/map"
    comm -23 <(awk '{ print $2 }' "$folder/symbols" | sort -u) \
        <(nm "$archive" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u) |
        sed 's/.*/long &(void); long &(void) { return -1; }/' >"$folder/absent.c"
    gcc -shared -fPIC -o "$folder/$name" "-Wl,-soname,$name" "$folder/absent.c" -Wl,--whole-archive "$archive" \
        -Wl,--no-whole-archive "-Wl,--version-script=$folder/map" -lz -lm -ldl
}

# build_neighbours: HDF5 to put into the plugin, and the same for others to share.
build_neighbours() {
    mkdir -p "$NEIGHBOURS"
    [[ -e $NEIGHBOURS/hdf5/lib/libhdf5.a ]] || "$ROOT/scripts/build-hdf5" "$NEIGHBOURS/hdf5" || return 1
    make_unsafe_hdf5 "$NEIGHBOURS/hdf5/lib/libhdf5.a" "$NEIGHBOURS/unsafe"
}

# install_wheels: the newest of PyPI, over the system's packages.
install_wheels() {
    [[ -x $NEIGHBOURS/venv/bin/python ]] ||
        "$PYTHON" -m venv --system-site-packages "$NEIGHBOURS/venv" || return 1
    "$NEIGHBOURS/venv/bin/python" -m pip install --quiet --upgrade --ignore-installed h5py netCDF4 h5netcdf
}

# run_neighbours BUILD [PYTEST OPTION...]
run_neighbours() {
    local folder=$1
    shift
    step "Beside other users of HDF5: $folder"
    use_plugin "$folder"
    EMIT_PLUGIN_DIR=$ROOT/$folder "$PYTHON" -m pytest autotest/threads/test_other_hdf5_users.py "$@"
}

test_neighbours() {
    need_packages "${UNIT_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${AUTOTEST_PACKAGES[@]}" python3-venv dpkg-dev zlib1g-dev
    cd "$ROOT"
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build gdal_EMIT emit_mkgranule
    if install_wheels; then
        export EMIT_WHEELS=$NEIGHBOURS/venv/bin/python
    else
        printf '\n**** WHEELS ARE NOT TESTED: PyPI cannot be reached ****\n'
    fi
    if build_neighbours; then
        export EMIT_UNSAFE_HDF5=$NEIGHBOURS/unsafe
        CC=gcc CXX=g++ configure build-private -DEMIT_WERROR=ON -DEMIT_PRIVATE_HDF5=ON -DHDF5_ROOT="$NEIGHBOURS/hdf5"
        build build-private gdal_EMIT emit_mkgranule
        ! readelf -d build-private/emit_driver.so | grep -q 'NEEDED.*hdf5' || die "the private build links a shared HDF5"
        run_neighbours build-private "$@"
    else
        printf '\n**** A PRIVATE HDF5 IS NOT TESTED: HDF5 could not be built ****\n'
    fi
    run_neighbours build "$@"
}
