# SPDX-License-Identifier: MIT
# help: the unit tests under valgrind: memory never written, freed or lost

valgrind_program() {
    cd "$(dirname "$1")"
    valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite \
        --errors-for-leak-kinds=definite "$1" >"$1.valgrind" 2>&1 || {
        cat "$1.valgrind"
        return 1
    }
    echo "valgrind: ${1##*/} is clean"
}

test_valgrind() {
    need_packages "${UNIT_PACKAGES[@]}" valgrind
    step "Unit tests under valgrind"
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build
    export ROOT
    export -f valgrind_program
    find "$ROOT/build/tests/unit" -maxdepth 1 -type f -executable -name 'test_*' -print0 |
        xargs -0 -n 1 -P "$JOBS" bash -c 'valgrind_program "$1"' -
}
