"""What a model sells, and the cheapest clips that fill a video. Pure.

A hosted model makes clips of certain lengths and is paid for whole clips. A plan therefore starts
from the clips: those that cover the video for the least money, then scenes that fill them. A
dissolve shows two clips at once, so it needs frames that are bought and not shown; where there are
none, the scenes meet in a cut.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from lotus.documents.brief import LIMITS, Brief
from lotus.documents.scene import Transition
from lotus.planning.timing import DISSOLVE_SECONDS, needed_frames, share_frames, to_frames

__all__ = [
    "Offer",
    "affordable",
    "allowed_counts",
    "bought_frames",
    "cheapest_counts",
    "nearest_count",
    "offers_of",
    "scene_frames",
    "unused_share",
]

Rank = tuple[Decimal, int]  # the price, and how far the lengths are from those that were wished


@dataclass(frozen=True)
class Offer:
    """A clip that a model sells: how many frames of the video it can carry, and its price."""

    frames: int
    price: Decimal


def offers_of(prices: Mapping[Fraction, Decimal], fps: Fraction) -> tuple[Offer, ...]:
    """The offers by ascending frames, without those that cost no less than a longer one."""
    offers: list[Offer] = []
    for seconds, price in sorted(prices.items(), reverse=True):
        frames = int(seconds * fps)
        if frames and not (offers and price >= offers[-1].price):
            offers.append(Offer(frames, price))
    return tuple(reversed(offers))


def cheapest_counts(total: int, offers: Sequence[Offer], counts: range) -> tuple[int, ...]:
    """The numbers of clips with which `total` frames cost least; none if clips are too short."""
    prices: dict[int, Decimal] = {0: Decimal(0)}  # by the frames that are covered
    totals: dict[int, Decimal] = {}
    for count in range(1, counts.stop):
        after: dict[int, Decimal] = {}
        for frames, price in prices.items():
            for offer in offers:
                at = min(total, frames + offer.frames)
                if at not in after or price + offer.price < after[at]:
                    after[at] = price + offer.price
        prices = after
        if count in counts and total in prices:
            totals[count] = prices[total]
    least = min(totals.values(), default=None)
    return tuple(count for count, price in totals.items() if price == least)


def nearest_count(counts: Iterable[int], usual: int) -> int:
    """Of numbers of scenes that cost the same, the nearest to the usual; that if there are none."""
    return min(counts, key=lambda count: (abs(count - usual), -count), default=usual)


def scene_frames(
    brief: Brief, total: int, weights: Sequence[float], offers: Sequence[Offer]
) -> tuple[int, ...]:
    """`total` frames over scenes by weight, in the cheapest clips that carry so many scenes."""
    least = needed_frames(brief, total, len(weights))
    caps = (
        _clips(total, weights, least, offers)
        or _clips(total, weights, [0] * len(weights), offers)
        or [offers[-1].frames] * len(weights)
    )
    least = [min(frames, cap) for frames, cap in zip(least, caps, strict=True)]
    return share_frames(total, weights, least, caps)


def _clips(
    total: int, weights: Sequence[float], least: Sequence[int], offers: Sequence[Offer]
) -> list[int]:
    """The frames of a clip for each scene: the least price first, then the nearest to the weights.

    No clip is shorter than its scene needs; empty if no clips cover the total so.
    """
    ideals = [total * weight / sum(weights) for weight in weights]
    states: dict[int, tuple[Rank, tuple[int, ...]]] = {0: ((Decimal(0), 0), ())}
    for ideal, floor in zip(ideals, least, strict=True):
        after: dict[int, tuple[Rank, tuple[int, ...]]] = {}
        for frames, ((price, distance), clips) in states.items():
            for offer in offers:
                if offer.frames < floor:
                    continue
                at = min(total, frames + offer.frames)
                rank = (price + offer.price, distance + round((offer.frames - ideal) ** 2))
                if at not in after or rank < after[at][0]:
                    after[at] = (rank, (*clips, offer.frames))
        states = after
    return list(states[total][1]) if total in states else []


def unused_share(frames: int, offers: Sequence[Offer]) -> float:
    """Frames that are bought with a scene and not shown, for each that is; 0 without offers."""
    return _room(frames, offers) / frames


def bought_frames(frames: int, offers: Sequence[Offer]) -> int:
    """The frames of the clip that is bought for a scene of so many."""
    return frames + _room(frames, offers)


def affordable(
    links: Sequence[Transition],
    frames: Sequence[int],
    offers: Sequence[Offer],
    fps: Fraction,
    own: Container[int] = (),
) -> tuple[Transition, ...]:
    """The transitions without what would buy a dearer clip: dissolves become shorter, or cuts.

    The clips of the scenes in `own` are the user's: nothing is bought for them.
    """
    return tuple(
        link if i in own else _within(link, _room(count, offers), fps)
        for i, (link, count) in enumerate(zip(links, frames, strict=True))
    )


def _room(frames: int, offers: Sequence[Offer]) -> int:
    """Frames that are bought with a scene and not shown by it."""
    place = bisect_left([offer.frames for offer in offers], frames)
    return offers[place].frames - frames if place < len(offers) else 0


def _within(link: Transition, room: int, fps: Fraction) -> Transition:
    if to_frames(link.duration_seconds, fps) <= room:
        return link
    if room < to_frames(min(DISSOLVE_SECONDS), fps):
        return Transition()
    return link.model_copy(update={"duration_seconds": float(room / fps)})


def allowed_counts(brief: Brief, seconds: float) -> range:
    """Numbers of scenes that a video of this length may have, a second each at least."""
    limits = LIMITS[brief.kind]
    return range(limits.min_scenes, min(limits.max_scenes, int(seconds)) + 1)
