# SPDX-License-Identifier: MIT
# help: whether the tests notice a broken driver: tests/mutations/run.py

test_mutations() {
    need_packages "${UNIT_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${AUTOTEST_PACKAGES[@]}"
    step "Mutations"
    CC=gcc CXX=g++ "$PYTHON" "$ROOT/tests/mutations/run.py" "$ROOT" "$ROOT/build-mutations"
}
