# SPDX-License-Identifier: MIT
"""Line charts as SVG text: panels side by side, x logarithmic with a tick at each point measured."""
import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 460, 300  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 34, 62
COLOURS = ("#0b6fb8", "#d1495b", "#3a7d44", "#7a4ea3")
STYLE = "font-family='sans-serif' font-size='12' fill='#333'"


@dataclass
class Panel:
    title: str
    x_label: str
    lines: dict  # label: [(x, y, lowest y, highest y)]; x above 0
    y_log: bool = False


def text(x, y, words, anchor="middle", extra=""):
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' {extra}>{escape(words)}</text>"


def segment(x1, y1, x2, y2, colour="#ddd"):
    return f"<path d='M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}' stroke='{colour}' fill='none'/>"


def short(value):
    for unit, least, letter in ((1e6, 1e6, "M"), (1e3, 1e4, "k")):
        if value >= least:
            return f"{value / unit:.3g}{letter}"
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"


def linear_ticks(highest):
    """From 0 to the first round step at or above "highest"."""
    rough = highest / 4
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough)
    return [step * number for number in range(math.ceil(highest / step - 1e-9) + 1)]


def log_ticks(lowest, highest):
    powers = range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)
    return [10.0**power for power in powers]


def scale(low, high, start, end, log):
    """Function from a value to a place."""
    shape = math.log10 if log else float
    low, high = shape(low), shape(high)
    return lambda value: start + (shape(value) - low) / ((high - low) or 1) * (end - start)


def x_ticks(panel, x_of):
    """The points measured, without those whose labels would overlap; the ends come first."""
    points = sorted({point[0] for points in panel.lines.values() for point in points})
    shown = []
    for x in [points[0], points[-1], *points[1:-1]]:
        if all(abs(x_of(x) - x_of(other)) > 4 * len(short(x) + short(other)) + 4 for other in shown):
            shown.append(x)
    return shown


def curve(points, colour, x_of, y_of):
    places = [(x_of(x), y_of(y)) for x, y, *_ in points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    yield f"<path d='M{path}' stroke='{colour}' stroke-width='2' fill='none'/>"
    for (x, y), (_, _, low, high) in zip(places, points):
        yield segment(x, y_of(low), x, y_of(high), colour)
        yield f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{colour}'/>"


def draw_panel(panel):
    points = [point for line in panel.lines.values() for point in line]
    lowest, highest = min(p[2] for p in points), max(p[3] for p in points)
    ticks = log_ticks(lowest, highest) if panel.y_log else linear_ticks(highest)
    x_of = scale(min(p[0] for p in points), max(p[0] for p in points), LEFT + 12, WIDTH - RIGHT - 18, True)
    y_of = scale(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP, panel.y_log)
    yield text(LEFT, 20, panel.title, "start", "font-weight='bold'")
    for tick in ticks:
        yield segment(LEFT, y_of(tick), WIDTH - RIGHT, y_of(tick))
        yield text(LEFT - 6, y_of(tick) + 4, short(tick), "end")
    for x in x_ticks(panel, x_of):
        yield segment(x_of(x), HEIGHT - BOTTOM, x_of(x), HEIGHT - BOTTOM + 4, "#333")
        yield text(x_of(x), HEIGHT - BOTTOM + 18, short(x))
    yield text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 36, panel.x_label)
    place = LEFT
    for (label, line), colour in zip(panel.lines.items(), COLOURS):
        yield from curve(line, colour, x_of, y_of)
        yield f"<circle cx='{place + 4}' cy='{HEIGHT - 12}' r='4' fill='{colour}'/>"
        yield text(place + 13, HEIGHT - 8, label, "start")
        place += 30 + 7 * len(label)


def draw(panels):
    width = WIDTH * len(panels)
    parts = [
        f"<g transform='translate({WIDTH * number} 0)'>" + "\n".join(draw_panel(panel)) + "</g>"
        for number, panel in enumerate(panels)
    ]
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {HEIGHT}' width='{width}' {STYLE}>"
    return "\n".join([head, f"<rect width='{width}' height='{HEIGHT}' fill='white'/>", *parts, "</svg>\n"])
