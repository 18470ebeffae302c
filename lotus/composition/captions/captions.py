"""Captions as an ASS document for ffmpeg's `ass` filter. Pure but for reading fonts.

Every line of text is an event of its own, placed by its baseline: where lines break, how scripts
mix and how far apart lines stand is decided here and not by the renderer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from lotus.composition.captions.cards import card_events, strip_events, title_events
from lotus.composition.captions.stage import (
    CaptionSpan,
    CaptionStage,
    Place,
    PlacedCaption,
    picture_events,
    picture_halo,
    spans,
)
from lotus.composition.captions.styles import Box, CaptionStyle, caption_style
from lotus.composition.captions.word_times import marked, spoken_at, spoken_words
from lotus.composition.text.ass import AssEvent, alpha, colour, document, number, round_rectangle
from lotus.composition.text.contrast import BLACK, WHITE, scheme
from lotus.composition.text.fonts import FontBook
from lotus.composition.text.typeset import CAP_HEIGHT, Block, Line, Setting, typeset
from lotus.documents.timeline import Theme

__all__ = ["VERSION", "PlacedCaption", "ass_document"]

# of how captions look: part of a segment's key, raised when the same caption is drawn otherwise
VERSION = 3

UPPER = 0.25  # of the safe area's height, where `upper` has its middle

Layout = Callable[[PlacedCaption, CaptionStyle, CaptionStage], Iterator[AssEvent]]


def ass_document(
    captions: Sequence[PlacedCaption],
    *,
    width: int,
    height: int,
    fps: Fraction,
    theme: Theme,
    fonts: FontBook,
) -> str:
    """All captions of a piece of `width` x `height` pixels; an unknown style raises UnknownName."""
    stage = CaptionStage(width, height, fps, fonts, scheme(theme.colors))
    events = [event for caption in captions for event in _events(caption, stage)]
    base = fonts.face(fonts.files[0][0], 600).name
    return document(events, width=width, height=height, fps=fps, font=base)


def _events(caption: PlacedCaption, stage: CaptionStage) -> Iterator[AssEvent]:
    style = caption_style(caption.style)
    return LAYOUTS[style.layout](caption, style, stage)


def text_events(
    caption: PlacedCaption, style: CaptionStyle, stage: CaptionStage
) -> Iterator[AssEvent]:
    """Free text over the picture: a wide soft shade, a close shadow, the letters."""
    safe = stage.safe
    setting = Setting(
        em_px=style.size(stage.shape) * stage.short_px,
        weight=style.weight,
        width_px=safe.width * style.measure,
        height_px=safe.height * 0.9,
        max_lines=style.max_lines,
        leading=style.leading,
        tracking=style.tracking,
    )
    block = typeset(caption.text, setting, stage.fonts)
    if not block.lines:
        return
    x, first_baseline, align = _anchor(caption.position, block, safe)
    cut = _cut_lines(caption, block)
    for span in spans(caption, stage.fps, style.enter_seconds, style.exit_seconds):
        drop = (1 - span.enter) * style.rise * block.em_px
        if style.shade:
            yield _shade(span, block, style, x, first_baseline, align)
        for i, line in enumerate(block.lines):
            top = first_baseline + i * block.step_px + drop - line.ascent * block.em_px
            place = (x, top, align)
            yield _halo(span, line, style, block.em_px, place)
            yield from picture_halo(
                1, span, line, block.em_px, place, style.halo * _visibility(span)
            )
            for part, letters, inks in _letters(
                span, caption, line, cut[i], stage.scheme.highlight
            ):
                yield _ink(part, letters, style, block.em_px, place, inks)
            yield from picture_events(2, span, line, block.em_px, place, _visibility(span))


CutLine = tuple[Line, tuple[int, ...]]  # a line cut between words, and the word of each piece


def _cut_lines(caption: PlacedCaption, block: Block) -> list[CutLine | None]:
    if not caption.words:
        return [None] * len(block.lines)
    return list(marked(block.lines, spoken_words(caption.text)))


def _letters(
    span: CaptionSpan, caption: PlacedCaption, line: Line, cut: CutLine | None, highlight: str
) -> Iterator[tuple[CaptionSpan, Line, list[str]]]:
    """The letters of a line in a span, and each piece's colour: the word that is spoken is
    highlighted.
    """
    if cut is None:
        yield span, line, []
        return
    start = caption.start_frame
    (pieces, owners) = cut
    for a, b, word in spoken_at(caption.words, span.start_frame - start, span.end_frame - start):
        inks = [highlight if owner == word else WHITE for owner in owners]
        yield replace(span, start_frame=start + a, end_frame=start + b), pieces, inks


def _anchor(position: str, block: Block, safe: Box) -> tuple[float, float, int]:
    """x and first baseline in pixels, and ASS's alignment (7, 8, 9: a line's top left, centre,
    right).
    """
    cap = CAP_HEIGHT * block.em_px
    hang = 0.26 * block.em_px
    if "top" in position:
        baseline = safe.top + cap + 0.1 * block.em_px
    elif position == "upper":
        baseline = safe.top + UPPER * safe.height - block.height_px / 2 + cap
    elif "bottom" in position:
        baseline = safe.bottom - hang - (len(block.lines) - 1) * block.step_px
    else:
        baseline = (safe.top + safe.bottom) / 2 - block.height_px / 2 + cap
    if "left" in position:
        return safe.left, baseline, 7
    if "right" in position:
        return safe.right, baseline, 9
    return (safe.left + safe.right) / 2, baseline, 8


def _shade(
    span: CaptionSpan, block: Block, style: CaptionStyle, x: float, baseline: float, align: int
) -> AssEvent:
    """A blurred dark field a little larger than the text; it fades but does not move."""
    em = block.em_px
    width = block.width_px
    left = {7: x, 8: x - width / 2, 9: x - width}[align]
    path = round_rectangle(
        left - 0.35 * em,
        baseline - (CAP_HEIGHT + 0.25) * em,
        width + 0.7 * em,
        block.height_px + 0.6 * em,
        em,
    )
    tags = f"\\an7\\pos(0,0)\\bord0\\blur{number(min(90.0, 0.75 * em))}{colour(BLACK)}"
    return AssEvent(
        0,
        span.start_frame,
        span.end_frame,
        tags + alpha(style.shade * _visibility(span)) + "\\p1",
        path,
    )


def _halo(span: CaptionSpan, line: Line, style: CaptionStyle, em: float, place: Place) -> AssEvent:
    x, top, align = place
    dark = f"{colour(BLACK)}{colour(BLACK, 3)}{alpha(style.halo * _visibility(span))}"
    tags = f"\\an{align}\\pos({number(x)},{number(top + 0.025 * em)})"
    tags += f"\\bord{number(0.05 * em)}\\blur{number(0.13 * em)}{dark}"
    body = line.body(em, opacity=style.halo * _visibility(span))
    return AssEvent(1, span.start_frame, span.end_frame, tags, body)


def _ink(
    span: CaptionSpan, line: Line, style: CaptionStyle, em: float, place: Place, inks: Sequence[str]
) -> AssEvent:
    x, top, align = place
    outline = f"\\bord{number(style.outline * em)}{colour(BLACK, 3)}"
    tags = f"\\an{align}\\pos({number(x)},{number(top)}){colour(WHITE)}{alpha(_visibility(span))}"
    body = line.body(em, WHITE, outline, inks, opacity=_visibility(span))
    return AssEvent(2, span.start_frame, span.end_frame, tags, body)


def _visibility(span: CaptionSpan) -> float:
    return span.enter * span.leave


LAYOUTS: dict[str, Layout] = {
    "text": text_events,
    "spoken": text_events,
    "strip": strip_events,
    "card": card_events,
    "title_card": title_events,
}
