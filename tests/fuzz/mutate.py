#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Damages the metadata of granules in many ways and lets gdal_translate read each of them.

mutate.py MKGRANULE WORK --count N [--seed S] [--first I] [--fan-in]   needs GDAL_DRIVER_PATH.

With --fan-in the mutants are small files in which blocks share others, so that a walk through all of
them would take from minutes to days. Mutant I of seed S is always the same. A finding is an end by a signal, a run of more than 10 s, or a
peak of memory that exceeds the undamaged run's by more than twice GDAL_CACHEMAX. Findings are kept in
WORK/findings, every run is a line of WORK/runs.csv; exit code 1 when anything was found.
"""
import argparse
import collections
import csv
import os
import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import hdf5_regions

CACHE_MB = 64
LIMIT_SECONDS = 10
SMALL = ["--lines", "11", "--samples", "9", "--bands", "13"]
CHUNKED = ["--chunk", "4,5,6", "--deflate", "4", "--shuffle"]
INTERESTING = (0, 1, 2, 3, 4, 7, 8, 16, 127, 128, 255, 256, 1023, 65535, 65536, 10**9, 2**31 - 1,
               2**31, 2**32 - 1, 2**32, 2**40, 2**63 - 1, 2**63, 2**64 - 1)

# Product and flags of the granule to damage; how it is opened. {mutant} is its path, {good} that of
# an undamaged reflectance granule of the same scene.
JOBS = [
    ("RFL", [], ["{mutant}"]),
    ("RFL", CHUNKED, ["-oo", "WAVELENGTHS=650,560,470", "{mutant}"]),
    ("RFL", ["--chunk", "11,9,2", "--fletcher32"], ["-oo", "ORTHO=NEAREST", "{mutant}"]),
    ("RAD", ["--generation", "2"], ["-oo", "ORTHO=NO", "{mutant}"]),
    ("OBS", [], ["{mutant}"]),
    ("MASK", CHUNKED, ["{mutant}"]),
    ("MASK", ["--band-mask-type", "u64"], ["EMIT:{mutant}:band_mask"]),
    ("MASK", [], ["-oo", "MASK_FILE={mutant}", "-oo", "QUALITY_FLAGS=0,1,3,4", "-oo",
                  "BAND_MASK=YES", "{good}"]),
    ("MASK", ["--mask-version", "2"], ["-oo", "MASK_FILE={mutant}", "-oo", "CLOUD_BUFFER=2", "-oo",
                                       "QUALITY_WHERE=AOD550>0.3", "{good}"]),
    ("MIN", [], ["EMIT:{mutant}:group_1_mineral_id"]),
    ("MIN", ["--generation", "2"], ["EMIT:{mutant}:group_2_band_depth"]),
    ("MINUNCERT", [], ["EMIT:{mutant}:group_1_band_depth_unc"]),
]


def make(program, folder, product, flags):
    folder.mkdir(parents=True, exist_ok=True)
    command = [program, *SMALL, *flags, "--products", product, str(folder)]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


class Seed:
    """A granule, its structures, and which of its numbers are addresses of structures."""

    def __init__(self, path):
        self.content = path.read_bytes()
        self.regions = hdf5_regions.regions(self.content)
        wrong = [r for r in self.regions if not hdf5_regions.is_valid(self.content, r)]
        if wrong:
            sys.exit(f"{path}: {wrong[0].kind} at {wrong[0].start} is not understood")
        self.addresses = sorted({region.start for region in self.regions})
        known = set(self.addresses[1:])
        self.pointers = [
            (region, at) for region in self.regions for at in range(region.start, region.end - 7)
            if int.from_bytes(self.content[at : at + 8], "little") in known]


def new_number(chance, old, width, seed):
    choice = chance.randrange(6)
    if choice == 0:
        number = old + chance.choice((-2, -1, 1, 2))
    elif choice == 1:
        number = old ^ 1 << chance.randrange(8 * width)
    elif choice == 2:
        number = chance.getrandbits(8 * width)
    elif choice == 3 and width > 2:
        number = len(seed.content) + chance.randrange(-64, 64)
    else:
        number = chance.choice(INTERESTING)
    return number % (1 << 8 * width)


def change_field(chance, content, seed):
    region = chance.choice(seed.regions)
    at, width = chance.choice(region.fields)
    old = int.from_bytes(content[at : at + width], "little")
    content[at : at + width] = new_number(chance, old, width, seed).to_bytes(width, "little")
    return region


def change_pointer(chance, content, seed):
    region, at = chance.choice(seed.pointers)
    target = chance.choice(seed.addresses + [region.start, len(content), 2**64 - 1])
    content[at : at + 8] = target.to_bytes(8, "little")
    return region


def change_bytes(chance, content, seed):
    """A run of any bytes; strings with it."""
    region = chance.choice(seed.regions)
    at = chance.randrange(region.start, region.end)
    for i in range(at, min(region.end, at + chance.choice((1, 2, 4, 16, 64)))):
        content[i] = chance.choice((0, 255, chance.randrange(256), content[i] ^ 1))
    return region


def copy_over(chance, content, seed):
    """One structure over another, as far as it goes."""
    region, other = chance.choice(seed.regions), chance.choice(seed.regions)
    count = min(region.end - region.start, other.end - other.start)
    content[region.start : region.start + count] = seed.content[other.start : other.start + count]
    return region


CHANGES = [change_field] * 6 + [change_pointer] * 2 + [change_bytes] * 2 + [copy_over]


def append(content, block):
    """The place of a block put at the end of the file."""
    content.extend(bytes(-len(content) % 8))
    content.extend(block)
    struct.pack_into("<Q", content, 28, len(content))
    return len(content) - len(block)


def share_children(chance, content, seed):
    """All pointers of one structure lead to the same place."""
    region, at = chance.choice(seed.pointers)
    for other, place in seed.pointers:
        if other is region:
            content[place : place + 8] = content[at : at + 8]
    return [region]


def raise_chunk_index(chance, content, seed):
    """More levels for a B-tree of version 1, of nodes that have one child 64 times."""
    places = [(region, at) for region, at in seed.pointers
              if region.kind == b"OHDR" and content[at - 3 : at - 1] == b"\3\2"]
    if not places:
        return share_children(chance, content, seed)
    region, at = chance.choice(places)
    tree = below = int.from_bytes(content[at : at + 8], "little")
    key = 8 + 8 * content[at - 1]
    used = struct.unpack_from("<H", content, tree + 6)[0]
    first, last = content[tree + 24 : tree + 24 + key], content[tree + 24 + used * (key + 8) :][:key]
    for level in range(1, chance.randrange(2, 12)):
        head = b"TREE" + struct.pack("<BBHQQ", 1, level, 64, 2**64 - 1, 2**64 - 1)
        below = append(content, head + (first + below.to_bytes(8, "little")) * 64 + last)
    content[at : at + 8] = below.to_bytes(8, "little")
    return [region]


def width(most):
    return (most.bit_length() - 1) // 8 + 1


def raise_btree(chance, content, seed):
    """More levels for a B-tree of version 2, of full nodes whose children are all the same."""
    places = [region for region in seed.regions
              if region.kind == b"BTHD" and content[region.start + 16 : region.start + 24] != b"\xff" * 8]
    if not places:
        return share_children(chance, content, seed)
    region = chance.choice(places)
    kind, node, record, depth = struct.unpack_from("<BIHH", content, region.start + 5)
    root, count = struct.unpack_from("<QH", content, region.start + 16)
    most, total = (node - 10) // record, 0
    counts = width(most)
    for level in range(1, depth + chance.randrange(2, 6)):
        pointer = 8 + counts + total
        here = (node - 10 - pointer) // (record + pointer)
        if level > depth:
            records = content[root + 6 : root + 6 + record] * here
            child = root.to_bytes(8, "little") + count.to_bytes(counts, "little") + bytes(total)
            body = b"BTIN" + bytes([0, kind]) + records + child * (here + 1)
            root = append(content, body + struct.pack("<I", hdf5_regions.lookup3(bytes(body)))
                          + bytes(node - len(body) - 4))
            count = here
        most = (here + 1) * most + here
        total = width(most)
        struct.pack_into("<H", content, region.start + 12, max(depth, level))
    struct.pack_into("<QH", content, region.start + 16, root, count)
    return [region]


FAN_IN = [share_children, raise_chunk_index, raise_chunk_index, raise_btree, raise_btree]


def crafted(seed, number, seed_number):
    """A file that leads to the same blocks again and again; all checksums are right."""
    chance = random.Random(f"fan-in:{seed_number}:{number}")
    content = bytearray(seed.content)
    for _ in range(chance.choice((1, 1, 2))):
        for region in chance.choice(FAN_IN)(chance, content, seed):
            hdf5_regions.repair(content, region)
    hdf5_regions.repair(content, seed.regions[0])
    return bytes(content)


def mutant(seed, number, seed_number):
    """The damaged bytes. One in ten keeps a checksum that no longer fits; one in fifty is cut."""
    chance = random.Random(f"{seed_number}:{number}")
    content = bytearray(seed.content)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        region = chance.choice(CHANGES)(chance, content, seed)
        if chance.random() < 0.9:
            hdf5_regions.repair(content, region)
    if chance.random() < 0.02:
        del content[chance.randrange(len(content)) :]
    return bytes(content)


def translate(arguments, limit):
    """Exit code (negative: signal; None: stopped), seconds, peak of memory in MB."""
    begin = time.monotonic()
    process = subprocess.Popen(
        ["gdal_translate", "-q", "-if", "EMIT", "--config", "GDAL_CACHEMAX", str(CACHE_MB),
         *arguments, "/vsimem/out.tif"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    old = signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.setitimer(signal.ITIMER_REAL, limit)
    _, status, usage = os.wait4(process.pid, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, old)
    process.returncode = code = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begin
    return None if seconds >= limit else code, seconds, usage.ru_maxrss / 1024


class Campaign:
    def __init__(self, program, work, seed_number, fan_in):
        self.work, self.seed_number = Path(work), seed_number
        self.change = crafted if fan_in else mutant
        self.findings = self.work / "findings"
        self.findings.mkdir(parents=True, exist_ok=True)
        good = make(program, self.work / "good", "RFL", [])
        self.jobs = []
        for i, (product, flags, arguments) in enumerate(JOBS):
            path = make(program, self.work / f"job{i}", product, flags)
            filled = [a.format(mutant=path, good=good) for a in arguments]
            code, _, peak = translate(filled, 60)
            if code != 0:
                sys.exit(f"gdal_translate cannot even read the undamaged granule: {filled}")
            self.jobs.append((Seed(path), path, filled, peak + 2 * CACHE_MB))

    def verdict(self, arguments, most_mb):
        code, seconds, peak = translate(arguments, LIMIT_SECONDS)
        if code is None:  # again, for the machine may have had other things to do
            code, seconds, peak = translate(arguments, 3 * LIMIT_SECONDS)
            if code is None or seconds > LIMIT_SECONDS:
                return "hang", seconds, peak
        if code < 0:
            return signal.Signals(-code).name, seconds, peak
        if peak > most_mb:
            return "memory", seconds, peak
        return "read" if code == 0 else "refused", seconds, peak

    def run(self, number):
        job = number % len(self.jobs)
        seed, path, arguments, most_mb = self.jobs[job]
        content = self.change(seed, number, self.seed_number)
        path.write_bytes(content)
        verdict, seconds, peak = self.verdict(arguments, most_mb)
        if verdict not in ("read", "refused"):
            name = f"{self.seed_number}-{number}-{verdict}.nc"
            (self.findings / name).write_bytes(content)
            print(f"{name}: {seconds:.1f} s, {peak:.0f} MB: {' '.join(arguments)}", flush=True)
        with open(self.work / "runs.csv", "a", newline="") as file:
            csv.writer(file).writerow([self.seed_number, number, job, verdict, f"{seconds:.2f}",
                                       f"{peak:.0f}"])
        return verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mkgranule")
    parser.add_argument("work")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fan-in", action="store_true")
    arguments = parser.parse_args()
    campaign = Campaign(arguments.mkgranule, arguments.work, arguments.seed, arguments.fan_in)
    numbers = range(arguments.first, arguments.first + arguments.count)
    verdicts = collections.Counter(campaign.run(number) for number in numbers)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())))
    sys.exit(set(verdicts) - {"read", "refused"} != set())


if __name__ == "__main__":
    main()
