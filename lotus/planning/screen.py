"""Which line stands on which scene: what sells goes first, and an offer is never lost. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lotus.documents.brief import Brief
from lotus.planning.arrange import SceneIdeas
from lotus.planning.captions import caption
from lotus.planning.copywriting import FACT, CopyLine, copy_line, is_offer
from lotus.planning.ideas import read
from lotus.planning.reading import fits_lines, reading_seconds

__all__ = ["card_lines", "headline", "scene_lines"]

_HOOK_CHARS = 36  # of a description that opens a video whose other scenes sell
_SHORT_CHARS = 30  # of a line that may stand beside another
_HEADLINE_CHARS = 26  # of an offer that stands large
_HURRY = 1.25  # how much faster a line may be read that would be lost otherwise
_CARD_SECONDS = 1.0  # that an end card takes of the time to read a line beside it


@dataclass(frozen=True)
class _LineRoom:
    """One scene: its ideas, the seconds to read in, and whether the end card is on it."""

    shot: SceneIdeas
    seconds: float
    card: bool

    @property
    def copy(self) -> list[CopyLine]:
        """The lines of its ideas, the most important first; none of an idea that was shown."""
        if self.shot.take:
            return []
        lines = [line for idea in self.shot.ideas if (line := copy_line(idea)) is not None]
        return sorted(lines, key=lambda line: -line.rank)


def card_lines(brief: Brief) -> tuple[str, ...]:
    """The lines of the end card."""
    return tuple(line for line in (brief.cta, brief.brand.name if brief.brand else None) if line)


def scene_lines(
    brief: Brief, shots: Sequence[SceneIdeas], seconds: Sequence[float]
) -> tuple[str | None, ...]:
    """A readable line or nothing for each scene; `seconds` are those that each can be read.

    Where the brief has something to sell, its lines stand alone and scenes that only describe a
    picture are silent; else the pictures' own words are shown. A prompt that speaks to the maker of
    the film shows none of them: what stands beside an instruction may be a part of it.
    """
    card = card_lines(brief)
    last = len(shots) - 1
    places = [
        _LineRoom(shot, time, bool(card) and i == last)
        for i, (shot, time) in enumerate(zip(shots, seconds, strict=True))
    ]
    described = not read(brief.prompt).instructed
    if described and not any(place.copy for place in places):
        return _described(places, card)
    return _selling(places, card, described)


def headline(brief: Brief, lines: Sequence[str | None]) -> int | None:
    """The scene of an ad whose offer stands large in the middle of a drawn board; None if no offer
    is short enough. It neither opens the video nor has the end card.
    """
    if brief.scenes or brief.kind != "ad":
        return None
    last = len(lines) - (1 if card_lines(brief) else 0)
    short = [
        i
        for i, line in enumerate(lines[:last])
        if i and line and len(line) <= _HEADLINE_CHARS and is_offer(line)
    ]
    return short[-1] if short else None


def _described(places: Sequence[_LineRoom], card: tuple[str, ...]) -> tuple[str | None, ...]:
    lines: list[str | None] = []
    for place in places:
        others = (*card, *(line for line in lines if line))
        hidden = place.shot.take or place.card
        lines.append(None if hidden else caption(place.shot.ideas, place.seconds, others))
    if places[-1].card and not places[-1].shot.take:
        _move_last(places, lines, card)
    return tuple(lines)


def _move_last(places: Sequence[_LineRoom], lines: list[str | None], card: tuple[str, ...]) -> None:
    """Show the last idea, which the end card covers, on the nearest scene that has the time."""
    for i in range(len(places) - 2, -1, -1):
        others = (*card, *(line for k, line in enumerate(lines) if line and k != i))
        line = caption(places[-1].shot.ideas, places[i].seconds * _HURRY, others)
        if line is not None:
            lines[i] = line
            return


def _selling(
    places: Sequence[_LineRoom], card: tuple[str, ...], described: bool
) -> tuple[str | None, ...]:
    lines: list[CopyLine | None] = []
    for i, place in enumerate(places):
        others = (*card, *(line.text for line in lines if line))
        lines_here = () if place.card else place.copy  # the end card stands alone if it can
        fitting = (line for line in lines_here if _fits(line.text, place, others))
        line = next(fitting, None)
        if described and line is None and i == 0:
            line = _hook(place, others)
        lines.append(line)
    for home, line in _owed(places):
        _put(line, home, places, lines, card)
    return tuple(line.text if line else None for line in lines)


def _hook(place: _LineRoom, others: tuple[str, ...]) -> CopyLine | None:
    """The first picture's own words, if they are few."""
    text = caption(place.shot.ideas, place.seconds, others, _HOOK_CHARS)
    return CopyLine(text, 1) if text else None


def _owed(places: Sequence[_LineRoom]) -> list[tuple[int, CopyLine]]:
    """Lines that have to be shown, the most important first, and the scenes they are from: each
    offer, message and fact, and the last of all.
    """
    lines = [(i, line) for i, place in enumerate(places) for line in place.copy]
    owed = [pair for pair in lines if pair[1].rank >= FACT or pair is lines[-1]]
    return sorted(owed, key=lambda pair: -pair[1].rank)


def _put(
    line: CopyLine,
    home: int,
    places: Sequence[_LineRoom],
    lines: list[CopyLine | None],
    card: tuple[str, ...],
) -> None:
    """Show a line in its own scene, or in the nearest that has less to say."""
    screen = " ".join((*card, *(one.text for one in lines if one))).casefold()
    if line.text.casefold() in screen:
        return
    near = sorted(range(len(places)), key=lambda i: (places[i].card, abs(i - home), i > home))
    for i in near:
        other = lines[i]
        if (other is None or other.rank < line.rank) and _fits(line.text, places[i], (), _HURRY):
            lines[i] = line
            return
    for i in near:
        other = lines[i]
        both = None
        if other is not None:
            both = _beside(*((other, line) if i <= home else (line, other)))
        if both is not None and _fits(both.text, places[i], (), _HURRY):
            lines[i] = both
            return


def _beside(one: CopyLine, other: CopyLine) -> CopyLine | None:
    """Two short lines as one, where neither is a sentence; None for any others."""
    if max(len(one.text), len(other.text)) > _SHORT_CHARS or one.text[-1] in "!?":
        return None
    return CopyLine(f"{one.text} · {other.text}", max(one.rank, other.rank))


def _fits(text: str, place: _LineRoom, others: tuple[str, ...], hurry: float = 1.0) -> bool:
    seconds = (place.seconds - (_CARD_SECONDS if place.card else 0.0)) * hurry
    known = any(text.casefold() in other.casefold() for other in others)
    return not known and fits_lines(text) and reading_seconds(text) <= seconds
