"""Cut -> timeline: what is seen as clips with the handles that their transitions show. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from lotus.documents.parsing import read_model
from lotus.documents.timeline import Timeline
from lotus.errors import InvalidInput
from lotus.interchange.cut import Cut, CutClip, CutTrack, gaps
from lotus.interchange.merge import merge_tracks

__all__ = ["timeline_of"]

LONGEST = 3600  # seconds that `duration_seconds` takes
SAME_PLACE = 2  # frames by which a clip's own sound may be off


def timeline_of(cut: Cut, black: str, file: str = "") -> tuple[Timeline, list[str]]:
    """The timeline of a cut, and a line for each thing that it leaves out. `black` is a picture
    that stands where nothing is seen. Raises InvalidInput.
    """
    lines: list[str] = []
    pictures = cut.of_kind("video")
    if not any(track.clips for track in pictures):
        raise InvalidInput(
            file=file, field="", reason="has no video clips", remedy="export the video track too"
        )
    stickers, solid = _overlays(pictures)
    track, cover = merge_tracks(solid)
    if cover:
        lines.append(f"{cover} transitions are hidden by clips above them")
    clips = _fill_gaps(track, cut)
    sounds, own = _sounds(cut, clips, lines)
    width, height = (cut.width, cut.height) if cut.width and cut.height else _first_size(clips)
    document = {
        "width": _even_side(width),
        "height": _even_side(height),
        "fps": str(cut.rate),
        **_pick(cut.notes, ("background", "theme", "encoding")),
        "clips": _clips(clips, track, cut, black, own, lines),
        "captions": [_caption(marker, cut) for marker in cut.markers],
        "overlays": [_overlay(clip, cut) for clip in stickers if clip.at < clips[-1].end],
        "audio": sounds,
    }
    return read_model(Timeline, document, file), lines


def _pick(notes: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: notes[name] for name in names if name in notes}


def _even_side(side: int) -> int:
    return max(16, side - side % 2)


def _first_size(clips: Sequence[CutClip]) -> tuple[int, int]:
    files = (clip.media for clip in clips if clip.media is not None and not clip.media.still)
    return next(((media.width, media.height) for media in files), (1280, 720))


def _overlays(tracks: Sequence[CutTrack]) -> tuple[list[CutClip], list[CutTrack]]:
    """Pictures that stand still over other tracks, and the tracks without them."""
    stickers: list[CutClip] = []
    solid = [tracks[0]]
    for track in tracks[1:]:
        still = [clip for clip in track.clips if clip.media is not None and clip.media.still]
        rest = tuple(clip for clip in track.clips if clip not in still)
        stickers += still
        if rest:
            solid.append(CutTrack("video", rest, track.transitions, track.name))
    return stickers, solid


def _fill_gaps(track: CutTrack, cut: Cut) -> list[CutClip]:
    """The clips, with black where there is none between them."""
    end = max(clip.end for clip in track.clips)
    empty = [CutClip("black", None, at, 0, frames) for at, frames in gaps(track.clips, end)]
    return sorted([*track.clips, *empty], key=lambda clip: clip.at)


def _clips(
    clips: Sequence[CutClip],
    track: CutTrack,
    cut: Cut,
    black: str,
    own: Mapping[int, Mapping[str, Any]],
    lines: list[str],
) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = []
    if track.into(clips[0]) is not None:
        lines.append("the fade at the beginning is left out")
    if track.out_of(clips[-1]) is not None:
        lines.append("the fade at the end is left out")
    for clip, following in zip(clips, [*clips[1:], None], strict=True):
        into, away = track.into(clip), track.out_of(clip)
        before = into.before if into is not None and documents else 0
        after = away.after if away is not None and following is not None else 0
        frames = clip.frames + before + after
        start = (clip.start - before * clip.speed) / cut.rate
        if start < 0:
            raise InvalidInput(
                file="",
                field=clip.name,
                reason=f"has no frames before its first for the transition of {before} frames",
                remedy="begin the clip later, or shorten the transition",
            )
        _check_reach(clip, start * cut.rate, cut.rate)
        document: dict[str, Any] = {
            "source": str(clip.media.path) if clip.media is not None else black,
            **own.get(clip.at, {"volume": 0.0}),
            **_length(frames, start, clip, cut.rate),
        }
        if clip.media is not None and clip.media.still:
            document["fit"] = "contain"
        if away is not None and following is not None:
            document["transition"] = {
                "kind": away.kind,
                "duration_seconds": float(away.frames / cut.rate),
                **_pick(away.notes, ("color",)),
            }
        documents.append(document)
    return documents


def _check_reach(clip: CutClip, first: Fraction, rate: Fraction) -> None:
    """Raise InvalidInput for a clip that begins behind the end of its file, as one does whose list
    counts by a timecode that the file has lost.
    """
    media = clip.media
    if media is None or media.still or first < media.frames:
        return
    raise InvalidInput(
        file="",
        field=clip.name,
        reason=f"begins {float(first / rate):.1f} s into '{media.path.name}', which lasts "
        f"{float(media.frames / rate):.1f} s",
        remedy="take the file that has the timecode of the list, or correct its source times",
    )


def _length(frames: int, start: Fraction, clip: CutClip, rate: Fraction) -> dict[str, Any]:
    """Where the clip begins in its file, and how long it is."""
    seconds = frames / rate
    if clip.media is None or clip.media.still:
        return {"duration_seconds": float(seconds)}
    document: dict[str, Any] = {"start_seconds": float(start), "speed": float(clip.speed)}
    if seconds <= LONGEST:
        return {**document, "duration_seconds": float(seconds)}
    return {**document, "end_seconds": float(start + seconds * clip.speed)}


def _sounds(
    cut: Cut, clips: Sequence[CutClip], lines: list[str]
) -> tuple[list[dict[str, Any]], dict[int, dict[str, Any]]]:
    """The tracks of sound, and what is heard of the clips' own, by where they stand."""
    own: dict[int, dict[str, Any]] = {}
    sounds: list[dict[str, Any]] = []
    end = clips[-1].end
    for track in cut.of_kind("audio"):
        for sound in track.clips:
            if sound.media is None or sound.at >= end:
                continue
            clip = next((one for one in clips if _is_its_own(sound, one)), None)
            if clip is not None:
                own[clip.at] = {"volume": min(4.0, sound.gain), **_pick(sound.notes, ("duck",))}
            elif sound.speed != 1:
                lines.append(f"the sound '{sound.name}' at another speed is left out")
            else:
                sounds.append(_sound(sound, cut, end))
    return sounds, own


def _is_its_own(sound: CutClip, clip: CutClip) -> bool:
    """Whether sound is that of a clip, at the clip's own time."""
    if sound.media is None or clip.media is None or sound.media.path != clip.media.path:
        return False
    begins = float(abs(Fraction(sound.start) - clip.start))
    apart = max(abs(sound.at - clip.at), abs(sound.end - clip.end), begins)
    return sound.speed == clip.speed and apart <= SAME_PLACE


def _sound(sound: CutClip, cut: Cut, end: int) -> dict[str, Any]:
    assert sound.media is not None
    rate = cut.rate
    document: dict[str, Any] = {
        "source": str(sound.media.path),
        "start_seconds": float(sound.at / rate),
        "in_seconds": float(sound.start / rate),
        "volume": min(4.0, max(0.0, sound.gain)),
        "fade_in_seconds": min(30.0, float(sound.fade_in / rate)),
        "fade_out_seconds": min(30.0, float(sound.fade_out / rate)),
        **_pick(sound.notes, ("role", "duck")),
    }
    stops = sound.end < end and sound.start + sound.frames < sound.media.frames
    if stops:
        document["duration_seconds"] = min(float(LONGEST), float(sound.frames / rate))
    return document


def _caption(marker: Any, cut: Cut) -> dict[str, Any]:
    return {
        "text": marker.text,
        "start_seconds": float(marker.at / cut.rate),
        "end_seconds": float((marker.at + marker.frames) / cut.rate),
        **_pick(marker.notes, ("position", "style", "word_seconds")),
    }


def _overlay(clip: CutClip, cut: Cut) -> dict[str, Any]:
    assert clip.media is not None
    return {
        "source": str(clip.media.path),
        "start_seconds": float(clip.at / cut.rate),
        "end_seconds": float(clip.end / cut.rate),
        "position": "center",
        "width_fraction": 1.0,
        **_pick(clip.notes, ("fade_seconds",)),
    }
