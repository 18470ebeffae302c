"""Timeline -> composition: only the segments that are missing are rendered, side by side; then one join."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import ENOSPC
from functools import partial
from pathlib import Path

from lotus.claims import Claims
from lotus.composition.audio import plan_mix
from lotus.composition.captions import ass_document
from lotus.composition.graphs import segment_args
from lotus.composition.layout import grid_frame
from lotus.composition.segments import Segment
from lotus.errors import RenderFailed
from lotus.ffmpeg import FFmpeg, Stop, cut_off
from lotus.media import Media
from lotus.parallel import at_once, free_bytes, side_by_side
from lotus.plans import Plan, Planner
from lotus.rendering.earlier import remember
from lotus.rendering.join import Piece, copy_frames, count_frames, join
from lotus.sources import STORED
from lotus.store import Store
from lotus.timeline import Timeline
from lotus.workspace import Workspace

__all__ = ["Rendered", "Renderer", "Step"]

# What one encoding ffmpeg takes: 220 MB at 1280x720, 430 MB at 1920x1080, 1,540 MB at 3840x2160 (measured:
# x264 at preset medium with one thread).
PROCESS_BYTES, PIXEL_BYTES = 60_000_000, 190
LOOK_SECONDS = 0.1  # between two looks at what another process is rendering


@dataclass(frozen=True)
class Step:
    """Progress: `frames` of `of_frames` are rendered; `segments` tells how many pieces are done."""

    frames: int
    of_frames: int
    segments: int
    of_segments: int


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
        self.planner = Planner(store, ffmpeg, cache)
        self.claims = Claims(cache / "claims")
        self.memory = cache / "compositions"

    @classmethod
    def of(cls, workspace: Workspace) -> Renderer:
        """The renderer of a process's store and ffmpeg."""
        return cls(workspace.store, workspace.ffmpeg, cache=workspace.cache, stop=workspace.stop)

    def plan(self, timeline: Timeline, suffix: str = ".mp4") -> Plan:
        """Decide what to render, to a file of this suffix; nothing is started."""
        return self.planner.plan(timeline, suffix)

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
        with _written("composition"):
            join(pieces, plan.layout.rate, self.store.path(plan.sound_object), output)
        remember(plan, self.memory)
        return Rendered(output, plan, len(took), time.monotonic() - began, took)


@dataclass(frozen=True)
class _Task:
    """One piece of work; `index` is of the segment, the sound has none."""

    key: str
    object: str
    work: Callable[[], None]
    what: str
    index: int | None = None


@contextmanager
def _written(what: str) -> Iterator[None]:
    """What the system says of a file that is written here and not by ffmpeg becomes one line."""
    try:
        yield
    except OSError as exc:
        remedy = "free some disk space (`lotus store clean`)" if exc.errno == ENOSPC else "see `lotus doctor`"
        raise RenderFailed(what=what, reason=exc.strerror or str(exc), remedy=remedy) from exc


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
        self.left: list[_Task] = []
        self.took: dict[str, float] = {}
        self.lock = threading.Lock()

    def run(self) -> dict[str, float]:
        """Render; after a failure no piece is begun, and those under way are finished and kept.

        What another process is at is left to it, and looked at again when all else is done.
        """
        order = sorted(self.plan.missing, key=lambda i: -self.plan.segments[i].frames)
        tasks = [self._task(index) for index in order]
        if not self.r.store.exists(self.plan.sound_object):
            tasks.insert(0, _Task(self.plan.sound_key, self.plan.sound_object, self._sound, "sound"))
        self._tell()
        each = PROCESS_BYTES + PIXEL_BYTES * self.canvas.width * self.canvas.height
        workers = self.r.workers or at_once(each, free_bytes())
        while tasks:
            side_by_side([partial(self._claimed, task) for task in tasks], workers, self.stop, "piece")
            tasks, self.left = self.left, []
            if tasks:
                self.stop.check()
                time.sleep(LOOK_SECONDS)
        return self.took

    def _task(self, index: int) -> _Task:
        key = self.plan.keys[index]
        what = _what(self.plan.segments[index], index)
        return _Task(key, self.plan.object(key), partial(self._segment, index), what, index)

    def _claimed(self, task: _Task) -> None:
        """Do it, unless another process is at it or has just done it."""
        self.stop.check()
        with self.r.claims.holding(task.key) as mine:
            if not mine:
                with self.lock:
                    self.left.append(task)
                return
            if not self.r.store.exists(task.object):
                with _written(task.what):
                    task.work()
        if task.index is not None:
            with self.lock:
                self.finished += 1
            self._tell(task.index, self.plan.segments[task.index].frames)

    def _sound(self) -> None:
        from lotus.rendering.mixer import write_sound

        path = self.folder / Path(self.plan.sound_object).name
        mix = plan_mix(self.timeline, self.plan.layout)
        write_sound(mix, self.r.planner.sources.path, path, self.r.ffmpeg, self.r.stop)
        self.r.store.put(path, self.plan.sound_object)
        path.unlink()

    def _segment(self, index: int) -> None:
        segment, key = self.plan.segments[index], self.plan.keys[index]
        began = time.monotonic()
        path = self.folder / f"segment-{index:05d}{Path(self.plan.object(key)).suffix}"
        (self._copy if segment.copied else self._encode)(segment, index, path)
        self._check(segment, index, path)
        self.r.store.put(path, self.plan.object(key))
        path.unlink()
        with self.lock:
            self.took[key] = time.monotonic() - began

    def _check(self, segment: Segment, index: int, path: Path) -> None:
        """What is kept is whole."""
        found = count_frames(path)
        if found != segment.frames:
            raise RenderFailed(
                what=_what(segment, index),
                reason=f"came out with {found} frames instead of {segment.frames}",
                remedy="export its source again, or end its clip earlier",
            )

    def _copy(self, segment: Segment, index: int, path: Path) -> None:
        shot = segment.shots[0]
        first = grid_frame(shot.start, self.canvas.rate) + shot.first
        copy_frames(self.r.planner.sources.path(shot.source), first, segment.frames, self.canvas.rate, path)

    def _encode(self, segment: Segment, index: int, path: Path) -> None:
        captions, env = self._captions(segment, index)
        args = segment_args(segment, self.canvas, self._files(segment), path, captions=captions)
        said = self.r.ffmpeg.run(
            args,
            what=_what(segment, index),
            cwd=self.folder,
            env=env,
            on_frame=lambda frame: self._tell(index, frame),
            stop=self.r.stop,  # not this rendering's: the failure of another piece does not stop it
        )
        if damage := cut_off(said):
            raise RenderFailed(
                what=_what(segment, index),
                reason="its source is cut off or damaged in the middle",
                stderr=damage[-6:],
                remedy="copy or export it again, or end the clip before",
            )

    def _files(self, segment: Segment) -> dict[str, tuple[Path, Media]]:
        names = {shot.source for shot in segment.shots} | {o.source for o in segment.overlays}
        return {name: self.r.planner.stills.file(name, self.folder, self.stop) for name in names}

    def _captions(self, segment: Segment, index: int) -> tuple[tuple[str, str] | None, dict[str, str]]:
        if not segment.captions:
            return None, {}
        fonts = self.r.planner.fonts(self.timeline)
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


def _what(segment: Segment, index: int) -> str:
    """The segment and its clips, as errors name them."""
    clips = (Path(shot.source.removeprefix(STORED)).name[:40] for shot in segment.shots)
    return f"segment {index} ({', '.join(clips)})"
