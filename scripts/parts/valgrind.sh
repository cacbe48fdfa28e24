# SPDX-License-Identifier: MIT
# help: the unit tests under valgrind: memory never written, freed or lost

valgrind_program() {
    cd "$(dirname "$1")"
    valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite \
        --errors-for-leak-kinds=definite --suppressions="$ROOT/scripts/valgrind.supp" "$1" >"$1.valgrind" 2>&1 || {
        cat "$1.valgrind"
        return 1
    }
    echo "valgrind: ${1##*/} is clean"
}

# "all" goes without the two programs that take longer there than all others together.
test_valgrind() {
    need_packages "${UNIT_PACKAGES[@]}" valgrind
    step "Unit tests under valgrind"
    CC=gcc CXX=g++ configure build -DEMIT_WERROR=ON
    build build
    export ROOT
    export -f valgrind_program
    local left_out='^$'
    [[ $EVERYTHING ]] && left_out='/test_(view|h5_open)$'
    find "$ROOT/build/tests/unit" -maxdepth 1 -type f -executable -name 'test_*' |
        grep -vE "$left_out" |
        xargs -n 1 -d '\n' -P "$JOBS" bash -c 'valgrind_program "$1"' -
}
