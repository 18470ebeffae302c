"""Text into lines: fonts chosen, widths measured, lines broken evenly, shrunk to fit. Reads font
files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from lotus.composition.text import unicode
from lotus.composition.text.ass import alpha, clean, colour, escape, number
from lotus.composition.text.emoji import artwork
from lotus.composition.text.fonts import EMOJI, Face, FontBook
from lotus.composition.text.unicode import balanced, clusters, may_break

__all__ = [
    "CAP_HEIGHT",
    "PICTURE_EMS",
    "Block",
    "Line",
    "Setting",
    "TextRun",
    "setting_facts",
    "typeset",
]

CAP_HEIGHT = 0.66  # of Source Sans 3, in ems
PICTURE_EMS = 1.2  # what an emoji in colour takes of a line
# stands unseen where a picture is drawn: a neutral character, as emoji are, with one glyph
_PLACEHOLDER = "\U0001f600"
_MEASURED_AT = 1000  # pixels an em: so large that rounding to pixels does not matter
_SPLITS_WORDS_BELOW = 0.8
_HYPHEN = re.compile(r"\w-\w")
_MAX_HARD_LINES = 6  # more line ends than this are no layout but an accident
# (size, lines): the first that fits is taken, so a text grows to a second line before it shrinks
_STEPS = (
    (1.0, 0),
    (0.92, 0),
    (0.86, 1),
    (0.78, 1),
    (0.7, 2),
    (0.62, 4),
    (0.54, 7),
    (0.46, 12),
    (0.38, 99),
)


@dataclass(frozen=True)
class Setting:
    """How to set a text. `em_px` is the size of type, `leading` the distance of baselines in ems.

    `whole` is the caption that the text is a part of, see `FontBook.runs`.
    """

    em_px: float
    weight: int
    width_px: float
    height_px: float
    max_lines: int
    leading: float = 1.18
    tracking: float = 0.0
    whole: str = ""


@dataclass(frozen=True)
class TextRun:
    """A stretch of one line in one font. `tracking` and `stroke` in ems. A `picture` is drawn apart
    from the text, which keeps room for it.
    """

    text: str
    face: Face
    weight: int
    scale: float
    tracking: float
    stroke: float
    picture: Path | None = None

    @property
    def width(self) -> float:
        """In ems."""
        if self.picture is not None:
            return PICTURE_EMS
        return _advance(self.face.path, self.text) * self.scale + self.tracking * len(
            clusters(self.text)
        )


@dataclass(frozen=True)
class Line:
    """One line of a block; `mark` is the whole text's direction, so that wrapping cannot turn a
    line.
    """

    pieces: tuple[TextRun, ...]
    mark: str

    @property
    def width(self) -> float:
        """In ems."""
        return sum(piece.width for piece in self.pieces)

    @property
    def ascent(self) -> float:
        """From the top of libass's line box to the baseline, in ems."""
        return max((piece.face.ascent * piece.scale for piece in self.pieces), default=0.0)

    def pictures(self) -> Iterator[tuple[Path, float]]:
        """The emoji in colour, and where each begins: ems from the line's left edge."""
        if all(piece.picture is None for piece in self.pieces):
            return
        pieces = [part for piece in self.pieces for part in _without_end(piece)]
        texts = [piece.text if piece.picture is None else _PLACEHOLDER for piece in pieces]
        left = 0.0
        for index in unicode.visual_order(texts, self.mark):
            piece = pieces[index]
            if piece.picture is not None:
                yield piece.picture, left
            left += piece.width

    def body(
        self,
        em_px: float,
        ink: str | None = None,
        outline: str = "",
        inks: Sequence[str] = (),
        opacity: float = 1.0,
    ) -> str:
        """The line as ASS: every piece with its font, sized so that all have the same em.

        With `ink`, the colour of the letters, thin ones are thickened by a stroke instead of
        `outline`. `inks` gives each piece a colour of its own. `opacity` is that of the event.
        """
        parts = []
        hidden = False
        for i, piece in enumerate(self.pieces):
            paint = inks[i] if inks else ink
            size = em_px * piece.scale * (piece.face.ascent + piece.face.descent)
            font = f"\\fn{piece.face.name}\\b{piece.weight}\\fs{number(size)}"
            stroke = (
                f"\\bord{number(piece.stroke * em_px)}{colour(paint, 3)}"
                if paint and piece.stroke
                else outline
            )
            fill = colour(inks[i]) if inks else ""
            tags = f"{font}\\fsp{number(piece.tracking * em_px)}{stroke}{fill}"
            if hidden or piece.picture is not None:
                hidden = piece.picture is not None
                tags += alpha(0.0 if hidden else opacity)
            text = _PLACEHOLDER if hidden else escape(piece.text)
            parts.append(f"{{{tags}}}{self.mark if i == 0 else ''}{text}")
        return "".join(parts)


def _without_end(piece: TextRun) -> Iterator[TextRun]:
    """A stretch and the spaces at its end apart, as their direction is that of what is around."""
    text = piece.text.rstrip(" ")
    for part in (text, piece.text[len(text) :]):
        if part:
            yield replace(piece, text=part)


@dataclass(frozen=True)
class Block:
    """Lines of type that fit where they were asked to."""

    lines: tuple[Line, ...]
    em_px: float
    leading: float

    @property
    def width_px(self) -> float:
        """Of the widest line."""
        return max((line.width for line in self.lines), default=0.0) * self.em_px

    @property
    def step_px(self) -> float:
        """From one baseline to the next."""
        return self.em_px * self.leading

    @property
    def height_px(self) -> float:
        """From the top of the first line's capitals to the last baseline."""
        return self.em_px * CAP_HEIGHT + self.step_px * (len(self.lines) - 1)

    @property
    def rtl(self) -> bool:
        """Whether it reads from right to left."""
        return bool(self.lines) and self.lines[0].mark == unicode.RLM


def setting_facts(texts: Iterable[str]) -> dict[str, Any]:
    """What of how text is set differs from earlier versions in these texts: thin letters that are
    thickened, hyphens that join; nothing of other texts.
    """
    both = "\n".join(texts)
    facts = {"strokes": 2} if any(map(unicode.kana, both)) else {}
    return {**facts, "hyphens": 2} if _HYPHEN.search(both) else facts


Word = tuple[tuple[str, str], ...]  # (family, cluster) pairs that stay on one line


def typeset(text: str, setting: Setting, fonts: FontBook) -> Block:
    """The text at the largest size at which it fits, in evenly long lines."""
    paragraphs = [_words(p, setting.whole or text, fonts) for p in _paragraphs(text)]
    mark = unicode.mark(text)
    for scale, more in _STEPS:
        em = setting.em_px * scale
        # inside a word only when shrinking a little did not help
        rows = _break_all(
            paragraphs, setting.width_px / em, setting, fonts, scale < _SPLITS_WORDS_BELOW
        )
        lines = max(setting.max_lines + more, len(paragraphs))
        height = em * (CAP_HEIGHT + setting.leading * (len(rows or ()) - 1))
        if rows is not None and len(rows) <= lines and height <= setting.height_px:
            return Block(
                tuple(Line(_pieces(r, setting, fonts), mark) for r in rows), em, setting.leading
            )
    return _squeeze(paragraphs, mark, setting, fonts)


def _squeeze(
    paragraphs: Sequence[list[Word]], mark: str, setting: Setting, fonts: FontBook
) -> Block:
    """What fits nowhere is made as small as it takes: never out of the frame."""
    em = setting.em_px * 0.38
    while True:
        rows = _break_all(paragraphs, setting.width_px / em, setting, fonts, True) or []
        if em * setting.leading * len(rows) <= setting.height_px or em < 1:
            return Block(
                tuple(Line(_pieces(r, setting, fonts), mark) for r in rows), em, setting.leading
            )
        em *= 0.9


def _paragraphs(text: str) -> list[str]:
    rows = [row for line in clean(text).split("\n") if (row := line.strip())]
    return rows if len(rows) <= _MAX_HARD_LINES else [" ".join(rows)]


def _words(text: str, whole: str, fonts: FontBook) -> list[Word]:
    """Stretches between which a line may break; spaces end a stretch."""
    pairs = [
        (family, c)
        for family, run in fonts.runs(unicode.bracketed(text), whole)
        for c in clusters(run)
    ]
    words: list[list[tuple[str, str]]] = []
    for pair in pairs:
        if words and not may_break(words[-1][-1][1], pair[1]):
            words[-1].append(pair)
        else:
            words.append([pair])
    return [tuple(word) for word in words]


def _break_all(
    paragraphs: Sequence[list[Word]],
    limit: float,
    setting: Setting,
    fonts: FontBook,
    emergency: bool,
) -> list[Word] | None:
    """Every paragraph in balanced rows of at most `limit` ems, or None if a word is longer than
    that.
    """
    rows: list[Word] = []
    for words in paragraphs:
        if emergency:
            words = [part for word in words for part in _split(word, limit, setting, fonts)]
        widths = [_width(word, setting, fonts) for word in words]
        spaces = [
            _width(word[-1:], setting, fonts) if word[-1][1][0].isspace() else 0.0 for word in words
        ]
        if any(w - s > limit for w, s in zip(widths, spaces, strict=True)):
            return None
        rows += [tuple(p for i in row for p in words[i]) for row in balanced(widths, spaces, limit)]
    return rows


def _split(word: Word, limit: float, setting: Setting, fonts: FontBook) -> Iterator[Word]:
    part: Word = ()
    for pair in word:
        if part and _width((*part, pair), setting, fonts) > limit and not pair[1][0].isspace():
            yield part
            part = ()
        part = (*part, pair)
    yield part


def _width(word: Word, setting: Setting, fonts: FontBook) -> float:
    return sum(piece.width for piece in _pieces(word, setting, fonts, strip=False))


def _pieces(
    pairs: Word, setting: Setting, fonts: FontBook, strip: bool = True
) -> tuple[TextRun, ...]:
    """Neighbours of one family together. A script that joins its letters is never tracked."""
    end = len(pairs)
    while strip and end > 1 and pairs[end - 1][1][0].isspace():
        end -= 1
    runs: list[tuple[str, str, Path | None]] = []
    for family, cluster in pairs[:end]:
        picture = artwork(cluster) if family == EMOJI else None
        if picture is None and runs and runs[-1][::2] == (family, None):
            runs[-1] = (family, runs[-1][1] + cluster, None)
        else:
            runs.append((family, cluster, picture))
    return tuple(
        _picture(text, picture, setting, fonts)
        if picture is not None
        else _piece(family, text, setting, fonts)
        for family, text, picture in runs
    )


def _picture(text: str, picture: Path, setting: Setting, fonts: FontBook) -> TextRun:
    """Room for an emoji in colour: the placeholder's glyph, spaced to the width of a picture."""
    face = fonts.face(EMOJI, setting.weight)
    scale = fonts.scale(EMOJI)
    tracking = PICTURE_EMS - _advance(face.path, _PLACEHOLDER) * scale
    return TextRun(text, face, face.weight, scale, tracking, 0.0, picture)


def _piece(family: str, text: str, setting: Setting, fonts: FontBook) -> TextRun:
    first = family == fonts.files[0][0]
    face = fonts.face(family, setting.weight)
    return TextRun(
        text=text,
        face=face,
        # libass thickens a font much lighter than asked for; the first, maybe the brand's, stays as
        # it is
        weight=face.weight if first else max(face.weight, setting.weight),
        scale=fonts.scale(family),
        tracking=setting.tracking if first else 0.0,
        stroke=fonts.stroke(family) if setting.weight >= 600 else 0.0,
    )


@lru_cache(maxsize=64)
def _pillow_font(path: Path) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(path), _MEASURED_AT)


@lru_cache(maxsize=8192)
def _advance(path: Path, text: str) -> float:
    """Width of a shaped stretch, in ems; Pillow shapes with HarfBuzz, as libass does."""
    return float(_pillow_font(path).getlength(text)) / _MEASURED_AT
