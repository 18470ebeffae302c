"""Files that users name: written aside, then renamed, so that nothing half-written is
ever there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lotus.errors import InvalidInput, StoreError

__all__ = [
    "check_writable",
    "copy_aside",
    "fill_aside",
    "whole_folder",
    "write_aside",
    "write_whole",
]


def check_writable(path: Path, field: str = "out") -> Path:
    """The path, absolute, if a file may be written there; raises InvalidInput before any work
    starts.
    """
    try:
        path = path.expanduser().absolute()
    except RuntimeError as exc:  # ~name of a user that there is not
        raise InvalidInput(
            file=str(path), field=field, reason="does not exist", remedy="name another file"
        ) from exc
    reason = ""
    if path.is_dir():
        reason = "is a folder"
    elif not path.parent.is_dir():
        reason = f"the folder {path.parent} is not there"
    elif not os.access(path.parent, os.W_OK):
        reason = f"the folder {path.parent} may not be written to"
    if reason:
        raise InvalidInput(file=str(path), field=field, reason=reason, remedy="name another file")
    return path


def write_whole(target: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside the target, then rename it: readers see nothing or
    all of it.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        write(aside)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, whose files then stand in the target, a new or an empty folder: all of
    them, or none. Raises StoreError for what the disk refuses.
    """
    name = f".{target.name}.{os.getpid()}.{os.urandom(4).hex()}"
    aside = target / name if target.is_dir() else target.with_name(name)
    try:
        aside.mkdir(parents=True)
        yield aside
        if aside.parent == target:  # which may be the folder that the user is in
            for path in aside.iterdir():
                os.replace(path, target / path.name)
        else:
            os.replace(aside, target)
    except OSError as exc:
        raise _refused(target, exc, "folder") from exc
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def copy_aside(source: Path, target: Path) -> Path:
    """Copy a file to where the user wants it."""
    return fill_aside(target, lambda aside: shutil.copyfile(source, aside))


def write_aside(text: str, target: Path) -> Path:
    """Write text to where the user wants it."""
    return fill_aside(target, lambda aside: aside.write_text(text, encoding="utf-8"))


def fill_aside(target: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a file where the user wants it: it is there whole, or not at all."""
    target = check_writable(target)
    try:
        write_whole(target, write)
    except OSError as exc:
        raise _refused(target, exc, "file") from exc
    return target


def _refused(target: Path, exc: OSError, kind: str) -> StoreError:
    remedy = f"free space there, or name another {kind}"
    return StoreError(url=str(target), reason=exc.strerror or str(exc), remedy=remedy)
