"""Why a segment is rendered: the field that differs from the nearest earlier one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lotus.composition.explain import Fate, KnownSegment, explain_segments, explain_sound
from lotus.composition.layout import lay_out
from lotus.composition.segments import Segment, segment_facts, segment_key, segments
from lotus.documents.scene import Transition
from lotus.documents.timeline import Caption, Timeline, TimelineClip

FADE = Transition(kind="dissolve", duration_seconds=0.5)


def cut(
    timeline: Timeline, crf: int = 20
) -> tuple[tuple[Segment, ...], list[dict[str, Any]], list[str]]:
    pieces = segments(timeline, lay_out(timeline, {}))
    canvas = {"width": timeline.width, "codec": {"crf": crf}}
    facts = [segment_facts(piece, digest=str, canvas=canvas, text={}) for piece in pieces]
    return pieces, facts, [segment_key(fact) for fact in facts]


def remembered(timeline: Timeline) -> list[KnownSegment]:
    pieces, facts, keys = cut(timeline)
    return [
        KnownSegment(k, piece.at_frame, fact)
        for k, piece, fact in zip(keys, pieces, facts, strict=True)
    ]


def fates(after: Timeline, before: Timeline, crf: int = 20) -> list[Fate]:
    """What becomes of each segment when everything of `before` is kept."""
    pieces, facts, keys = cut(after, crf)
    kept = {one.key for one in remembered(before)}
    first = {key: i for i, key in reversed([*enumerate(keys)])}
    missing = {i for key, i in first.items() if key not in kept}
    return list(explain_segments(pieces, keys, facts, missing, remembered(before)))


def line(*sources: str, seconds: float = 2, **more: Any) -> Timeline:
    clips = tuple(
        TimelineClip(source=s, duration_seconds=seconds, transition=FADE) for s in sources
    )
    return Timeline(fps=Fraction(24), clips=clips, **more)


LINE = line("a", "b", "c", captions=(Caption(text="one", end_seconds=1),))


def test_what_did_not_change_is_kept() -> None:
    assert {(fate.status, fate.reason) for fate in fates(LINE, LINE)} == {("reused", "is kept")}


def test_a_changed_text_is_named() -> None:
    edited = LINE.model_copy(update={"captions": (Caption(text="two", end_seconds=1),)})
    assert [f.changed for f in fates(edited, LINE) if f.status == "to render"] == [
        ("captions[0].text",)
    ]


def test_a_replaced_clip_is_named_with_the_transitions_around_it() -> None:
    found = [f.changed for f in fates(line("a", "new", "c"), line("a", "b", "c"))]
    assert found == [(), ("shots[1].source",), ("shots[0].source",), ("shots[0].source",), ()]


def test_a_moved_trim_is_named() -> None:
    moved = [c.model_copy(update={"start_seconds": 1.0}) for c in LINE.clips[:1]]
    edited = LINE.model_copy(update={"clips": (*moved, *LINE.clips[1:])})
    found = [f for f in fates(edited, LINE) if f.status == "to render"]
    assert {f.changed for f in found} == {("shots[0].start",)}


def test_an_encoding_that_changed_is_named_everywhere() -> None:
    assert {f.changed for f in fates(LINE, LINE, crf=28)} == {("canvas.codec.crf",)}


def test_another_source_elsewhere_is_new() -> None:
    found = fates(line("a", "b", "c", "d"), line("a", "b", "c"))
    assert [f.reason for f in found[-2:]][1] == "is new: nothing like it was rendered before"


def test_what_was_rendered_before_and_is_gone_is_said_to_be_so() -> None:
    pieces, facts, keys = cut(LINE)
    found = explain_segments(pieces, keys, facts, set(range(len(keys))), remembered(LINE))
    assert {fate.reason for fate in found} == {"was rendered before, but is no longer kept"}


def test_equal_segments_are_rendered_once() -> None:
    twice = Timeline(fps=Fraction(24), clips=(TimelineClip(source="a", duration_seconds=2),) * 2)
    assert [f.reason for f in fates(twice, LINE)][1] == "is the same as segment 0"


@pytest.mark.parametrize(
    ("missing", "earlier", "status", "changed"),
    [
        (False, {}, "reused", ()),
        (True, {}, "to render", ()),
        (True, {"old": {"cues": [{"source": "x", "volume": 1}]}}, "to render", ("cues[0].volume",)),
        (True, {"key": {}}, "to render", ()),
    ],
)
def test_the_sound_is_one_piece(
    missing: bool, earlier: Any, status: str, changed: tuple[str, ...]
) -> None:
    fate = explain_sound("key", {"cues": [{"source": "x", "volume": 2}]}, missing, earlier)
    assert (fate.status, fate.changed) == (status, changed)


sources = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5)
texts = st.lists(st.sampled_from(["one", "two"]), max_size=2)
lines = st.builds(
    lambda names, seconds, words: line(
        *names, seconds=seconds, captions=tuple(Caption(text=w, end_seconds=1) for w in words)
    ),
    sources,
    st.sampled_from([1.5, 3]),
    texts,
)


@settings(max_examples=60, deadline=None)
@given(lines, lines)
def test_the_explanation_agrees_with_what_is_rendered(after: Timeline, before: Timeline) -> None:
    """Rendered is what no earlier composition holds, each once, and a named change is one that
    undoes it.
    """
    kept = {one.key: one for one in remembered(before)}
    _, facts, keys = cut(after)
    found = fates(after, before)
    rendered = [fate.key for fate in found if fate.status == "to render"]
    assert sorted(rendered) == sorted(set(keys) - set(kept))
    for fate, fact in zip(found, facts, strict=True):
        assert bool(fate.changed) == fate.reason.endswith(" changed")
        heads = {name.split(".")[0].split("[")[0] for name in fate.changed}
        if heads:
            rest = [{k: v for k, v in one.facts.items() if k not in heads} for one in kept.values()]
            assert {k: v for k, v in fact.items() if k not in heads} in rest
