# SPDX-License-Identifier: MIT
# help: static analysis of the driver by clang-tidy 14; .clang-tidy lists the checks

test_tidy() {
    need_packages "${UNIT_PACKAGES[@]}"
    step "clang-tidy"
    if ! (need_packages clang-tidy-14) || ! command -v clang-tidy-14 >/dev/null; then
        [[ $EVERYTHING ]] || die "clang-tidy 14 is not available on this system"
        echo "**** clang-tidy 14 is not available on this system: nothing was analysed ****"
        return 0
    fi
    CC=clang CXX=clang++ configure build-clang -DEMIT_WERROR=ON
    find "$ROOT/driver" \( -name '*.c' -o -name '*.cpp' \) -print0 |
        xargs -0 -n 2 -P "$JOBS" clang-tidy-14 -p "$ROOT/build-clang" --quiet 2>/dev/null
    echo "clang-tidy: nothing to complain about"
}
