# SPDX-License-Identifier: MIT
"""No paths of somebody's machine and no notes to oneself in the tree."""
import pathlib
import re
import sys

SKIPPED = re.compile(r"\.git|build.*|demo|__pycache__|\.pytest_cache|\.cache|\.vscode|\.idea")

FORBIDDEN = [
    (re.compile(r"(?<![\w.~-])/(?:home|root|work|Users)/\w"), "a path of somebody's machine"),
    (re.compile(r"\b[A-Z]:\\Users\\"), "a path of somebody's machine"),
    (re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"), "a note to oneself"),
    (re.compile(r"^(?:<{7}|>{7}|={7})(?: |$)"), "a merge conflict"),
]


def line_violations(text):
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in FORBIDDEN:
            if pattern.search(line):
                yield number, what, line.strip()


def files(folder):
    for path in sorted(folder.iterdir()):
        if SKIPPED.fullmatch(path.name) or path.is_symlink():
            continue
        if path.is_dir():
            yield from files(path)
        elif path.is_file():
            yield path


def violations(root):
    found = []
    for path in files(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a granule
        name = path.relative_to(root)
        found += [f"{name}:{n}: {what}: {line}" for n, what, line in line_violations(text)]
    return found


def main():
    found = violations(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(found) if found else "text: nothing to complain about")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
