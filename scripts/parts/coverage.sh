# SPDX-License-Identifier: MIT
# help: lines and branches of driver/ that unit tests and autotest reach; less than 95 % or 90 % fails

# summarize FOLDER LINES BRANCHES: what was reached of a folder; fails below so many per cent.
# Branches that exist for C++ exceptions alone do not count. Counts below zero, of processes that
# ended while a thread was counting, are passed over.
summarize() {
    gcovr --root "$ROOT" --filter "$1" --exclude-throw-branches --gcov-ignore-parse-errors \
        --print-summary \
        --html-details "$ROOT/build-coverage/coverage.html" \
        --json "$ROOT/build-coverage/coverage.json" \
        --fail-under-line "$2" --fail-under-branch "$3" "$ROOT/build-coverage"
}

# "all" counts what the unit tests reach by themselves, in the core. Counting is slow, hence no full
# granule.
test_coverage() {
    need_packages "${UNIT_PACKAGES[@]}" gcovr
    step "Coverage"
    local flags="--coverage -fprofile-update=atomic"
    CC=gcc CXX=g++ configure build-coverage -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS="$flags" \
        -DCMAKE_CXX_FLAGS="$flags"
    build build-coverage
    find "$ROOT/build-coverage" -name '*.gcda' -delete
    ctest --test-dir "$ROOT/build-coverage" --parallel "$JOBS" --label-exclude structure --quiet
    cd "$ROOT"
    if [[ $EVERYTHING ]]; then
        summarize driver/core/ 88 82
        return
    fi
    need_packages "${RUN_PACKAGES[@]}" "${AUTOTEST_PACKAGES[@]}"
    (
        use_plugin build-coverage
        # Counting opens files; another user, as some tests act, may not write them and prints that.
        EMIT_PLUGIN_DIR=$ROOT/build-coverage "$PYTHON" -m pytest -q autotest -m "not slow" \
            -k "not read_only_folder and not folder_of_proxies and not test_startup" "$@"
    )
    summarize driver/ 95 90
}
