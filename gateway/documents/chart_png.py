"""A chart as a PNG picture, drawn with Pillow and the typeface that comes with it, so that no machine's fonts matter.

That typeface has no Danish letters: æ, ø and å are written ae, oe and aa, other letters lose their marks. The SVG of
the same chart writes every name as the contract does.
"""

from __future__ import annotations

import unicodedata
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from gateway.documents.chart import Chart, Rect

_SCALE = 2  # pixels for each unit of the chart: sharp in print
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
_LETTERS = str.maketrans(
    {"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa", "ß": "ss", "–": "-", "·": "-"}
)


def png(chart: Chart) -> bytes:
    """The chart as PNG bytes, the same for the same chart."""
    image = Image.new("RGB", (chart.width * _SCALE, chart.height * _SCALE), "white")
    draw = ImageDraw.Draw(image)
    for shape in chart.shapes:
        if isinstance(shape, Rect):
            if shape.width and shape.height:
                left, top = shape.x * _SCALE, shape.y * _SCALE
                right, bottom = left + shape.width * _SCALE - 1, top + shape.height * _SCALE - 1
                draw.rectangle((left, top, right, bottom), fill=shape.colour)
            continue
        draw.text(
            (shape.x * _SCALE, shape.y * _SCALE),
            plain(shape.text),
            fill=shape.colour,
            font=ImageFont.load_default(shape.size * _SCALE),
            anchor=_ANCHORS[shape.anchor],
            stroke_width=1 if shape.is_bold else 0,
        )
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def plain(text: str) -> str:
    """The text in letters that the typeface has; what has none becomes a question mark."""
    spelled = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    bare = "".join(letter for letter in spelled if not unicodedata.combining(letter))
    return bare.encode("ascii", "replace").decode("ascii")
