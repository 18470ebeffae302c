r"""The ASS subtitle format, as libass reads it: escaping, colours, times, shapes, the document.
Pure.

Text is escaped by construction: only `escape` makes text, only the other functions make tags. In
libass a
backslash is special before some letters and before braces, and `{` opens a block of tags, so a
backslash is
followed by a word joiner (U+2060, invisible) and an opening brace is written `\{`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

__all__ = [
    "AssEvent",
    "alpha",
    "boundary",
    "clean",
    "colour",
    "document",
    "escape",
    "number",
    "round_rectangle",
]

_JOINER = "\u2060"
_LINE_ENDS = str.maketrans(dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n") | {"\t": " "})
# embeddings, overrides and isolates reorder what is around them; marks (200E, 200F) are harmless
# and stay
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DROPPED = frozenset({"Cc", "Cs"})

_HEADER = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
LayoutResX: {width}
LayoutResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: None

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, \
Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Base,{font},20,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,\
0,0,0,0,100,100,0,0,1,0,0,7,0,0,0,-1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True)
class AssEvent:
    """What to show in [start_frame, end_frame): `tags` are ASS, `body` is escaped text
    or a shape.
    """

    layer: int
    start_frame: int
    end_frame: int
    tags: str
    body: str


def clean(text: str) -> str:
    """Any kind of line end becomes a newline; control characters and lone surrogates go."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_LINE_ENDS))
    return "".join(
        c
        for c in text
        if c == "\n" or (unicodedata.category(c) not in _DROPPED and c not in _BIDI_CONTROLS)
    )


def escape(text: str) -> str:
    """One line of text that libass shows literally."""
    return clean(text).replace("\n", " ").replace("\\", "\\" + _JOINER).replace("{", "\\{")


def number(value: float) -> str:
    """A number as ASS reads it: two decimals, never an exponent."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def colour(hex_color: str, which: int = 1) -> str:
    r"""`#rrggbb` as a tag: 1 is the fill, 3 the outline. ASS writes blue first."""
    red = hex_color[1:3]
    green = hex_color[3:5]
    blue = hex_color[5:7]
    return f"\\{which}c&H{blue}{green}{red}&".upper().replace("C&H", "c&H")


def alpha(opacity: float, which: int | None = None) -> str:
    r"""Opacity (0 to 1) as a tag; ASS counts transparency, 00 is opaque. Without `which`: of
    everything.
    """
    transparency = 255 - round(255 * min(1.0, max(0.0, opacity)))
    return f"\\{which or ''}{'a' if which else 'alpha'}&H{transparency:02X}&"


def boundary(frame: int, fps: Fraction) -> str:
    """The time half a frame before `frame`, so that rounding to ASS's 10 ms never moves a frame's
    text.

    Exact up to 80 frames a second; above that the grid of ASS is too coarse for some frames.
    """
    centiseconds = (
        max(0, int(Fraction(2 * frame - 1, 2) / fps * 100 + Fraction(1, 2))) if frame > 0 else 0
    )
    seconds, rest = divmod(centiseconds, 100)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:02}"


def round_rectangle(x: float, y: float, width: float, height: float, radius: float) -> str:
    """The path of a rectangle with round corners, as ASS drawing commands."""
    radius = max(0.0, min(radius, width / 2, height / 2))
    # 1 - 0.5523, a circle in Bezier curves
    right = x + width
    bottom = y + height
    k = radius * 0.4477
    path = (
        ("m", x + radius, y),
        ("l", right - radius, y),
        ("b", right - k, y, right, y + k, right, y + radius),
        ("l", right, bottom - radius),
        ("b", right, bottom - k, right - k, bottom, right - radius, bottom),
        ("l", x + radius, bottom),
        ("b", x + k, bottom, x, bottom - k, x, bottom - radius),
        ("l", x, y + radius),
        ("b", x, y + k, x + k, y, x + radius, y),
    )
    return " ".join(" ".join((c, *(number(v) for v in values))) for c, *values in path)


def document(
    events: Iterable[AssEvent], *, width: int, height: int, fps: Fraction, font: str
) -> str:
    """The whole file; `font` is what text without a font of its own would use."""
    return _HEADER.format(width=width, height=height, font=font) + "".join(
        f"Dialogue: {e.layer},{boundary(e.start_frame, fps)},{boundary(e.end_frame, fps)},"
        f"Base,,0,0,0,,{{{e.tags}}}{e.body}\n"
        for e in events
        if e.end_frame > max(0, e.start_frame)
    )
