# SPDX-License-Identifier: MIT
# help: the unit tests under clang's UndefinedBehaviorSanitizer with its integer checks

# Beyond what is undefined: unsigned numbers that wrap, conversions that change the value.
test_ubsan() {
    need_packages "${UNIT_PACKAGES[@]}"
    need_packages "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
    step "Unit tests under UndefinedBehaviorSanitizer with its integer checks"
    CFLAGS="-fsanitize-ignorelist=$ROOT/scripts/ubsan.ignore" \
        build_and_ctest build-ubsan clang clang++ \
        undefined,integer,float-divide-by-zero,local-bounds,nullability \
        --label-exclude structure "$@"
}
