"""What an edit touches: of random timelines, just the segments whose pictures change have other
keys.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lotus.composition.audio import mix_facts, mix_key, plan_mix
from lotus.composition.layout import Layout, lay_out, to_frames
from lotus.composition.segments import Segment, segment_facts, segment_key, segments
from lotus.documents.timeline import AudioTrack, Encoding, Overlay, Timeline, TimelineClip
from tests.unit.test_layout import on_grid, timelines


def cut(timeline: Timeline) -> tuple[Layout, tuple[Segment, ...], list[str]]:
    layout = lay_out(timeline, {})
    pieces = segments(timeline, layout)
    canvas = {"background": timeline.background, "codec": timeline.encoding.codec}
    facts = [
        segment_facts(piece, digest=str, canvas=canvas, text={"font": "f"}) for piece in pieces
    ]
    return layout, pieces, [segment_key(fact) for fact in facts]


def sound(timeline: Timeline) -> str:
    return mix_key(mix_facts(plan_mix(timeline, lay_out(timeline, {})), str, "build"))


def changed(timeline: Timeline, **update: Any) -> Timeline:
    return timeline.model_copy(update=update)


@given(timelines, st.data())
def test_a_replaced_clip_touches_its_body_and_the_transitions_beside_it(
    timeline: Timeline, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(timeline.clips) - 1))
    clips = list(timeline.clips)
    clips[index] = clips[index].model_copy(update={"source": "new.mp4"})
    layout, pieces, before = cut(timeline)
    _, _, after = cut(changed(timeline, clips=tuple(clips)))
    placed = layout.clips[index]
    inside = range(placed.at_frame, placed.at_frame + placed.frames)
    touched = [
        piece.at_frame in inside or piece.at_frame + piece.frames - 1 in inside for piece in pieces
    ]
    assert [a != b for a, b in zip(before, after, strict=True)] == touched


@given(timelines, st.data())
def test_a_changed_transition_touches_nothing_but_itself(
    timeline: Timeline, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(timeline.clips) - 1))
    clips = list(timeline.clips)
    if clips[index].transition.kind == "cut":
        return
    push = clips[index].transition.model_copy(update={"kind": "push"})
    clips[index] = clips[index].model_copy(update={"transition": push})
    layout, pieces, before = cut(timeline)
    _, _, after = cut(changed(timeline, clips=tuple(clips)))
    placed = layout.clips[index]
    last = index == len(clips) - 1
    at = placed.at_frame + placed.frames - placed.overlap_after
    touched = [
        len(piece.shots) == 2 and piece.at_frame == at and placed.overlap_after > 0 and not last
        for piece in pieces
    ]
    assert [a != b for a, b in zip(before, after, strict=True)] == touched


@given(timelines, st.sampled_from(["bed:calm", "music.wav"]), st.floats(0.1, 2))
def test_music_touches_no_picture_and_the_sound_always(
    timeline: Timeline, source: str, volume: float
) -> None:
    scored = changed(timeline, audio=(AudioTrack(source=source, volume=volume),))
    assert cut(scored)[2] == cut(timeline)[2]
    assert sound(scored) != sound(timeline)
    assert sound(changed(scored, captions=())) == sound(scored)


@given(timelines, st.floats(0, 15), st.floats(0.1, 4))
def test_an_overlay_touches_what_it_lies_over(
    timeline: Timeline, start: float, seconds: float
) -> None:
    """New edges may cut other pieces out of the same frames: what lies elsewhere keeps its key."""
    overlay = Overlay(source="badge.png", start_seconds=start, end_seconds=start + seconds)
    _, pieces, before = cut(timeline)
    with_badge = changed(timeline, overlays=(*timeline.overlays, overlay))
    _, others, after = cut(with_badge)
    first, end = (to_frames(s, timeline.fps) for s in (overlay.start_seconds, overlay.end_seconds))
    known = dict(zip([(p.at_frame, p.frames) for p in pieces], before, strict=True))
    for piece, key in zip(others, after, strict=True):
        over = piece.at_frame < end and first < piece.at_frame + piece.frames
        assert over == any(o.source == "badge.png" for o in piece.overlays)
        if (piece.at_frame, piece.frames) in known:
            assert (known[piece.at_frame, piece.frames] != key) == over


@given(timelines)
def test_a_background_that_is_not_seen_touches_nothing(timeline: Timeline) -> None:
    assert all(clip.fit == "cover" for clip in timeline.clips)
    assert cut(changed(timeline, background="#123456"))[2] == cut(timeline)[2]
    boxed = [clip.model_copy(update={"fit": "contain"}) for clip in timeline.clips]
    letterboxed = changed(timeline, clips=tuple(boxed))
    assert not set(cut(changed(letterboxed, background="#123456"))[2]) & set(cut(letterboxed)[2])


@given(timelines)
def test_another_codec_touches_everything(timeline: Timeline) -> None:
    prores = changed(timeline, encoding=Encoding(codec="prores"))
    assert not set(cut(prores)[2]) & set(cut(timeline)[2])
    assert sound(prores) != sound(timeline)


@given(timelines, st.integers(1, 10))
def test_a_timeline_repeated_has_nothing_new_but_its_seam(
    timeline: Timeline, gap_seconds: int
) -> None:
    """The same clips later in time have the same keys; the last clip, which led nowhere, may now
    lead on.
    """
    bare = on_grid(changed(timeline, captions=(), overlays=()))
    gap = TimelineClip(source="gap.mp4", duration_seconds=gap_seconds)
    last = bare.clips[-1].model_copy(update={"transition": gap.transition})
    twice = changed(bare, clips=(*bare.clips[:-1], last, gap, *bare.clips[:-1], last))
    once = Counter(cut(changed(bare, clips=(*bare.clips[:-1], last)))[2])
    both = Counter(cut(twice)[2])
    for key, count in once.items():
        assert both[key] == 2 * count
    _, pieces, _ = cut(twice)
    assert sum(piece.frames for piece in pieces) == lay_out(twice, {}).frames


@given(timelines, st.sampled_from([Fraction(24), Fraction(25), Fraction(60)]))
def test_frames_add_up_at_every_rate(timeline: Timeline, rate: Fraction) -> None:
    layout, pieces, _ = cut(changed(timeline, fps=rate))
    assert sum(piece.frames for piece in pieces) == layout.frames
    assert [piece.at_frame for piece in pieces] == sorted({piece.at_frame for piece in pieces})
