"""A bar chart of payments by window: a list of shapes, and those shapes as SVG. Nothing in it loads or runs.

Pure: the same figures give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gateway.wording import formats
from outcome_verifier.currencies import MINOR_DIGITS

INK, SOFT, LINE, PAPER = "#1c2a30", "#54656c", "#c9d6d9", "#ffffff"
COLOURS = ("#0d4a5b", "#d98a3d", "#7aa6b2", "#a3461c", "#9aa83c", "#5b4a8a")  # told apart in grey as well
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 24, 92, 64
_HEIGHT, _LEAST_WIDTH, _BAR, _GAP = 420, 760, 26, 26


@dataclass(frozen=True, slots=True)
class Bars:
    """One series of a chart: a name, and an amount in minor units for each window."""

    name: str
    amounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rect:
    x: int
    y: int
    width: int
    height: int
    colour: str


@dataclass(frozen=True, slots=True)
class Text:
    """`anchor` is start, middle or end; `y` is the base line."""

    x: int
    y: int
    text: str
    size: int
    anchor: str = "start"
    colour: str = INK
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    height: int
    title: str
    shapes: tuple[Rect | Text, ...]


def payments_chart(
    title: str, subtitle: str, windows: Sequence[str], series: Sequence[Bars], *, currency: str, note: str
) -> Chart:
    """Bars beside each other for each window, with a scale from zero, a legend and a note; amounts may be negative."""
    group = _BAR * len(series) + _GAP
    width = max(_LEAST_WIDTH, _LEFT + _RIGHT + group * len(windows))
    plot_width, plot_height = width - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    amounts = [amount for one in series for amount in one.amounts]
    step, low, high = _scale(min(0, *amounts, 0), max(0, *amounts, 0))
    unit, places = _unit(max(abs(low), abs(high)), MINOR_DIGITS[currency])

    def down(amount: int) -> int:
        return _TOP + round(plot_height * (high - amount) / (high - low))

    shapes: list[Rect | Text] = [
        Rect(0, 0, width, _HEIGHT, PAPER),
        Text(_LEFT, 30, title, 18, is_bold=True),
        Text(_LEFT, 50, subtitle, 12, colour=SOFT),
        Text(_LEFT - 10, _TOP - 14, f"{unit}{currency}", 11, "end", SOFT),
    ]
    for amount in range(low, high + 1, step):
        shapes.append(Rect(_LEFT, down(amount), plot_width, 1, INK if amount == 0 else LINE))
        shapes.append(Text(_LEFT - 10, down(amount) + 4, _short(amount, places), 11, "end", SOFT))
    room = plot_width // max(1, len(windows))
    for position, label in enumerate(windows):
        middle = _LEFT + room * position + room // 2
        left = middle - _BAR * len(series) // 2
        for number, one in enumerate(series):
            amount = one.amounts[position]
            top, bottom = sorted((down(amount), down(0)))
            shapes.append(Rect(left + _BAR * number + 1, top, _BAR - 2, bottom - top, COLOURS[number % len(COLOURS)]))
        shapes.append(Text(middle, _HEIGHT - _BOTTOM + 20, label, 12, "middle"))
    x = _LEFT
    for number, one in enumerate(series):
        shapes.append(Rect(x, 61, 11, 11, COLOURS[number % len(COLOURS)]))
        shapes.append(Text(x + 17, 71, one.name, 12))
        x += 17 + 7 * len(one.name) + 24
    shapes.append(Text(_LEFT, _HEIGHT - 16, note, 10, colour=SOFT))
    return Chart(width, _HEIGHT, title, tuple(shapes))


def svg(chart: Chart) -> str:
    """The chart as a self-contained SVG file; every text is escaped."""
    size = f'width="{chart.width}" height="{chart.height}" viewBox="0 0 {chart.width} {chart.height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="Arial, Liberation Sans, sans-serif">'
        f"<title>{escape(chart.title)}</title>{''.join(map(_element, chart.shapes))}</svg>\n"
    )


def _element(shape: Rect | Text) -> str:
    match shape:
        case Rect():
            place = f'x="{shape.x}" y="{shape.y}" width="{shape.width}" height="{shape.height}"'
            return f'<rect {place} fill="{shape.colour}"/>'
        case Text():
            weight = ' font-weight="700"' if shape.is_bold else ""
            place = f'x="{shape.x}" y="{shape.y}" font-size="{shape.size}" text-anchor="{shape.anchor}"'
            return f'<text {place}{weight} fill="{shape.colour}">{escape(shape.text)}</text>'


def _scale(least: int, most: int) -> tuple[int, int, int]:
    """A step of 1, 2 or 5 times a power of ten that makes about five lines, and the lines at both ends."""
    span = max(most - least, 1)
    power = 1
    while power * 10 * 5 <= span:
        power *= 10
    step = next(power * factor for factor in (1, 2, 5, 10, 20, 50) if span <= power * factor * 6)
    return step, least // step * step, -(-most // step) * step or step


def _unit(most: int, digits: int) -> tuple[str, int]:
    """The word before the currency, and how many places of it a minor unit is."""
    if most >= 10 ** (6 + digits):
        return "million ", 6 + digits
    return ("thousand ", 3 + digits) if most >= 10 ** (3 + digits) else ("", digits)


def _short(amount: int, places: int) -> str:
    """An amount in the axis's unit, with the decimals that it needs."""
    return formats.short_decimal(amount, formats.ENGLISH, places=places)
