#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What worker processes gain: examples/clear_sky.py alone and with 2 workers, in turns.

    GDAL_DRIVER_PATH=build tests/bench/scaling.py [--workers 2] [--runs 5] [-o KEY=VALUE]... GRANULE...

The workers are started and have read once before anything is timed. Each run does the same work in
this process and in the workers, the order changing from run to run; the table gives the medians
(smallest to largest) of elapsed and of processor time, of all workers together and of the busiest,
and the medians of the ratios run by run. Elapsed times mean something on an idle machine only;
processor times also beside other work. Results that differ in a bit end it.
"""
import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))

import clear_sky  # noqa: E402


def parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("-o", dest="options", action="append", default=[])
    parser.add_argument("granules", nargs="+")
    return parser.parse_args()


def processor_times(client):
    """Seconds of this process, and of each worker."""
    workers = client.run(time.process_time)
    return time.process_time(), [workers[address] for address in sorted(workers)]


def timed(parsed, who, client):
    """(seconds, processor seconds here, of each worker), result; "who" is None or the client."""
    before, workers_before = processor_times(client)
    began = time.perf_counter()
    whole = clear_sky.analyse(parsed.granules, parsed.options, parsed.rows, who)
    elapsed = time.perf_counter() - began
    after, workers_after = processor_times(client)
    spent = [end - start for start, end in zip(workers_before, workers_after)]
    return (elapsed, after - before, spent), whole


def same(one, other):
    return all(
        a.tobytes() == b.tobytes()
        for name in one
        for a, b in zip(one[name], other[name])
    )


def report(label, seconds):
    median, low, high = statistics.median(seconds), min(seconds), max(seconds)
    print(f"{label:34}{median:8.2f} s   ({low:.2f} to {high:.2f})")


def gain(label, alone, spread):
    ratio = statistics.median(one / other for one, other in zip(alone, spread))
    print(f"{label:34}{ratio:8.2f}")


def measure(parsed, client):
    """The samples of the runs after the first, alone and with the workers."""
    samples = {None: [], client: []}
    for run in range(parsed.runs + 1):
        order = (None, client) if run % 2 else (client, None)
        results = {}
        for who in order:
            sample, results[who] = timed(parsed, who, client)
            samples[who].append(sample)
        if not same(results[None], results[client]):
            sys.exit("the workers' result is not the serial one")
    return samples[None][1:], samples[client][1:]


def main():
    parsed = parse()
    with clear_sky.local_client(parsed.workers) as client:
        alone, spread = measure(parsed, client)
    print(f"{len(parsed.granules)} granules, windows of {parsed.rows} rows, {parsed.runs} runs")
    report("alone, elapsed", [sample[0] for sample in alone])
    report(f"{parsed.workers} workers, elapsed", [sample[0] for sample in spread])
    gain("speed-up", [sample[0] for sample in alone], [sample[0] for sample in spread])
    report("alone, processor", [sample[1] for sample in alone])
    report("workers together, processor", [sum(sample[2]) for sample in spread])
    report("the busiest worker, processor", [max(sample[2]) for sample in spread])
    gain("speed-up with a core for each", [sample[1] for sample in alone],
         [max(sample[2]) for sample in spread])


if __name__ == "__main__":
    main()
