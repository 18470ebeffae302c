"""What a ranking cannot say, by how it was judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotus.experiments.fitting import Judgements
from lotus.experiments.ratings import Rating
from lotus.experiments.spread import LEAST_RATERS

__all__ = ["caveats_of"]

LEAST_SIDES = 10  # judgements of a contestant, before anything is said of its side
ONE_SIDED = 0.85  # of its judgements


def caveats_of(
    ratings: Sequence[Rating], judgements: Judgements, names: Sequence[str]
) -> tuple[str, ...]:
    """Sentences about raters, blocks and sides."""
    caveats = []
    raters = len({rating.rater for rating in ratings})
    if raters < LEAST_RATERS:
        people = "one rater" if raters == 1 else f"these {raters} raters"
        caveats.append(
            f"holds for {people}: how others would choose is not in the intervals "
            f"below {LEAST_RATERS} raters"
        )
    blocks = {rating.block for rating in ratings}
    if blocks == {""}:
        caveats.append(
            "no blocks are named: intervals are too narrow if judgements have prompts in common"
        )
    elif len(blocks) == 1:
        caveats.append("all judgements are of one block: the order holds for it alone")
    one_sided = _one_sided(judgements, names)
    if one_sided:
        caveats.append(
            f"{', '.join(one_sided[:5])} stood almost always on the same side: liking a side and "
            "liking it are the same here"
        )
    return tuple(caveats)


def _one_sided(judgements: Judgements, names: Sequence[str]) -> list[str]:
    left = np.bincount(judgements.left, minlength=len(names))
    every = left + np.bincount(judgements.right, minlength=len(names))
    share = left / np.maximum(every, 1)
    far = (every >= LEAST_SIDES) & (np.maximum(share, 1 - share) > ONE_SIDED)
    return [names[int(i)] for i in np.flatnonzero(far)]
