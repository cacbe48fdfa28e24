# SPDX-License-Identifier: MIT
# help: the autotest with a plugin built for AddressSanitizer, in an ordinary Python; options go to pytest

# What "all" runs of it: damaged files, and reads of every kind.
ASAN_MODULES=(
    autotest/masks/test_band_mask.py
    autotest/open/test_errors.py
    autotest/pixels/test_faults.py
    autotest/open/test_limits.py
    autotest/pixels/test_real_crops.py
    autotest/pixels/test_storage.py
    autotest/pixels/test_windows.py
)

# Leaks are not looked for: Python's own hide them, and the unit tests of "asan" look.
test_asan-autotest() {
    need_packages "${UNIT_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${AUTOTEST_PACKAGES[@]}"
    step "Autotest under AddressSanitizer and UndefinedBehaviorSanitizer"
    CC=gcc CXX=g++ configure build-asan -DEMIT_WERROR=ON -DEMIT_SANITIZE=address,undefined
    build build-asan gdal_EMIT emit_mkgranule
    local modules=(autotest)
    [[ $EVERYTHING ]] && modules=("${ASAN_MODULES[@]}")
    (
        use_plugin build-asan
        cd "$ROOT"
        LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" \
            ASAN_OPTIONS=detect_leaks=0 EMIT_PLUGIN_DIR=$ROOT/build-asan \
            "$PYTHON" -m pytest "${modules[@]}" -m "not slow" "$@"
    )
}
