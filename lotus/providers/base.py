"""What a provider is: it says what a clip is made from, and makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import TypeAdapter

from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import ClipFailed
from lotus.media.encodings import TAGS
from lotus.media.ffmpeg import FFmpeg
from lotus.system.keys import key_of
from lotus.system.stop import Stop

if TYPE_CHECKING:
    from lotus.db import Database
    from lotus.settings import Settings

__all__ = [
    "CLIP_CODEC",
    "FRAME_MARK",
    "ClipRequest",
    "Provider",
    "ProviderOptions",
    "Tools",
    "provider_fault",
]

Result = TypeVar("Result")

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
    """Everything that makes a clip. `source`, where the bytes are now, is not in the key: their
    hash is.
    """

    provider: str
    model: str
    version: str
    inputs: dict[str, Any]
    width: int
    height: int
    fps: Fraction
    frames: int
    seed: int
    # other seeds that may be tried if a hosted model breaks down: the first that works counts
    new_seeds: int = 0
    source: Path | None = field(default=None, compare=False)
    # JSON-able; not in the key either
    priced_by: dict[str, Any] = field(default_factory=dict, compare=False)
    # where those that inputs mark lie
    pictures: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def facts(self) -> dict[str, Any]:
        """What the key covers, as JSON-able data."""
        more = {"new_seeds": self.new_seeds} if self.new_seeds else {}
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
            **more,
        }

    @cached_property
    def key(self) -> str:
        """The clip's address."""
        return key_of("clip", self.facts)

    @cached_property
    def prediction_key(self) -> str:
        """The address of what a hosted model makes of it, before it is fitted to the video's
        frames.

        Scenes that differ in no more than size, rate or a little in length share it, and it is paid
        for once.
        """
        facts = {name: value for name, value in self.facts.items() if name not in _FITTED}
        return key_of("prediction", {**facts, "shape": Fraction(self.width, self.height)})

    @property
    def begins_on(self) -> str | None:
        """The key of the clip on whose last frame this one begins."""
        marks = (mark for mark in self.pictures if mark.startswith(FRAME_MARK))
        return next((mark.removeprefix(FRAME_MARK) for mark in marks), None)

    def model_dump(self) -> dict[str, Any]:
        """All of it but the source, as JSON-able data, to be read again by `model_validate`."""
        document: dict[str, Any] = _adapter().dump_python(self, mode="json", exclude={"source"})
        return document

    @classmethod
    def model_validate(cls, document: Mapping[str, Any]) -> ClipRequest:
        """What `model_dump` wrote; raises ValueError."""
        request: ClipRequest = _adapter().validate_python(dict(document))
        return request


@cache
def _adapter() -> TypeAdapter[ClipRequest]:
    return TypeAdapter(ClipRequest)


FRAME_MARK = "frame:"  # and a clip's key: how an input names the last frame of that clip
_FITTED = ("width", "height", "fps", "frames", "new_seeds")


@dataclass(frozen=True)
class ProviderOptions:
    """What a provider may be told when it is made, by a class method `configured(options)` if it
    has one.
    """

    model: str | None
    settings: Settings
    # what the providers of a process have in common
    shared: dict[str, Any] = field(default_factory=dict)
    database: Callable[[], Database] | None = (
        None  # what the providers of all processes have in common
    )

    def once(self, name: str, make: Callable[[], Result]) -> Result:
        """What `make` made when the name was first asked for."""
        if name not in self.shared:
            self.shared[name] = make()
        value: Result = self.shared[name]
        return value


def _ignore(message: str) -> None:
    return None


@dataclass(frozen=True)
class Tools:
    """What a provider may use while it makes a clip."""

    ffmpeg: FFmpeg
    folder: Path  # for temporary files of this clip alone
    stop: Stop
    on_frame: Callable[[int], None]
    warn: Callable[[str], None] = _ignore  # of what people should know, though the clip is made


def provider_fault(exc: Exception, scene: int | str, provider: str) -> ClipFailed:
    """An exception of a provider's own code, with the scene and the line that raised it."""
    import traceback

    at = traceback.extract_tb(exc.__traceback__)[-1]
    file = at.filename if at.filename.startswith("<") else Path(at.filename).name
    detail = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
    return ClipFailed(
        scene=scene,
        provider=provider,
        reason=f"{detail} ({file}, line {at.lineno}: {at.line})",
        remedy=f"correct the provider {provider}",
    )


class Provider(Protocol):
    """Makes clips. One that is paid is `lotus.providers.prediction.PredictionProvider` besides."""

    name: str
    at_once: int  # clips that may be made side by side; 0: as many as there are cores

    def request(
        self, scene: Scene, storyboard: Storyboard, frames: int, digest: Callable[[Path], str]
    ) -> ClipRequest:
        """What the scene's clip is made from; `digest` gives a source file's content hash."""
        ...

    def price(self, request: ClipRequest) -> Decimal | None:
        """US dollars that making it should cost; None if nobody knows."""
        ...

    def make(self, request: ClipRequest, output: Path, tools: Tools) -> None:
        """Write the clip, `request.frames` frames of it, to `output`; raises WorkError."""
        ...
