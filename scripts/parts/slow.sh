# SPDX-License-Identifier: MIT
# help: the slow tests of the autotest: granules of full size, pages that take long; options go to pytest

test_slow() {
    source "$ROOT/scripts/parts/autotest.sh"
    step "Slow tests of the autotest"
    run_autotest -m slow --durations=20 "$@"
}
