"""The chart: bars as long as their amounts, no text that could be markup, the same bytes each time."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from gateway.documents.chart import COLOURS, Bars, Chart, Rect, Text, payments_chart, svg

HOSTILE = "<script>alert(1)</script>\"'&"


def chart(*amounts: int, title: str = "Payments") -> Chart:
    windows = [f"w{number}" for number in range(len(amounts))]
    return payments_chart(title, "sub", windows, [Bars(title, amounts)], currency="DKK", note="note")


def bars(drawn: Chart) -> list[Rect]:
    found = [shape for shape in drawn.shapes if isinstance(shape, Rect) and shape.colour == COLOURS[0]]
    return [shape for shape in found if shape.y > 80]


def test_bars_are_as_long_as_their_amounts_and_fall_below_zero():
    up, twice, down = bars(chart(100_000_00, 200_000_00, -100_000_00))
    assert abs(twice.height - 2 * up.height) <= 1
    assert abs(down.height - up.height) <= 1
    assert down.y == up.y + up.height


@pytest.mark.parametrize("amounts", [(0,), (1,), (-1,), (10**13, -(10**13)), tuple(range(60))])
def test_any_amounts_stay_inside_the_picture(amounts: tuple[int, ...]):
    drawn = chart(*amounts)
    for shape in drawn.shapes:
        if isinstance(shape, Rect):
            assert 0 <= shape.x <= shape.x + shape.width <= drawn.width
            assert 0 <= shape.y <= shape.y + shape.height <= drawn.height
        else:
            assert 0 <= shape.x <= drawn.width


def test_the_scale_says_its_unit():
    texts = [shape.text for shape in chart(250_000_000).shapes if isinstance(shape, Text)]
    assert "million DKK" in texts
    assert {"0", "0.5", "1", "1.5", "2", "2.5"} <= set(texts)


def test_names_are_text_and_never_markup():
    written = svg(chart(1, title=HOSTILE))
    assert "<script" not in written
    root = ElementTree.fromstring(written)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "title", "rect", "text"}
    assert HOSTILE in [element.text for element in root.iter()]
    assert not any("href" in name or name.startswith("on") for element in root.iter() for name in element.attrib)


def test_the_same_figures_give_the_same_bytes_and_danish_names_stay_as_they_are():
    drawn = svg(chart(1_000_00, title="Tårnby – æøå"))
    assert svg(chart(1_000_00, title="Tårnby – æøå")) == drawn
    assert "Tårnby – æøå" in drawn
