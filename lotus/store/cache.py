"""Local copies of objects that live elsewhere: bounded, shared by processes, safe
against crashes.
"""

from __future__ import annotations

import fcntl
import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lotus.store.folder import link_or_copy
from lotus.system.files import write_whole

__all__ = ["LocalCache"]

IN_USE_SECONDS = (
    600  # what was asked for so recently is not removed: ffmpeg may be about to open it
)
LEFT_SECONDS = 86_400  # what is half written for so long has nobody who writes it
LOCKS = 64


class LocalCache:
    """Files under `folder`, the least recently used removed above `limit_bytes`."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._unswept = limit_bytes  # so that the first file of a process makes it look

    def file(self, key: str, fetch: Callable[[Path], object]) -> Path:
        """The local copy; `fetch` writes it if there is none, once for all threads and
        processes.
        """
        path = self.folder / key
        if not self._used(path):
            with self._locked(key):
                if not self._used(path):
                    self._write(path, fetch)
        return path

    def add(self, key: str, source: Path, *, linked: bool) -> None:
        """Keep what was just put elsewhere, so that it is not fetched back."""
        path = self.folder / key
        if not self._used(path):
            self._write(path, lambda aside: link_or_copy(source, aside, linked=linked))

    def drop(self, key: str) -> None:
        """Forget the local copy."""
        (self.folder / key).unlink(missing_ok=True)

    def _used(self, path: Path) -> bool:
        """Whether the copy is there; its time says when it was last asked for."""
        try:
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def _write(self, path: Path, write: Callable[[Path], object]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, write)
        os.utime(path)
        self._unswept += path.stat().st_size
        if self._unswept > self.limit_bytes // 20:
            self._unswept = 0
            self.sweep()

    def sweep(self, now: float | None = None) -> None:
        """Remove what half-written files crashes left, and the least recently used
        above the limit.
        """
        now = time.time() if now is None else now
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        for by_age, size, path in files:
            half = path.name.startswith(".")
            if now - by_age < (LEFT_SECONDS if half else IN_USE_SECONDS):
                continue
            if half or total > self.limit_bytes:
                path.unlink(missing_ok=True)
                total -= size

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        for folder, _, names in os.walk(self.folder):
            if Path(folder).name == ".locks":
                continue
            for path in (Path(folder, name) for name in names):
                with suppress(FileNotFoundError):
                    stat = path.stat()
                    yield stat.st_mtime, stat.st_size, path

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """One at a time for a key; the lock goes with the process that held it."""
        lock = self.folder / ".locks" / str(zlib.crc32(key.encode()) % LOCKS)
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
