"""Manifests and notebooks by address (s3://, https://): fetched once, then ordinary files."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from lotus.errors import InvalidInput

__all__ = ["aside", "local_file"]


@cache
def aside() -> Path:
    """A folder of this process for files that are not the user's; removed at its end."""
    folder = Path(tempfile.mkdtemp(prefix="lotus-manifests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def local_file(address: str | Path) -> Path:
    """The path itself, or a local copy of what an fsspec address leads to; raises InvalidInput."""
    text = str(address)
    _, separator, rest = text.partition("://")
    if not separator:
        return Path(text)
    import fsspec

    folder = Path(tempfile.mkdtemp(dir=aside()))
    target = folder / (rest.rstrip("/").rpartition("/")[2].partition("?")[0] or "file")
    try:
        with fsspec.open(text, "rb") as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
    except (OSError, ValueError, ImportError) as exc:
        reason = f"cannot be read: {' '.join(str(exc).split())[:200] or type(exc).__name__}"
        remedy = "check the address, and that this machine may read it"
        raise InvalidInput(file=text, field="", reason=reason, remedy=remedy) from exc
    return target
