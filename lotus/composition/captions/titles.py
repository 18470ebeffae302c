"""The title card: a title alone over the dimmed picture. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lotus.composition.captions.parts import block_events, box_event, first_and_rest
from lotus.composition.captions.stage import PlacedCaption, Stage, spans
from lotus.composition.captions.styles import Box, CaptionStyle
from lotus.composition.text.ass import Event
from lotus.composition.text.contrast import WHITE
from lotus.composition.text.typeset import CAP_HEIGHT, Block, Setting, typeset

__all__ = ["title_events"]

_SCRIM_OPACITY = 0.66
_GAP = 0.5  # between the lines and the rule, in ems of the title


def title_events(caption: PlacedCaption, style: CaptionStyle, stage: Stage) -> Iterator[Event]:
    """A title alone: the picture dims, the first line is the title, the rest stands under a short rule."""
    card = _title(caption, style, stage)
    if card is None:
        return
    whole, middle = Box(-2, -2, stage.width + 2, stage.height + 2), stage.width / 2
    moves = (stage.fps, style.enter_seconds, style.exit_seconds)
    for span in spans(caption, *moves):
        yield box_event(6, span, whole, 0, stage.scheme.scrim, _SCRIM_OPACITY * span.enter * span.leave)
    for span in spans(caption, *moves, 0.12):
        drop = (1 - span.enter) * style.rise * card.title.em_px
        opacity = span.enter * span.leave
        yield from block_events(8, span, card.title, middle, card.title_baseline + drop, 8, WHITE, opacity)
    for span in spans(caption, *moves, 0.3):
        half = card.rule.width / 2 * span.enter
        opened = replace(card.rule, left=middle - half, right=middle + half)
        yield box_event(7, span, opened, opened.height / 2, stage.scheme.accent, span.leave)
        opacity = span.enter * span.leave
        yield from block_events(8, span, card.below, middle, card.below_baseline, 8, "#e4e5e8", opacity)


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


def _title(caption: PlacedCaption, style: CaptionStyle, stage: Stage) -> _Title | None:
    first, rest = first_and_rest(caption.text)
    safe, em = stage.safe, style.size(stage.shape) * stage.short_px
    width, height = safe.width * style.measure, safe.height * 0.5
    setting = Setting(
        em, style.weight, width, height, style.max_lines, style.leading, style.tracking, whole=caption.text
    )
    title = typeset(first, setting, stage.fonts)
    below = typeset(
        rest, Setting(em * 0.42, 400, width, safe.height * 0.3, 3, 1.25, whole=caption.text), stage.fonts
    )
    if not title.lines:
        return None
    gap, thick = _GAP * title.em_px, 0.06 * title.em_px
    total = title.height_px + gap + thick + (gap + below.height_px if below.lines else 0)
    top, middle = (safe.top + safe.bottom - total) / 2, stage.width / 2
    under = top + title.height_px + gap
    return _Title(title, below, top, Box(middle - 0.55 * em, under, middle + 0.55 * em, under + thick))
