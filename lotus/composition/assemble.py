"""Storyboard + clips -> timeline. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal

from lotus.composition.audio import BED
from lotus.composition.layout import to_frames
from lotus.composition.picture.transitions import CUT
from lotus.documents.scene import Role, Scene
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import (
    ArcMark,
    AudioTrack,
    Caption,
    Overlay,
    Theme,
    Timeline,
    TimelineClip,
)
from lotus.music.choice import bed_name, bed_seed

__all__ = ["assemble", "clip_frames"]

FOOTAGE_VOLUME = 0.5  # the sound of the user's own clips, under the music
MUSIC_FADE_SECONDS = 1.5
MUSIC_VOLUME = 0.8
PARTS: dict[Role, Literal["intro", "build", "climax", "ending"]] = {  # of a bed, by role of a scene
    "opening": "intro",
    "development": "build",
    "climax": "climax",
    "closing": "ending",
}
HEADLINE: Mapping[str, Any] = {"position": "center", "style": "title"}
CARD_DELAY_SECONDS = 0.2  # the card comes when the closing scene is established


def clip_frames(storyboard: Storyboard) -> tuple[int, ...]:
    """Frames of each scene's clip: its own time, and the overlap under the next scene's
    beginning.
    """
    rate = storyboard.brief.fps
    starts = _starts(storyboard)
    return tuple(
        end - start + _overlap(scene, rate, last=end == starts[-1])
        for scene, start, end in zip(storyboard.scenes, starts, starts[1:], strict=False)
    )


def assemble(storyboard: Storyboard, sources: Sequence[str]) -> Timeline:
    """The timeline of a storyboard whose clips are `sources`, one a scene."""
    brief = storyboard.brief
    starts = _starts(storyboard)
    width, height = brief.size
    rate = brief.fps
    clips = tuple(
        TimelineClip(
            source=source,
            end_seconds=_seconds(frames, rate),
            transition=scene.transition,
            volume=_own_volume(scene),
        )
        for scene, source, frames in zip(
            storyboard.scenes, sources, clip_frames(storyboard), strict=True
        )
    )
    brand = brief.brand
    return Timeline(
        width=width,
        height=height,
        fps=rate,
        theme=Theme(colors=brand.colors if brand else (), font=brand.font if brand else None),
        clips=clips,
        captions=_captions(storyboard, starts),
        overlays=_logo(storyboard, starts),
        audio=_soundtrack(storyboard, starts),
    )


def _own_volume(scene: Scene) -> float:
    """How loud the clip's own sound is: the user's clips lie under the music; a generated clip is
    silent unless the storyboard wants to hear it.
    """
    if scene.source is not None:
        return FOOTAGE_VOLUME
    return 1.0 if scene.is_heard else 0.0


def _starts(storyboard: Storyboard) -> list[int]:
    """Where each scene starts, and where the last ends, in frames."""
    at = Fraction(0)
    starts = [0]
    for scene in storyboard.scenes:
        at += Fraction(scene.duration_seconds)
        starts.append(to_frames(at, storyboard.brief.fps))
    return starts


def _overlap(scene: Scene, rate: Fraction, *, last: bool) -> int:
    if last or scene.transition.kind == CUT:
        return 0
    return to_frames(scene.transition.duration_seconds, rate)


def _seconds(frames: int, rate: Fraction) -> float:
    return float(frames / rate)


def _frame_alone(storyboard: Storyboard, index: int, starts: Sequence[int]) -> int:
    """The frame at which the scene alone is on screen: after the transition that leads to it."""
    if index == 0:
        return starts[0]
    return starts[index] + _overlap(storyboard.scenes[index - 1], storyboard.brief.fps, last=False)


def _captions(storyboard: Storyboard, starts: Sequence[int]) -> tuple[Caption, ...]:
    rate = storyboard.brief.fps
    closing = len(storyboard.scenes) - 1
    captions = [
        Caption(
            text=scene.caption,
            start_seconds=_seconds(_frame_alone(storyboard, i, starts), rate),
            end_seconds=_seconds(starts[i + 1], rate),
            **(HEADLINE if scene.headline and scene.source is None else {}),
        )
        for i, scene in enumerate(storyboard.scenes)
        if scene.caption
    ]
    card = _card_text(storyboard)
    if card:
        start = _frame_alone(storyboard, closing, starts) + to_frames(CARD_DELAY_SECONDS, rate)
        start = min(start, starts[-1] - 1)
        captions.append(
            Caption(
                text=card,
                start_seconds=_seconds(start, rate),
                end_seconds=_seconds(starts[-1], rate),
                position="center",
                style="cta",
            )
        )
    return tuple(captions)


def _card_text(storyboard: Storyboard) -> str:
    """The end card's lines: the brand, then the call to action."""
    brief = storyboard.brief
    name = brief.brand.name if brief.brand else ""
    lines = (" ".join(line.split()) for line in (name, brief.cta or ""))
    return "\n".join(line for line in lines if line)


def _logo(storyboard: Storyboard, starts: Sequence[int]) -> tuple[Overlay, ...]:
    brief = storyboard.brief
    closing = len(storyboard.scenes) - 1
    if brief.brand is None or brief.brand.logo is None:
        return ()
    return (
        Overlay(
            source=brief.brand.logo,
            start_seconds=_seconds(_frame_alone(storyboard, closing, starts), brief.fps),
            end_seconds=_seconds(starts[-1], brief.fps),
            position="upper",
            width_fraction=0.14 if brief.aspect_ratio == "16:9" else 0.24,
            fade_seconds=0.3,
        ),
    )


def _soundtrack(storyboard: Storyboard, starts: Sequence[int]) -> tuple[AudioTrack, ...]:
    brief = storyboard.brief
    sound = brief.soundtrack
    if sound is None:
        return ()
    place = {"in_seconds": brief.in_seconds or 0.0, "window": brief.window}
    if brief.kind == "music_video":
        return (AudioTrack(source=sound, fade_out_seconds=MUSIC_FADE_SECONDS, **place),)
    is_named = sound.isidentifier()
    if is_named and storyboard.scoring == 2:
        return (_score_track(storyboard, starts),)
    return (
        AudioTrack(
            source=BED + sound if is_named else sound,
            volume=MUSIC_VOLUME,
            fade_in_seconds=0.1,
            fade_out_seconds=MUSIC_FADE_SECONDS,
            loop=not is_named,
            seed=brief.planning_seed,
            **place,
        ),
    )


def _score_track(storyboard: Storyboard, starts: Sequence[int]) -> AudioTrack:
    """A bed whose parts follow the scenes; its last chord is its own ending, without a fade."""
    brief = storyboard.brief
    marks: list[ArcMark] = []
    for scene, start in zip(storyboard.scenes, starts, strict=False):
        part = PARTS[scene.role]
        if not marks or marks[-1].part != part:
            marks.append(ArcMark(start_seconds=_seconds(start, brief.fps), part=part))
    return AudioTrack(
        source=BED + bed_name(brief.music, storyboard.look.mood),
        volume=MUSIC_VOLUME,
        seed=bed_seed(brief.planning_seed, brief.prompt),
        arc=tuple(marks),
    )
