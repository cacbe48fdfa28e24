# SPDX-License-Identifier: MIT
"""Numbers as text go through core/base/platform, whose decimal point does not depend on setlocale()."""
import pathlib
import re
import sys

EXEMPT = {"platform.c", "platform.h"}

# GDAL's own do not see a width or precision of "*", nor a decimal point of two bytes.
READERS = re.compile(
    r"\b(?:strto(?:d|f|ld)|ato[fd]|sto(?:d|f|ld)|CPLAtof\w*|CPLStrto[df]\w*|[io]?stringstream)\b"
)
PRINTER = re.compile(
    r"\b(?:v?[sf]?n?printf|CPLv?sn?printf|CPLSPrintf|Printf|CPLError|CPLDebug)\s*\([^;]*;"
)
LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
FLOATING = re.compile(r"(?<!%)(?:%%)*%[-+ #0-9.*]*[lL]?[aefgAEFG]")


def text_violations(text):
    for match in READERS.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, f"{match[0]}() depends on the locale"
    for call in PRINTER.finditer(text):
        if any(FLOATING.search(literal) for literal in LITERAL.findall(call[0])):
            yield text.count("\n", 0, call.start()) + 1, "a floating-point conversion"


def violations(root):
    found = []
    for path in sorted((root / "driver").rglob("*")):
        if path.suffix in (".c", ".cpp", ".h") and path.name not in EXEMPT:
            name = path.relative_to(root)
            text = path.read_text(encoding="utf-8")
            found += [f"{name}:{n}: {what}: use core/base/platform" for n, what in text_violations(text)]
    return found


def main():
    found = violations(pathlib.Path(sys.argv[1]))
    print("\n".join(found) if found else "locale: no number depends on it")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
