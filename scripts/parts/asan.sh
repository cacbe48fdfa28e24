# SPDX-License-Identifier: MIT
# help: the unit tests again under AddressSanitizer and UndefinedBehaviorSanitizer

test_asan() {
    need_packages "${UNIT_PACKAGES[@]}"
    step "Unit tests under AddressSanitizer and UndefinedBehaviorSanitizer"
    export LSAN_OPTIONS=suppressions=$ROOT/scripts/lsan.supp:print_suppressions=0
    build_and_ctest build-asan gcc g++ address,undefined --label-exclude structure "$@"
}
