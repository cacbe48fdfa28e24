# SPDX-License-Identifier: MIT
# help: static analysis of the driver by clang-tidy 14; .clang-tidy lists the checks

test_tidy() {
    need_packages "${UNIT_PACKAGES[@]}" clang-tidy-14
    step "clang-tidy"
    CC=clang CXX=clang++ configure build-clang
    find "$ROOT/driver" \( -name '*.c' -o -name '*.cpp' \) -print0 |
        xargs -0 -n 2 -P "$JOBS" clang-tidy-14 -p "$ROOT/build-clang" --quiet 2>/dev/null
    echo "clang-tidy: nothing to complain about"
}
