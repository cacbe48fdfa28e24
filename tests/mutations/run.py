# SPDX-License-Identifier: MIT
"""Breaks the driver on a copy, one way after the other, and expects the suite to notice.

    python3 tests/mutations/run.py SOURCE_FOLDER SCRATCH_FOLDER

A mutation replaces a piece of text, which must stand in its file exactly once: where the code has
moved on, the run fails and says which anchor to renew. Each test named by a mutation must pass on
the unbroken copy and fail on the broken one.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

COPIED = ["CMakeLists.txt", "README.md", "autotest", "cmake", "docs", "driver", "scripts", "tests"]
SANITIZERS = {"plain": "", "asan": "address,undefined", "tsan": "thread"}


class Mutation(NamedTuple):
    what: str
    file: str
    text: str
    broken: str
    tests: list  # (build, unit test program or autotest module, -k expression)


MUTATIONS = [
    Mutation(
        "wrong axis: samples are bounded by the number of lines",
        "driver/core/geometry/glt.h",
        "crosstrack <= extent.crosstrack",
        "crosstrack <= extent.downtrack",
        [
            ("plain", "test_glt", ""),
            ("plain", "test_axes.py", "every_cell_is_kept or last_sample"),
            ("plain", "test_random_windows.py", ""),
        ],
    ),
    Mutation(
        "a mask fails open: its unreadable parts mask nothing",
        "driver/core/store/lazy_array.c",
        "EMIT_TRY(fill_from_source(config, &lazy_tile, scratch, error));",
        "(void)fill_from_source(config, &lazy_tile, scratch, error);",
        [("plain", "test_errors.py", "mask_whose_chunks_are_damaged")],
    ),
    Mutation(
        "a missed bounds check: a chunk shorter than its checksum",
        "driver/core/store/filters.c",
        "if (chunk->nbytes < 4)",
        "if (false)",
        [("asan", "test_filters", "")],
    ),
    Mutation(
        "a data race: a search of the cache takes another lock",
        "driver/core/base/block_cache.c",
        "emit_cache_find(struct emit_cache_key key)\n{\n",
        "emit_cache_find(struct emit_cache_key key)\n{\n"
        "    const enum emit_lock EMIT_LOCK_CACHE = EMIT_LOCK_ARRAYS;\n",
        [("tsan", "test_block_cache", "")],
    ),
    Mutation(
        "a flag of exactly 1 no longer masks",
        "driver/core/mask/mask_rule.c",
        "return value >= 1.0 - slack;",
        "return value > 1.0 + slack;",
        [("plain", "test_mask_rule", ""), ("plain", "test_quality_flags.py", "")],
    ),
]


def run(folder, *command, **environment):
    words = [str(word) for word in command]
    settings = {**os.environ, **environment}
    done = subprocess.run(
        words, cwd=folder, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout


def must(folder, *command):
    code, output = run(folder, *command)
    if code:
        sys.exit(f"{output}\nmutations: {' '.join(map(str, command))} failed")


def is_program(test):
    return not test.endswith(".py")


def build(tree, mutations):
    """Configures each build and makes what the tests of "mutations" need."""
    targets = {}
    for mutation in mutations:
        for kind, test, _ in mutation.tests:
            made = {test} if is_program(test) else {"gdal_EMIT", "emit_mkgranule"}
            targets.setdefault(kind, set()).update(made)
    for kind, names in targets.items():
        folder = tree / f"build-{kind}"
        must(tree, "cmake", "-S", tree, "-B", folder, f"-DEMIT_SANITIZE={SANITIZERS[kind]}")
        must(tree, "cmake", "--build", folder, "--target", *sorted(names))


def passes(tree, kind, test, chosen):
    folder = tree / f"build-{kind}"
    if is_program(test):
        suppressions = f"suppressions={tree}/scripts"
        code, output = run(
            folder / "tests" / "unit",
            folder / "tests" / "unit" / test,
            TSAN_OPTIONS=f"{suppressions}/tsan.supp:halt_on_error=1",
            LSAN_OPTIONS=f"{suppressions}/lsan.supp",
        )
        return code == 0, output
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "not slow"]
    place = {"EMIT_PLUGIN_DIR": str(folder), "GDAL_DRIVER_PATH": str(folder)}
    (path,) = (tree / "autotest").rglob(test)
    code, output = run(tree, *words, path, "-k", chosen, **place)
    if code not in (0, 1):  # neither passed nor failed: nothing was tested
        sys.exit(f"{output}\nmutations: {test} -k {chosen} did not run")
    return code == 0, output


def apply(tree, mutation, text, broken):
    path = tree / mutation.file
    source = path.read_text(encoding="utf-8")
    if source.count(text) != 1:
        sys.exit(f"mutations: {mutation.file} holds {source.count(text)} times, not once: {text}")
    path.write_text(source.replace(text, broken), encoding="utf-8")


def survivors(tree, mutation):
    """The tests of a mutation that do not notice it."""
    apply(tree, mutation, mutation.text, mutation.broken)
    build(tree, [mutation])
    unnoticed = [test for test in mutation.tests if passes(tree, *test)[0]]
    apply(tree, mutation, mutation.broken, mutation.text)
    return unnoticed


def copy(source, scratch):
    tree = scratch / "tree"
    for name in COPIED:
        shutil.rmtree(tree / name, ignore_errors=True)
        place = source / name
        if place.is_dir():
            shutil.copytree(place, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            tree.mkdir(parents=True, exist_ok=True)
            shutil.copy2(place, tree / name)
    return tree


def main():
    tree = copy(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
    for mutation in MUTATIONS:  # the anchors first: it is the cheapest check
        apply(tree, mutation, mutation.text, mutation.broken)
        apply(tree, mutation, mutation.broken, mutation.text)
    build(tree, MUTATIONS)
    for test in sorted({test for mutation in MUTATIONS for test in mutation.tests}):
        passed, output = passes(tree, *test)
        if not passed:
            sys.exit(f"{output}\nmutations: {' '.join(test)} fails on the unbroken driver")
    failed = False
    for mutation in MUTATIONS:
        unnoticed = survivors(tree, mutation)
        print(f"{'NOT NOTICED' if unnoticed else 'noticed'}: {mutation.what}")
        for kind, test, chosen in mutation.tests:
            word = "passes" if (kind, test, chosen) in unnoticed else "fails"
            print(f"    {test} {chosen} ({kind}) {word}", flush=True)
        failed = failed or bool(unnoticed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
