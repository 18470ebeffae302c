"""A scene, as it is told to a model that makes clips or pictures. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

from lotus.documents.brief import Brief, Camera
from lotus.documents.scene import Look, Scene
from lotus.documents.storyboard import Storyboard
from lotus.models.facts import Facts

__all__ = [
    "CAMERA_WORDS",
    "brief_facts",
    "directed_prompt",
    "scene_facts",
    "scene_prompt",
    "untaken",
]

CAMERA_WORDS: Mapping[Camera, str] = {
    "static": "The camera is still",
    "zoom_in": "The camera slowly moves closer",
    "zoom_out": "The camera slowly moves back",
    "pan_left": "The camera pans slowly to the left",
    "pan_right": "The camera pans slowly to the right",
    "tilt_up": "The camera tilts slowly up",
    "tilt_down": "The camera tilts slowly down",
    "orbit": "The camera circles slowly around the subject",
    "handheld": "Handheld camera",
}
_NO_TEXT = "No captions, no watermarks"  # captions are laid over the clip, spelt right

_UNTAKEN = {  # facts of a storyboard, as an estimate names what a model cannot take
    "first_frame": "first_frame: the model takes no first frame",
    "last_frame": "last_frame: it ends on no picture",
    "reference_images": "references: it follows no pictures, or none beside a first frame",
    "sound": "sound and dialogue: it makes none",
}


def scene_prompt(scene: Scene, look: Look) -> str:
    """The look first, alike in all scenes; then what is seen, and how the camera moves."""
    return _sentences(look.words or look.style, scene.description, CAMERA_WORDS[scene.camera])


def _sentences(*parts: str) -> str:
    return " ".join(f"{part.strip().rstrip('.')}." for part in (*parts, _NO_TEXT) if part.strip())


def directed_prompt(scene: Scene, storyboard: Storyboard, negatives: bool) -> str:
    """The prompt of a scene with all that its direction says; without any, that of `scene_prompt`.

    `negatives`: whether the model takes what is not to be seen by an input of its own.
    """
    look = storyboard.look
    cast = (f"{one.name}: {one.description}" for one in storyboard.cast_of(scene))
    lines = (f'{line.speaker} says: "{line.text}"' for line in scene.dialogue)
    camera = _shots(scene) if scene.shots else [CAMERA_WORDS[scene.camera]]
    return _sentences(
        look.words or look.style,
        *(words for words in cast if not words.endswith(": ")),
        scene.description,
        f"Continuity: {scene.continuity}" if scene.continuity else "",
        *camera,
        *lines,
        f"Sound: {scene.sound}" if scene.sound else "",
        f"Not to be seen: {', '.join(scene.avoid)}" if scene.avoid and not negatives else "",
    )


def _shots(scene: Scene) -> list[str]:
    if len(scene.shots) == 1:
        return [scene.shots[0].words]
    return [
        f"Shot {n}{f' ({shot.seconds:g} s)' if shot.seconds else ''}: {shot.words}"
        for n, shot in enumerate(scene.shots, 1)
    ]


def untaken(scene: Scene, takes: Collection[str]) -> tuple[str, ...]:
    """What a scene's direction says and a model with these facts cannot take; words reach all."""
    needs = {
        "first_frame": bool(scene.first_frame),
        "last_frame": bool(scene.last_frame),
        "reference_images": bool(scene.references),
        "sound": scene.is_heard,
    }
    return tuple(_UNTAKEN[fact] for fact, is_so in needs.items() if is_so and fact not in takes)


def scene_facts(
    scene: Scene,
    storyboard: Storyboard,
    frames: int,
    *,
    first_frame: str | None = None,
    last_frame: str | None = None,
    reference_images: Sequence[str] = (),
    takes: Collection[str] = (),
    more: Sequence[str] = (),
) -> Facts:
    """What a scene asks of a model. Pictures are given as the model is to read them: addresses or
    data URIs. `takes` are the facts that the model has inputs for, `more` further fields of the
    scene that it has.

    The caption is not in it: it is laid over the clip, and changing it makes no new one.
    """
    brief = storyboard.brief
    look = storyboard.look
    return Facts(
        prompt=directed_prompt(scene, storyboard, "negative" in takes),
        seconds=Fraction(frames) / brief.fps,
        fps=brief.fps,
        seed=(look.seed + scene.seed) % 2**31,
        aspect_ratio=brief.aspect_ratio,
        resolution=brief.resolution,
        first_frame=first_frame,
        last_frame=last_frame,
        negative=", ".join(scene.avoid) or None,
        sound=scene.is_heard and "sound" in takes,
        reference_images=tuple(reference_images),
        more={name: value for name in more if (value := _field(scene, name)) is not None},
    )


def brief_facts(brief: Brief) -> Facts:
    """What all scenes of a brief ask of a model alike."""
    return Facts(fps=brief.fps, aspect_ratio=brief.aspect_ratio, resolution=brief.resolution)


def _field(scene: Scene, name: str) -> Any:
    """A field of a scene as JSON has it."""
    return scene.model_dump(mode="json").get(name)
