"""Files that users name: written aside, then renamed, so that nothing half-written is ever there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lotus.errors import InvalidInput, StoreError

__all__ = ["check_writable", "copy_aside", "write_aside"]


def check_writable(path: Path, field: str = "out") -> Path:
    """The path, absolute, if a file may be written there; raises InvalidInput before any work starts."""
    try:
        path = path.expanduser().absolute()
    except RuntimeError as exc:  # ~name of a user that there is not
        raise InvalidInput(
            file=str(path), field=field, reason="has no such home", remedy="name another file"
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


def copy_aside(source: Path, target: Path) -> Path:
    """Copy a file to where the user wants it."""
    target = check_writable(target)
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(source, aside)
        os.replace(aside, target)
    except OSError as exc:
        raise StoreError(
            url=str(target), reason=exc.strerror or str(exc), remedy="free space there, or name another file"
        ) from exc
    finally:
        aside.unlink(missing_ok=True)
    return target


def write_aside(text: str, target: Path) -> Path:
    """Write text to where the user wants it."""
    target = check_writable(target)
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, target)
    except OSError as exc:
        raise StoreError(
            url=str(target), reason=exc.strerror or str(exc), remedy="free space there, or name another file"
        ) from exc
    finally:
        aside.unlink(missing_ok=True)
    return target
