"""Timeline -> composition: only the segments that are missing are rendered, side by side; then one
join.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lotus.composition.audio import Cue
from lotus.composition.layout import PlacedClip
from lotus.documents.timeline import Timeline
from lotus.media.facts import Media, SoundStream
from lotus.media.ffmpeg import FFmpeg
from lotus.rendering.history import save_history
from lotus.rendering.join import JoinPiece, join
from lotus.rendering.locks import FileLocks
from lotus.rendering.pieces import Pieces, RenderStep, RenderTools, writing
from lotus.rendering.planner import Planner, RenderPlan
from lotus.store import Store
from lotus.system.stop import Stop
from lotus.workspace import Workspace

__all__ = ["RenderStep", "RenderedVideo", "Renderer"]

MOST_CHARS = 8  # characters of a warning


@dataclass(frozen=True)
class RenderedVideo:
    """A finished video, still in a temporary place."""

    path: Path
    plan: RenderPlan
    rendered: int
    seconds: float
    segment_seconds: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()  # what is not as the sources and captions would have it

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
        stop = Stop() if stop is None else stop  # a Stop that nobody set is false
        self._means = RenderTools(
            store, ffmpeg, Planner(store, ffmpeg, cache), FileLocks(cache / "claims"), stop
        )
        self._workers = workers
        self.memory = cache / "compositions"

    @classmethod
    def of(cls, workspace: Workspace) -> Renderer:
        """The renderer of a process's store and ffmpeg."""
        return cls(workspace.store, workspace.ffmpeg, cache=workspace.cache, stop=workspace.stop)

    def plan(self, timeline: Timeline, suffix: str = ".mp4") -> RenderPlan:
        """Decide what to render, to a file of this suffix; nothing is started."""
        return self._means.planner.plan(timeline, suffix)

    def digest(self, source: str) -> str:
        """The hash of a source's content, remembered until the file changes."""
        return self._means.planner.sources.digest(source)

    def media(self, source: str) -> Media:
        """What a source holds."""
        return self._means.planner.sources.media(source)

    def file(self, source: str, folder: Path) -> Path:
        """A file with the source's pictures as they are read, made now where it is not there."""
        return self._means.planner.stills.file(source, folder, self._means.stop).path

    def as_shown(self, clip: PlacedClip, plan: RenderPlan) -> PlacedClip:
        """A clip of the plan as a stretch of a file of its own: its speed, fit and move in it."""
        return self._means.planner.stills.as_shown(clip, plan.layout, plan.timeline.background)

    def sound_file(self, cue: Cue, output: Path) -> None:
        """Write one cue as it sounds, from its beginning, to a .wav of 24 bits."""
        from lotus.rendering.mixer import write_cue

        sources = self._means.planner.sources

        def file_of(source: str) -> tuple[Path, SoundStream | None]:
            return sources.path(source), sources.media(source).sound

        write_cue(cue, file_of, output, self._means.ffmpeg, self._means.stop)

    def render(
        self,
        plan: RenderPlan,
        folder: Path,
        on_step: Callable[[RenderStep], None] = lambda step: None,
    ) -> RenderedVideo:
        """Render what is missing into `folder`, keep it in the store, and join everything."""
        began = time.monotonic()
        work = Pieces(self._means, plan, folder, on_step, self._workers)
        took = work.run()
        output = folder / f"composition{plan.suffix}"
        pieces = [
            JoinPiece(self._means.store.path(plan.object(key)), segment.frames, segment.copied)
            for key, segment in zip(plan.keys, plan.segments, strict=True)
        ]
        sound = self._means.store.path(plan.sound_object)
        with writing("composition"):
            join(pieces, plan.layout.rate, sound, output, plan.tags)
        save_history(plan, self.memory)
        seconds = time.monotonic() - began
        warnings = (*work.warnings(), *self._without_glyph(plan.timeline))
        return RenderedVideo(output, plan, len(took), seconds, took, warnings)

    def _without_glyph(self, timeline: Timeline) -> Iterator[str]:
        """A line that names the characters of the captions that no font draws."""
        text = "".join(caption.text for caption in timeline.captions)
        missing = self._means.planner.fonts(timeline).missing(text) if text else ""
        if missing:
            names = ", ".join(f"{char} (U+{ord(char):04X})" for char in missing[:MOST_CHARS])
            more = f" and {len(missing) - MOST_CHARS} more" if len(missing) > MOST_CHARS else ""
            yield f"captions: no font has {names}{more}; boxes stand in their place"
