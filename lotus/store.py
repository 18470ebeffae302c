"""Where bytes live: objects by key in a folder or a bucket, written once and whole."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lotus.errors import InvalidInput, SettingsError, StoreError
from lotus.files import write_whole

__all__ = ["PREFIXES", "Store", "StoredObject", "object_key"]

PREFIXES = {  # prefix -> days that an object is kept; 0 is for ever
    "uploads": 0,
    "clips": 30,
    "segments": 30,
    "compositions": 90,
    "runs": 90,
    "temp": 7,
}
_KEY = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9][A-Za-z0-9._/-]{0,400}")


def object_key(kind: str, digest: str, suffix: str) -> str:
    """`clips/ab/abcd....mp4`: two characters of the digest keep folders small."""
    return f"{kind}/{digest[:2]}/{digest}{suffix}"


@dataclass(frozen=True)
class StoredObject:
    """One object as a listing shows it."""

    key: str
    size_bytes: int
    modified: float  # seconds since the epoch


class Store:
    """Objects under `url`; `cache` holds local copies of what lives elsewhere."""

    def __init__(self, url: str, cache: Path, *, endpoint_url: str | None = None) -> None:
        self.url = url
        self._cache = cache
        self._endpoint_url = endpoint_url
        self.local_root = None if "://" in url else Path(url)
        self._fs: Any = None

    def __repr__(self) -> str:
        return f"Store({self.url!r})"

    def path(self, key: str) -> Path:
        """A local file with the object's bytes, for ffmpeg to read; raises StoreError if it is not there."""
        path = self._local(key)
        if self.local_root is None and not path.exists():
            with self._translated():
                _write_aside(path, lambda aside: self._remote().get_file(self._at(key), str(aside)))
        if not path.is_file():
            raise StoreError(url=self.url, reason=f"{key} is not there", remedy="render again to make it")
        return path

    def exists(self, key: str) -> bool:
        """Whether the object is there, whole."""
        if self.local_root is not None:
            return self._local(key).is_file()
        with self._translated():
            return bool(self._remote().exists(self._at(key)))

    def put(self, source: Path, key: str) -> None:
        """Keep `source` under `key`: nobody ever sees half of it, and a key that exists is left alone."""
        if self.exists(key):
            return
        with self._translated():
            if self.local_root is not None:
                _write_aside(self._local(key), lambda aside: _link_or_copy(source, aside))
            else:
                self._remote().put_file(str(source), self._at(key))

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """All objects whose key begins with `prefix`, in order of key."""
        with self._translated():
            if self.local_root is None:
                found = self._remote().find(self._at(prefix), detail=True)
                root = self._at("")
                for name, info in sorted(found.items()):
                    yield StoredObject(
                        name.removeprefix(root), info["size"], info["LastModified"].timestamp()
                    )
                return
            base = self.local_root
            for path in sorted(base.rglob("*")):
                key = path.relative_to(base).as_posix()
                if key.startswith(prefix) and path.is_file() and not path.name.startswith("."):
                    stat = path.stat()
                    yield StoredObject(key, stat.st_size, stat.st_mtime)

    def delete(self, key: str) -> None:
        """Forget the object; nothing happens if it is not there."""
        with self._translated():
            self._local(key).unlink(missing_ok=True)
            if self.local_root is None and self.exists(key):
                self._remote().rm_file(self._at(key))

    def check(self) -> None:
        """Write, read and delete a small object; raises StoreError with what stands in the way."""
        key = f"temp/check-{os.getpid()}.txt"
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"lotus")
            file.flush()
            self.put(Path(file.name), key)
        self.path(key)
        self.delete(key)

    def _local(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise InvalidInput(file="", field="key", reason=f"{key!r} is not a key of the store")
        return (self.local_root or self._cache) / key

    def _at(self, key: str) -> str:
        return f"{self.url.split('://', 1)[1].rstrip('/')}/{key}"

    def _remote(self) -> Any:
        if self._fs is None:
            import fsspec

            scheme = self.url.split("://", 1)[0]
            options = {"endpoint_url": self._endpoint_url} if scheme == "s3" and self._endpoint_url else {}
            try:
                self._fs = fsspec.filesystem(scheme, use_listings_cache=False, **options)
            except ImportError as exc:
                raise StoreError(
                    url=self.url, reason=str(exc), remedy="install it: pip install 'lotus[aws]'"
                ) from exc
            except ValueError as exc:
                raise SettingsError(
                    name="LOTUS_STORE",
                    reason=f"{scheme}:// is no kind of store",
                    remedy="write a folder or s3://bucket/prefix",
                ) from exc
        return self._fs

    def _translated(self) -> _Translated:
        return _Translated(self.url)


class _Translated:
    """Turns what the file system or the bucket said into a StoreError with a remedy."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> None:
        if isinstance(exc, OSError):
            raise StoreError(url=self.url, reason=exc.strerror or str(exc), remedy=_remedy(exc)) from exc
        if exc is not None and type(exc).__module__.startswith("botocore"):  # its errors are no OSErrors
            remedy = "check the AWS variables of the environment, and AWS_ENDPOINT_URL"
            raise StoreError(url=self.url, reason=str(exc), remedy=remedy) from exc


def _remedy(exc: OSError) -> str:
    if isinstance(exc, PermissionError):
        return "give yourself the right to read and write there, or set LOTUS_STORE to another place"
    if exc.errno == 28:
        return "free some disk space (`lotus store clean`), or set LOTUS_STORE to another disk"
    return "run `lotus doctor`"


def _write_aside(target: Path, write: Callable[[Path], object]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, write)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)  # objects are immutable, so two names for the same bytes are safe
    except OSError:
        shutil.copyfile(source, target)
