"""Segments -> groups: neighbours that show one clip are rendered by one ffmpeg, which decodes it once. Pure.

A clip is cut into pieces, and a transition takes its last frames; each piece by itself would decode the clip
from its key frame on. What comes out is the same, piece by piece: groups are not in any key.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from lotus.composition.segments import Segment

__all__ = ["grouped"]


def grouped(
    pieces: Sequence[Segment], wanted: Sequence[int], rate: Fraction, most_frames: int
) -> tuple[tuple[int, ...], ...]:
    """The wanted indices (ascending) in groups of at most `most_frames`; a longer piece is a group alone."""
    groups: list[tuple[int, ...]] = []
    for index in wanted:
        last = groups[-1] if groups else ()
        if last and _together(pieces, (*last, index), rate, most_frames):
            groups[-1] = (*last, index)
        elif len(last) > 1 and _between_two(pieces, (*last, index), rate, most_frames):
            groups[-1:] = [last[:1], (*last[1:], index)]
        else:
            groups.append((index,))
    return tuple(groups)


def _between_two(pieces: Sequence[Segment], group: Sequence[int], rate: Fraction, most_frames: int) -> bool:
    """Whether the group begins and ends with a transition, and the rest could go without the first: that one
    needs all of the clip before, the last one only the first frames of the clip that follows."""
    return len(pieces[group[0]].shots) == len(pieces[group[-1]].shots) == 2 and _together(
        pieces, group[1:], rate, most_frames
    )


def _together(pieces: Sequence[Segment], group: Sequence[int], rate: Fraction, most_frames: int) -> bool:
    before, last = pieces[group[-2]], pieces[group[-1]]
    members = [pieces[i] for i in group]
    begins = [(shot.source, shot.start * rate + shot.first * shot.speed) for m in members for shot in m.shots]
    return (
        group[-1] == group[-2] + 1
        and before.shots[-1].source == last.shots[0].source
        and sum(member.frames for member in members) <= most_frames
        and not any(member.copied or member.overlays for member in members)
        and all(len(member.shots) < 2 for member in members[1:-1])  # a transition ends a group, or begins it
        and len(members[0].shots) + len(last.shots) < 4
        and len(set(begins)) == len(begins)  # or one stretch of a graph would have to serve two
    )
