"""SVG bar charts, coloured by the page's style; bars show their value on hover."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil

Bars = Sequence[tuple[str, float]]

WIDTH, HEIGHT = 560, 210
LEFT, BOTTOM, TOP = 44, 24, 10
ROW = 30  # height of a horizontal bar with its gap
LETTER = 7  # approximate width of a letter of a label
STEPS = (4, 5, 6, 8, 10, 12, 16, 20, 24, 32)  # ends of scales whose quarters are short numbers


def columns(title: str, bars: Bars, unit: str) -> str:
    """Draw vertical bars over a scale from 0.

    Args:
        title: the accessible name of the chart.
        bars: labels and values.
        unit: the unit of the values.
    """
    top = scale_end(max((value for _, value in bars), default=0))
    plot = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT) / (len(bars) or 1)
    gap = step * 0.22 if step > 4 else 0
    every = ceil((max(map(len, dict(bars)), default=0) + 1) * LETTER / step)
    parts = [gridline(top * n / 4, top, plot) for n in range(5)]
    for number, (label, value) in enumerate(bars):
        left, height = LEFT + number * step, plot * max(value, 0) / top
        parts.append(
            f'<rect class="bar" x="{left + gap / 2:.1f}" y="{TOP + plot - height:.1f}" '
            f'width="{step - gap:.1f}" height="{height:.1f}" rx="{min(3, step / 6):.1f}">'
            f"<title>{escape(label)}: {figure(value)} {escape(unit)}</title></rect>"
        )
        if number % every == 0:
            parts.append(text(left + step / 2, HEIGHT - 7, label, "middle"))
    return svg(title, HEIGHT, parts)


def rows(title: str, bars: Bars, unit: str) -> str:
    """Draw horizontal bars, each with its label on the left and its value on the right.

    Args:
        title: the accessible name of the chart.
        bars: labels and values.
        unit: the unit of the values.
    """
    most = max((value for _, value in bars), default=0) or 1
    parts = []
    for number, (label, value) in enumerate(bars):
        top, width = number * ROW + 6, (WIDTH - 180) * value / most
        parts += [
            text(96, top + 14, label, "end", "label"),
            f'<rect class="bar" x="106" y="{top}" width="{max(width, 1):.1f}" height="20" rx="3"/>',
            text(114 + width, top + 14, f"{figure(value)} {unit}", "start", "label"),
        ]
    return svg(title, max(len(bars), 1) * ROW + 8, parts)


def svg(title: str, height: int, parts: Sequence[str]) -> str:
    """Wrap the parts of a chart in an `svg` element.

    Args:
        title: read aloud by a screen reader.
        height: in user units; the width is `WIDTH`.
        parts: elements in SVG, already escaped.
    """
    name = escape(title, quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name}">{"".join(parts)}</svg>'
    )


def gridline(value: float, top: float, plot: int) -> str:
    """Draw a horizontal grid line with its value.

    Args:
        value: where the line is, in the unit of the chart.
        top: the value at the upper edge of the plot.
        plot: the height of the plot in user units.
    """
    y = TOP + plot * (1 - value / top)
    line = f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return line + text(LEFT - 6, y + 4, figure(value), "end")


def text(x: float, y: float, content: str, anchor: str, style: str = "tick") -> str:
    """Draw a text.

    Args:
        x: in user units.
        y: of the baseline, in user units.
        content: the text.
        anchor: `start`, `middle` or `end`.
        style: the CSS class.
    """
    return (
        f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape(content)}</text>"
    )


def scale_end(most: float) -> float:
    """A round number at or above the largest value, with round quarters."""
    if most <= 0:
        return 4.0
    power = 1.0
    while power * 40 <= most:
        power *= 10
    while power * 4 > most:
        power /= 10
    return next((step * power for step in STEPS if step * power >= most), 40 * power)


def figure(value: float) -> str:
    """Format a value with about three digits: `1,240`, `37`, `3.5`; thousands `k`, millions `M`."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:.3g}M"
    if value >= 10_000:
        return f"{value / 1000:.3g}k"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
