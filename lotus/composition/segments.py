"""Timeline -> segments: the pieces that are rendered, kept and reused one by one. Pure.

A segment is the body of one clip, a stretch of it, or a transition with the frames of both sides.
Its key holds everything that makes its pixels and nothing else: where it stands in time is not in
it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from lotus.composition.captions.captions import PlacedCaption
from lotus.composition.captions.styles import caption_style
from lotus.composition.captions.word_times import spoken_words, word_frames
from lotus.composition.layout import Layout, PlacedClip, to_frames
from lotus.composition.picture.copying import copied_run, plain
from lotus.composition.text.emoji import artwork_facts
from lotus.composition.text.typeset import setting_facts
from lotus.documents.brief import Camera, Fit
from lotus.documents.timeline import Caption, Timeline
from lotus.errors import InvalidInput
from lotus.media.facts import CutPoints
from lotus.system.keys import key_of

__all__ = [
    "PIECE_FRAMES",
    "PlacedOverlay",
    "Segment",
    "SourceRange",
    "group_segments",
    "place_captions",
    "segment_facts",
    "segment_key",
    "segments",
]

PIECE_FRAMES = (
    60  # bodies are cut into pieces of about this many frames: an edit spreads over all cores
)
COPY_VERSION = 1  # raise when the same stretch would be copied otherwise
MIN_PIECE_FRAMES = (
    12  # a caption's edge closer than this to another cut is not worth a piece of its own
)

Span = tuple[int, int]  # first frame and end, on the timeline


@dataclass(frozen=True)
class SourceRange:
    """`frames` frames of a clip, from its frame `first` on."""

    source: str
    start: (
        Fraction  # seconds of the source at the clip's frame 0; frame n is n * speed / rate later
    )
    speed: Fraction
    first: int
    frames: int
    fit: Fit
    camera: Camera
    clip_frames: int  # a camera move runs over the whole clip
    focus: tuple[float, float] | None = None  # what a crop keeps; None: the middle


@dataclass(frozen=True)
class PlacedOverlay:
    """A picture over a segment; frames are counted from the segment's start and may reach beyond
    it.
    """

    source: str
    start_frame: int
    end_frame: int
    position: str
    width_fraction: float
    opacity: float
    fade_frames: int


@dataclass(frozen=True)
class Segment:
    """One piece: one shot, or two with the transition between them."""

    at_frame: int
    frames: int
    shots: tuple[SourceRange, ...]
    transition: str
    captions: tuple[PlacedCaption, ...] = ()
    overlays: tuple[PlacedOverlay, ...] = ()
    color: str | None = None  # that a fade goes through, unless its own
    copied: bool = False  # its packets are the source's own


def place_captions(timeline: Timeline) -> list[PlacedCaption]:
    """The captions on the frame grid, counted from the timeline's start. An unknown style raises
    UnknownName, times that are not one a word InvalidInput.
    """
    return [_place_caption(caption, i, timeline.fps) for i, caption in enumerate(timeline.captions)]


def _place_caption(caption: Caption, index: int, rate: Fraction) -> PlacedCaption:
    start, end = (
        to_frames(seconds, rate) for seconds in (caption.start_seconds, caption.end_seconds)
    )
    caption_span = PlacedCaption(caption.text, start, end, caption.position, caption.style)
    if caption_style(caption.style).layout != "spoken":
        return caption_span
    words = spoken_words(caption.text)
    if caption.word_seconds and len(caption.word_seconds) != len(words):
        raise InvalidInput(
            file="",
            field=f"captions[{index}].word_seconds",
            reason=f"has {len(caption.word_seconds)} times for {len(words)} words",
            remedy="give one time a word, or none",
        )
    return replace(caption_span, words=word_frames(words, end - start, rate, caption.word_seconds))


def segments(
    timeline: Timeline, layout: Layout, copyable: Mapping[str, CutPoints] = MappingProxyType({})
) -> tuple[Segment, ...]:
    """The pieces in order; their frames add up to the layout's. Stretches of `copyable` sources
    that nothing lies over are copied from one cut point to another.
    """
    captions = place_captions(timeline)
    overlays = [
        PlacedOverlay(
            source=o.source,
            start_frame=to_frames(o.start_seconds, layout.rate),
            end_frame=to_frames(o.end_seconds, layout.rate),
            position=o.position,
            width_fraction=o.width_fraction,
            opacity=o.opacity,
            fade_frames=to_frames(o.fade_seconds, layout.rate),
        )
        for o in timeline.overlays
    ]
    spans = [(c.start_frame, c.end_frame) for c in captions] + [
        (o.start_frame, o.end_frame) for o in overlays
    ]
    return tuple(
        replace(
            piece,
            captions=tuple(_touching(captions, piece)),
            overlays=tuple(_touching(overlays, piece)),
        )
        for piece in _pieces(layout, spans, copyable)
    )


def _pieces(
    layout: Layout, spans: Sequence[Span], copyable: Mapping[str, CutPoints]
) -> Iterator[Segment]:
    edges = sorted({edge for span in spans for edge in span})
    for clip, following in zip(layout.clips, (*layout.clips[1:], None), strict=True):
        first, end = clip.body
        points = copyable.get(clip.source) if plain(clip) else None
        for start, stop in itertools.pairwise(
            _marks(first, end, [edge - clip.at_frame for edge in edges])
        ):
            covered = any(a < clip.at_frame + stop and b > clip.at_frame + start for a, b in spans)
            run = (
                copied_run(clip, start, stop, layout.rate, points)
                if points and not covered
                else None
            )
            yield from _stretch(clip, start, stop, run, clip.spare if stop == end else 0)
        if clip.overlap_after and following is not None:
            frames = clip.overlap_after
            pair = (_shot(clip, end, frames), _shot(following, 0, frames))
            yield Segment(following.at_frame, frames, pair, clip.transition, color=clip.color)


def _stretch(
    clip: PlacedClip, start: int, stop: int, run: tuple[int, int] | None, spare: int
) -> Iterator[Segment]:
    """A stretch of a body in pieces of about the same length, around the run that is
    copied whole.
    """
    before, after = run or (stop, stop)
    cuts = [(a, b, False) for a, b in _even_cuts(start, before, 0 if run else spare)]
    cuts += [(before, after, True)] if run else []
    cuts += [(a, b, False) for a, b in _even_cuts(after, stop, spare)]
    for a, b, copies in cuts:
        yield Segment(clip.at_frame + a, b - a, (_shot(clip, a, b - a),), "cut", copied=copies)


def _marks(first: int, end: int, edges: Iterable[int]) -> list[int]:
    """Where a body is cut at the edges of what lies over it."""
    marks = [first]
    for edge in edges:
        if edge - marks[-1] >= MIN_PIECE_FRAMES and end - edge >= MIN_PIECE_FRAMES:
            marks.append(edge)
    return [*marks, end] if end > first else []


def _even_cuts(start: int, stop: int, spare: int = 0) -> Iterator[tuple[int, int]]:
    """Cuts so that no piece is much too long. Where a clip stands may make it a frame longer or
    shorter (`spare`): that is its last piece's alone, and the others keep their keys.
    """
    length = stop + spare - start
    count = max(1, round(length / PIECE_FRAMES))
    cuts = [start + length * i // count for i in range(count)] if stop > start else []
    return itertools.pairwise([*(cut for cut in cuts if cut < stop), stop] if cuts else [])


def _shot(clip: PlacedClip, first: int, frames: int) -> SourceRange:
    return SourceRange(
        source=clip.source,
        start=clip.start,
        speed=clip.speed,
        first=first,
        frames=frames,
        fit=clip.fit,
        camera=clip.camera,
        clip_frames=clip.frames,
        focus=clip.focus,
    )


def _touching(items: Iterable[Any], piece: Segment) -> Iterator[Any]:
    """What lies over the piece, with frames counted from the piece's start."""
    for item in items:
        start = item.start_frame - piece.at_frame
        end = item.end_frame - piece.at_frame
        if start < piece.frames and end > 0:
            yield replace(item, start_frame=start, end_frame=end)


def segment_facts(
    segment: Segment,
    *,
    digest: Callable[[str], str],
    canvas: Mapping[str, Any],
    text: Mapping[str, Any],
    read: Callable[[SourceRange | PlacedOverlay], Mapping[str, Any]] = lambda item: {},
) -> dict[str, Any]:
    """All that makes the segment's pixels.

    `digest` gives a source's content hash; `canvas` is size, rate, encoding and ffmpeg's build;
    `text` (fonts and theme) counts only where there is text; `read` tells what of a source is read
    otherwise than by earlier versions.
    """

    def of(item: SourceRange | PlacedOverlay) -> dict[str, Any]:
        facts = {**_facts(item), "source": digest(item.source)}
        corrections = read(item)
        return {**facts, "read": dict(corrections)} if corrections else facts

    shots = [of(shot) for shot in segment.shots]
    facts = {
        "frames": segment.frames,
        "transition": segment.transition,
        "shots": shots,
        "captions": [_facts(caption) for caption in segment.captions],
        "overlays": [of(overlay) for overlay in segment.overlays],
        "canvas": _canvas_facts(segment, canvas, any("alpha" in s.get("read", ()) for s in shots)),
    }
    if segment.color:
        facts["color"] = segment.color
    if segment.copied:
        facts["canvas"] = {"rate": canvas["rate"], "copied": COPY_VERSION}
    if segment.captions:
        texts = [caption.text for caption in segment.captions]
        facts["text"] = {**text, **artwork_facts(texts), **setting_facts(texts)}
    return facts


def _canvas_facts(segment: Segment, canvas: Mapping[str, Any], through: bool) -> dict[str, Any]:
    """The background is seen only behind what does not fill the frame, or is transparent."""
    opaque = through or any(shot.fit == "contain" for shot in segment.shots)
    return {name: value for name, value in canvas.items() if opaque or name != "background"}


def segment_key(facts: Mapping[str, Any]) -> str:
    """The address of the segment that these facts make."""
    return key_of("segment", facts)


def _facts(item: Any) -> dict[str, Any]:
    facts = asdict(item)
    if facts.get("camera") == "static":
        facts.pop("clip_frames")  # only a moving camera depends on the length of the whole clip
    if facts.get("focus", ()) is None:
        facts.pop("focus")
    if facts.get("words") == ():
        facts.pop("words")
    return facts


def group_segments(
    pieces: Sequence[Segment], frames: Sequence[int], rate: Fraction, most_frames: int
) -> tuple[tuple[int, ...], ...]:
    """The wanted indices (ascending) in groups of at most `most_frames`; a longer piece is a group
    alone.
    """
    groups: list[tuple[int, ...]] = []
    for index in frames:
        last = groups[-1] if groups else ()
        if last and _together(pieces, (*last, index), rate, most_frames):
            groups[-1] = (*last, index)
        elif len(last) > 1 and _between_two(pieces, (*last, index), rate, most_frames):
            groups[-1:] = [last[:1], (*last[1:], index)]
        else:
            groups.append((index,))
    return tuple(groups)


def _between_two(
    pieces: Sequence[Segment], group: Sequence[int], rate: Fraction, most_frames: int
) -> bool:
    """Whether the group begins and ends with a transition, and the rest could go without the first:
    that one needs all of the clip before, the last one only the first frames of the clip that
    follows.
    """
    return len(pieces[group[0]].shots) == len(pieces[group[-1]].shots) == 2 and _together(
        pieces, group[1:], rate, most_frames
    )


def _together(
    pieces: Sequence[Segment], group: Sequence[int], rate: Fraction, most_frames: int
) -> bool:
    before = pieces[group[-2]]
    last = pieces[group[-1]]
    members = [pieces[i] for i in group]
    begins = [
        (shot.source, shot.start * rate + shot.first * shot.speed)
        for m in members
        for shot in m.shots
    ]
    return (
        group[-1] == group[-2] + 1
        and before.shots[-1].source == last.shots[0].source
        and sum(member.frames for member in members) <= most_frames
        and not any(member.copied or member.overlays for member in members)
        and all(
            len(member.shots) < 2 for member in members[1:-1]
        )  # a transition ends a group, or begins it
        and len(members[0].shots) + len(last.shots) < 4
        and len(set(begins)) == len(begins)  # or one stretch of a graph would have to serve two
    )
