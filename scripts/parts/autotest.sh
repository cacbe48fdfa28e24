# SPDX-License-Identifier: MIT
# help: the driver seen from Python; options go to pytest

# run_autotest [PYTEST OPTION...]
run_autotest() {
    need_quick_packages
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build
    use_plugin build
    cd "$ROOT"
    "$PYTHON" -m pytest autotest "$@"
}

test_autotest() {
    step "Autotest"
    [[ ! $EVERYTHING ]] || set -- -q -m "not slow" --durations=20 "$@"
    run_autotest "$@"
}
