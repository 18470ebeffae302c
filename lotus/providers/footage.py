"""The user's own photos and clips, cut and fitted to the video."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from lotus.composition.graphs import footage_args
from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import ClipFailed, MediaError
from lotus.media.conform import conform
from lotus.media.facts import FrameTimes, Media
from lotus.media.ffmpeg import cut_off, damaged_packets
from lotus.media.probe import frame_times, probe
from lotus.media.report import left_out
from lotus.providers.base import CLIP_CODEC, ClipRequest, Tools
from lotus.providers.drawing import draw

__all__ = ["PHOTOS", "Footage", "cut_request", "look_at", "read_corrections"]

PHOTOS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif")
VERSION = "3"  # raise it when the same request would be cut differently


def look_at(path: Path) -> Media:
    """What a photo or clip holds; raises MediaError in one line if it is neither.

    The checks before a job and the job itself both ask; a file that has not changed is opened once.
    """
    return _look_at(path, _state(path))


def _state(path: Path) -> tuple[int, int] | None:
    stat = path.stat() if path.is_file() else None
    return (stat.st_mtime_ns, stat.st_size) if stat is not None else None


@lru_cache(maxsize=256)
def _look_at(path: Path, state: tuple[int, int] | None) -> Media:
    media = probe(path)
    if media.kind == "audio":
        raise MediaError(
            file=str(path), reason="has sound but no picture", remedy="use a clip or a photo"
        )
    return media


@lru_cache(maxsize=256)
def _times(path: Path, state: tuple[int, int] | None) -> FrameTimes:
    return frame_times(path, look_at(path))


def read_corrections(path: Path, start_seconds: float) -> dict[str, Any]:
    """What a file's clip is made of otherwise than by earlier versions: part of its request."""
    try:
        media = look_at(path)
        facts = dict(media.corrections)
        if media.kind == "image":
            facts.pop("alpha", None)  # a brief's photo lies on white, as it always did
        elif media.reader == "ffmpeg":
            start = Fraction(start_seconds).limit_denominator(1_000_000)
            facts |= media.between_ticks(start, Fraction(1))
            facts |= _times(path, _state(path)).corrections(start)
            facts |= {"stream": media.sound.index} if media.sound and media.sound.index else {}
    except MediaError:  # is named when the clip is made
        return {}
    return {"read": facts} if facts else {}


def cut_request(
    path: Path, digest: str, cut: dict[str, Any], size: tuple[int, int], fps: Fraction, frames: int
) -> ClipRequest:
    """What a clip cut from a file is made from; `cut` has start_seconds, camera and fit."""
    return ClipRequest(
        provider=Footage.name,
        model="file",
        version=VERSION,
        inputs={"source": digest, **cut},
        width=size[0],
        height=size[1],
        fps=fps,
        frames=frames,
        seed=0,
        source=path,
    )


class Footage:
    """Cuts clips from files."""

    name = "footage"
    at_once = 0

    def request(
        self, scene: Scene, storyboard: Storyboard, frames: int, digest: Callable[[Path], str]
    ) -> ClipRequest:
        """Made from the file's bytes, the trim, the fit and the camera; the words do not count."""
        if scene.source is None:
            raise ClipFailed(
                scene="-",
                provider=self.name,
                reason="the scene has no source",
                remedy="name a file in source",
            )
        path = Path(scene.source)
        cut: dict[str, Any] = {
            "start_seconds": scene.start_seconds,
            "camera": scene.camera,
            "fit": scene.fit,
            **read_corrections(path, scene.start_seconds),
        }
        return cut_request(
            path, digest(path), cut, storyboard.brief.size, storyboard.brief.fps, frames
        )

    def price(self, request: ClipRequest) -> Decimal:
        """Nothing."""
        return Decimal(0)

    def make(self, request: ClipRequest, output: Path, tools: Tools) -> None:
        """Cut and fit the clip, with its sound; raises MediaError if the file is damaged."""
        assert request.source is not None
        media = look_at(request.source)
        if media.kind == "image":
            draw("photo", {**request.facts, "source": str(request.source)}, request, output, tools)
            return
        file = conform(request.source, media, tools.folder, tools.stop)
        log = tools.ffmpeg.run(
            footage_args(request, file, CLIP_CODEC, output),
            what=f"clip from {request.source.name}",
            on_frame=tools.on_frame,
            stop=tools.stop,
        )
        if cut_off(log, media.container):
            raise MediaError(
                file=str(request.source),
                reason="is cut off or damaged",
                remedy="copy or export it again",
            )
        for kind, packets in damaged_packets(log).items():
            tools.warn(left_out(request.source.name, kind, packets))
