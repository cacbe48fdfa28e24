# SPDX-License-Identifier: MIT
# help: the unit tests, and threads of the autotest, under ThreadSanitizer

# The plugin in an ordinary Python, about two minutes. Of libgdal, HDF5 and Python, which are not built for
# ThreadSanitizer, it sees locks and allocations alone. Programs that the tests start are watched as well.
tsan_in_gdal() {
    step "The plugin in GDAL under ThreadSanitizer"
    local reports=$ROOT/build-tsan/reports
    rm -rf "$reports"
    mkdir -p "$reports"
    (
        use_plugin build-tsan
        cd "$ROOT"
        LD_PRELOAD=$(gcc -print-file-name=libtsan.so) TSAN_OPTIONS="$TSAN_OPTIONS log_path=$reports/report" \
            EMIT_PLUGIN_DIR=$ROOT/build-tsan timeout 900 "$PYTHON" -m pytest -p no:cacheprovider \
            autotest/threads/test_concurrency.py autotest/threads/test_other_hdf5_users.py
    ) || {
        cat "$reports"/* 2>/dev/null
        return 1
    }
}

# Not the fault injection: thousands of views, each read by one thread.
# test_process_lock forks while other threads run, and ThreadSanitizer does not support such children.
test_tsan() {
    need_packages "${UNIT_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${AUTOTEST_PACKAGES[@]}"
    step "Unit tests under ThreadSanitizer"
    export TSAN_OPTIONS=suppressions=$ROOT/scripts/tsan.supp
    build_and_ctest build-tsan gcc g++ thread --label-exclude 'structure|fault' --exclude-regex test_process_lock "$@"
    (($#)) || tsan_in_gdal
}
