#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the fuzz targets one after another: run.py BUILD WORK (--runs N | --minutes M) [TARGET...].

BUILD is a build folder with EMIT_FUZZ, WORK keeps corpora, findings and logs from call to call.
--runs N executes N inputs a target (a tenth of that for those that take whole granules) with a fixed
seed; --minutes M goes round the targets until M minutes have passed, sharing them out as SHARES
says. Ends with a table, and with exit code 1 when anything was found.
"""
import argparse
import csv
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import seeds

ROOT = Path(__file__).resolve().parents[2]
SHARES = {
    "granule": 26, "dataset": 24, "companion": 16, "decode": 7, "gather": 6, "mask": 5,
    "quality": 5, "options": 4, "name": 4, "nearest": 3,
}
WHOLE_GRANULES = ("granule", "dataset", "companion")
ROUNDS = 6
FLAGS = ["-timeout=10", "-rss_limit_mb=3072", "-malloc_limit_mb=1024", "-print_final_stats=1",
         # HDF5 loses memory at each damaged object header. What we lose is seen at the end instead.
         "-detect_leaks=0"]


class Runner:
    def __init__(self, build, work):
        self.build, self.work = Path(build), Path(work)
        self.seeds = self.work / "seeds"
        if not self.seeds.exists():
            seeds.main(str(self.build / "tests/support/emit_mkgranule"), self.seeds)
        suppressions = ROOT / "scripts/lsan.supp"
        self.environment = dict(
            os.environ, LSAN_OPTIONS=f"suppressions={suppressions}:print_suppressions=0")
        self.rows = []

    def run(self, target, *flags):
        """One process; its row: target, seconds, executions, features covered, exit code."""
        folders = {name: self.work / name / f"fuzz_{target}" for name in ("corpus", "findings")}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        command = [str(self.build / f"tests/fuzz/fuzz_{target}"), *FLAGS, *flags,
                   f"-artifact_prefix={folders['findings']}/", str(folders["corpus"]),
                   str(self.seeds / f"fuzz_{target}")]
        begin = time.monotonic()
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace")
        seconds = time.monotonic() - begin
        executed = re.findall(r"number_of_executed_units: (\d+)", done.stdout)
        features = re.findall(r" ft: (\d+)", done.stdout)
        row = (target, round(seconds, 1), int(executed[-1]) if executed else 0,
               int(features[-1]) if features else 0, done.returncode)
        self.note(row, done.stdout)
        return row

    def note(self, row, output):
        self.rows.append(row)
        with open(self.work / "runs.csv", "a", newline="") as file:
            csv.writer(file).writerow([time.strftime("%Y-%m-%dT%H:%M:%S"), *row])
        if row[-1] != 0:
            name = f"{row[0]}-{int(time.time())}.log"
            (self.work / name).write_text(output)
            print(f"fuzz_{row[0]}: a finding, see {self.work / name}", flush=True)

    def fixed(self, targets, runs):
        for target in targets:
            count = runs // 10 if target in WHOLE_GRANULES else runs
            self.run(target, f"-runs={count}", "-seed=1")

    def timed(self, targets, minutes):
        whole = sum(SHARES[target] for target in targets)
        for _ in range(ROUNDS):
            for target in targets:
                left = minutes * 60 / ROUNDS * SHARES[target] / whole
                while left > 1:
                    left -= max(1, self.run(target, f"-max_total_time={int(left)}")[1])

    def report(self):
        print("| target | seconds | executions | features | findings |\n|---|---|---|---|---|")
        for target in SHARES:
            rows = [row for row in self.rows if row[0] == target]
            if rows:
                print(f"| fuzz_{target} | {sum(row[1] for row in rows):.0f} | "
                      f"{sum(row[2] for row in rows)} | {max(row[3] for row in rows)} | "
                      f"{sum(row[4] != 0 for row in rows)} |")
        return any(row[4] != 0 for row in self.rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("work")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("targets", nargs="*", default=list(SHARES))
    arguments = parser.parse_intermixed_args()
    runner = Runner(arguments.build, arguments.work)
    if arguments.minutes:
        runner.timed(arguments.targets or SHARES, arguments.minutes)
    else:
        runner.fixed(arguments.targets or SHARES, arguments.runs or 10000)
    sys.exit(runner.report())


if __name__ == "__main__":
    main()
