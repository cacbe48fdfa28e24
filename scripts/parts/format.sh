# SPDX-License-Identifier: MIT
# help: layout of the C and C++ sources, by clang-format 14

test_format() {
    step "Format"
    if ! (need_packages clang-format-14) || ! command -v clang-format-14 >/dev/null; then
        [[ $EVERYTHING ]] || die "clang-format 14 is not available on this system"
        echo "clang-format 14 is not available on this system: not checked"
        return 0
    fi
    find "$ROOT/driver" "$ROOT/tests" \( -name '*.[ch]' -o -name '*.cpp' \) -print0 |
        xargs -0 clang-format-14 --dry-run -Werror
    echo "clang-format: all files as they should be"
}
