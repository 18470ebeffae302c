"""Manifests and notebooks by address (s3://, https://): fetched once, then ordinary files."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from lotus.errors import InvalidInput
from lotus.store import Store
from lotus.store.uploads import MARK, SUFFIXES, asset_object
from lotus.system.keys import file_digest

__all__ = ["SourceFiles", "aside", "local_file"]

HTTP_SECONDS = 60.0  # without a byte of an answer


@cache
def aside() -> Path:
    """A folder of this process for files that are not the user's; removed at its end."""
    folder = Path(tempfile.mkdtemp(prefix="lotus-manifests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def local_file(address: str | Path) -> Path:
    """The path itself, or a local copy of what an fsspec address leads to; raises InvalidInput."""
    text = str(address)
    scheme, separator, rest = text.partition("://")
    if not separator:
        return Path(text)
    folder = Path(tempfile.mkdtemp(dir=aside()))
    target = folder / (rest.rstrip("/").rpartition("/")[2].partition("?")[0] or "file")
    try:
        BY_SCHEME.get(scheme.lower(), _copy_of)(text, target)
    except (OSError, ValueError, ImportError) as exc:
        reason = f"cannot be read: {' '.join(str(exc).split())[:200] or type(exc).__name__}"
        remedy = "check the address, and that this machine may read it"
        raise InvalidInput(file=text, field="", reason=reason, remedy=remedy) from exc
    return target


def _copy_of(address: str, target: Path) -> None:
    import fsspec

    with fsspec.open(address, "rb") as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)


def _copy_of_s3(address: str, target: Path) -> None:
    """By boto3, as everything of S3 here; raises OSError for what S3 refuses."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        boto3.client("s3").download_file(bucket, key, str(target))
    except (BotoCoreError, ClientError) as exc:
        raise OSError(str(exc)) from exc


def _copy_of_http(address: str, target: Path) -> None:
    """Raise OSError for what the server refuses."""
    import httpx

    try:
        with httpx.stream("GET", address, follow_redirects=True, timeout=HTTP_SECONDS) as answer:
            if answer.status_code != httpx.codes.OK:
                raise OSError(f"the server answers {answer.status_code} {answer.reason_phrase}")
            with target.open("wb") as copy:
                for part in answer.iter_bytes():
                    copy.write(part)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise OSError(str(exc) or type(exc).__name__) from exc


BY_SCHEME = {"s3": _copy_of_s3, "http": _copy_of_http, "https": _copy_of_http}


class SourceFiles:
    """Files that briefs name by address: local copies, or assets of a store, which every worker
    finds. Each address is read once.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """What stands for an address in the brief; other text as it is. Raises InvalidInput."""
        if "://" not in text:
            return text
        if text not in self._known:
            path = local_file(text)
            self._known[text] = str(path) if self._store is None else self._asset(text, path)
        return self._known[text]

    def _asset(self, address: str, path: Path) -> str:
        assert self._store is not None
        suffix = {".jpeg": ".jpg"}.get(path.suffix.lower(), path.suffix.lower())
        if suffix not in SUFFIXES:
            reason = f"is not a picture, sound or video ({suffix or 'no suffix'})"
            remedy = f"use one of {', '.join(SUFFIXES)}, or a file on this machine"
            raise InvalidInput(file=address, field="", reason=reason, remedy=remedy)
        name = f"{file_digest(path)}{suffix}"
        key = asset_object(name)
        if not self._store.exists(key):
            self._store.put(path, key)
        return f"{MARK}{name}"
