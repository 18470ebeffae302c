"""Objects as files of a folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from lotus.store.objects import Head, StoredObject
from lotus.system.files import write_whole

__all__ = ["Folder", "link_or_copy"]

OF_USERS = "uploads/"  # what users gave may change under them, so it is copied and never linked


class Folder:
    """Objects under `root`; each file is written aside, then renamed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """The object's file."""
        return self.root / key

    def head(self, key: str) -> Head | None:
        """Its size, from the file system."""
        path = self.path(key)
        return Head(path.stat().st_size) if path.is_file() else None

    def put(self, source: Path, key: str) -> bool:
        """A second name for the source where that is safe, a copy otherwise."""
        target = self.path(key)
        if target.is_file():
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(
            target, lambda aside: link_or_copy(source, aside, linked=not key.startswith(OF_USERS))
        )
        return True

    def get(self, key: str, target: Path) -> None:
        """A copy of the file."""
        shutil.copyfile(self.path(key), target)

    def read(self, key: str, start: int, end: int | None) -> bytes:
        """A part of the file."""
        with self.path(key).open("rb") as file:
            file.seek(start)
            return file.read(-1 if end is None else max(0, end - start))

    def copy(self, key: str, to: str) -> None:
        """A second name for the file."""
        self.put(self.path(key), to)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Files that are whole: what is being written begins with a dot."""
        inner = prefix.rpartition("/")[0]
        for path in sorted((self.root / inner).rglob("*")):
            key = path.relative_to(self.root).as_posix()
            if key.startswith(prefix) and path.is_file() and not path.name.startswith("."):
                stat = path.stat()
                yield StoredObject(key, stat.st_size, stat.st_mtime)

    def delete(self, key: str) -> None:
        """Remove the file."""
        self.path(key).unlink(missing_ok=True)

    def link(self, key: str, seconds: int, name: str) -> str:
        """The file's own address: it does not expire."""
        return self.path(key).absolute().as_uri()


def link_or_copy(source: Path, target: Path, *, linked: bool = True) -> None:
    """Give the bytes a second name where that is safe: objects are immutable, and so are temporary
    files.
    """
    if linked:
        try:
            os.link(source, target)
            return
        except FileNotFoundError:
            raise
        except OSError:  # another disk, or one without links
            pass
    shutil.copyfile(source, target)
