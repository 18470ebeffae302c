"""The arc of a bed: intro, build, climax and ending, laid along a video. Pure, no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lotus.music.recipes import SAMPLE_RATE

__all__ = ["Arc", "ArcPart", "ArcSection", "ArcShape", "Stem", "shape_of", "usual_arc"]

Stem = Literal["rhythm", "tune"]  # drums and bass, and all else
ArcPart = Literal["intro", "build", "climax", "ending"]
Arc = tuple[tuple[int, str], ...]  # the sample at which each part begins, ascending

BEAT = 4  # steps
BAR = 16
RING_SECONDS = 1.9  # that the last chord rings at least
LONGEST_RING_SECONDS = 3.2  # from where an ending begins, else its last chord comes later
ROUND_SECONDS = 75.0  # a longer bed without an arc goes up and down again
_ENERGY: dict[str, tuple[float, float]] = {  # at the beginning of a part, and at its end
    "intro": (0.26, 0.36),
    "build": (0.46, 0.84),
    "climax": (1.0, 1.0),
    "ending": (0.6, 0.5),
}


@dataclass(frozen=True)
class ArcSection:
    """A part of the arc in sixteenth steps; `end` is the first step of the next."""

    start: int
    end: int
    part: str  # an ArcPart

    def energy(self, step: int) -> float:
        """How full it is at a step, 0 to 1."""
        first, last = _ENERGY[self.part]
        return first + (last - first) * (step - self.start) / max(1, self.end - self.start)


@dataclass(frozen=True)
class ArcShape:
    """The parts of a bed, and the step of its last chord."""

    sections: tuple[ArcSection, ...]
    final: int

    def at(self, step: int) -> ArcSection:
        """The part that a step lies in; the last one goes on after its end."""
        return next((s for s in reversed(self.sections) if s.start <= step), self.sections[0])


def usual_arc(samples: int) -> Arc:
    """The arc of a bed that nobody has given one: up to a climax, and an ending."""
    seconds = samples / SAMPLE_RATE
    ending = min(max(0.18 * seconds, 3.0), 7.0)
    if seconds <= ROUND_SECONDS:
        body = seconds - ending
        marks: list[tuple[float, ArcPart]] = [
            (0.0, "intro"),
            (0.24 * body, "build"),
            (0.62 * body, "climax"),
        ]
    else:
        marks = [(0.0, "intro")]
        rounds = max(1, round((seconds - ending - 8) / 48))
        each = (seconds - ending - 8) / rounds
        for number in range(rounds):
            marks += [(8 + number * each, "build"), (8 + (number + 0.6) * each, "climax")]
    if seconds > 4:
        marks.append((seconds - ending, "ending"))
    return tuple((round(at * SAMPLE_RATE), part) for at, part in marks)


def shape_of(arc: Arc, samples: int, step_samples: int) -> ArcShape:
    """The arc on the grid of beats: each part begins on the beat nearest to its sample."""
    beat = BEAT * step_samples
    starts: dict[int, str] = {0: arc[0][1] if arc[0][0] == 0 else "intro"}
    for at, part in arc:
        starts[BEAT * round(at / beat)] = part
    marks = sorted(starts.items())
    last_start, last_part = marks[-1]
    final = _final(last_start if last_part == "ending" else None, samples, step_samples)
    ends = [*(start for start, _ in marks[1:]), max(final, last_start + 1)]
    sections = (ArcSection(a, b, part) for (a, part), b in zip(marks, ends, strict=True))
    return ArcShape(tuple(sections), final)


def _final(ending: int | None, samples: int, step_samples: int) -> int:
    """The step of the last chord: as late as it can ring, on a half bar; where the ending has no
    room for more, it is the ending.
    """
    beat = BEAT * step_samples
    latest = int(max(samples - RING_SECONDS * SAMPLE_RATE, 0) / beat) * BEAT
    half_bar = latest // (BAR // 2) * (BAR // 2)
    if ending is None:
        return latest // BAR * BAR
    rings = samples - min(ending, latest) * step_samples
    if rings > LONGEST_RING_SECONDS * SAMPLE_RATE and half_bar > ending:
        return half_bar
    return min(ending, latest)
