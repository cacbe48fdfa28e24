# SPDX-License-Identifier: MIT
"""How time and peak memory grow with the size of a job: tables, and pictures as SVG."""
import json
import os
import statistics
import sys
from dataclasses import dataclass
from typing import Optional

import measure
import svg
from measure import Case

MASKED = "QUALITY_FLAGS=0,1,3,4 BAND_MASK=YES"
RGB = MASKED + " WAVELENGTHS=650,560,470"
OPENINGS = 10
LINES = (320, 640, 1280, 2560)
BANDS = (1, 3, 10, 30, 100)
SIDES = (1, 4, 16, 64, 256, 1024)
THREADS = (1, 2, 4, 8, 16, 32)
SCENES = (1, 2, 5, 10, 20, 50, 100, 200)
FILES = (1, 10, 100, 1000, 5000, 20000)


@dataclass
class Growth:
    name: str
    x_label: str
    y_label: str
    lines: dict  # label: {x: (case, how many units of y_label its seconds are divided by)}
    unit: float = 1  # seconds
    y_log: bool = False
    note: Optional[str] = None


def growing(inputs, *words):
    command = [sys.executable, inputs.here / "readers" / "growing.py", *words]
    return Case(command, environment=inputs.plugin(), self_timed=True)


def whole(inputs, granule, options, facts):
    """Reading all of a granule, and the number of its cells."""
    columns, rows = facts["columns"], facts["rows"]
    return growing(inputs, "read", granule, options, 0, 0, columns, rows), columns * rows


# ---- What grows ----------------------------------------------------------------------------------


def lines(inputs):
    granules = {number: inputs.sample(number) for number in LINES}
    facts = {number: inputs.describe(granule) for number, granule in granules.items()}

    def line(options):
        return {n: whole(inputs, granules[n], options, facts[n]) for n in LINES}

    found = {"RGB": line(RGB), "all bands": line(MASKED)}
    return Growth("lines", "lines of the granule", "ns a cell", found, 1e-9)


def bands(inputs):
    waves = inputs.facts["wavelengths"]

    def first(count):
        last = f"{waves[count - 1] + 0.1:.2f}"
        chosen = f"{MASKED} WAVELENGTHS={waves[0] - 0.1:.2f}-{last}"
        case, cells = whole(inputs, inputs.granule, chosen, inputs.facts)
        return case, cells * count

    counts = [count for count in BANDS if count < len(waves)] + [len(waves)]
    found = {"the first bands": {count: first(count) for count in counts}}
    return Growth("bands", "bands read", "ns a value", found, 1e-9, y_log=True)


def window(inputs):
    columns, rows = inputs.facts["columns"], inputs.facts["rows"]

    def middle(options, side):
        place = [(columns - side) // 2, (rows - side) // 2, side, side]
        return growing(inputs, "read", inputs.granule, options, *place), side * side

    def line(options):
        found = {side * side: middle(options, side) for side in SIDES if side <= min(columns, rows)}
        found[columns * rows] = whole(inputs, inputs.granule, options, inputs.facts)
        return found

    found = {"RGB": line(RGB), "all bands": line(MASKED)}
    return Growth("window", "cells of the window", "µs a cell", found, 1e-6, y_log=True)


def threads(inputs):
    def line(options):
        return {n: (whole(inputs, inputs.granule, f"{options} NUM_THREADS={n}", inputs.facts)[0], 1) for n in THREADS}

    found = {"RGB": line(RGB), "all bands": line(MASKED)}
    note = "waiting for locks: " + "; ".join(
        f"{label}, {number} threads: {waiting(inputs, case)}"
        for label, cases in found.items()
        for number, (case, _) in cases.items()
        if number in (2, THREADS[-1])
    )
    return Growth("threads", "NUM_THREADS", "seconds", found, note=note)


def scenes(inputs):
    def make(folder):
        for number in range(SCENES[-1]):
            place = folder / f"{number:03}"
            place.mkdir()
            for path in (inputs.granule, inputs.mask):
                os.link(path, place / path.name)

    folder = inputs.made("scenes", [inputs.granule], make)
    found = {"opened and read": {n: (growing(inputs, "scenes", folder, MASKED, n), n) for n in SCENES}}
    return Growth("scenes", "scenes held open", "ms a scene", found, 1e-3)


def files(inputs):
    def folder_of(count):
        def make(folder):
            for path in (inputs.granule, inputs.mask):
                os.link(path, folder / path.name)
            os.link(inputs.small_tiff(), folder / "small.tif")
            for number in range(3, count):
                day, second = divmod(number // 2, 86400)
                kind = ("RFL", "MASK")[number % 2]
                time = f"2023{day % 12 + 1:02}01T{second // 3600:02}{second // 60 % 60:02}{second % 60:02}"
                (folder / f"EMIT_L2A_{kind}_001_{time}_2300001_001.nc").touch()

        return inputs.made(f"files-{count}", [inputs.granule], make)

    folders = {count: folder_of(count) for count in FILES}

    def line(name, options):
        return {n: (growing(inputs, "open", folders[n] / name, options, OPENINGS), OPENINGS) for n in FILES}

    found = {
        "masked": line(inputs.granule.name, MASKED),
        "unmasked": line(inputs.granule.name, ""),
        "GeoTIFF": line("small.tif", ""),
    }
    return Growth("files", "files in the folder", "ms an opening", found, 1e-3)


GROWTHS = {grow.__name__: grow for grow in (lines, bands, window, threads, scenes, files)}


# ---- Locks ---------------------------------------------------------------------------------------


def waiting(inputs, case):
    """Share of the threads' time, running and waiting, that they wait for one another."""
    log = inputs.work / "locks.json"
    locks = {"LD_PRELOAD": str(inputs.locks), "EMIT_BENCH_LOCKS": str(log)}
    sample, text = measure.execute(case.command, {**case.environment, **locks})
    counted, spent = json.loads(log.read_text()), json.loads(text)
    log.unlink()
    waited = counted["lock_s"] + counted["wait_s"]
    count = counted["locks"] + counted["waits"]
    return f"{waited:.3f} s in {count} waits, {waited / (waited + spent['cpu']):.1%}"


# ---- Measuring and drawing -----------------------------------------------------------------------


def measured(inputs, growth, runs):
    """Samples by label and x; all points in turn, every other round in reverse."""
    cases = {(label, x): case for label, line in growth.lines.items() for x, (case, _) in line.items()}
    results = measure.measure(cases, runs, inputs.output)
    return {key: results[key] for key in cases}


def points(growth, samples, value):
    """x, median, lowest and highest by label."""
    found = {label: [] for label in growth.lines}
    for (label, x), taken in samples.items():
        values = [value(sample, growth.lines[label][x][1]) for sample in taken]
        found[label].append((x, statistics.median(values), min(values), max(values)))
    return found


def panels(growth, samples):
    time = points(growth, samples, lambda sample, count: sample.wall / count / growth.unit)
    peak = points(growth, samples, lambda sample, count: sample.peak / 2**20)
    return [
        svg.Panel(f"Time, {growth.y_label}", growth.x_label, time, growth.y_log),
        svg.Panel("Peak memory, MiB", growth.x_label, peak),
    ]


def print_table(growth, drawn):
    print(f"\n| {growth.x_label} | " + " | ".join(f"{p.title}: {label}" for p in drawn for label in p.lines) + " |")
    print("|---" * (1 + sum(len(panel.lines) for panel in drawn)) + "|")
    columns = [{point[0]: point[1:] for point in line} for panel in drawn for line in panel.lines.values()]
    for x in sorted(set().union(*columns)):
        cells = [svg.short(column[x][0]) if x in column else "-" for column in columns]
        print(f"| {x:,} | " + " | ".join(cells) + " |")


def run(inputs, options, save):
    record = {}
    for name in options.growth.split(",") if options.growth != "all" else GROWTHS:
        print(f"growth with {name}", file=sys.stderr, flush=True)
        growth = GROWTHS[name](inputs)
        samples = measured(inputs, growth, options.runs)
        drawn = panels(growth, samples)
        record[name] = [[label, x, [s._asdict() for s in taken]] for (label, x), taken in samples.items()]
        save({"granule": inputs.granule.name, "growth": record})
        (options.pictures / f"growth_{name}.svg").write_text(svg.draw(drawn))
        print_table(growth, drawn)
        print(growth.note or "")
    return True
