# SPDX-License-Identifier: MIT
# help: the driver seen from Python; options go to pytest

test_autotest() {
    need_packages "${UNIT_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${AUTOTEST_PACKAGES[@]}"
    need_node
    step "Autotest"
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build
    use_plugin build
    cd "$ROOT"
    "$PYTHON" -m pytest autotest "$@"
}
