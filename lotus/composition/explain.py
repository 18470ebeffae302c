"""Why a segment is rendered, or is not: its facts beside those of the nearest earlier segment.
Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lotus.composition.segments import Segment
from lotus.system.keys import differing_fields

__all__ = ["Fate", "KnownSegment", "explain_segments", "explain_sound"]

Facts = Mapping[str, Any]
REPLACED_FIELDS = (
    2  # a segment in the same place that differs in no more than the source and its length
)


@dataclass(frozen=True)
class KnownSegment:
    """A segment of an earlier composition."""

    key: str
    at_frame: int
    facts: Facts


@dataclass(frozen=True)
class Fate:
    """What happens to a segment (or to the sound), why, and what differs from the nearest earlier
    one.
    """

    key: str
    status: Literal["reused", "to render"]
    reason: str
    changed: tuple[str, ...] = ()


def explain_segments(
    segments: Sequence[Segment],
    keys: Sequence[str],
    facts: Sequence[Facts],
    missing: Collection[int],
    earlier: Sequence[KnownSegment],
) -> tuple[Fate, ...]:
    """A fate for each segment, in order; `missing` are the indices of those that are rendered."""
    first = {key: i for i, key in reversed([*enumerate(keys)])}
    keys_before = {one.key for one in earlier}
    fates = []
    for i, (segment, key) in enumerate(zip(segments, keys, strict=True)):
        if i in missing:
            fates.append(
                _to_render(key, _differences(segment, facts[i], earlier), key in keys_before)
            )
        elif first[key] in missing:
            fates.append(Fate(key, "reused", f"is the same as segment {first[key]}"))
        else:
            fates.append(Fate(key, "reused", "is kept"))
    return tuple(fates)


def explain_sound(key: str, facts: Facts, missing: bool, earlier: Mapping[str, Facts]) -> Fate:
    """The same of the sound, which is one piece."""
    if not missing:
        return Fate(key, "reused", "is kept")
    return _to_render(
        key, [differing_fields(facts, other) for other in earlier.values()], key in earlier
    )


def _differences(
    segment: Segment, facts: Facts, earlier: Sequence[KnownSegment]
) -> list[list[str]]:
    """Fields that differ from earlier segments of the same source, and from one that it took the
    place of.
    """
    differing = []
    for one in earlier:
        shots = facts["shots"]
        others = one.facts["shots"]
        if len(shots) != len(others):
            continue
        same = any(a["source"] == b["source"] for a, b in zip(shots, others, strict=True))
        if same or one.at_frame == segment.at_frame:
            fields = differing_fields(facts, one.facts)
            differing += [fields] if same or len(fields) <= REPLACED_FIELDS else []
    return differing


def _to_render(key: str, differences: Sequence[list[str]], known: bool) -> Fate:
    if known:
        return Fate(key, "to render", "was rendered before, but is no longer kept")
    nearest = min(map(tuple, differences), key=len, default=())
    if not nearest:
        return Fate(key, "to render", "is new: nothing like it was rendered before")
    return Fate(key, "to render", f"{', '.join(nearest)} changed", nearest)
