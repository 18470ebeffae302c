"""The designed layouts: the lower third (a name strip) and the end card (brand and call to action).
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lotus.composition.captions.stage import (
    CaptionSpan,
    CaptionStage,
    PlacedCaption,
    block_events,
    box_event,
    first_and_rest,
    spans,
)
from lotus.composition.captions.styles import Box, CaptionStyle
from lotus.composition.text.ass import AssEvent, number
from lotus.composition.text.contrast import WHITE
from lotus.composition.text.typeset import CAP_HEIGHT, Block, Setting, typeset

__all__ = ["card_events", "strip_events", "title_events"]

_TITLE_SCRIM_OPACITY = 0.66
_GAP = 0.5  # between the lines and the rule, in ems of the title


def title_events(
    caption: PlacedCaption, style: CaptionStyle, stage: CaptionStage
) -> Iterator[AssEvent]:
    """A title alone: the picture dims, the first line is the title, the rest stands under a short
    rule.
    """
    card = _title(caption, style, stage)
    if card is None:
        return
    whole = Box(-2, -2, stage.width + 2, stage.height + 2)
    middle = stage.width / 2
    moves = (stage.fps, style.enter_seconds, style.exit_seconds)
    for span in spans(caption, *moves):
        yield box_event(
            6, span, whole, 0, stage.scheme.scrim, _TITLE_SCRIM_OPACITY * span.enter * span.leave
        )
    for span in spans(caption, *moves, 0.12):
        drop = (1 - span.enter) * style.rise * card.title.em_px
        opacity = span.enter * span.leave
        yield from block_events(
            8, span, card.title, middle, card.title_baseline + drop, 8, WHITE, opacity
        )
    for span in spans(caption, *moves, 0.3):
        half = card.rule.width / 2 * span.enter
        wider = replace(card.rule, left=middle - half, right=middle + half)
        yield box_event(7, span, wider, wider.height / 2, stage.scheme.accent, span.leave)
        opacity = span.enter * span.leave
        yield from block_events(
            8, span, card.below, middle, card.below_baseline, 8, "#e4e5e8", opacity
        )


@dataclass(frozen=True)
class _Title:
    """Where a title card's parts stand, in pixels; what stands below the rule may be nothing."""

    title: Block
    below: Block
    top: float
    rule: Box

    @property
    def title_baseline(self) -> float:
        return self.top + CAP_HEIGHT * self.title.em_px

    @property
    def below_baseline(self) -> float:
        return self.rule.bottom + _GAP * self.title.em_px + CAP_HEIGHT * self.below.em_px


def _title(caption: PlacedCaption, style: CaptionStyle, stage: CaptionStage) -> _Title | None:
    first, rest = first_and_rest(caption.text)
    safe = stage.safe
    em = style.size(stage.shape) * stage.short_px
    width = safe.width * style.measure
    height = safe.height * 0.5
    setting = Setting(
        em,
        style.weight,
        width,
        height,
        style.max_lines,
        style.leading,
        style.tracking,
        whole=caption.text,
    )
    title = typeset(first, setting, stage.fonts)
    below = typeset(
        rest,
        Setting(em * 0.42, 400, width, safe.height * 0.3, 3, 1.25, whole=caption.text),
        stage.fonts,
    )
    if not title.lines:
        return None
    gap = _GAP * title.em_px
    thick = 0.06 * title.em_px
    total = title.height_px + gap + thick + (gap + below.height_px if below.lines else 0)
    top = (safe.top + safe.bottom - total) / 2
    middle = stage.width / 2
    under = top + title.height_px + gap
    return _Title(
        title, below, top, Box(middle - 0.55 * em, under, middle + 0.55 * em, under + thick)
    )


_PLATE = "#0b0c0f"
_PLATE_OPACITY = 0.68
# the whole picture; and softly, once more, behind the words
_SCRIM_OPACITY = 0.42
_POOL_OPACITY = 0.54
# of the height: a logo may stand above
_CARD_TOP = 0.43
_CARD_BOTTOM = 0.78
_CARD_CENTRE = 0.565


def strip_events(
    caption: PlacedCaption, style: CaptionStyle, stage: CaptionStage
) -> Iterator[AssEvent]:
    """A dark plate that opens from a bar in the accent colour; the first line is the name."""
    strip = _strip(caption, style, stage)
    if strip is None:
        return
    for span in spans(caption, stage.fps, style.enter_seconds, style.exit_seconds):
        yield box_event(
            3, span, strip.opened(span.enter), 0.14 * strip.em, _PLATE, _PLATE_OPACITY * span.leave
        )
        yield box_event(
            4, span, strip.bar(span.enter), 0.06 * strip.em, stage.scheme.accent, span.leave
        )
    for span in spans(caption, stage.fps, style.enter_seconds, style.exit_seconds, 0.2):
        align, x = (9, strip.box.right) if strip.right else (7, strip.box.left)
        slide = (1 - span.enter) * 0.4 * strip.em
        x += (strip.pad + slide) * (-1 if strip.right else 1)
        opacity = span.enter * span.leave
        yield from block_events(5, span, strip.name, x, strip.name_baseline, align, WHITE, opacity)
        yield from block_events(
            5, span, strip.role, x, strip.role_baseline, align, "#e4e5e8", opacity
        )


@dataclass(frozen=True)
class _Strip:
    """Where a lower third's parts stand, in pixels. `right`: it stands at the right,
    its bar too.
    """

    box: Box
    em: float
    name: Block
    role: Block
    right: bool

    @property
    def pad(self) -> float:
        return 0.85 * self.em

    @property
    def name_baseline(self) -> float:
        return self.box.top + 0.5 * self.em + CAP_HEIGHT * self.name.em_px

    @property
    def role_baseline(self) -> float:
        below = (len(self.name.lines) - 1) * self.name.step_px
        return self.name_baseline + below + 0.42 * self.em + CAP_HEIGHT * self.role.em_px

    def opened(self, share: float) -> Box:
        width = self.box.width * share
        return (
            replace(self.box, left=self.box.right - width)
            if self.right
            else replace(self.box, right=self.box.left + width)
        )

    def bar(self, share: float) -> Box:
        half = self.box.height / 2 * min(1.0, share * 1.4)
        width = 0.2 * self.em
        middle = (self.box.top + self.box.bottom) / 2
        left = self.box.right - width if self.right else self.box.left
        return Box(left, middle - half, left + width, middle + half)


def _strip(caption: PlacedCaption, style: CaptionStyle, stage: CaptionStage) -> _Strip | None:
    first, rest = first_and_rest(caption.text)
    safe = stage.safe
    em = style.size(stage.shape) * stage.short_px
    measure = style.measure if stage.shape == "wide" else 0.86
    setting = Setting(
        em,
        style.weight,
        safe.width * measure,
        safe.height * 0.3,
        style.max_lines,
        1.1,
        whole=caption.text,
    )
    name = typeset(first, setting, stage.fonts)
    role = typeset(rest, replace(setting, em_px=em * 0.7, weight=400, max_lines=2), stage.fonts)
    if not name.lines:
        return None
    inner = name.height_px + (0.42 * em + role.height_px if role.lines else 0.0)
    width = max(name.width_px, role.width_px) + 1.7 * em
    height = inner + 1.06 * em
    right = "right" in caption.position or ("left" not in caption.position and name.rtl)
    left = safe.right - width if right else safe.left
    top = safe.top if "top" in caption.position else safe.bottom - height
    return _Strip(Box(left, top, left + width, top + height), em, name, role, right)


def card_events(
    caption: PlacedCaption, style: CaptionStyle, stage: CaptionStage
) -> Iterator[AssEvent]:
    """The end card: the picture dims, the brand's name comes up, the call to action opens as a
    button.
    """
    card = _card(caption, style, stage)
    if card is None:
        return
    whole = Box(-2, -2, stage.width + 2, stage.height + 2)
    for span in spans(caption, stage.fps, style.enter_seconds, style.exit_seconds):
        visible = span.enter * span.leave
        yield box_event(6, span, whole, 0, stage.scheme.scrim, _SCRIM_OPACITY * visible)
        yield _pool(span, card, stage, _POOL_OPACITY * visible)
    middle = stage.width / 2
    for span in spans(caption, stage.fps, style.enter_seconds, style.exit_seconds, 0.12):
        drop = (1 - span.enter) * style.rise * card.name.em_px
        opacity = span.enter * span.leave
        yield from block_events(
            8, span, card.name, middle, card.name_baseline + drop, 8, WHITE, opacity
        )
    for span in spans(caption, stage.fps, style.enter_seconds, style.exit_seconds, 0.34):
        yield _button(span, card, stage)
        if card.call.lines:
            late = max(0.0, span.enter * 2 - 1) * span.leave
            yield from block_events(
                8, span, card.call, middle, card.call_baseline, 8, stage.scheme.on_accent, late
            )


def _pool(span: CaptionSpan, card: _Card, stage: CaptionStage, opacity: float) -> AssEvent:
    """What dims the picture behind name and button, without an edge."""
    em = card.name.em_px
    middle = stage.width / 2
    half = max(card.name.width_px, card.button.width) / 2 + 1.1 * em
    top = card.name_baseline - CAP_HEIGHT * em - 0.8 * em
    box = Box(middle - half, top, middle + half, card.button.bottom + 0.8 * em)
    event = box_event(6, span, box, 1.4 * em, stage.scheme.scrim, opacity)
    return replace(event, tags=f"{event.tags}\\blur{number(0.8 * em)}")


@dataclass(frozen=True)
class _Card:
    """Where an end card's parts stand, in pixels."""

    name: Block
    call: Block
    name_baseline: float
    button: Box

    @property
    def call_baseline(self) -> float:
        middle = (self.button.top + self.button.bottom) / 2
        return middle - self.call.height_px / 2 + CAP_HEIGHT * self.call.em_px


def _button(span: CaptionSpan, card: _Card, stage: CaptionStage) -> AssEvent:
    """The button, or without a call to action a short rule: both open from their middle."""
    box = card.button
    middle = stage.width / 2
    least = min(box.height, box.width)
    half = (least + (box.width - least) * span.enter) / 2
    opacity = min(1.0, span.enter * 1.6) * span.leave
    radius = min(box.height / 2, 1.15 * card.call.em_px) if card.call.lines else box.height / 2
    wider = replace(box, left=middle - half, right=middle + half)
    return box_event(7, span, wider, radius, stage.scheme.accent, opacity)


def _card(caption: PlacedCaption, style: CaptionStyle, stage: CaptionStage) -> _Card | None:
    name, call = _card_blocks(caption, style, stage)
    if not name.lines:
        return None
    em = style.size(stage.shape) * stage.short_px
    width = 1.1 * em
    height = 0.07 * em
    gap = 0.5 * em
    if call.lines:
        width = call.width_px + 2.6 * call.em_px
        height = call.height_px + 1.5 * call.em_px
        gap = 0.62 * em
    total = name.height_px + gap + height
    highest = _CARD_TOP * stage.height
    lowest = _CARD_BOTTOM * stage.height - total
    top = max(highest, min(_CARD_CENTRE * stage.height - total / 2, lowest))
    left = (stage.width - width) / 2
    button_top = top + name.height_px + gap
    button = Box(left, button_top, left + width, button_top + height)
    return _Card(name, call, top + CAP_HEIGHT * name.em_px, button)


def _card_blocks(
    caption: PlacedCaption, style: CaptionStyle, stage: CaptionStage
) -> tuple[Block, Block]:
    """The name, and the call to action, which may be empty."""
    first, rest = first_and_rest(caption.text)
    em = style.size(stage.shape) * stage.short_px
    width = stage.safe.width
    room = (_CARD_BOTTOM - _CARD_TOP) * stage.height
    setting = Setting(
        em_px=em,
        weight=style.weight,
        width_px=width * style.measure,
        height_px=room * 0.55,
        max_lines=style.max_lines,
        leading=style.leading,
        tracking=style.tracking,
        whole=caption.text,
    )
    small = em * 0.46
    button = Setting(
        small,
        600,
        width * 0.86 - 2.6 * small,
        room * 0.3,
        max_lines=1,
        leading=1.15,
        whole=caption.text,
    )
    return typeset(first, setting, stage.fonts), typeset(rest, button, stage.fonts)
