"""Photos on a timeline: each becomes a clip of its own, kept like any other, from which segments
are cut. So does, for other tools, a clip that they would show otherwise.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from lotus.composition.layout import Layout, PlacedClip
from lotus.media.conform import SourceFile, conform
from lotus.media.facts import Media
from lotus.media.ffmpeg import FFmpeg
from lotus.media.pictures import open_cut_out
from lotus.providers.base import ClipRequest, Tools
from lotus.providers.footage import Footage, cut_request, read_corrections
from lotus.rendering.sources import STORE_PREFIX, Sources
from lotus.store import Store, object_key
from lotus.system.files import write_whole
from lotus.system.stop import Stop

__all__ = ["Stills"]


class Stills:
    """The photos' clips of one renderer; safe to share between threads."""

    def __init__(self, sources: Sources, store: Store, ffmpeg: FFmpeg) -> None:
        self._sources = sources
        self._store = store
        self._ffmpeg = ffmpeg
        self._clips: dict[str, tuple[ClipRequest, threading.Lock]] = {}
        self._written: dict[str, SourceFile] = {}
        self._making = threading.Lock()

    def place_photos(self, layout: Layout, background: str) -> Layout:
        """The layout with a clip in place of each photo; nothing is made yet."""
        moving = partial(self._moving, layout=layout, background=background)
        clips = tuple(moving(clip) if self.is_photo(clip.source) else clip for clip in layout.clips)
        return replace(layout, clips=clips)

    def file(self, source: str, folder: Path, stop: Stop) -> SourceFile:
        """A source as ffmpeg reads it: a photo's clip, a drawing's pixels, or an animation's frames
        are made when they are first asked for.
        """
        if source in self._clips:
            request, lock = self._clips[source]
            key = source.removeprefix(STORE_PREFIX)
            with lock:
                if not self._store.exists(key):
                    output = folder / f"{request.key}.mp4"
                    Footage().make(
                        request, output, Tools(self._ffmpeg, folder, stop, lambda frames: None)
                    )
                    self._store.put(output, key)
                    output.unlink()
        media = self._sources.media(source)
        path = self._sources.path(source)
        if media.kind == "image":
            return self._cut_out(source, media, folder)
        if media.kind == "audio" or media.reader == "ffmpeg":
            times = self._sources.frame_times(source) if media.kind == "video" else None
            return SourceFile(path, media, times)
        with self._making:
            if source not in self._written:
                self._written[source] = conform(path, media, folder, stop)
            return self._written[source]

    def _cut_out(self, source: str, media: Media, folder: Path) -> SourceFile:
        """A picture that lies over others: as ffmpeg reads it, or else as PNG."""
        path = self._sources.path(source)
        if not media.overlay_corrections and media.reader != "svg":
            return SourceFile(path, media)
        output = folder / f"{self._sources.digest(source)}.png"
        with self._making:
            if not output.exists():
                write_whole(output, lambda aside: open_cut_out(path).save(aside, "PNG"))
        return SourceFile(output, media)

    def _moving(self, clip: PlacedClip, layout: Layout, background: str) -> PlacedClip:
        cut: dict[str, Any] = {"start_seconds": 0.0, "camera": clip.camera, "fit": clip.fit}
        media = self._sources.media(clip.source)
        if clip.fit == "contain":
            cut["background"] = background
        if media.alpha:
            cut["paper"] = background
        if corrections := {
            name: value for name, value in media.corrections.items() if name != "alpha"
        }:
            cut["read"] = corrections
        path = self._sources.path(clip.source)
        size = (layout.width, layout.height)
        request = cut_request(
            path, self._sources.digest(clip.source), cut, size, layout.rate, clip.frames
        )
        source = STORE_PREFIX + object_key("clips", request.key, ".mp4")
        self._clips[source] = (request, threading.Lock())
        return replace(
            clip, source=source, start=Fraction(0), speed=Fraction(1), camera="static", volume=0.0
        )

    def as_shown(self, clip: PlacedClip, layout: Layout, background: str) -> PlacedClip:
        """The clip, cut from a video, as it is seen: at its speed, fitted and moved, as a file of
        its own with a second of handles where the camera stands still. Nothing is made yet.
        """
        media = self._sources.media(clip.source)
        rate = layout.rate
        spare = round(rate) if clip.camera == "static" else 0
        before = min(spare, int(clip.start * rate / clip.speed))
        room = int((media.seconds - clip.start) * rate / clip.speed) - clip.frames
        after = max(0, min(spare, room))
        start = clip.start - before * clip.speed / rate
        path = self._sources.path(clip.source)
        cut: dict[str, Any] = {"start_seconds": float(start), "camera": clip.camera}
        cut |= {"fit": clip.fit, "background": background, **read_corrections(path, float(start))}
        if clip.speed != 1:
            cut["speed"] = float(clip.speed)
        size = (layout.width, layout.height)
        frames = clip.frames + before + after
        request = cut_request(path, self._sources.digest(clip.source), cut, size, rate, frames)
        source = STORE_PREFIX + object_key("clips", request.key, ".mp4")
        self._clips[source] = (request, threading.Lock())
        return replace(
            clip,
            source=source,
            start=before / rate,
            speed=Fraction(1),
            camera="static",
            fit="cover",
        )

    def is_photo(self, source: str) -> bool:
        """Whether a source is a picture that stands still, whatever its name."""
        return not source.startswith(STORE_PREFIX) and self._sources.media(source).kind == "image"
