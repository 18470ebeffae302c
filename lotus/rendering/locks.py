"""Which pieces of work are under way in this machine's processes: each is a locked file.

The kernel unlocks it when its holder dies, however it does.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["FileLocks"]


class FileLocks:
    """Claims of one home; safe to share between threads, which count as processes do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def lock(self, key: str) -> Iterator[bool]:
        """Hold the claim for `key` meanwhile, or say that another has it.

        Where nothing can be locked, the work is done, at worst twice.
        """
        path = self._folder / f"{key}.lock"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        except OSError:
            yield True
            return
        mine = _locked(file) and _same(file, path)
        try:
            yield mine
        finally:
            if mine:
                # while it is locked: who opened it before sees that it is gone
                path.unlink(missing_ok=True)
            os.close(file)


def _locked(file: int) -> bool:
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _same(file: int, path: Path) -> bool:
    """Whether the path still names the file that was opened; its last holder may have
    removed it.
    """
    with suppress(OSError):
        return os.fstat(file).st_ino == path.stat().st_ino
    return False
