# SPDX-License-Identifier: MIT
# help: clang build without warnings, and its unit tests

test_clang() {
    need_packages "${UNIT_PACKAGES[@]}"
    step "clang build and its unit tests"
    build_and_ctest build-clang clang clang++ "" --label-exclude structure "$@"
}
