"""Looks at every file that a job will use before the job exists, so that bad ones are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from lotus.composition.picture.transitions import xfade_name
from lotus.documents.brief import AD_SECONDS, Brief
from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import InputError, InvalidInput, MediaError, UnknownName
from lotus.media.tracks import LISTENED_SECONDS, best_in_seconds, track_grid
from lotus.music import BED_NAMES
from lotus.music.grid import BeatGrid
from lotus.music.window import loop_beats

__all__ = [
    "check_picture",
    "check_sources",
    "choose_window",
    "source_lengths",
    "track_beats",
    "without_beats",
]

OnWarning = Callable[[str], None]


def source_lengths(brief: Brief) -> tuple[float | None, list[float | None]]:
    """Seconds of the track from where it begins, and of each scene's clip (None for photos and for
    what is generated).
    """
    audio = _audio_seconds(brief.audio, "audio") if brief.audio is not None else None
    if audio is not None and brief.in_seconds is not None:
        audio -= _checked_start(brief, audio)
    return audio, [
        _picture_seconds(scene.source, f"scenes[{i}].source") if scene.source is not None else None
        for i, scene in enumerate(brief.scenes)
    ]


def _checked_start(brief: Brief, track_seconds: float) -> float:
    """Where the track begins; raises InvalidInput if that is after its end."""
    start = brief.in_seconds or 0.0
    if start >= track_seconds:
        raise InvalidInput(
            file=brief.soundtrack or "",
            field="in_seconds",
            reason=f"{start:g} s is after the end of the track, which lasts {track_seconds:.1f} s",
            remedy="use an earlier start",
        )
    return start


def choose_window(brief: Brief, warn: OnWarning | None = None) -> Brief:
    """The brief with the in-point of the best stretch of its track, if it asks for that.

    Raises InvalidInput if the track's sound cannot be decoded.
    """
    track = brief.soundtrack
    if brief.window is None or track is None:
        return brief
    field = "audio" if brief.kind == "music_video" else "music"
    seconds = brief.duration_seconds or (AD_SECONDS if brief.kind == "ad" else None)
    length = _audio_seconds(track, field)
    if length > LISTENED_SECONDS and seconds is not None and warn is not None:
        warn(f"the best stretch is looked for in the first {LISTENED_SECONDS / 60:g} minutes")
    try:
        start = best_in_seconds(Path(track), seconds) if seconds is not None else 0.0
    except MediaError as exc:
        raise _refusal(exc, field) from exc
    return brief.replace(window=None, in_seconds=start)


def track_beats(brief: Brief, seconds: float) -> BeatGrid | None:
    """The beats of a brief's track, of as much as the video needs; None where no file plays.

    Raises InvalidInput if the track's sound cannot be decoded.
    """
    track = brief.soundtrack
    if track is None or (brief.kind == "ad" and track.isidentifier()):
        return None
    field = "audio" if brief.kind == "music_video" else "music"
    try:
        grid = track_grid(Path(track), seconds, brief.in_seconds or 0.0)
    except MediaError as exc:
        raise _refusal(exc, field) from exc
    return loop_beats(grid, seconds) if brief.kind == "ad" else grid


def without_beats(grid: BeatGrid, brief: Brief) -> str | None:
    """One line on a track that cannot lead the cuts; None where it has beats."""
    if grid.beats:
        return None
    so = "the scenes are equally long" if brief.kind == "music_video" else "cuts are not on beats"
    return f"the track {'has no clear beat' if grid.sections else 'is silent'}: {so}"


def check_sources(storyboard: Storyboard) -> None:
    """Raise InputError for what cannot serve: a line each, with the field that names it."""
    errors = []
    for check in _checks(storyboard):
        try:
            check()
        except InputError as exc:
            errors.append(exc)
    if errors:
        raise errors[0].with_others(errors[1:])


def _checks(storyboard: Storyboard) -> Iterator[Callable[[], object]]:
    brief = storyboard.brief
    for i, scene in enumerate(storyboard.scenes):
        yield partial(xfade_name, scene.transition.kind, f"scenes[{i}].transition.kind")
        if scene.source is not None:
            yield partial(_check_clip, scene, scene.source, f"scenes[{i}].source")
    for field, path in _reference_pictures(storyboard):
        yield partial(check_picture, path, field)
    if brief.brand is not None and brief.brand.logo is not None:
        yield partial(_check_logo, brief.brand.logo)
    yield partial(_check_music, brief)


def _check_clip(scene: Scene, source: str, field: str) -> None:
    there = _picture_seconds(source, field)
    end = scene.start_seconds + scene.duration_seconds
    if there is not None and end > there + 0.1:
        raise InvalidInput(
            file=source,
            field=field,
            reason=f"is {there:.2f} s long, the scene takes {scene.start_seconds:g} to {end:g} s",
            remedy="shorten duration_seconds or start earlier",
        )


def _reference_pictures(storyboard: Storyboard) -> Iterator[tuple[str, str]]:
    """Every picture that a model is to follow, with its field."""
    if storyboard.look.reference is not None:
        in_brief = storyboard.look.reference == storyboard.brief.reference
        yield "reference" if in_brief else "look.reference", storyboard.look.reference
    for i, member in enumerate(storyboard.cast):
        yield from ((f"cast[{i}].references[{n}]", p) for n, p in enumerate(member.references))
    for i, scene in enumerate(storyboard.scenes):
        for name in ("first_frame", "last_frame"):
            path = getattr(scene, name)
            if path is not None:
                yield f"scenes[{i}].{name}", path
        yield from ((f"scenes[{i}].references[{n}]", p) for n, p in enumerate(scene.references))


def _check_logo(logo: str) -> None:
    from lotus.media.svg import is_vector, svg_to_png

    if not is_vector(logo):
        _picture_seconds(logo, "brand.logo")
        return
    try:
        svg_to_png(Path(logo))
    except MediaError as exc:
        raise _refusal(exc, "brand.logo") from exc


def _check_music(brief: Brief) -> None:
    sound = brief.soundtrack
    if sound is None or brief.kind == "music_video":
        return
    if not sound.isidentifier():
        _checked_start(brief, _audio_seconds(sound, "music"))
    elif sound not in BED_NAMES:
        remedy = "or write the path of an audio file"
        raise UnknownName("music", sound, (*BED_NAMES, "none"), remedy=remedy, field="music")


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
        raise _refusal(exc, field) from exc
    return float(media.seconds) if media.kind == "video" else None


def _audio_seconds(source: str, field: str) -> float:
    from lotus.media.probe import probe

    try:
        media = probe(Path(source))
    except MediaError as exc:
        raise _refusal(exc, field) from exc
    if not media.has_audio:
        raise InvalidInput(
            file=source, field=field, reason="has no sound", remedy="use an audio file"
        )
    return float(media.seconds)


def _refusal(error: MediaError, field: str) -> InvalidInput:
    return InvalidInput(
        file=error.facts.get("file", ""),
        field=field,
        reason=error.facts["reason"],
        remedy=error.remedy,
    )
