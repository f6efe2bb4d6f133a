"""A chart of how cost grows with data, as SVG: both axes logarithmic, a line a series, no dependency."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 420, 70, 250, 30, 50
COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#7d5ba6", "#b8860b", "#2f4858", "#d1495b", "#00798c")
Series = Sequence[tuple[float, float]]


class Axes:
    """Where a value lies in the picture."""

    def __init__(self, points: Series) -> None:
        self.x0, self.x1 = _decades([x for x, _ in points])
        self.y0, self.y1 = _decades([y for _, y in points])

    def x(self, value: float) -> float:
        """From the left, in pixels."""
        return LEFT + (log10(value) - self.x0) / (self.x1 - self.x0) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """From the top, in pixels."""
        return HEIGHT - BOTTOM - (log10(value) - self.y0) / (self.y1 - self.y0) * (HEIGHT - TOP - BOTTOM)


def chart(title: str, across: str, up: str, series: Mapping[str, Series]) -> str:
    """The picture. Every value is above 0."""
    axes = Axes([point for line in series.values() for point in line])
    lines = [_line(axes, number, name, line) for number, (name, line) in enumerate(series.items())]
    return "\n".join([*_frame(title, across, up), *_grid(axes), *lines, "</svg>"]) + "\n"


def _frame(title: str, across: str, up: str) -> list[str]:
    middle = HEIGHT / 2
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(LEFT, 18, title, "start"),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, across),
        f'<g transform="rotate(-90 14 {middle})">{_text(14, middle, up)}</g>',
    ]


def _grid(axes: Axes) -> list[str]:
    found = []
    low, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for power in range(axes.x0, axes.x1 + 1):
        x = axes.x(10.0**power)
        found.append(f'<line x1="{x:.0f}" y1="{TOP}" x2="{x:.0f}" y2="{low}" stroke="#ddd"/>')
        found.append(_text(x, low + 16, f"{10.0**power:,.0f}"))
    for power in range(axes.y0, axes.y1 + 1):
        y = axes.y(10.0**power)
        found.append(f'<line x1="{LEFT}" y1="{y:.0f}" x2="{right}" y2="{y:.0f}" stroke="#ddd"/>')
        found.append(_text(LEFT - 6, y + 4, f"{10.0**power:g}", "end"))
    return found


def _line(axes: Axes, number: int, name: str, line: Series) -> str:
    colour = COLOURS[number % len(COLOURS)]
    places = [(axes.x(x), axes.y(y)) for x, y in line]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
    at = TOP + 18 * number + 10
    hollow = "white" if number >= len(COLOURS) else colour
    key = f'<rect x="{WIDTH - RIGHT + 14}" y="{at - 9}" width="10" height="10" fill="{hollow}" stroke="{colour}"/>'
    label = _text(WIDTH - RIGHT + 30, at, name, "start")
    dashed = ' stroke-dasharray="6 3"' if number >= len(COLOURS) else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>{dots}{key}{label}'


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)
