# SPDX-License-Identifier: MIT
# help: a short run of all fuzz targets, and of gdal_translate on damaged granules; "minutes N" fuzzes N minutes

test_fuzz() {
    [[ ! ${1:-} || "$*" =~ ^minutes\ [0-9]+$ ]] || die "scripts/test fuzz [minutes NUMBER], not: $*"
    need_packages "${UNIT_PACKAGES[@]}" "${RUN_PACKAGES[@]}" python3-h5py
    need_packages "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
    step "Fuzz targets"
    CC=clang CXX=clang++ configure build-fuzz -DEMIT_WERROR=ON -DEMIT_FUZZ=ON \
        -DEMIT_SANITIZE=fuzzer-no-link,address,undefined
    build build-fuzz emit_fuzz
    if [[ ${1:-} == minutes ]]; then
        "$PYTHON" "$ROOT/tests/fuzz/run.py" "$ROOT/build-fuzz" "$ROOT/build-fuzz/fuzz" --minutes "$2"
        return
    fi
    rm -rf "$ROOT/build-fuzz/fuzz"
    "$PYTHON" "$ROOT/tests/fuzz/run.py" "$ROOT/build-fuzz" "$ROOT/build-fuzz/fuzz" --runs 20000

    step "gdal_translate on damaged granules"
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build gdal_EMIT emit_mkgranule
    use_plugin build
    "$PYTHON" "$ROOT/tests/fuzz/mutate.py" "$ROOT/build/tests/support/emit_mkgranule" \
        "$ROOT/build-fuzz/mutants" --count 240
    "$PYTHON" "$ROOT/tests/fuzz/mutate.py" "$ROOT/build/tests/support/emit_mkgranule" \
        "$ROOT/build-fuzz/mutants" --count 60 --fan-in
}
