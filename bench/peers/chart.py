"""A bar chart of times as an SVG file: one group per query, one bar per engine, logarithmic."""

import html
import math

COLOURS = ["#2b6cb0", "#dd6b20", "#718096", "#2f855a", "#805ad5"]
BAR, GAP, HEIGHT, LEFT, TOP, BOTTOM = 9, 8, 300, 56, 56, 40


def powers(low, high):
    """The powers of ten from below `low` to above `high`."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0 ** exponent for exponent in range(first, max(last, first + 1) + 1)]


def svg(title, names, groups):
    """The chart's text. groups: [(label, {engine: milliseconds})]; an engine without a time has no bar."""
    times = [time for _, group in groups for time in group.values() if time and time > 0] or [1.0]
    ticks = powers(min(times), max(times))
    low, high = math.log10(ticks[0]), math.log10(ticks[-1])
    step = BAR * len(names) + GAP
    width = LEFT + step * len(groups) + 20
    bottom = TOP + HEIGHT

    def y(time):
        return bottom - HEIGHT * (math.log10(time) - low) / (high - low)

    def text(x, at, label, extra=""):
        return f'<text x="{x:.1f}" y="{at:.1f}" {extra}>{html.escape(label)}</text>'

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + BOTTOM}" '
           'font-family="sans-serif" font-size="11">',
           f'<rect width="{width}" height="{bottom + BOTTOM}" fill="white"/>',
           text(LEFT, 18, title, 'font-size="14" font-weight="bold"')]
    for index, name in enumerate(names):
        x = LEFT + 130 * index
        out.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{COLOURS[index % len(COLOURS)]}"/>')
        out.append(text(x + 15, 37, name))
    for tick in ticks:
        out.append(f'<line x1="{LEFT}" x2="{width - 10}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#ddd"/>')
        out.append(text(LEFT - 4, y(tick) + 4, f"{tick:g} ms", 'text-anchor="end"'))
    for position, (label, group) in enumerate(groups):
        left = LEFT + GAP / 2 + step * position
        for index, name in enumerate(names):
            time = group.get(name)
            if time and time > 0:
                top = y(time)
                out.append(f'<rect x="{left + BAR * index:.1f}" y="{top:.1f}" width="{BAR - 1}" '
                           f'height="{bottom - top:.1f}" fill="{COLOURS[index % len(COLOURS)]}">'
                           f'<title>{html.escape(f"{label} {name}: {time:.1f} ms")}</title></rect>')
        out.append(text(left + BAR * len(names) / 2, bottom + 15, label, 'text-anchor="middle"'))
    out.append("</svg>")
    return "\n".join(out) + "\n"


def write(path, title, names, groups):
    """Writes the chart; see svg()."""
    with open(path, "w") as file:
        file.write(svg(title, names, groups))
    return path
