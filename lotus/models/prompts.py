"""A scene, as it is told to a model that makes clips or pictures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from lotus.documents.brief import Brief, Camera
from lotus.documents.storyboard import Look, Scene, Storyboard
from lotus.models.facts import Facts

__all__ = ["CAMERA_WORDS", "brief_facts", "scene_facts", "scene_prompt"]

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


def scene_prompt(scene: Scene, look: Look) -> str:
    """The look first, alike in all scenes; then what is seen, and how the camera moves."""
    parts = (look.words or look.style, scene.description, CAMERA_WORDS[scene.camera], _NO_TEXT)
    return " ".join(f"{part.strip().rstrip('.')}." for part in parts if part.strip())


def scene_facts(
    scene: Scene,
    storyboard: Storyboard,
    frames: int,
    *,
    first_frame: str | None = None,
    reference_images: Sequence[str] = (),
    more: Sequence[str] = (),
) -> Facts:
    """What a scene asks of a model. Pictures are given as the model is to read them: addresses or
    data URIs. `more` are further fields of the scene that the model has inputs for.

    The caption is not in it: it is laid over the clip, and changing it makes no new one.
    """
    brief = storyboard.brief
    look = storyboard.look
    return Facts(
        prompt=scene_prompt(scene, look),
        seconds=Fraction(frames) / brief.fps,
        fps=brief.fps,
        seed=(look.seed + scene.seed) % 2**31,
        aspect_ratio=brief.aspect_ratio,
        resolution=brief.resolution,
        first_frame=first_frame,
        reference_images=tuple(reference_images),
        more={name: value for name in more if (value := _field(scene, name)) is not None},
    )


def brief_facts(brief: Brief) -> Facts:
    """What all scenes of a brief ask of a model alike."""
    return Facts(fps=brief.fps, aspect_ratio=brief.aspect_ratio, resolution=brief.resolution)


def _field(scene: Scene, name: str) -> Any:
    """A field of a scene as JSON has it."""
    return scene.model_dump(mode="json").get(name)
