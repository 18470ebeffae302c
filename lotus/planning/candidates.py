"""The best of several storyboards that a language model wrote for one brief. Pure.

A storyboard is better if it shows more of the brief and all of its facts, shows nothing that the
brief leaves out, shows less of it twice, moves the camera in more ways, and needed fewer repairs:
six shares from 0 to 1 with the weights below. They measure the plan; how a video looks is measured
by experiments, once there are clips.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from lotus.documents.storyboard import Storyboard
from lotus.planning.copywriting import FACT, copy_line
from lotus.planning.ideas import read
from lotus.planning.negatives import excluded
from lotus.planning.words import BREAK_BEFORE, DETERMINERS, MARKERS, word_set

__all__ = ["Candidate", "PlanScore", "best_of", "plan_score"]

_LITTLE = DETERMINERS.union(BREAK_BEFORE, *MARKERS.values())
_DENIALS = word_set("no not dont do show neve with avoi plea any excl kein ohne sans")
_STEM = 4  # letters: forms of one word begin alike
_COVERAGE, _FACTS, _EXCLUSIONS, _VARIETY, _MOVES, _SOUNDNESS = 0.3, 0.25, 0.1, 0.15, 0.05, 0.15


@dataclass(frozen=True)
class PlanScore:
    """Shares from 0 to 1: of the brief's words shown or said, of its facts and messages written, of
    its exclusions that no scene shows, of words that no other scene has, of camera moves that
    differ, and of scenes without a repair.
    """

    coverage: float
    facts: float
    exclusions: float
    variety: float
    moves: float
    soundness: float

    @property
    def total(self) -> float:
        """All of it, from 0 to 1."""
        return (
            _COVERAGE * self.coverage
            + _FACTS * self.facts
            + _EXCLUSIONS * self.exclusions
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
    brand = storyboard.brief.brand
    card = (storyboard.brief.cta or "", (brand.name or "") if brand else "")
    screen = _stems(" ".join((*card, *(scene.caption or "" for scene in scenes))))
    lines = (copy_line(idea) for idea in (*ideas.ideas, *ideas.ending))
    owed = [_stems(line.text) for line in lines if line is not None and line.rank >= FACT]
    left_out = [_stems(words) - _DENIALS for words in excluded(storyboard.brief.prompt)]
    pictures = _stems(" ".join(scene.description for scene in scenes))
    return PlanScore(
        coverage=len(covered) / len(goal) if goal else 1.0,
        facts=_share([len(stems & screen) >= len(stems) / 2 for stems in owed]),
        exclusions=_share([not stems & pictures for stems in left_out]),
        variety=1.0 - sum(pairs) / len(pairs) if pairs else 1.0,
        moves=len({scene.camera for scene in scenes}) / len(scenes),
        soundness=max(0.0, 1.0 - repairs / len(scenes)),
    )


def _share(truths: Sequence[bool]) -> float:
    return sum(truths) / len(truths) if truths else 1.0


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
