# SPDX-License-Identifier: MIT
"""The documentation's commands and Python blocks, found and run as they stand.

CONTRIBUTING.md, "Examples in the documentation", describes the convention. A page is read in order; its
blocks share one folder, one shell environment and one Python namespace, as for a reader who types
them one after another.
"""
import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import granules

ROOT = Path(__file__).resolve().parents[2]
RUN = ("shell", "console", "python", "pycon")
SHOWN = ("text", "c", "cpp", "cmake", "html", "ini", "json", "r", "sql", "xml", "yaml")
COMPARISON = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
TIME_LIMIT_S = 600
# Harmless warning of GDAL's netCDF reader of a coordinate of wavelengths.
NO_TIME_AXIS = "Warning 1: dimension #0 (wavelengths) is not a Time or Vertical dimension.\n"
# What gdalinfo of GDAL 3.13 adds to a failure; pages show what all releases say.
AFTERTHOUGHT = " Did you intend to call ogrinfo?"

SIGN = r"(?P<sign>setup|not run|needs GDAL|slow)(?:: (?P<value>.+?))?"
RST = re.compile(
    rf"^ *\.\. {SIGN}$"
    r"|^(?P<indent> *)\.\. code-block::(?P<language>.*)\n(?:\s*\n)+"
    r"(?P<body>(?:(?P=indent)   +.*\n|\s*\n)+)"
    r"|``\$ (?P<command>[^`]+)``",
    re.MULTILINE,
)
MARKDOWN = re.compile(
    rf"^ *<!-- {SIGN} -->$"
    r"|^(?P<indent> *)```(?P<language>.*)\n(?P<body>(?:.*\n)*?)(?P=indent)```$"
    r"|`\$ (?P<command>[^`]+)`",
    re.MULTILINE,
)


class Block(NamedTuple):
    page: Path
    line: int
    language: str
    text: str
    reason: str  # why it is not run; empty if it is

    def __str__(self):
        return f"{self.page.name}:{self.line}"


class Page(NamedTuple):
    blocks: list
    setup: list  # shell commands before the first block that the reader does not see
    slow: bool


def all_pages():
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.rst"), *ROOT.glob("docs/**/*.md")])


def is_gdal(release):
    """Whether GDAL is of this release or later."""
    from osgeo import gdal  # not earlier: it reads GDAL_DRIVER_PATH, which conftest.py sets

    numbers = (int(number) for number in (release + ".0").split(".")[:2])
    return tuple(numbers) <= divmod(int(gdal.VersionInfo()) // 10000, 100)


def _dedented(body):
    lines = body.rstrip().splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "".join(line[indent:] + "\n" for line in lines)


def read(path):
    text = path.read_text(encoding="utf-8")
    page = Page([], [], False)
    reason = ""
    for found in (RST if path.suffix == ".rst" else MARKDOWN).finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        sign, value = found["sign"], found["value"]
        assert not (reason and sign), f"{path.name}:{line}: nothing follows that is not run"
        assert bool(value) == (sign not in (None, "slow")), f"{path.name}:{line}: {sign} what?"
        if sign == "setup":
            page.setup.append(value)
        elif sign == "slow":
            page = page._replace(slow=True)
        elif sign == "not run":
            reason = value
        elif sign == "needs GDAL":
            reason = "" if is_gdal(value) else f"needs GDAL {value}"
        elif found["command"]:
            command = " ".join(found["command"].split())
            page.blocks.append(Block(path, line, "shell", command + "\n", ""))
        else:
            body = _dedented(found["body"])
            page.blocks.append(Block(path, line, found["language"].strip(), body, reason))
            reason = ""
    assert not reason, f"{path.name}: nothing follows that is not run"
    return page


def overlooked(path):
    """Text that looks like a block to a reader but is not found by read(path)."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".rst":
        unseen = r".*(?:code-block|sourcecode)::.*|^(?! *\.\. ).*::$"
        return re.findall(unseen, RST.sub("", text), re.MULTILINE)
    rest = MARKDOWN.sub("", text)
    return re.findall(r".*```.*|(?:^|\n\n)((?:    (?![*-] |\d+\. ).*\n)+)", rest)


def typed(text):
    """(command, output shown) of each line that starts with a prompt."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, output = re.match(r"((?:.*\\\n)*.*\n)((?:.*\n)*)", part).groups()
        yield command, output


class Session:
    """One reader of one page. "memory" is a folder for the shell's state between blocks."""

    def __init__(self, path, folder, memory):
        self.page, self.folder = read(path), folder
        self.variables, self.where = memory / "variables", memory / "where"
        self.pending = [block for block in self.page.blocks if not block.reason]
        self.names = {"__name__": "__main__"}
        self.printed = {}  # of each shell block or inline command
        self.variables.write_text("")
        for command in self.page.setup:
            self._must_succeed(command)

    def run_through(self, block):
        """Runs the blocks of the page up to and with "block" that have not been run yet."""
        while block in self.pending:
            following = self.pending.pop(0)
            if following.language in RUN:
                getattr(self, "_run_" + following.language)(following)

    def _shell(self, command, *settings):
        script = (
            f"set -eu -o allexport {' '.join(settings)}; source '{self.variables}'\n{command}\n"
            f"export -p >'{self.variables}'; pwd >'{self.where}'\n"
        )
        path = f"{Path(sys.executable).parent}:{granules.tool().parent}:{os.environ['PATH']}"
        plugins = str(granules.plugin_folder())
        known = {"PATH": path, "GDAL_DRIVER_PATH": plugins, "EMIT_SOURCE": str(ROOT)}
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C.UTF-8", **known},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        if done.returncode == 0:
            self.folder = Path(self.where.read_text().rstrip("\n"))
        return done

    def _must_succeed(self, command):
        done = self._shell(command, "-o pipefail")
        output = done.stdout.replace(NO_TIME_AXIS, "")
        complained = re.search(r"^(ERROR|Warning) \d", output, re.MULTILINE)
        assert done.returncode == 0 and not complained, f"$ {command}\n{done.stdout}"
        self.printed[command.rstrip()] = done.stdout

    def _run_shell(self, block):
        self._must_succeed(block.text)

    def _run_console(self, block):
        for command, shown in typed(block.text):
            done = self._shell(command)
            printed = f"$ {command}{done.stdout}"
            assert done.returncode == 0 or "ERROR" in shown, printed
            output = done.stdout.replace(AFTERTHOUGHT, "")
            checker, example = doctest.OutputChecker(), doctest.Example(command, shown)
            difference = checker.output_difference(example, output, COMPARISON)
            assert checker.check_output(shown, output, COMPARISON), f"$ {command}{difference}"

    def _run_python(self, block):
        with contextlib.chdir(self.folder):
            exec(compile("\n" * block.line + block.text, str(block.page), "exec"), self.names)

    def _run_pycon(self, block):
        parser, report = doctest.DocTestParser(), io.StringIO()
        example = parser.get_doctest(block.text, self.names, str(block), None, block.line)
        runner = doctest.DocTestRunner(optionflags=COMPARISON, verbose=False)
        with contextlib.chdir(self.folder):
            runner.run(example, out=report.write, clear_globs=False)
        self.names.update(example.globs)
        assert not runner.failures, report.getvalue()
