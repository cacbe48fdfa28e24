# SPDX-License-Identifier: MIT
"""Measures the driver against what its jobs cost at the very least. README.md beside this file."""
import argparse
import contextlib
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

import growth
import measure
import peer_table
import reads
import verdicts
from inputs import Inputs
from jobs import COLD_JOBS, JOBS, LONG_JOBS, MASK_JOBS
from slow_disk import SlowDisk

HEADINGS = ("job", "figure", "ours", "against", "ratio", "pairs", "cpu", "limit", "verdict")
ENVI_JOBS = {"all", "all-band", "envi-bsq", "netcdf", "deflated-all"}
ALL_JOBS = {**JOBS, **COLD_JOBS, **LONG_JOBS, **MASK_JOBS}


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    add = parser.add_argument
    add("--granule", metavar="RFL.nc", help="full granule, its MASK 001 beside it; default: made")
    add("--runs", type=int, default=5, help="after a warm-up; short jobs get more (default 5)")
    add("--jobs", metavar="A,B", help=f"of {','.join(ALL_JOBS)} (default: the first {len(JOBS)})")
    add("--long", action="store_true", help="also the jobs on 2560 lines: 25 GB more of disk")
    add("--cold", action="store_true", help="only the jobs on a granule that is not in memory; root")
    add("--slow-disk", action="store_true",
        help="only RGB of a granule on a disk with 150 MB/s and 100 requests/s; root")
    add("--growth", metavar="A,B", nargs="?", const="all",
        help=f"only how cost grows with {', '.join(growth.GROWTHS)} (default: all)")
    add("--pictures", metavar="DIR", type=Path, default=Path("."), help="of --growth (default: here)")
    add("--work", metavar="DIR", help="folder for all files; what is made there is kept for reuse")
    add("--json", metavar="FILE", help="writes every sample and row")
    add("--gdal-tree", metavar="DIR", action="append", default=[],
        help="root of a system with GDAL 3.8 or newer and python3-gdal, to chroot to; repeatable")
    add("--peers", action="store_true", help="only the table of what users would take instead")
    add("--only", metavar="PEER", help="of the peers, those whose name begins like this")
    add("--generation", type=int, default=1, help="of the granule that is made, 1 or 2 (with --peers)")
    add("--build", metavar="DIR", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    unknown = set(chosen_jobs(options)) - set(ALL_JOBS)
    if unknown:
        parser.error(f"unknown jobs: {', '.join(sorted(unknown))}")
    if set(chosen_jobs(options)) & set(COLD_JOBS) and os.geteuid() != 0:
        parser.error("jobs on a granule that is not in memory empty the page cache: that takes root")
    return options


def chosen_jobs(options):
    if options.jobs:
        return options.jobs.split(",")
    if options.slow_disk:
        return ["cold-rgb", "cold-rgb-wavelengths"]
    if options.cold:
        return list(COLD_JOBS)
    return [*JOBS, *(LONG_JOBS if options.long else [])]


# ---- Disk ----------------------------------------------------------------------------------------


def need_space(inputs, names):
    """Ends the run when the largest job would not fit."""
    facts = inputs.facts
    cube = facts["shape"][0] * facts["shape"][1] * facts["shape"][2] * 4
    cells = facts["rows"] * facts["columns"] * facts["shape"][2] * 4
    need = 2 * cells + cells // 8
    need += 2 * cells if ENVI_JOBS & set(names) else 0
    need += cube if {"deflated-rgb", "deflated-all"} & set(names) else 0
    need += 2 * cube + 2 * cells if set(LONG_JOBS) & set(names) else 0
    made = sum(file.stat().st_size for file in inputs.work.rglob("*") if file.is_file())
    free = shutil.disk_usage(inputs.work).free
    if free + made < need:
        sys.exit(f"{inputs.work}: {need >> 30} GiB are needed, {free >> 30} GiB are free")


# ---- Running -------------------------------------------------------------------------------------


def run_job(inputs, options, name):
    """(rows, record for the JSON file). A job that fails does not end the others."""
    try:
        return measure_job(inputs, options, ALL_JOBS[name](inputs, options))
    except measure.Failed as failure:
        rows = [verdicts.not_measured("", f"FAILED: {failure}")]
        return rows, {"title": name, "rows": [row.as_dict() for row in rows]}


def measure_job(inputs, options, job):
    print(job.title, file=sys.stderr, flush=True)

    def keep_output():
        if "cp" in job.cases:
            os.replace(inputs.output / "out", inputs.kept)

    load = os.getloadavg()
    results = measure.measure(job.cases, options.runs, inputs.output, keep_output)
    inputs.kept.unlink(missing_ok=True)
    rows = job.judge(results) + job.absent
    if reads.available():
        rows += job.counts()
    elif job.counts is not list:
        rows.append(verdicts.not_measured("bytes read", "strace is not installed"))
    samples = {label: [sample._asdict() for sample in found] for label, found in results.items()}
    commands = {label: [str(word) for word in case.command] for label, case in job.cases.items()}
    return rows, {
        "title": job.title,
        "load": [load, os.getloadavg()],
        "rows": [row.as_dict() for row in rows],
        "samples": samples,
        "commands": commands,
    }


def machine():
    model = [line for line in open("/proc/cpuinfo") if line.startswith("model name")]
    memory = [line for line in open("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "date": time.strftime("%Y-%m-%d %H:%M %Z"),
        "processor": model[0].split(":", 1)[1].strip() if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory[0].split()[1]) / (1 << 20), 1),
        "kernel": platform.release(),
        "gdal": measure.execute(["gdalinfo", "--version"])[1].strip(),
    }


# ---- Table ---------------------------------------------------------------------------------------


def number(value):
    return "" if value is None else f"{value:.2f}"


def cells_of(title, row):
    figures = (number(row.ratio), number(row.pairs), number(row.cpu))
    return (title, row.what, row.ours, row.against, *figures, row.limit, row.verdict)


def print_table(table):
    widths = [max(len(line[i]) for line in (HEADINGS, *table)) for i in range(len(HEADINGS))]
    for line in (HEADINGS, tuple("-" * width for width in widths), *table):
        print("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |")


def save(record, path):
    if path:
        Path(path).write_text(json.dumps(record, indent=1))


def run_jobs(inputs, options, names, record):
    """Lines of the table; those that there are when the user interrupts."""
    table = []
    try:
        for name in names:
            rows, record["jobs"][name] = run_job(inputs, options, name)
            titles = [record["jobs"][name]["title"]] + [""] * (len(rows) - 1)
            table += [cells_of(title, row) for title, row in zip(titles, rows)]
            save(record, options.json)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    return table


def run_all(options, work):
    inputs = Inputs(work, options.build, options.granule, options.generation)
    for wanted, table in ((options.peers, peer_table), (options.growth, growth)):
        if wanted:
            return table.run(inputs, options, lambda record: save(record, options.json))
    names = chosen_jobs(options)
    need_space(inputs, names)
    record = {"machine": machine(), "granule": inputs.facts, "runs": options.runs, "jobs": {}}
    with contextlib.ExitStack() as stack:
        if options.slow_disk:
            inputs.move_to(stack.enter_context(SlowDisk([inputs.granule, inputs.mask], inputs.work)))
        table = run_jobs(inputs, options, names, record)
    print("; ".join(f"{key}: {value}" for key, value in record["machine"].items()), end="\n\n")
    print_table(table)
    return not any(line[-1] == "SHORT" or "FAILED" in line[-1] for line in table)


def main():
    options = parse(sys.argv[1:])
    if options.work:
        Path(options.work).mkdir(parents=True, exist_ok=True)
        good = run_all(options, options.work)
    else:
        with tempfile.TemporaryDirectory(prefix="emit-bench-") as work:
            good = run_all(options, work)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
