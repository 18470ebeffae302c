"""Which segments one ffmpeg renders: neighbours that show the same clip, within limits."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from lotus.composition.layout import lay_out
from lotus.composition.segments import Segment, group_segments, segments
from lotus.documents.timeline import Timeline

RATE = Fraction(24)
FADE = {"kind": "dissolve", "duration_seconds": 0.5}


def pieces(*names: str, seconds: float = 5, **more: object) -> tuple[Segment, ...]:
    clips = [{"source": name, "end_seconds": seconds, "transition": FADE} for name in names]
    line = Timeline.model_validate({"fps": "24", "clips": clips, **more})
    return segments(line, lay_out(line, {}))


def groups(
    found: tuple[Segment, ...], most: int = 200, wanted: list[int] | None = None
) -> list[tuple[int, ...]]:
    return list(
        group_segments(found, list(range(len(found))) if wanted is None else wanted, RATE, most)
    )


def test_a_clip_is_decoded_once_for_its_pieces_and_the_transition_that_ends_it() -> None:
    found = pieces("a", "b", "c")
    assert [len(piece.shots) for piece in found] == [1, 1, 2, 1, 1, 2, 1, 1]
    assert groups(found) == [(0, 1, 2), (3, 4, 5), (6, 7)]


def test_an_edit_is_spread_over_the_cores() -> None:
    """One clip replaced: each half takes the transition on its side."""
    assert groups(pieces("a", "b", "c"), most=60, wanted=[2, 3, 4, 5]) == [(2, 3), (4, 5)]


def test_a_transition_does_not_begin_a_group_that_another_could_end() -> None:
    """It would need all of the clip before it, for the sake of one piece of this one."""
    assert groups(pieces("a", "b", "c"), wanted=[2, 3, 4, 5, 6, 7]) == [(2,), (3, 4, 5), (6, 7)]


def test_pieces_that_share_nothing_or_are_not_neighbours_stay_alone() -> None:
    found = pieces("a", "b", "c")
    assert groups(found, wanted=[0, 2, 4]) == [(0,), (2,), (4,)]
    cut = [{"source": name, "end_seconds": 2} for name in ("a", "b")]
    line = Timeline.model_validate({"fps": "24", "clips": cut})
    assert groups(segments(line, lay_out(line, {}))) == [(0,), (1,)]


def test_the_same_stretch_twice_and_what_is_copied_stay_alone() -> None:
    again = [{"source": "a", "end_seconds": 2}, {"source": "a", "end_seconds": 1}]
    line = Timeline.model_validate({"fps": "24", "clips": again})
    found = segments(line, lay_out(line, {}))
    assert groups(found) == [(0,), (1,)]
    plain = pieces("a", "b")[:2]
    assert groups((plain[0], replace(plain[1], copied=True))) == [(0,), (1,)]


@given(st.lists(st.booleans(), min_size=8, max_size=8), st.integers(0, 300))
def test_every_wanted_piece_is_in_one_group_in_order(chosen: list[bool], most: int) -> None:
    found = pieces("a", "b", "c")
    wanted = [index for index, yes in enumerate(chosen) if yes]
    made = groups(found, most, wanted)
    assert [index for group in made for index in group] == wanted
    assert all(len(g) == 1 or sum(found[i].frames for i in g) <= most for g in made)
