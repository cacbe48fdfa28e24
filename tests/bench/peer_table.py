# SPDX-License-Identifier: MIT
"""The driver and its peers doing the same jobs in one run: seconds and peak memory.

One after the other does all jobs, the driver first and last, so that its spread shows whether the machine's pace
changed. A run that takes longer than LIMIT_S ends there.
"""
import re
import statistics
import sys

import measure
import peers
from measure import Case

SLOW_S, SLOW_RUNS = 20, 3
LIMIT_S = 60
TITLES = {
    "rgb": "RGB",
    "all": "all bands",
    "warp": "all bands to UTM",
    "statistics": "statistics",
    "panning": "20 views",
    "spectra": "1,000 spectra",
    "overview": "512 x 512",
}


# ---- Measuring -----------------------------------------------------------------------------------


def samples_of(inputs, case, runs):
    """After a warm-up, unless one run is long; none if it reaches the limit."""
    first = measure.run(case, inputs.output, LIMIT_S)
    if first.wall > SLOW_S:
        return [first] + [measure.run(case, inputs.output, LIMIT_S) for _ in range(min(runs, SLOW_RUNS) - 1)]
    return [measure.run(case, inputs.output, LIMIT_S) for _ in range(runs)]


def checksums(inputs):
    """Of the bands that a job has just written."""
    text = measure.execute(["gdalinfo", "-checksum", inputs.output / "out"])[1]
    return re.findall(r"Checksum=(\d+)", text)


def measure_peer(inputs, peer, runs, record):
    """Adds to record["jobs"], a list of samples by job, or None for what took too long."""
    for job in peer.jobs:
        print(f"{peer.label}: {job}", file=sys.stderr, flush=True)
        try:
            record["jobs"].setdefault(job, []).extend(samples_of(inputs, peer.case(job), runs))
        except measure.Expired:
            record["jobs"][job] = None
        if job == "rgb":
            record["pixels"] = checksums(inputs)
    measure.empty(inputs.output)


def make_file(inputs, peer):
    sample = measure.execute(peer.make, inputs.plugin())[0]
    return sample._asdict()


def remove_file(inputs):
    for path in inputs.work.glob("peer-file*"):
        path.unlink()


def measure_one(inputs, peer, runs, records):
    record = records.setdefault(peer.label, {"jobs": {}})
    try:
        if peer.make:
            record["make"] = make_file(inputs, peer)
        measure_peer(inputs, peer, runs, record)
    finally:
        remove_file(inputs)


def optional(inputs, make, absent):
    """The peer, or none and the reason on the screen and under the table."""
    try:
        return [make(inputs)]
    except measure.Failed as failure:
        absent.append(f"NOT MEASURED: {make.__name__}: {failure}")
        print(f"**** {absent[-1]} ****", file=sys.stderr)
        return []


def measure_all(inputs, options, absent):
    """Records by label."""
    chosen = [peers.ours(inputs), *peers.file_peers(inputs), *peers.glt_peers(inputs, options)]
    if not options.gdal_tree:
        absent.append("NOT MEASURED: GDAL's own GLT view: no --gdal-tree was given")
    for make in (peers.numpy_peer, peers.xarray_peer, peers.georeader_peer):
        chosen += optional(inputs, make, absent)
    chosen = [peer for peer in chosen if not options.only or peer.label.startswith(options.only)]
    records = {}
    for peer in [*chosen, peers.ours(inputs)]:
        try:
            measure_one(inputs, peer, options.runs, records)
        except measure.Failed as failure:
            absent.append(f"FAILED: {peer.label}: {failure}")
            print(f"**** {absent[-1]} ****", file=sys.stderr)
    return records


# ---- Table ---------------------------------------------------------------------------------------


def seconds(values):
    median, low, high = statistics.median(values), min(values), max(values)
    digits = 2 if high < 10 else 0
    spread = f" ({low:.{digits}f} to {high:.{digits}f})"
    return f"{median:.{digits}f}" + (spread if round(low, digits) != round(high, digits) else "")


def cell(record, job):
    samples = record["jobs"].get(job, [])
    if samples is None:
        return f"> {LIMIT_S}"
    return seconds([sample.wall for sample in samples]) if samples else "-"


def memory(record, job):
    samples = record["jobs"].get(job)
    return f"{statistics.median(s.peak for s in samples) / 2**20:.0f}" if samples else "-"


def print_table(records, cell_of, first):
    print("| " + " | ".join((first, "made in", *TITLES.values())) + " |")
    print("|---" * (len(TITLES) + 2) + "|")
    for label, record in records.items():
        made = f"{record['make']['wall']:.0f}" if "make" in record else ""
        print("| " + " | ".join((label, made, *(cell_of(record, job) for job in TITLES))) + " |")


def run(inputs, options, save):
    """Prints the tables; whether all that could be measured was."""
    absent = []
    records = measure_all(inputs, options, absent)
    save({"granule": inputs.granule.name, "peers": records})
    expected = records["the driver"].get("pixels")
    others = [label for label, record in records.items() if record.get("pixels") != expected]
    print(f"\n{inputs.granule.name}, runs: {options.runs}\n")
    print_table(records, cell, "seconds")
    print()
    print_table(records, memory, "MiB at the peak")
    print("\nOther pixels in RGB than the driver's:", ", ".join(others) or "none")
    print("\n".join(absent))
    return not any(line.startswith("FAILED") for line in absent)
