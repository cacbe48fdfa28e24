# SPDX-License-Identifier: MIT
"""Runs programs and takes their time and memory, two or more of them in turn.

Import nothing large here: a child's peak memory is never reported below its parent's size.
"""
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Optional

WARM_NBYTES = 1 << 22
SHORT_SECONDS = 0.5  # what takes less is run SHORT_RUNS times: it costs nothing and noise is large
SHORT_RUNS = 15


class Sample(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds, user and system, all threads
    peak: int  # bytes of resident memory
    blocks_read: int  # 512 bytes each; 0 says that the page cache held everything


@dataclass
class Case:
    """One program to be measured."""

    command: list
    reads: list = field(default_factory=list)  # files to be in the page cache
    environment: dict = field(default_factory=dict)
    self_timed: bool = False  # it prints its own {"wall": s, "cpu": s}
    most_runs: Optional[int] = None  # for peers that take minutes: no warm-up either
    cold: bool = False  # nothing is in the page cache, programs neither; takes root


class Failed(Exception):
    """A program ended with an error; its first words."""


class Expired(Failed):
    """A program that took longer than it may."""


class Results(dict):
    """Samples of each case by its label, as many as there were rounds."""

    def median(self, label, what):
        return statistics.median(getattr(sample, what) for sample in self[label])


@contextlib.contextmanager
def killed_after(pid, limit):
    timer = threading.Timer(limit or 0, os.kill, (pid, signal.SIGKILL))
    if limit:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def execute(command, environment=None, limit=None):
    """Runs to the end; (sample, standard output). Raises Failed where the program fails, Expired after "limit"
    seconds."""
    env = {**os.environ, **(environment or {})}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        words = [str(word) for word in command]
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env
        )
        with killed_after(process.pid, limit):
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if limit and wall >= limit:
            raise Expired(f"{Path(command[0]).name}: more than {limit} s")
        if process.returncode != 0:
            lines = err.read().decode(errors="replace").splitlines() or [process.returncode]
            python = str(lines[0]).startswith("Traceback")  # where the message comes last
            raise Failed(f"{Path(command[0]).name}: {lines[-1 if python else 0]}")
        sample = Sample(
            wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, usage.ru_inblock
        )
        return sample, out.read().decode(errors="replace")


def warm(path):
    with open(path, "rb", buffering=0) as file:
        while file.read(WARM_NBYTES):
            pass


def drop_page_cache():
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3")


def empty(folder):
    for path in Path(folder).iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def run(case, output_folder, limit=None):
    """One sample of "case"; what it wrote is still there."""
    empty(output_folder)
    for path in [] if case.cold else case.reads:
        warm(path)
    if case.cold:
        drop_page_cache()
    sample, text = execute(case.command, case.environment, limit)
    if case.self_timed:
        sample = sample._replace(**json.loads(text))
    return sample


def measure(cases, runs, output_folder, prepare=None):
    """Results of "cases", run in turn after a warm-up, every other round in reverse.

    "prepare" is called while the output of the first case's warm-up is there.
    """
    warm_up = {}
    for number, (label, case) in enumerate(cases.items()):
        if case.most_runs is None:
            warm_up[label] = run(case, output_folder)
        if number == 0 and prepare:
            prepare()
    short = all(sample.wall < SHORT_SECONDS for sample in warm_up.values())
    if short and not any(case.cold for case in cases.values()):
        runs = max(runs, SHORT_RUNS)
    results = Results((label, []) for label in cases)
    for turn in range(runs):
        for label in list(cases) if turn % 2 == 0 else reversed(list(cases)):
            if cases[label].most_runs is None or turn < cases[label].most_runs:
                results[label].append(run(cases[label], output_folder))
    empty(output_folder)
    return results
