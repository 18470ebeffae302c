"""The frames of an ad's scenes: by weight, with time to read the end, and no longer than a clip can be."""

from __future__ import annotations

from collections.abc import Sequence

from lotus.documents.brief import Brief
from lotus.planning.captions import reading_seconds
from lotus.planning.lengths import cap_frames
from lotus.planning.pacing import share_frames, to_frames
from lotus.planning.requests import least_frames

__all__ = ["weighed_frames"]

_CLOSING_SECONDS = 2.5
_CARD_ENTERS_SECONDS = 1.0  # the transition, and a breath before the card
_CLOSING_SHARE = 0.4  # of the whole video, at most


def weighed_frames(
    brief: Brief, total: int, weights: Sequence[float], carried: Sequence[int]
) -> tuple[int, ...]:
    """`total` frames over as many scenes as there are weights; `carried` is what the model's clips carry."""
    count = len(weights)
    cap = cap_frames(carried, total, count)
    least = [min(frames, cap or frames) for frames in _least(brief, total, count)]
    return share_frames(total, weights, least, [cap] * count)


def _least(brief: Brief, total: int, count: int) -> list[int]:
    """Frames that each scene needs: a second, and at the end of an ad the time to read the call to action."""
    one = min(least_frames(brief.fps), total // count)
    end = min(
        to_frames(_card_seconds(brief), brief.fps), int(total * _CLOSING_SHARE), total - one * (count - 1)
    )
    return [one] * (count - 1) + [max(one, end if brief.kind == "ad" else one)]


def _card_seconds(brief: Brief) -> float:
    words = " ".join(filter(None, (brief.brand.name if brief.brand else None, brief.cta)))
    return max(_CLOSING_SECONDS, _CARD_ENTERS_SECONDS + reading_seconds(words))
