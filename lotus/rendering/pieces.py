"""The missing segments of a plan and its sound: rendered in groups, side by side, kept when it is
whole.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from errno import ENOSPC
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lotus.composition.audio import plan_mix
from lotus.composition.captions.captions import ass_document
from lotus.composition.graphs import GraphCanvas, GraphInput, segments_args
from lotus.composition.layout import grid_frame
from lotus.composition.segments import PIECE_FRAMES, Segment, group_segments
from lotus.errors import FFmpegError, RenderFailed
from lotus.media.conform import SourceFile
from lotus.media.ffmpeg import FFmpeg, cut_off, damaged_packets
from lotus.media.probe import count_frames
from lotus.media.report import left_out
from lotus.media.sound import SoundDamage
from lotus.rendering.join import copy_frames
from lotus.rendering.locks import FileLocks
from lotus.rendering.planner import Planner, RenderPlan
from lotus.rendering.sources import STORE_PREFIX
from lotus.store import Store
from lotus.system.parallel import at_once, free_bytes, side_by_side
from lotus.system.stop import Stop

if TYPE_CHECKING:
    from lotus.rendering.mixer import SoundFile

__all__ = ["Pieces", "RenderStep", "RenderTools", "writing"]

# What one encoding ffmpeg takes: 220 MB at 1280x720, 430 MB at 1920x1080, 1,540 MB at 3840x2160
# (measured:
# x264 at preset medium with one thread, a piece of 60 frames). A group has an encoder a segment.
PROCESS_BYTES = 60_000_000
PIXEL_BYTES = 190
GROUP_BYTES = 460_000_000
LOOK_SECONDS = 0.1  # between two looks at what another process is rendering


@dataclass(frozen=True)
class RenderStep:
    """Progress: `frames` of `of_frames` are rendered; `segments` tells how many pieces are done."""

    frames: int
    of_frames: int
    segments: int
    of_segments: int


@dataclass(frozen=True)
class RenderTools:
    """What pieces are rendered with."""

    store: Store
    ffmpeg: FFmpeg
    planner: Planner
    claims: FileLocks
    stop: Stop


@contextmanager
def writing(what: str) -> Iterator[None]:
    """What the system says of a file that is written here and not by ffmpeg becomes one line."""
    try:
        yield
    except OSError as exc:
        remedy = (
            "free some disk space (`lotus store clean`)"
            if exc.errno == ENOSPC
            else "see `lotus doctor`"
        )
        raise RenderFailed(what=what, reason=exc.strerror or str(exc), remedy=remedy) from exc


class Pieces:
    """One rendering."""

    def __init__(
        self,
        means: RenderTools,
        plan: RenderPlan,
        folder: Path,
        on_step: Callable[[RenderStep], None],
        workers: int | None,
    ) -> None:
        self.m = means
        self.plan = plan
        self.folder = folder
        self.on_step = on_step
        self.timeline = plan.timeline
        self.canvas = plan.canvas
        self.stop = Stop(means.stop)
        each = _bytes(self.canvas, max(PIECE_FRAMES, _group_frames(self.canvas)))
        self.workers = workers or at_once(each, free_bytes())
        self.done: dict[int, int] = {}
        self.finished = 0
        self.left: list[int] = []
        self.silent = not means.store.exists(plan.sound_object)
        self.took: dict[str, float] = {}
        self.damaged: dict[tuple[str, str], int] = {}  # packets left out, by source and stream
        self.cut_off: dict[str, float] = {}  # seconds that a source's sound lacks at its end
        self.lock = threading.Lock()

    def run(self) -> dict[str, float]:
        """Render; after a failure no piece is begun, and those under way are finished and kept.

        What another process is at is left to it, and looked at again when all else is done. Returns
        the seconds that each segment took, by its key.
        """
        self._report()
        self.left = list(self.plan.missing)
        while self.left or self.silent:
            tasks: list[Callable[[], None]] = [
                partial(self._group, group) for group in self._groups()
            ]
            self.left = []
            side_by_side(
                [self._sound, *tasks] if self.silent else tasks, self.workers, self.stop, "piece"
            )
            if self.left or self.silent:
                self.stop.check()
                time.sleep(LOOK_SECONDS)
        return self.took

    def warnings(self) -> tuple[str, ...]:
        """A line for each source of which something was left out."""
        damage = (
            left_out(source, what, count) for (source, what), count in sorted(self.damaged.items())
        )
        short = (
            f"{Path(source).name}: is cut off: its sound ends {seconds:.1f} s before the file "
            "says; copy or export it again"
            for source, seconds in sorted(self.cut_off.items())
        )
        return (*damage, *short)

    def _groups(self) -> list[tuple[int, ...]]:
        """What is left, as it is rendered: the longest first, and enough groups for all workers."""
        frames = {index: self.plan.segments[index].frames for index in self.left}
        most = min(sum(frames.values()) // self.workers, _group_frames(self.canvas))
        groups = group_segments(self.plan.segments, sorted(frames), self.canvas.rate, most)
        return sorted(groups, key=lambda group: -sum(frames[index] for index in group))

    def _sound(self) -> None:
        from lotus.rendering.mixer import write_sound

        name = self.plan.sound_object
        with self.m.claims.lock(self.plan.sound_key) as mine:
            if mine and not self.m.store.exists(name):
                path = self.folder / Path(name).name
                mix = plan_mix(self.timeline, self.plan.layout)
                with writing("sound"):
                    write_sound(
                        mix, self._sound_file, path, self.m.ffmpeg, self.m.stop, self._sound_damage
                    )
                    self.m.store.put(path, name)
                    path.unlink()
        self.silent = not mine

    def _sound_file(self, source: str) -> SoundFile:
        """The file that a source's sound is decoded from, and what was seen of it."""
        if source.startswith(STORE_PREFIX):
            return self.m.planner.sources.path(source), None
        file = self.m.planner.stills.file(source, self.folder, self.m.stop)
        return file.path, file.media.sound

    def _sound_damage(self, source: str, damage: SoundDamage) -> None:
        if damage.packets:
            self._damage(source, damage.packets, "sound")
        if damage.missing_seconds:
            with self.lock:
                self.cut_off[source] = damage.missing_seconds

    def _damage(self, source: str, packets: int, what: str) -> None:
        with self.lock:
            self.damaged[source, what] = max(packets, self.damaged.get((source, what), 0))

    def _group(self, group: Sequence[int]) -> None:
        """Render what is not there, unless another process is at it or has just done it."""
        self.stop.check()
        with ExitStack() as claims:
            groups = [
                claims.enter_context(self.m.claims.lock(self.plan.keys[index])) for index in group
            ]
            mine = [index for index, ours in zip(group, groups, strict=True) if ours]
            self._render(mine)
        with self.lock:
            self.left += [index for index in group if index not in mine]
            self.finished += len(mine)
        for index in mine:
            self._report(index, self.plan.segments[index].frames)

    def _render(self, mine: Sequence[int]) -> None:
        missing = [i for i in mine if not self.m.store.exists(self.plan.object(self.plan.keys[i]))]
        try:
            self._make(missing)
        except (FFmpegError, RenderFailed):
            if len(missing) < 2:
                raise
            # each by itself: the error names the one that fails, the others are kept
            for index in missing:
                self._make([index])

    def _make(self, indices: Sequence[int]) -> None:
        """Render, check and keep segments; raises for all of them together."""
        if not indices:
            return
        began = time.monotonic()
        what = self._what(indices)
        paths = {i: self.folder / f"segment-{i:05d}{Path(self._object(i)).suffix}" for i in indices}
        with writing(what):
            (self._copy if self.plan.segments[indices[0]].copied else self._encode)(paths)
            for index, path in paths.items():
                self._check(index, path)
            for index, path in paths.items():
                self.m.store.put(path, self._object(index))
                path.unlink()
        seconds = (time.monotonic() - began) / sum(self.plan.segments[i].frames for i in indices)
        with self.lock:
            self.took |= {
                self.plan.keys[i]: seconds * self.plan.segments[i].frames for i in indices
            }

    def _object(self, index: int) -> str:
        return self.plan.object(self.plan.keys[index])

    def _what(self, indices: Sequence[int]) -> str:
        """The segments and their clips, as errors name them."""
        sources = dict.fromkeys(
            shot.source for i in indices for shot in self.plan.segments[i].shots
        )
        clips = ", ".join(Path(source.removeprefix(STORE_PREFIX)).name[:40] for source in sources)
        numbers = f"{indices[0]}" if len(indices) == 1 else f"{indices[0]} to {indices[-1]}"
        return f"segment {numbers} ({clips})"

    def _check(self, index: int, path: Path) -> None:
        """What is kept is whole."""
        count = count_frames(path)
        planned_count = self.plan.segments[index].frames
        if count != planned_count:
            raise RenderFailed(
                what=self._what([index]),
                reason=f"came out with {count} frames instead of {planned_count}",
                remedy="export its source again, or end its clip earlier",
            )

    def _copy(self, paths: dict[int, Path]) -> None:
        for index, path in paths.items():
            shot = self.plan.segments[index].shots[0]
            first = grid_frame(shot.start, self.canvas.rate) + shot.first
            source = self.m.planner.sources.path(shot.source)
            copy_frames(source, first, shot.frames, self.canvas.rate, path)

    def _encode(self, paths: dict[int, Path]) -> None:
        pieces = self.plan.segments
        parts = [GraphInput(pieces[i], path, self._captions(i)) for i, path in paths.items()]
        sources = self._files([pieces[i] for i in paths])
        texts = any(part.captions is not None for part in parts)
        first = next(iter(paths))
        what = self._what(list(paths))
        log = self.m.ffmpeg.run(
            segments_args(parts, self.canvas, sources),
            what=what,
            cwd=self.folder,
            env=self.m.planner.fonts(self.timeline).environment() if texts else {},
            on_frame=lambda frame: self._report(
                first, frame
            ),  # ffmpeg counts those of its first output
            stop=self.m.stop,  # not this rendering's: the failure of another piece does not stop it
        )
        for kind, packets in damaged_packets(log).items():
            names = [name for name in sources if not name.startswith(STORE_PREFIX)]
            self._damage(names[0] if names else what, packets, kind)
        containers = {file.media.container for file in sources.values()}
        loose = "mpegts" in containers or "mpeg" in containers
        if damage := cut_off(log, "mpegts" if loose else ""):
            raise RenderFailed(
                what=what,
                reason="its source is cut off or damaged in the middle",
                stderr=damage[-6:],
                remedy="copy or export it again, or end the clip before",
            )

    def _files(self, segments: Sequence[Segment]) -> dict[str, SourceFile]:
        names = {shot.source for segment in segments for shot in segment.shots}
        names |= {overlay.source for segment in segments for overlay in segment.overlays}
        return {name: self.m.planner.stills.file(name, self.folder, self.m.stop) for name in names}

    def _captions(self, index: int) -> tuple[str, str] | None:
        captions = self.plan.segments[index].captions
        if not captions:
            return None
        fonts = self.m.planner.fonts(self.timeline)
        text = ass_document(
            captions,
            width=self.canvas.width,
            height=self.canvas.height,
            fps=self.canvas.rate,
            theme=self.timeline.theme,
            fonts=fonts,
        )
        name = f"captions-{index:05d}.ass"
        (self.folder / name).write_text(text, encoding="utf-8")
        return name, str(fonts.directory_for(text))

    def _report(self, index: int | None = None, frames: int = 0) -> None:
        with self.lock:
            if index is not None:
                self.done[index] = max(frames, self.done.get(index, 0))
            step = RenderStep(
                frames=sum(self.done.values()),
                of_frames=sum(self.plan.segments[i].frames for i in self.plan.missing),
                segments=self.finished,
                of_segments=len(self.plan.missing),
            )
        self.on_step(step)


def _bytes(canvas: GraphCanvas, frames: int) -> int:
    """What an ffmpeg takes that encodes so many frames in pieces."""
    return PROCESS_BYTES + PIXEL_BYTES * canvas.width * canvas.height * frames // PIECE_FRAMES


def _group_frames(canvas: GraphCanvas) -> int:
    """Frames that a group may have to stay below GROUP_BYTES."""
    return (
        (GROUP_BYTES - PROCESS_BYTES) * PIECE_FRAMES // (PIXEL_BYTES * canvas.width * canvas.height)
    )
