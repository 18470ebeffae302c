"""Timeline -> composition: only the segments that are missing are rendered, side by side; then one join."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from lotus.composition.audio import SOUNDS, mix_facts, mix_key, plan_mix
from lotus.composition.captions import VERSION as CAPTIONS_VERSION
from lotus.composition.captions import ass_document
from lotus.composition.copying import choose, copies, may_copy, plain
from lotus.composition.encodings import CODECS, as_encoded
from lotus.composition.fonts import FontBook, default_fonts
from lotus.composition.graphs import Canvas, matches, segment_args
from lotus.composition.layout import Layout, grid_frame, lay_out
from lotus.composition.segments import Segment, segment_facts, segment_key, segments
from lotus.encoders import encoder_for
from lotus.ffmpeg import FFmpeg, Stop
from lotus.join import Piece, copy_frames, join
from lotus.keys import key_of
from lotus.media import CutPoints, Media
from lotus.parallel import at_once, free_bytes, side_by_side
from lotus.sources import STORED, Sources
from lotus.stills import Stills
from lotus.store import Store, object_key
from lotus.timeline import Encoding, Timeline

__all__ = ["Plan", "Rendered", "Renderer", "Step"]

# What one encoding ffmpeg takes: 220 MB at 1280x720, 430 MB at 1920x1080, 1,540 MB at 3840x2160 (measured:
# x264 at preset medium with one thread).
PROCESS_BYTES, PIXEL_BYTES = 60_000_000, 190
JOIN_VERSION = 1  # raise when the same segments would be joined to other bytes


@dataclass(frozen=True)
class Step:
    """Progress: `frames` of `of_frames` are rendered; `segments` tells how many pieces are done."""

    frames: int
    of_frames: int
    segments: int
    of_segments: int


@dataclass(frozen=True)
class Plan:
    """What a composition is made of, and what of it is there already."""

    timeline: Timeline
    canvas: Canvas
    layout: Layout
    segments: tuple[Segment, ...]
    facts: tuple[Mapping[str, Any], ...]  # all that makes each segment, and so its key
    keys: tuple[str, ...]
    missing: tuple[int, ...]  # indices of the segments to render
    sound_facts: Mapping[str, Any]
    sound_key: str
    suffix: str  # of the composition's file
    key: str

    def object(self, key: str) -> str:
        """Where a segment is kept in the store."""
        return _segment_object(self.timeline, key)

    @property
    def sound_object(self) -> str:
        """Where the sound is kept in the store."""
        return object_key("segments", self.sound_key, SOUNDS[CODECS[self.timeline.encoding.codec].sound])


@dataclass(frozen=True)
class Rendered:
    """A finished video, still in a temporary place."""

    path: Path
    plan: Plan
    rendered: int
    seconds: float
    segment_seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def reused(self) -> int:
        """Segments that were there already."""
        return len(self.plan.segments) - self.rendered


class Renderer:
    """Renders timelines with one store, one ffmpeg and one folder for temporary files."""

    def __init__(
        self,
        store: Store,
        ffmpeg: FFmpeg,
        *,
        cache: Path,
        workers: int | None = None,
        stop: Stop | None = None,
    ) -> None:
        self.store, self.ffmpeg = store, ffmpeg
        self.stop = Stop() if stop is None else stop  # a Stop that nobody set is false
        self.workers = workers
        self._fonts_cache = cache / "fonts"
        self.sources = Sources(store, cache / "sources")
        self.stills = Stills(self.sources, store, ffmpeg)
        self._encoders: dict[Encoding, str] = {}

    def plan(self, timeline: Timeline, suffix: str = ".mp4") -> Plan:
        """Decide what to render, to a file of this suffix; nothing is started."""
        timeline = as_encoded(timeline)
        open_ended = {
            c.source for c in timeline.clips if c.end_seconds is None and c.duration_seconds is None
        }
        seconds: dict[str, Fraction] = {source: self.sources.media(source).seconds for source in open_ended}
        layout = self.stills.placed(lay_out(timeline, seconds), timeline.background)
        pieces = segments(timeline, layout, self._copyable(timeline, layout))
        canvas = self._canvas(timeline)
        shared: dict[str, Any] = {"digest": self.sources.digest, "canvas": canvas.facts()}
        shared["text"] = self._text_facts(timeline) if timeline.captions else {}
        facts = tuple(segment_facts(piece, **shared) for piece in pieces)
        keys = tuple(map(segment_key, facts))
        objects = {key: _segment_object(timeline, key) for key in keys}
        there = self.store.present(objects.values())
        present = {key for key, name in objects.items() if name in there}
        missing = {key: i for i, key in reversed([*enumerate(keys)]) if key not in present}  # equal ones once
        sounds = mix_facts(plan_mix(timeline, layout), self.sources.digest, self.ffmpeg.build)
        sound = mix_key(sounds)
        whole = {"segments": list(keys), "sound": sound, "container": suffix, "version": JOIN_VERSION}
        return Plan(
            timeline=timeline,
            canvas=canvas,
            layout=layout,
            segments=pieces,
            facts=facts,
            keys=keys,
            missing=tuple(sorted(missing.values())),
            sound_facts=sounds,
            sound_key=sound,
            suffix=suffix,
            key=key_of("composition", whole),
        )

    def render(
        self, plan: Plan, folder: Path, on_step: Callable[[Step], None] = lambda step: None
    ) -> Rendered:
        """Render what is missing into `folder`, keep it in the store, and join everything."""
        began = time.monotonic()
        took = _Work(self, plan, folder, on_step).run()
        output = folder / f"composition{plan.suffix}"
        pieces = [
            Piece(self.store.path(plan.object(key)), segment.frames, segment.copied)
            for key, segment in zip(plan.keys, plan.segments, strict=True)
        ]
        join(pieces, plan.layout.rate, self.store.path(plan.sound_object), output)
        return Rendered(output, plan, len(plan.missing), time.monotonic() - began, took)

    def _copyable(self, timeline: Timeline, layout: Layout) -> dict[str, CutPoints]:
        """The user's own files whose packets may be taken as they are. Clips that lotus made are kept better
        than the composition is to be, so they are always encoded."""
        canvas, found = self._canvas(timeline), {}
        for source in {clip.source for clip in layout.clips if plain(clip)}:
            if source.startswith(STORED) or not copies(timeline.encoding):
                continue
            media = self.sources.media(source)
            if matches(media, canvas) and may_copy(media):
                found[source] = self.sources.cut_points(source, layout.rate)
        return choose(layout, {source: points for source, points in found.items() if points is not None})

    def _canvas(self, timeline: Timeline) -> Canvas:
        return Canvas(
            width=timeline.width,
            height=timeline.height,
            rate=timeline.fps,
            background=timeline.background,
            encoding=timeline.encoding,
            build=self.ffmpeg.build,
            encoder=self._encoder(timeline.encoding),
        )

    def _encoder(self, encoding: Encoding) -> str:
        if encoding not in self._encoders:
            self._encoders[encoding] = encoder_for(encoding, self.ffmpeg)
        return self._encoders[encoding]

    def _fonts(self, timeline: Timeline) -> FontBook:
        font = timeline.theme.font
        return default_fonts(self._fonts_cache, Path(font) if font else None)

    def _text_facts(self, timeline: Timeline) -> dict[str, Any]:
        return {
            "fonts": self._fonts(timeline).fingerprint(),
            "theme": timeline.theme.model_dump(mode="json", exclude={"font"}),
            "version": CAPTIONS_VERSION,
        }


class _Work:
    """One rendering: the missing segments and the sound, largest first, on all cores."""

    def __init__(
        self,
        renderer: Renderer,
        plan: Plan,
        folder: Path,
        on_step: Callable[[Step], None],
    ) -> None:
        self.r, self.plan, self.folder, self.on_step = renderer, plan, folder, on_step
        self.timeline = plan.timeline
        self.canvas = plan.canvas
        self.stop = Stop(renderer.stop)
        self.done: dict[int, int] = {}
        self.finished = 0
        self.took: dict[str, float] = {}
        self.lock = threading.Lock()

    def run(self) -> dict[str, float]:
        """Render; the first failure stops the others, and what they finished is kept."""
        order = sorted(self.plan.missing, key=lambda i: -self.plan.segments[i].frames)
        tasks: list[Callable[[], None]] = [partial(self._segment, index) for index in order]
        if not self.r.store.exists(self.plan.sound_object):
            tasks.insert(0, self._sound)
        self._tell()
        each = PROCESS_BYTES + PIXEL_BYTES * self.canvas.width * self.canvas.height
        workers = self.r.workers or at_once(each, free_bytes())
        side_by_side(tasks, workers, self.stop, "piece")
        return self.took

    def _sound(self) -> None:
        from lotus.mixer import write_sound

        path = self.folder / Path(self.plan.sound_object).name
        mix = plan_mix(self.timeline, self.plan.layout)
        write_sound(mix, self.r.sources.path, path, self.r.ffmpeg, self.stop)
        self.r.store.put(path, self.plan.sound_object)
        path.unlink()

    def _segment(self, index: int) -> None:
        segment, key = self.plan.segments[index], self.plan.keys[index]
        self.stop.check()
        began = time.monotonic()
        path = self.folder / f"segment-{index:05d}{Path(self.plan.object(key)).suffix}"
        (self._copy if segment.copied else self._encode)(segment, index, path)
        self.r.store.put(path, self.plan.object(key))
        path.unlink()
        with self.lock:
            self.finished += 1
            self.took[key] = time.monotonic() - began
        self._tell(index, segment.frames)

    def _copy(self, segment: Segment, index: int, path: Path) -> None:
        shot = segment.shots[0]
        first = grid_frame(shot.start, self.canvas.rate) + shot.first
        copy_frames(self.r.sources.path(shot.source), first, segment.frames, self.canvas.rate, path)

    def _encode(self, segment: Segment, index: int, path: Path) -> None:
        captions, env = self._captions(segment, index)
        args = segment_args(segment, self.canvas, self._files(segment), path, captions=captions)
        self.r.ffmpeg.run(
            args,
            what=f"segment {index} ({_names(segment)})",
            cwd=self.folder,
            env=env,
            on_frame=lambda frame: self._tell(index, frame),
            stop=self.stop,
        )

    def _files(self, segment: Segment) -> dict[str, tuple[Path, Media]]:
        names = {shot.source for shot in segment.shots} | {o.source for o in segment.overlays}
        return {name: self.r.stills.file(name, self.folder, self.stop) for name in names}

    def _captions(self, segment: Segment, index: int) -> tuple[tuple[str, str] | None, dict[str, str]]:
        if not segment.captions:
            return None, {}
        fonts = self.r._fonts(self.timeline)
        text = ass_document(
            segment.captions,
            width=self.canvas.width,
            height=self.canvas.height,
            fps=self.canvas.rate,
            theme=self.timeline.theme,
            fonts=fonts,
        )
        name = f"captions-{index:05d}.ass"
        (self.folder / name).write_text(text, encoding="utf-8")
        texts = [caption.text for caption in segment.captions]
        return (name, str(fonts.directory_for(texts))), fonts.environment()

    def _tell(self, index: int | None = None, frames: int = 0) -> None:
        with self.lock:
            if index is not None:
                self.done[index] = max(frames, self.done.get(index, 0))
            step = Step(
                frames=sum(self.done.values()),
                of_frames=sum(self.plan.segments[i].frames for i in self.plan.missing),
                segments=self.finished,
                of_segments=len(self.plan.missing),
            )
        self.on_step(step)


def _segment_object(timeline: Timeline, key: str) -> str:
    return object_key("segments", key, CODECS[timeline.encoding.codec].containers[0])


def _names(segment: Segment) -> str:
    return ", ".join(Path(shot.source.removeprefix(STORED)).name[:40] for shot in segment.shots)
