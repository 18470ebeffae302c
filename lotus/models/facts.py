"""What a scene asks of a model, whatever that model's inputs are called. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, Literal

from lotus.documents.brief import AspectRatio, Resolution

__all__ = ["FACTS", "TASKS", "Fact", "Facts", "Task"]

Task = Literal[
    "text-to-video",
    "image-to-video",
    "text-to-image",
    "music",
    "speech",
    "language",
    "upscale",
    "lip-sync",
    "video-upscale",
    "transcription",
]
TASKS: tuple[Task, ...] = Task.__args__  # type: ignore[attr-defined]
Fact = Literal[
    "prompt",
    "system",
    "max_tokens",
    "voice",
    "seconds",
    "fps",
    "seed",
    "aspect_ratio",
    "resolution",
    "first_frame",
    "reference_images",
    "scale",
    "last_frame",
    "negative",
    "sound",
    "video",
    "audio",
]
_VIDEO: tuple[Fact, ...] = ("prompt", "seconds", "fps", "seed", "aspect_ratio", "resolution")
FACTS: Mapping[Task, tuple[Fact, ...]] = {  # what there is to say to a model for each task
    "text-to-video": (*_VIDEO, "first_frame", "reference_images"),
    "image-to-video": (*_VIDEO, "first_frame", "reference_images"),
    "text-to-image": ("prompt", "seed", "aspect_ratio", "resolution", "reference_images"),
    "music": ("prompt", "seconds", "seed"),
    "speech": ("prompt", "voice", "seed"),
    "language": ("prompt", "system", "max_tokens", "seed"),
    "upscale": ("first_frame", "scale"),
    "lip-sync": ("video", "audio"),
    "video-upscale": ("video", "resolution"),
    "transcription": ("audio",),
}


@dataclass(frozen=True)
class Facts:
    """What is asked of a model, whatever its inputs are called. Files are addresses or `data:`
    URIs.
    """

    prompt: str = ""
    system: str | None = None
    max_tokens: int | None = None
    voice: str | None = None
    seconds: Fraction | None = (
        None  # of the clip that is wanted; the model may have to make a longer one
    )
    fps: Fraction | None = None
    seed: int | None = None
    aspect_ratio: AspectRatio | None = None
    resolution: Resolution | None = None
    first_frame: str | None = None
    reference_images: tuple[str, ...] = ()
    scale: Fraction | None = None
    last_frame: str | None = None
    negative: str | None = None  # what is not to be seen, for models that take it apart
    sound: bool = False  # whether the clip is to have its own
    video: str | None = None  # a file that is to be changed
    audio: str | None = None  # a file that is to be spoken, or written down
    more: Mapping[str, Any] = field(default_factory=dict)  # fields of the scene that a model names

    def of(self, fact: str) -> Any:
        """The value of a fact, whether it is one of those above or another field of the scene."""
        return getattr(self, fact) if fact in _OWN else self.more.get(fact)


_OWN = frozenset(one.name for one in fields(Facts)) - {"more"}
