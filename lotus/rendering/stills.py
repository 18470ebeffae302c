"""Photos on a timeline: each becomes a clip of its own, kept like any other, from which segments
are cut.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from lotus.composition.layout import Layout, PlacedClip
from lotus.media.facts import Media
from lotus.media.ffmpeg import FFmpeg
from lotus.media.probe import probe
from lotus.media.svg import drawn, is_vector
from lotus.providers.base import ClipRequest, Tools
from lotus.providers.footage import PHOTOS, Footage, cut_request
from lotus.rendering.sources import STORED, Sources
from lotus.store import Store, object_key
from lotus.system.stop import Stop

__all__ = ["Stills"]


class Stills:
    """The photos' clips of one renderer; safe to share between threads."""

    def __init__(self, sources: Sources, store: Store, ffmpeg: FFmpeg) -> None:
        self._sources = sources
        self._store = store
        self._ffmpeg = ffmpeg
        self._clips: dict[str, tuple[ClipRequest, threading.Lock]] = {}
        self._drawing = threading.Lock()

    def placed(self, layout: Layout, background: str) -> Layout:
        """The layout with a clip in place of each photo; nothing is made yet."""
        moving = partial(self._moving, layout=layout, background=background)
        clips = tuple(moving(clip) if _is_photo(clip.source) else clip for clip in layout.clips)
        return replace(layout, clips=clips)

    def file(self, source: str, folder: Path, stop: Stop) -> tuple[Path, Media]:
        """A source's file and what it holds; a photo's clip, or an SVG's pixels, are made when they
        are first
        asked for."""
        if is_vector(source):
            return self._drawn(source, folder)
        if source in self._clips:
            request, lock = self._clips[source]
            key = source.removeprefix(STORED)
            with lock:
                if not self._store.exists(key):
                    output = folder / f"{request.key}.mp4"
                    Footage().make(
                        request, output, Tools(self._ffmpeg, folder, stop, lambda frames: None)
                    )
                    self._store.put(output, key)
                    output.unlink()
        return self._sources.path(source), self._sources.media(source)

    def _drawn(self, source: str, folder: Path) -> tuple[Path, Media]:
        output = folder / f"{self._sources.digest(source)}.png"
        with self._drawing:
            if not output.exists():
                output.write_bytes(drawn(self._sources.path(source)))
        return output, probe(output)

    def _moving(self, clip: PlacedClip, layout: Layout, background: str) -> PlacedClip:
        cut: dict[str, Any] = {"start_seconds": 0.0, "camera": clip.camera, "fit": clip.fit}
        if clip.fit == "contain":
            cut["background"] = background
        path = self._sources.path(clip.source)
        size = (layout.width, layout.height)
        request = cut_request(
            path, self._sources.digest(clip.source), cut, size, layout.rate, clip.frames
        )
        source = STORED + object_key("clips", request.key, ".mp4")
        self._clips[source] = (request, threading.Lock())
        return replace(
            clip, source=source, start=Fraction(0), speed=Fraction(1), camera="static", volume=0.0
        )


def _is_photo(source: str) -> bool:
    return not source.startswith(STORED) and source.lower().endswith(PHOTOS)
