# SPDX-License-Identifier: MIT
# help: the unit tests under ThreadSanitizer

# Not the fault injection: thousands of views, each read by one thread.
# test_process_lock forks while other threads run, and ThreadSanitizer does not support such children.
test_tsan() {
    need_packages "${UNIT_PACKAGES[@]}"
    step "Unit tests under ThreadSanitizer"
    export TSAN_OPTIONS=suppressions=$ROOT/scripts/tsan.supp
    build_and_ctest build-tsan gcc g++ thread --label-exclude 'structure|fault' --exclude-regex test_process_lock "$@"
}
