# SPDX-License-Identifier: MIT
"""Every command and Python block of the documentation runs and prints what the page shows.

Blocks that cannot run are skipped, with the reason that the page gives.
"""
import re

import pages
import pytest

BLOCKS = [
    pytest.param(block, id=str(block), marks=[pytest.mark.slow] if pages.read(path).slow else [])
    for path in pages.all_pages()
    for block in pages.read(path).blocks
    if block.language in pages.RUN
]


@pytest.mark.parametrize("block", BLOCKS)
def test_block_does_what_the_page_says(block, reader):
    if block.reason:
        pytest.skip(block.reason)
    reader(block.page).run_through(block)


@pytest.mark.parametrize("path", pages.all_pages(), ids=lambda path: path.name)
def test_page_hides_no_command(path):
    """Each block has a known language; blocks that are only shown contain no command."""
    for block in pages.read(path).blocks:
        known = (*pages.RUN, *pages.SHOWN)
        assert block.language in known, f"{block}: {block.language!r} is none of {known}"
        if block.language in pages.SHOWN:
            assert not re.search(r"^(\$|>>>) ", block.text, re.MULTILINE), f"{block}: not run"
    assert not pages.overlooked(path), "not seen as blocks"


ABOUT_THE_CODE = ("CONTRIBUTING.md", "SECURITY.md", "design.md", "testing.md", "gdal_versions.md")
FOREIGN = {"cpl_config.h"}  # files of GDAL


@pytest.fixture(scope="module")
def tree():
    """(names of all files, all words of the driver and its tests)"""
    folders = ("autotest", "docs", "driver", "examples", "scripts", "tests", "tools", "wheel")
    files = [path for folder in folders for path in (pages.ROOT / folder).rglob("*.*") if "node_modules" not in path.parts]
    sources = [path for path in files if path.suffix in (".c", ".h", ".cpp") and path.is_file()]
    words = {word for path in sources for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
    return {path.name for path in files}, words


@pytest.mark.parametrize("path", [path for path in pages.all_pages() if path.name in ABOUT_THE_CODE], ids=lambda path: path.name)
def test_names_on_the_page_exist(tree, path):
    """Files, and functions and macros of the driver, are called what the page calls them."""
    names, words = tree
    code = re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8"))
    files = {file for each in code for file in re.findall(r"([\w-]+\.(?:c|h|cpp|py|sh))\b", each)}
    assert not files - names - FOREIGN
    assert not {each for each in code for each in re.findall(r"\b((?:emit|EMIT)\w*)\(\)", each)} - words


# ---- The mechanism itself ------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path):
    """Runs a page of this text."""

    def run_text(text, suffix=".md"):
        path, memory = tmp_path / f"page{suffix}", tmp_path / "memory"
        path.write_text(text, encoding="utf-8")
        memory.mkdir(exist_ok=True)
        session = pages.Session(path, tmp_path, memory)
        for block in session.page.blocks:
            session.run_through(block)
        return session

    return run_text


FAULTS = {
    "command fails": "```shell\nfalse\n```\n",
    "first command of a pipe fails": "```shell\nfalse | true\n```\n",
    "GDAL says error": "```shell\necho 'ERROR 1: no' >&2\n```\n",
    "unset variable": "```shell\necho $NOTHING_OF_THE_KIND\n```\n",
    "other output": "```console\n$ echo one\ntwo\n```\n",
    "no output shown": "```console\n$ echo one\n```\n",
    "fails with the output shown": "```console\n$ echo one; false\none\n```\n",
    "second command": "```console\n$ echo one\none\n$ echo two\none\n```\n",
    "exception": "```python\nassert False\n```\n",
    "other value": "```pycon\n>>> 1 + 1\n3\n```\n",
    "inline command": "Type `$ false` now.\n",
    "hidden preparation": "<!-- setup: false -->\n",
    "reason for nothing": "<!-- not run: because -->\n",
    "two reasons": "<!-- not run: one -->\n<!-- not run: two -->\n```shell\ntrue\n```\n",
    "no reason": "<!-- not run -->\n```shell\ntrue\n```\n",
}


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS)
def test_fault_of_a_page_is_found(run, text):
    with pytest.raises(AssertionError):
        run(text)


def test_block_for_a_later_gdal_waits_for_it(run):
    assert run("<!-- needs GDAL: 3.6 -->\n```shell\ntrue\n```\n").printed == {"true": ""}
    assert run("<!-- needs GDAL: 99.1 -->\n```shell\nfalse\n```\n").page.blocks[0].reason


RST = """
.. setup: GREETING=good; mkdir sub

.. code-block:: console

    $ echo $GREETING \\
        morning
    good ...ing
    $ echo ERROR 5; false
    ERROR...

* ``$ cd sub``

.. code-block:: shell

    NAME=day
    echo "$GREETING $NAME" >said

.. code-block:: python

    from pathlib import Path
    said = Path("said").read_text()

.. not run: it would never end

.. code-block:: shell

    sleep infinity

.. code-block:: pycon

    >>> said
    'good day...'
"""
MARKDOWN = re.sub(r"^\.\. ((?:setup|not run): .*)$", r"<!-- \1 -->", RST, flags=re.MULTILINE)
MARKDOWN = re.sub(
    r"\.\. code-block:: (\w+)\n\n((?:    .*\n|\n(?=    ))+)", r"```\1\n\2```\n", MARKDOWN
).replace("``$ cd sub``", "`$ cd sub`")


@pytest.mark.parametrize("text, suffix", [(RST, ".rst"), (MARKDOWN, ".md")], ids=["rst", "md"])
def test_blocks_of_a_page_share_folder_variables_and_names(run, tmp_path, text, suffix):
    session = run(text, suffix)
    languages = [block.language for block in session.page.blocks]
    assert languages == ["console", "shell", "shell", "python", "shell", "pycon"]
    assert (tmp_path / "sub" / "said").read_text() == "good day\n"
    assert session.names["said"] == "good day\n"


@pytest.mark.parametrize(
    "text, suffix",
    [
        ("Type::\n\n    gdalinfo\n", ".rst"),
        ("::\n\n    gdalinfo\n", ".rst"),
        ("* .. code-block:: shell\n\n    gdalinfo\n", ".rst"),
        ("  text\n\n  .. sourcecode::\n\n    gdalinfo\n", ".rst"),
        ("Type ```shell\ngdalinfo\n```\n", ".md"),
        ("Type\n\n    gdalinfo\n", ".md"),
        ("Type\n\n    gdalinfo x.nc\n    gdalinfo y.nc\n\nDone.\n", ".md"),
    ],
)
def test_overlooked_block_is_found(tmp_path, text, suffix):
    path = tmp_path / f"page{suffix}"
    path.write_text(text, encoding="utf-8")
    assert pages.overlooked(path)
