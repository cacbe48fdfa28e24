# SPDX-License-Identifier: MIT
"""Which bytes of a file a program reads, by strace."""
import os
import re
import shutil
import sys
import tempfile
from typing import NamedTuple

import measure

CALLS = "read,pread64,readv,preadv,preadv2,lseek,openat,mmap"
LINE = re.compile(r"(\d+) +(.*)")
CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)")
RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")
UNFINISHED = " <unfinished ...>"


class Read(NamedTuple):
    offset: int
    nbytes: int


def available():
    return shutil.which("strace") is not None


def whole_calls(lines):
    """Text of each call, with those that another thread interrupted put together again."""
    begun = {}
    for line in lines:
        match = LINE.match(line.rstrip("\n"))
        if match is None:
            continue
        thread, text = match.groups()
        resumed = RESUMED.match(text)
        if resumed:
            text = begun.pop(thread, "") + resumed[1]
        if text.endswith(UNFINISHED):
            begun[thread] = text[: -len(UNFINISHED)]
        else:
            yield text


def reads_of(lines, path):
    """The reads of "path" among the lines of a trace made by trace()."""
    position = {}
    mark = f"<{path}>"
    for text in whole_calls(lines):
        match = CALL.match(text)
        if match is None or mark not in text:
            continue
        name, arguments, result = match[1], match[2], int(match[3])
        if name == "mmap":
            sys.exit(f"{path} is mapped into memory: its reads cannot be counted")
        if name == "openat":
            position[result] = 0
            continue
        descriptor = int(arguments.split("<", 1)[0])
        if result < 0:
            continue
        if name == "lseek":
            position[descriptor] = result
        elif name.startswith("p"):
            last = arguments.rsplit(", ", 2 if name == "preadv2" else 1)
            yield Read(int(last[1]), result)
        else:
            yield Read(position[descriptor], result)
            position[descriptor] += result


def trace(command, path, environment=None):
    """The reads of "path" that "command" and its threads make."""
    path = os.path.realpath(path)
    with tempfile.NamedTemporaryFile("r", suffix=".strace") as log:
        strace = ["strace", "-f", "-y", "-s", "0", "-e", f"trace={CALLS}", "-o", log.name]
        measure.execute(strace + list(command), environment)
        return list(reads_of(log, path))


def bytes_within(reads, start, nbytes):
    end = start + nbytes
    return sum(max(0, min(r.offset + r.nbytes, end) - max(r.offset, start)) for r in reads)
