# SPDX-License-Identifier: MIT
"""From samples to rows of the table."""
import statistics
from dataclasses import asdict, dataclass
from typing import Optional

MEBIBYTE = 1 << 20


@dataclass
class Row:
    what: str
    ours: str
    against: str = ""
    ratio: Optional[float] = None  # of medians, by the clock
    pairs: Optional[float] = None  # median of the ratios of what ran one after the other
    cpu: Optional[float] = None  # of medians, by processor seconds
    limit: str = ""
    verdict: str = ""

    def as_dict(self):
        return asdict(self)


def passed(good):
    return "pass" if good else "SHORT"


def seconds(results, labels, what="wall"):
    return sum(results.median(label, what) for label in labels)


def timing(results, label):
    return f"{results.median(label, 'wall'):.2f} s (cpu {results.median(label, 'cpu'):.2f})"


def total(results, labels):
    """Of one label "0.20 s cp", of more "0.90 s: rows 0.30 + tables 0.40 + cp 0.20"."""
    text = f"{seconds(results, labels):.2f} s"
    if len(labels) == 1:
        return f"{text} {labels[0]}"
    parts = [f"{label} {results.median(label, 'wall'):.2f}" for label in labels]
    return f"{text}: {' + '.join(parts)}"


def pair_ratio(results, ours, labels):
    rounds = zip(results[ours], *(results[label] for label in labels))
    return statistics.median(first.wall / sum(s.wall for s in others) for first, *others in rounds)


def compare(results, sums, ours="ours", what="time"):
    """A row without a limit. "sums" are lists of labels: the cheapest of them counts."""
    labels = min(sums, key=lambda labels: seconds(results, labels))
    cpu = seconds(results, labels, "cpu")
    return Row(
        what,
        timing(results, ours),
        total(results, labels),
        results.median(ours, "wall") / seconds(results, labels),
        pair_ratio(results, ours, labels),
        results.median(ours, "cpu") / cpu if cpu > 0 else None,
    )


def time_ratio(results, sums, limit, ours="ours", what="time"):
    row = compare(results, sums, ours, what)
    row.limit = f"<= {limit:g}"
    row.verdict = passed(row.ratio <= limit)
    return row


def time_weighted(results, weights, what, ours="ours"):
    """Against a sum of parts of what others take."""
    allowed = sum(weight * results.median(label, "wall") for label, weight in weights.items())
    parts = [f"{w:g} x {label} {results.median(label, 'wall'):.2f}" for label, w in weights.items()]
    ratio = results.median(ours, "wall") / allowed
    return Row(
        what,
        timing(results, ours),
        f"{allowed:.2f} s: {' + '.join(parts)}",
        ratio,
        limit="<= 1",
        verdict=passed(ratio <= 1),
    )


def time_near(results, label, aim, tolerance, ours="ours"):
    row = compare(results, [[label]], ours)
    row.limit = f"{aim:g} +-{tolerance:.0%}"
    row.verdict = passed(abs(row.ratio / aim - 1) <= tolerance)
    return row


def time_at_most(results, limit, ours="ours", what="time in all"):
    wall = results.median(ours, "wall")
    return Row(what, timing(results, ours), limit=f"<= {limit:g} s", verdict=passed(wall <= limit))


def peer(results, label, factor=None):
    """How many times faster than a peer."""
    row = compare(results, [[label]], what=f"speed, against {label}")
    row.against += f", peak {results.median(label, 'peak') / MEBIBYTE:.0f} MiB"
    if factor:
        row.limit = f"<= 1/{factor:g}"
        row.verdict = passed(row.ratio <= 1 / factor)
    return row


def peak(results, ours="ours"):
    return results.median(ours, "peak") / MEBIBYTE


def peak_plain(results, ours="ours"):
    return Row("peak memory", f"{peak(results, ours):.0f} MiB")


def peak_extra(results, labels, extra, ours="ours"):
    """Against the one of "labels" that needs least."""
    label = min(labels, key=lambda label: results.median(label, "peak"))
    theirs = peak(results, label)
    return Row(
        "peak memory",
        f"{peak(results, ours):.0f} MiB",
        f"{theirs:.0f} MiB {label}",
        limit=f"+ {extra:.0f} MiB",
        verdict=passed(peak(results, ours) <= theirs + extra),
    )


def peak_near(results, label, tolerance, ours="ours"):
    theirs = peak(results, label)
    return Row(
        "peak memory",
        f"{peak(results, ours):.0f} MiB",
        f"{theirs:.0f} MiB {label}",
        peak(results, ours) / theirs,
        limit=f"<= {1 + tolerance:g}",
        verdict=passed(peak(results, ours) <= theirs * (1 + tolerance)),
    )


def peak_at_most(results, limit, ours="ours"):
    return Row(
        "peak memory",
        f"{peak(results, ours):.0f} MiB",
        limit=f"<= {limit:.0f} MiB",
        verdict=passed(peak(results, ours) <= limit),
    )


def bytes_at_most(what, read, limit, calls):
    return Row(
        what,
        f"{read:,} B in {calls:,} calls",
        limit=f"<= {limit:,} B",
        verdict=passed(read <= limit),
    )


def bytes_ratio(what, read, held, limit):
    return Row(
        what,
        f"{read:,} B",
        f"{held:,} B shown",
        read / held,
        limit=f"<= {limit:g}",
        verdict=passed(read <= limit * held),
    )


def not_measured(what, why):
    return Row(what, "", verdict=f"NOT MEASURED: {why}")
