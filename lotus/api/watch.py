"""Composes again whenever a timeline or one of its files changes, until somebody ends it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lotus.api.timelines import Composition, read_timeline
from lotus.documents.timeline import Timeline
from lotus.errors import LotusError
from lotus.interchange.cut import CutFile

__all__ = ["LOOK_SECONDS", "watch"]

LOOK_SECONDS = 0.4  # between two looks; a change counts once two looks in a row see the same

# time of the last change in ns, and size; nothing: it is not there
State = dict[Path, tuple[int, int] | None]


def watch(
    path: Path,
    render: Callable[[], Composition],
    emit: Callable[[Composition | LotusError], None],
    wait: Callable[[], None] = lambda: time.sleep(LOOK_SECONDS),
    fps: str | None = None,
) -> bool:
    """Render now and after every change of the timeline at `path` or its sources.

    `emit` hears what came of it. Ends with a KeyboardInterrupt, and says whether the last rendering
    is what the files make.
    """
    files = [path]
    source = CutFile(path, fps) if fps is not None else path
    good = False
    try:
        while True:
            before = _state(files)
            good = False
            try:
                files = [path, *_sources(read_timeline(source))]
                # what was seen before it was read: a later change is one
                before = {**_state(files), **before}
                emit(render())
                good = True
            except LotusError as error:
                emit(error)
            _until_changed(files, before, wait)
    except KeyboardInterrupt:
        return good


def _until_changed(files: list[Path], before: State, wait: Callable[[], None]) -> None:
    while (now := _state(files)) == {file: before.get(file) for file in files}:
        wait()
    wait()
    while (later := _state(files)) != now:
        now = later
        wait()


def _state(files: list[Path]) -> State:
    state: State = {}
    for file in files:
        try:
            stat = file.stat()
            state[file] = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            state[file] = None
    return state


def _sources(timeline: Timeline) -> list[Path]:
    """The files that a timeline names; beds and objects of the store do not change."""
    items: list[Any] = [*timeline.clips, *timeline.overlays, *timeline.audio]
    names = [item.source for item in items]
    names += [timeline.theme.font] if timeline.theme.font else []
    return [Path(source) for source in dict.fromkeys(names) if Path(source).is_absolute()]
