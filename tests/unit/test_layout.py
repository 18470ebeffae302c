"""Layouts and segments: every frame once, and keys that change only where the picture does."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotus.composition.layout import Layout, lay_out, to_frames
from lotus.composition.segments import (
    MIN_PIECE_FRAMES,
    PIECE_FRAMES,
    Segment,
    segment_facts,
    segment_key,
    segments,
)
from lotus.documents.scene import Transition
from lotus.documents.timeline import Caption, Overlay, Timeline, TimelineClip
from lotus.errors import InvalidInput, UnknownName

RATES = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60)]
seconds = st.floats(1.0, 9.0)
transitions = st.builds(
    Transition,
    kind=st.sampled_from(["cut", "dissolve", "wipe"]),
    duration_seconds=st.floats(0, 0.45),
)
clips = st.builds(
    TimelineClip,
    source=st.sampled_from(["a.mp4", "b.mp4", "c.jpg"]),
    duration_seconds=seconds,
    start_seconds=st.floats(0, 5),
    speed=st.sampled_from([0.5, 1.0, 1.5]),
    camera=st.sampled_from(["static", "zoom_in"]),
    transition=transitions,
)


@st.composite
def captions(draw: st.DrawFn) -> Caption:
    start = draw(st.floats(0, 20))
    return Caption(
        text=draw(st.sampled_from("xyz")),
        start_seconds=start,
        end_seconds=start + draw(st.floats(0.1, 4)),
    )


@st.composite
def overlays(draw: st.DrawFn) -> Overlay:
    start = draw(st.floats(0, 20))
    return Overlay(
        source="logo.png", start_seconds=start, end_seconds=start + draw(st.floats(0.1, 4))
    )


timelines = st.builds(
    Timeline,
    fps=st.sampled_from(RATES),
    clips=st.lists(clips, min_size=1, max_size=5).map(tuple),
    captions=st.lists(captions(), max_size=3).map(tuple),
    overlays=st.lists(overlays(), max_size=2).map(tuple),
)


def on_grid(timeline: Timeline) -> Timeline:
    """The timeline with lengths of whole frames, so that rounding does not depend on the place."""
    rate = timeline.fps

    def whole(seconds: float) -> float:
        return float(to_frames(seconds, rate) / rate)

    def clip(off: TimelineClip) -> TimelineClip:
        change = off.transition.model_copy(
            update={"duration_seconds": whole(off.transition.duration_seconds)}
        )
        update = {"duration_seconds": whole(off.duration_seconds or 0), "transition": change}
        return off.model_copy(update=update)

    return timeline.model_copy(update={"clips": tuple(map(clip, timeline.clips))})


def _cut(timeline: Timeline) -> tuple[Layout, tuple[Segment, ...]]:
    layout = lay_out(timeline, {})
    return layout, segments(timeline, layout)


def _key(piece: Segment, **shared: Any) -> str:
    return segment_key(segment_facts(piece, **shared))


def _keys(timeline: Timeline) -> list[str]:
    _, pieces = _cut(timeline)
    return [
        _key(piece, digest=str, canvas={"size": "1280x720"}, text={"font": "f"}) for piece in pieces
    ]


def _plain(*lengths: float, source: str = "a.mp4") -> Timeline:
    return Timeline(
        fps=Fraction(24),
        clips=tuple(TimelineClip(source=source, duration_seconds=length) for length in lengths),
    )


@given(st.floats(0, 3600), st.sampled_from(RATES))
def test_a_time_is_at_most_half_a_frame_off(time: float, rate: Fraction) -> None:
    assert abs(to_frames(time, rate) / rate - Fraction(time)) <= Fraction(1, 2) / rate + Fraction(
        1, 10**9
    )


@given(timelines)
def test_the_length_is_the_clips_less_the_overlaps(timeline: Timeline) -> None:
    layout = lay_out(timeline, {})
    assert layout.frames == sum(c.frames for c in layout.clips) - sum(
        c.overlap_after for c in layout.clips
    )


@given(timelines)
def test_segments_follow_each_other_and_add_up(timeline: Timeline) -> None:
    layout, pieces = _cut(timeline)
    at = 0
    for piece in pieces:
        assert piece.at_frame == at
        assert piece.frames > 0
        assert all(shot.frames == piece.frames for shot in piece.shots)
        at += piece.frames
    assert at == layout.frames


@given(timelines)
def test_every_frame_of_every_clip_is_shown_once_and_in_its_place(timeline: Timeline) -> None:
    layout, pieces = _cut(timeline)
    shown = [(piece.at_frame, piece, shot) for piece in pieces for shot in piece.shots]
    for clip in layout.clips:
        here = [
            (shot.first, shot.frames)
            for at, _, shot in shown
            if at - shot.first == clip.at_frame
            and (shot.source, shot.clip_frames) == (clip.source, clip.frames)
        ]
        covered = sorted(
            frame for first, frames in set(here) for frame in range(first, first + frames)
        )
        assert covered == list(range(clip.frames))


@given(timelines)
def test_bodies_are_cut_into_pieces_of_a_bearable_size(timeline: Timeline) -> None:
    layout, pieces = _cut(timeline)
    short_bodies = [end - first for first, end in (clip.body for clip in layout.clips)]
    for piece in pieces:
        if len(piece.shots) == 1:
            assert piece.frames <= PIECE_FRAMES * 1.5 + 1  # a last piece's spare frame
            assert piece.frames >= MIN_PIECE_FRAMES or piece.frames in short_bodies


@given(timelines)
def test_a_piece_carries_just_what_lies_over_it(timeline: Timeline) -> None:
    _, pieces = _cut(timeline)
    for piece in pieces:
        spans = [(c.start_frame, c.end_frame) for c in piece.captions]
        spans += [(o.start_frame, o.end_frame) for o in piece.overlays]
        assert all(start < piece.frames and end > 0 for start, end in spans)
    for caption in timeline.captions:
        start, end = (
            to_frames(s, timeline.fps) for s in (caption.start_seconds, caption.end_seconds)
        )
        for piece in pieces:
            over = piece.at_frame < end and start < piece.at_frame + piece.frames
            assert over == any(
                (c.start_frame + piece.at_frame, c.end_frame + piece.at_frame, c.text)
                == (start, end, caption.text)
                for c in piece.captions
            )


@given(timelines)
def test_the_same_timeline_has_the_same_keys(timeline: Timeline) -> None:
    again = Timeline.model_validate_json(timeline.model_dump_json())
    assert _keys(again) == _keys(timeline)


@given(
    st.lists(clips, min_size=2, max_size=5),
    st.randoms(use_true_random=False),
    st.sampled_from(RATES),
)
def test_clips_that_change_places_keep_their_keys(
    found: list[TimelineClip], random: object, rate: Fraction
) -> None:
    hard = [clip.model_copy(update={"transition": Transition()}) for clip in found]
    moved = list(hard)
    random.shuffle(moved)  # type: ignore[attr-defined]
    before = on_grid(Timeline(fps=rate, clips=tuple(hard)))
    after = on_grid(Timeline(fps=rate, clips=tuple(moved)))
    assert Counter(_keys(before)) == Counter(_keys(after))


@given(timelines)
def test_a_clip_put_in_front_changes_no_key_behind_it(timeline: Timeline) -> None:
    bare = on_grid(timeline.model_copy(update={"captions": (), "overlays": ()}))
    first = TimelineClip(source="new.mp4", duration_seconds=2)
    longer = bare.model_copy(update={"clips": (first, *bare.clips)})
    keys = _keys(bare)
    assert _keys(longer)[-len(keys) :] == keys


@given(st.lists(seconds, min_size=1, max_size=40), st.sampled_from(RATES))
def test_each_cut_is_within_half_a_frame_of_the_running_sum(
    lengths: list[float], rate: Fraction
) -> None:
    clips = tuple(TimelineClip(source="a", duration_seconds=length) for length in lengths)
    layout = lay_out(Timeline(fps=rate, clips=clips), {})
    exact = Fraction(0)
    for clip, length in zip(layout.clips, lengths, strict=True):
        assert abs(clip.at_frame - exact) <= Fraction(1, 2) + Fraction(len(lengths), 10**6)
        exact += Fraction(length) * rate
    assert abs(layout.frames - exact) <= Fraction(1, 2) + Fraction(len(lengths), 10**6)


@pytest.mark.parametrize("length", [0.1, 0.14, 0.5])
def test_short_clips_do_not_drift(length: float) -> None:
    clips = tuple(TimelineClip(source="a", duration_seconds=length) for _ in range(200))
    layout = lay_out(Timeline(fps=Fraction(25), clips=clips), {})
    assert abs(layout.frames - 200 * length * 25) <= 0.5


def test_transitions_off_the_grid_do_not_drift() -> None:
    change = Transition(kind="dissolve", duration_seconds=0.5)  # 12.5 frames
    clip = TimelineClip(source="a", duration_seconds=2, transition=change)
    layout = lay_out(Timeline(fps=Fraction(25), clips=(clip,) * 41), {})
    assert layout.frames == round((40 * 1.5 + 2) * 25)
    assert [c.at_frame for c in layout.clips] == [round(k * 37.5) for k in range(41)]


def test_where_a_clip_stands_changes_its_last_piece_alone() -> None:
    clip = TimelineClip(source="b.mp4", duration_seconds=9.51)
    keys = [
        _keys(Timeline(fps=Fraction(25), clips=(TimelineClip(source="a.mp4", **length), clip)))
        for length in ({"duration_seconds": 2.0}, {"duration_seconds": 2.03})
    ]
    assert keys[0][1:-1] == keys[1][1:-1]
    assert keys[0][-1] != keys[1][-1]


@given(timelines.filter(lambda timeline: timeline.captions), st.data())
def test_another_text_changes_only_the_pieces_under_the_caption(
    timeline: Timeline, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(timeline.captions) - 1))
    caption = timeline.captions[index]
    texts = [
        c.model_copy(update={"text": "new"}) if i == index else c
        for i, c in enumerate(timeline.captions)
    ]
    edited = timeline.model_copy(update={"captions": tuple(texts)})
    _, pieces = _cut(timeline)
    start, end = (to_frames(s, timeline.fps) for s in (caption.start_seconds, caption.end_seconds))
    under = [piece.at_frame < end and start < piece.at_frame + piece.frames for piece in pieces]
    changed = [a != b for a, b in zip(_keys(timeline), _keys(edited), strict=True)]
    assert changed == under


def test_a_caption_on_one_clip_leaves_the_other_clips_alone() -> None:
    bare = _plain(5, 5, 5)
    titled = bare.model_copy(
        update={"captions": (Caption(text="t", start_seconds=6, end_seconds=8),)}
    )
    assert set(_keys(bare)[-2:]) <= set(_keys(titled))
    assert set(_keys(bare)[:2]) <= set(_keys(titled))


def test_what_a_source_holds_is_in_the_key_and_its_name_is_not() -> None:
    _, (one, *_) = _cut(_plain(2))
    _, (renamed, *_) = _cut(_plain(2, source="b.mp4"))
    canvas = {"size": "1280x720"}
    same = [_key(s, digest=lambda _: "d", canvas=canvas, text={}) for s in (one, renamed)]
    assert same[0] == same[1]
    assert _key(one, digest=lambda _: "e", canvas=canvas, text={}) != same[0]


def test_fonts_count_only_where_there_is_text() -> None:
    timeline = _plain(2, 2).model_copy(update={"captions": (Caption(text="t", end_seconds=2),)})
    _, pieces = _cut(timeline)
    one, other = (
        [_key(piece, digest=str, canvas={}, text={"font": font}) for piece in pieces]
        for font in "fg"
    )
    assert [a == b for a, b in zip(one, other, strict=True)] == [False, True]


def test_the_canvas_counts_everywhere() -> None:
    _, (piece,) = _cut(_plain(2))
    keys = {_key(piece, digest=str, canvas={"ffmpeg": build}, text={}) for build in ("7.0", "7.1")}
    assert len(keys) == 2


def test_an_open_end_is_the_end_of_the_source() -> None:
    clip = TimelineClip(source="a.mp4", start_seconds=1, speed=2)
    timeline = Timeline(fps=Fraction(25), clips=(clip,))
    assert lay_out(timeline, {"a.mp4": Fraction(5)}).frames == 50


def test_the_last_transition_leads_nowhere() -> None:
    fade = Transition(kind="dissolve", duration_seconds=1)
    timeline = Timeline(
        fps=Fraction(24), clips=(TimelineClip(source="a", duration_seconds=2, transition=fade),)
    )
    assert lay_out(timeline, {}).frames == 48


def test_transitions_that_do_not_fit_are_refused_by_clip() -> None:
    fade = Transition(kind="dissolve", duration_seconds=1.5)
    clip = TimelineClip(source="a", duration_seconds=2, transition=fade)
    with pytest.raises(
        InvalidInput, match=r"clips\[1\]\.transition: .* 72 frames, but it has 48; shorten"
    ):
        lay_out(Timeline(fps=Fraction(24), clips=(clip, clip, clip)), {})


def test_a_clip_shorter_than_a_frame_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"clips\[0\]: is shorter than one frame"):
        lay_out(_plain(0.01), {})


def test_a_transition_that_nobody_knows_is_refused_with_the_choices() -> None:
    clip = TimelineClip(source="a", duration_seconds=2, transition=Transition(kind="disolve"))
    with pytest.raises(UnknownName, match="did you mean 'dissolve'"):
        lay_out(Timeline(fps=Fraction(24), clips=(clip, clip)), {})
