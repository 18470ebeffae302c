"""Looks at every file that a job will use before the job exists, so that bad ones are refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lotus.composition.picture.transitions import xfade_name
from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, MediaError, UnknownName
from lotus.music import BED_NAMES
from lotus.music.grid import BeatGrid

__all__ = ["check_picture", "check_sources", "source_lengths", "track_beats"]


def source_lengths(brief: Brief) -> tuple[float | None, list[float | None]]:
    """Seconds of the track, and of each scene's clip (None for photos and for what is
    generated).
    """
    audio = _audio_seconds(brief.audio, "audio") if brief.audio is not None else None
    return audio, [
        _picture_seconds(scene.source, f"scenes[{i}].source") if scene.source is not None else None
        for i, scene in enumerate(brief.scenes)
    ]


def track_beats(brief: Brief, seconds: float) -> BeatGrid | None:
    """The beats of a music video's track, of as much as the video needs; None for other briefs.

    Raises InvalidInput if the track's sound cannot be decoded.
    """
    if brief.kind != "music_video" or brief.audio is None:
        return None
    from lotus.media.sound import read_mono
    from lotus.music.beats import RATE, analyse

    try:
        return analyse(read_mono(Path(brief.audio), RATE, seconds))
    except MediaError as exc:
        raise _refused(exc, "audio") from exc


def check_sources(storyboard: Storyboard) -> None:
    """Raise InvalidInput in one line for the first file that cannot serve, with the field that
    names it.
    """
    brief = storyboard.brief
    for i, scene in enumerate(storyboard.scenes):
        xfade_name(scene.transition.kind)
        if scene.source is None:
            continue
        field = f"scenes[{i}].source"
        there = _picture_seconds(scene.source, field)
        wanted = scene.start_seconds + scene.duration_seconds
        if there is not None and wanted > there + 0.1:
            raise InvalidInput(
                file=scene.source,
                field=field,
                reason=f"is {there:.2f} s long, the scene takes {scene.start_seconds:g} to "
                f"{wanted:g} s",
                remedy="shorten duration_seconds or start earlier",
            )
    for field, path in _reference_pictures(storyboard):
        check_picture(path, field)
    if brief.brand is not None and brief.brand.logo is not None:
        _check_logo(brief.brand.logo)
    _check_music(brief)


def _reference_pictures(storyboard: Storyboard) -> Iterator[tuple[str, str]]:
    """Every picture that a model is to follow, with its field."""
    if storyboard.look.reference is not None:
        yield "look.reference", storyboard.look.reference
    for i, member in enumerate(storyboard.cast):
        yield from ((f"cast[{i}].references[{n}]", p) for n, p in enumerate(member.references))
    for i, scene in enumerate(storyboard.scenes):
        for name in ("first_frame", "last_frame"):
            path = getattr(scene, name)
            if path is not None:
                yield f"scenes[{i}].{name}", path
        yield from ((f"scenes[{i}].references[{n}]", p) for n, p in enumerate(scene.references))


def _check_logo(logo: str) -> None:
    from lotus.media.svg import drawn, is_vector

    if not is_vector(logo):
        _picture_seconds(logo, "brand.logo")
        return
    try:
        drawn(Path(logo))
    except MediaError as exc:
        raise _refused(exc, "brand.logo") from exc


def _check_music(brief: Brief) -> None:
    sound = brief.soundtrack
    if sound is None or brief.kind == "music_video":
        return
    if not sound.isidentifier():
        _audio_seconds(sound, "music")
    elif sound not in BED_NAMES:
        raise UnknownName(
            "music", sound, (*BED_NAMES, "none"), remedy="or write the path of an audio file"
        )


def check_picture(source: str, field: str) -> None:
    """Raise InvalidInput for what is no photo."""
    if _picture_seconds(source, field) is not None:
        remedy = "save one of its frames as a picture"
        raise InvalidInput(
            file=source, field=field, reason="is a clip, not a picture", remedy=remedy
        )


def _picture_seconds(source: str, field: str) -> float | None:
    """A clip's length in seconds, None for a photo."""
    from lotus.providers.footage import look_at

    try:
        media = look_at(Path(source))
    except MediaError as exc:
        raise _refused(exc, field) from exc
    return float(media.seconds) if media.kind == "video" else None


def _audio_seconds(source: str, field: str) -> float:
    from lotus.media.probe import probe

    try:
        media = probe(Path(source))
    except MediaError as exc:
        raise _refused(exc, field) from exc
    if not media.has_audio:
        raise InvalidInput(
            file=source, field=field, reason="has no sound", remedy="use an audio file"
        )
    return float(media.seconds)


def _refused(error: MediaError, field: str) -> InvalidInput:
    return InvalidInput(
        file=error.facts.get("file", ""),
        field=field,
        reason=error.facts["reason"],
        remedy=error.remedy,
    )
