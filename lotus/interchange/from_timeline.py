"""Timeline -> cut: clips between the middles of their transitions, captions as markers. Pure.

What of a clip no suite shows as lotus does (a photo's move, a speed, a fit that crops) is written
into its file before (`lotus.interchange.media`), so a clip here is a plain stretch of a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from lotus.composition.layout import Layout, PlacedClip, to_frames
from lotus.composition.picture.transitions import CUT
from lotus.documents.timeline import AudioTrack, Caption, Overlay, Timeline
from lotus.interchange.cut import (
    DISSOLVE,
    Cut,
    CutClip,
    CutMarker,
    CutMedia,
    CutTrack,
    CutTransition,
)

__all__ = ["cut_of"]


def cut_of(
    name: str,
    timeline: Timeline,
    layout: Layout,
    pictures: Sequence[CutMedia],
    overlays: Sequence[CutMedia | None] = (),
    sounds: Sequence[CutMedia | None] = (),
) -> Cut:
    """The cut of a timeline; files are given for each clip of the layout, each overlay and each
    track of sound (None: it is left out).
    """
    picture = _picture(layout, pictures)
    own = _own_sound(layout, picture)
    laid_over = [
        _overlay_track(overlay, media, layout)
        for overlay, media in zip(timeline.overlays, overlays, strict=False)
        if media is not None
    ]
    audible = [
        _sound_track(track, media, layout)
        for track, media in zip(timeline.audio, sounds, strict=False)
        if media is not None
    ]
    tracks = [picture, *laid_over, *([own] if own.clips else []), *audible]
    return Cut(
        name=name,
        rate=layout.rate,
        frames=layout.frames,
        tracks=tuple(_name_track(track, tracks) for track in tracks if track.clips),
        markers=tuple(_marker(caption, layout.rate) for caption in timeline.captions),
        width=layout.width,
        height=layout.height,
        notes=_notes(timeline),
    )


def _name_track(track: CutTrack, tracks: Sequence[CutTrack]) -> CutTrack:
    same = [one for one in tracks if one.kind == track.kind and one.clips]
    place = next(i for i, one in enumerate(same) if one is track)
    return replace(track, name=f"{track.kind[0].upper()}{place + 1}")


def _notes(timeline: Timeline) -> dict[str, Any]:
    fields = {"background", "theme", "encoding"}
    return timeline.model_dump(mode="json", include=fields, exclude_defaults=True)


def _picture(layout: Layout, media: Sequence[CutMedia]) -> CutTrack:
    clips = []
    transitions = []
    for number, (pairs, file) in enumerate(zip(layout.clips, media, strict=True), 1):
        first = pairs.overlap_before // 2
        last = pairs.overlap_after - pairs.overlap_after // 2
        start = round(pairs.start * layout.rate) + first
        at = pairs.at_frame + first
        notes = {"volume": pairs.volume} if pairs.volume != 1 else {}
        clips.append(
            CutClip(
                name=f"{number:02} {file.name}",
                media=file,
                at=at,
                start=start,
                frames=pairs.frames - first - last,
                notes=notes,
            )
        )
        if pairs.overlap_after:
            transitions.append(_transition(pairs))
    return CutTrack("video", tuple(clips), tuple(transitions))


def _transition(place: PlacedClip) -> CutTransition:
    frames = place.overlap_after
    at = place.at_frame + place.frames - frames
    notes = {"kind": place.transition} if place.transition not in (CUT, DISSOLVE) else {}
    notes |= {"color": place.color} if place.color else {}
    return CutTransition(at, frames, frames // 2, place.transition, notes)


def _own_sound(layout: Layout, picture: CutTrack) -> CutTrack:
    """The sound of the clips, cross-faded where two follow each other."""
    clips = [
        replace(
            clip, gain=pairs.volume, notes={"own": True, **({"duck": True} if pairs.duck else {})}
        )
        for clip, pairs in zip(picture.clips, layout.clips, strict=True)
        if pairs.volume > 0 and clip.media is not None and clip.media.channels
    ]
    ends = {clip.end for clip in clips}
    begins = {clip.at for clip in clips}
    both = [one for one in picture.transitions if one.cut in ends and one.cut in begins]
    joins = tuple(replace(one, kind=DISSOLVE, notes={}) for one in both)
    return CutTrack("audio", tuple(clips), joins)


def _overlay_track(overlay: Overlay, media: CutMedia, layout: Layout) -> CutTrack:
    """A picture as large as the frame, see-through but for the overlay itself."""
    at = to_frames(overlay.start_seconds, layout.rate)
    end = min(to_frames(overlay.end_seconds, layout.rate), layout.frames)
    notes = {"fade_seconds": overlay.fade_seconds} if overlay.fade_seconds else {}
    clip = CutClip(media.name, media, at, 0, max(0, end - at), notes=notes)
    return CutTrack("video", (clip,) if clip.frames else ())


def _sound_track(track: AudioTrack, media: CutMedia, layout: Layout) -> CutTrack:
    rate = layout.rate
    at = to_frames(track.start_seconds, rate)
    start = to_frames(track.in_seconds, rate)
    frames = min(layout.frames - at, media.frames - start)
    if track.duration_seconds is not None:
        frames = min(frames, to_frames(track.duration_seconds, rate))
    if frames < 1:
        return CutTrack("audio", ())
    clip = CutClip(
        name=media.name,
        media=media,
        at=at,
        start=start,
        frames=frames,
        gain=track.volume,
        fade_in=min(frames, to_frames(track.fade_in_seconds, rate)),
        fade_out=min(frames, to_frames(track.fade_out_seconds, rate)),
        notes=track.model_dump(include={"role", "duck"}, exclude_defaults=True),
    )
    return CutTrack("audio", (clip,))


def _marker(caption: Caption, rate: Fraction) -> CutMarker:
    at = to_frames(caption.start_seconds, rate)
    end = to_frames(caption.end_seconds, rate)
    fields = {"position", "style", "word_seconds"}
    notes: Mapping[str, Any] = caption.model_dump(
        mode="json", include=fields, exclude_defaults=True
    )
    return CutMarker(at, max(1, end - at), caption.text, notes)
