"""What a timeline's sources are: their file, their content's hash, what they hold. Each is looked
at once.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from lotus.media.facts import CutPoints, FrameTimes, Media
from lotus.media.probe import cut_points, frame_times, probe
from lotus.store import Store
from lotus.system.files import write_whole
from lotus.system.keys import file_digest, key_of

__all__ = ["STORE_PREFIX", "Sources"]

STORE_PREFIX = (
    "store:"  # the key of an object in the store follows; such an object's key is its identity
)
SEEN_VERSION = 4  # raise when a file would be seen otherwise
SETTLED_SECONDS = 2.0  # a file younger than this may change again within one tick of its clock


@dataclass
class _SourceFacts:
    """What is known of a file in one state."""

    digest: str | None = None
    media: Media | None = None
    times: FrameTimes | None = None
    cuts: dict[str, CutPoints | None] = field(default_factory=dict)  # by frame rate


@dataclass
class _SourceEntry:
    """A file, what is known of it, and where that is kept."""

    seen: _SourceFacts
    kept: Path | None
    # different files are looked at side by side
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sources:
    """Looks sources up; safe to share between threads.

    What was seen of a file is kept in `folder` until its size or its time changes, so that footage
    of many gigabytes is read once and not at every edit.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._known: dict[str, _SourceEntry] = {}
        self._lock = threading.Lock()

    def path(self, source: str) -> Path:
        """A local file with the source's bytes."""
        if source.startswith(STORE_PREFIX):
            return self._store.path(source.removeprefix(STORE_PREFIX))
        return Path(source)

    def digest(self, source: str) -> str:
        """The hash of the source's content."""
        if source.startswith(STORE_PREFIX):
            return Path(source).stem
        entry = self._of(source)
        with entry.lock:
            if entry.seen.digest is None:
                entry.seen.digest = file_digest(Path(source))
                _keep(entry)
            return entry.seen.digest

    def media(self, source: str) -> Media:
        """What the source holds; raises MediaError in one line if it cannot be read."""
        entry = self._of(source)
        with entry.lock:
            if entry.seen.media is None:
                entry.seen.media = probe(self.path(source))
                _keep(entry)
            return entry.seen.media

    def frame_times(self, source: str) -> FrameTimes:
        """When the frames of the source, a video, show."""
        media = self.media(source)
        entry = self._of(source)
        with entry.lock:
            if entry.seen.times is None:
                entry.seen.times = frame_times(self.path(source), media)
                _keep(entry)
            return entry.seen.times

    def cut_points(self, source: str, rate: Fraction) -> CutPoints | None:
        """Where the source can be cut and copied at this frame rate, if anywhere."""
        entry = self._of(source)
        with entry.lock:
            if str(rate) not in entry.seen.cuts:
                entry.seen.cuts[str(rate)] = cut_points(self.path(source), rate)
                _keep(entry)
            return entry.seen.cuts[str(rate)]

    def _of(self, source: str) -> _SourceEntry:
        with self._lock:
            if source not in self._known:
                place = _place(self._folder, self.path(source))
                self._known[source] = _SourceEntry(
                    _read(place) if place is not None else _SourceFacts(), place
                )
            return self._known[source]


def _place(folder: Path, path: Path) -> Path | None:
    """Where the file in its present state is written about; nowhere while it is new or
    not there.
    """
    try:
        stat = path.stat()
    except OSError:
        return None
    if abs(time.time() - stat.st_mtime) < SETTLED_SECONDS:
        return None
    state = [str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino]
    key = key_of("source", {"state": state, "version": SEEN_VERSION})
    return folder / key[:2] / f"{key}.json"


@lru_cache(maxsize=1)
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(_SourceFacts)


def _read(file: Path) -> _SourceFacts:
    try:
        facts: _SourceFacts = _adapter().validate_json(file.read_bytes())
    except (OSError, ValueError):  # not there, or not what this version writes
        return _SourceFacts()
    return facts


def _keep(entry: _SourceEntry) -> None:
    if entry.kept is None:
        return
    with suppress(OSError):  # a home that cannot be written to costs time, and nothing else
        entry.kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(entry.kept, lambda aside: aside.write_bytes(_adapter().dump_json(entry.seen)))
