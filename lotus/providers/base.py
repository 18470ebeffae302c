"""What a provider is: it says what a clip is made from, and makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from lotus.composition.encodings import TAGS
from lotus.ffmpeg import FFmpeg, Stop
from lotus.keys import key_of
from lotus.storyboard import Scene, Storyboard

__all__ = ["CLIP_CODEC", "ClipRequest", "Provider", "Tools"]

# Clips are kept so well that encoding the composition from them costs no visible quality.
CLIP_CODEC: dict[str, str] = {
    "c:v": "libx264",
    "preset": "veryfast",
    "crf": "14",
    "profile:v": "high",
    "g": "24",  # a piece of a clip is found quickly
    "bf": "0",
    "threads": "1",
    **TAGS,
}


@dataclass(frozen=True)
class ClipRequest:
    """Everything that makes a clip. `source`, where the bytes are now, is not in the key: their hash is."""

    provider: str
    model: str
    version: str
    inputs: dict[str, Any]
    width: int
    height: int
    fps: Fraction
    frames: int
    seed: int
    source: Path | None = field(default=None, compare=False)

    @property
    def facts(self) -> dict[str, Any]:
        """What the key covers, as JSON-able data."""
        return {
            "provider": self.provider,
            "model": self.model,
            "version": self.version,
            "inputs": self.inputs,
            "width": self.width,
            "height": self.height,
            "fps": str(self.fps),
            "frames": self.frames,
            "seed": self.seed,
        }

    @property
    def key(self) -> str:
        """The clip's address."""
        return key_of("clip", self.facts)


@dataclass(frozen=True)
class Tools:
    """What a provider may use while it makes a clip."""

    ffmpeg: FFmpeg
    folder: Path  # for temporary files of this clip alone
    stop: Stop
    on_frame: Callable[[int], None]


class Provider(Protocol):
    """Makes clips."""

    name: str
    at_once: int  # clips that may be made side by side; 0: as many as there are cores

    def request(
        self, scene: Scene, storyboard: Storyboard, frames: int, digest: Callable[[Path], str]
    ) -> ClipRequest:
        """What the scene's clip is made from; `digest` gives a source file's content hash."""
        ...

    def price(self, request: ClipRequest) -> Decimal:
        """What making it costs, in US dollars."""
        ...

    def make(self, request: ClipRequest, output: Path, tools: Tools) -> None:
        """Write the clip, `request.frames` frames of it, to `output`; raises WorkError."""
        ...
