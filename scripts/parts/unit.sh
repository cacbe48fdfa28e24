# SPDX-License-Identifier: MIT
# help: gcc build without warnings, unit tests and structural checks; options go to ctest

test_unit() {
    need_packages "${UNIT_PACKAGES[@]}"
    step "gcc build, unit tests and structural checks"
    build_and_ctest build gcc g++ "" "$@"
}
