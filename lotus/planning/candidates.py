"""The best of several storyboards that a language model wrote for one brief. Pure.

A storyboard is better if it shows more of the brief, shows less of it twice, moves the camera in
more ways, and needed fewer repairs: four shares from 0 to 1 with the weights below. They measure
the plan; how a video looks is measured by experiments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from lotus.documents.storyboard import Storyboard
from lotus.planning.ideas import read
from lotus.planning.words import BREAK_BEFORE, DETERMINERS, MARKERS

__all__ = ["Candidate", "PlanScore", "best_of", "plan_score"]

_LITTLE = DETERMINERS.union(BREAK_BEFORE, *MARKERS.values())
_STEM = 4  # letters: forms of one word begin alike
_COVERAGE, _VARIETY, _MOVES, _SOUNDNESS = 0.5, 0.2, 0.1, 0.2


@dataclass(frozen=True)
class PlanScore:
    """Shares from 0 to 1: of the brief's words shown or said, of words that no other scene has, of
    camera moves that differ, and of scenes without a repair.
    """

    coverage: float
    variety: float
    moves: float
    soundness: float

    @property
    def total(self) -> float:
        """All of it, from 0 to 1."""
        return (
            _COVERAGE * self.coverage
            + _VARIETY * self.variety
            + _MOVES * self.moves
            + _SOUNDNESS * self.soundness
        )


@dataclass(frozen=True)
class Candidate:
    """A storyboard, and what was repaired in the answer that it is from."""

    storyboard: Storyboard
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> PlanScore:
        """How good the plan is."""
        return plan_score(self.storyboard, len(self.notes))


def best_of(candidates: Sequence[Candidate]) -> int:
    """The place of the best candidate, counted from 0; of equal ones the first."""
    return max(range(len(candidates)), key=lambda i: candidates[i].score.total)


def plan_score(storyboard: Storyboard, repairs: int = 0) -> PlanScore:
    """Measure a storyboard by its own words."""
    scenes = storyboard.scenes
    ideas = read(storyboard.brief.prompt)
    goal = _stems(" ".join(idea.text for idea in (*ideas.ideas, *ideas.ending)))
    words = [_stems(f"{scene.description} {scene.caption or ''}") for scene in scenes]
    covered = goal & frozenset().union(*words)
    pairs = [_overlap(a, b) for a, b in combinations(words, 2)]
    return PlanScore(
        coverage=len(covered) / len(goal) if goal else 1.0,
        variety=1.0 - sum(pairs) / len(pairs) if pairs else 1.0,
        moves=len({scene.camera for scene in scenes}) / len(scenes),
        soundness=max(0.0, 1.0 - repairs / len(scenes)),
    )


def _stems(text: str) -> frozenset[str]:
    """The beginnings of the words that mean something; of unspaced scripts pairs of letters."""
    words = re.findall(r"[^\W\d_]+|\d+", text.casefold())
    stems = {word[:_STEM] for word in words if word.isascii() and word not in _LITTLE}
    for word in words:
        if not word.isascii():
            stems.update(word[i : i + 2] for i in range(max(len(word) - 1, 1)))
    return frozenset(stems)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of words that two scenes have in common (Jaccard)."""
    return len(one & other) / len(one | other) if one | other else 0.0
