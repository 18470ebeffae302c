"""The store that all else uses: keys are checked, errors are ours, ffmpeg reads local copies."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from lotus.errors import StoreError
from lotus.store.cache import LocalCache
from lotus.store.faults import translate_errors
from lotus.store.folder import OF_USERS, Folder
from lotus.store.objects import Head, Objects, StoredObject, check_key

__all__ = ["Store"]

CACHE_BYTES = 10 * 2**30
ASK_FIRST_BYTES = 8 * 2**20  # above this a question is cheaper than a body that is refused
AT_ONCE = 16  # questions to a bucket
LINK_SECONDS = 3600
BUCKETS = ("s3://", "s3a://")


class Store:
    """Objects under `url`; `cache` holds local copies of what lives elsewhere."""

    def __init__(
        self,
        url: str,
        cache: Path,
        *,
        endpoint_url: str | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.url = url
        self.endpoint_url = endpoint_url
        self.local_root = None if "://" in url else Path(url)
        self.objects = _place(url, endpoint_url)
        self._cache = LocalCache(cache, cache_bytes)

    def __repr__(self) -> str:
        return f"Store({self.url!r})"

    def path(self, key: str) -> Path:
        """A local file with the object's bytes, for ffmpeg to read; raises StoreError if it is not
        there.
        """
        check_key(key)
        try:
            with self._translate_errors():
                return self._path(key)
        except StoreError as exc:
            if isinstance(exc.__cause__, FileNotFoundError):
                raise self._missing(key) from exc.__cause__
            raise

    def _path(self, key: str) -> Path:
        if isinstance(self.objects, Folder):
            path = self.objects.path(key)
            if not path.is_file():
                raise FileNotFoundError(2, "is not there", key)
            return path
        return self._cache.file(key, lambda aside: self.objects.get(key, aside))

    def _missing(self, key: str) -> StoreError:
        return StoreError(
            url=self.url, reason=f"{key} is not there", remedy="render again to make it"
        )

    def head(self, key: str) -> Head | None:
        """What is known of the object; None if it is not there."""
        check_key(key)
        with self._translate_errors():
            return self.objects.head(key)

    def exists(self, key: str) -> bool:
        """Whether the object is there, whole."""
        return self.head(key) is not None

    def present(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that are there; a bucket is asked about many at once."""
        unique = list(dict.fromkeys(keys))
        if isinstance(self.objects, Folder) or len(unique) < 2:
            return {key for key in unique if self.exists(key)}
        with ThreadPoolExecutor(min(AT_ONCE, len(unique))) as pool:
            return {
                key
                for key, there in zip(unique, pool.map(self.exists, unique), strict=True)
                if there
            }

    def put(self, source: Path, key: str) -> None:
        """Keep `source` under `key`: nobody ever sees half of it, and a key that exists is left
        alone.
        """
        check_key(key)
        with self._translate_errors():
            if isinstance(self.objects, Folder):
                self.objects.put(source, key)
                return
            large = source.stat().st_size > ASK_FIRST_BYTES
            if large and self.objects.head(key) is not None:
                return
            # otherwise somebody was faster, and theirs is the object
            if self.objects.put(source, key):
                self._cache.add(key, source, linked=not key.startswith(OF_USERS))

    def copy(self, key: str, to: str) -> None:
        """Keep the same bytes under another key, without fetching them; a key that exists is left
        alone.
        """
        check_key(key)
        if self.exists(to):
            return
        with self._translate_errors():
            self.objects.copy(key, to)

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from `start` up to `end` (to the last): a player seeks so, without
        a download.
        """
        check_key(key)
        with self._translate_errors():
            return self.objects.read(key, start, end)

    def link(self, key: str, seconds: int = LINK_SECONDS, *, name: str = "") -> str:
        """An address for a player: of a bucket, presigned, and good for so many seconds (7 days at
        most).

        With a `name`, which may hold nothing but letters, digits, `.`, `_` and `-`, browsers save
        it as that.
        """
        check_key(key)
        with self._translate_errors():
            return self.objects.link(key, seconds, name)

    def upload_link(self, key: str, size_bytes: int, seconds: int) -> str | None:
        """An address of a bucket to which just so many bytes can be put; None where there is no
        bucket.
        """
        check_key(key)
        if not self.url.startswith(BUCKETS):
            return None
        from lotus.store.bucket import Bucket

        assert isinstance(self.objects, Bucket)
        with self._translate_errors():
            return self.objects.upload_link(key, size_bytes, seconds)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """All objects whose key begins with `prefix`, in order of key."""
        with self._translate_errors():
            yield from self.objects.list(prefix)

    def delete(self, key: str) -> None:
        """Forget the object; nothing happens if it is not there."""
        check_key(key)
        with self._translate_errors():
            self._cache.drop(key)
            self.objects.delete(key)

    @property
    def billed(self) -> bool:
        """Whether somebody sends a bill for it by the gigabyte: a bucket at Amazon."""
        return self.url.startswith(BUCKETS) and not self.endpoint_url

    def bill(self) -> Decimal:
        """US dollars for what this process has asked of a bucket, and kept in it, since the last
        bill.
        """
        from lotus.store.bucket import Bucket

        return (
            self.objects.bill() if self.billed and isinstance(self.objects, Bucket) else Decimal(0)
        )

    def abandoned(self, older_than: timedelta, *, dry_run: bool) -> int:
        """Remove uploads to a bucket that were begun before and never finished; how
        many there are.
        """
        from lotus.store.bucket import Bucket

        if not isinstance(self.objects, Bucket):
            return 0
        with self._translate_errors():
            uploads = list(self.objects.abandoned(older_than))
            for key, upload_id in () if dry_run else uploads:
                self.objects.abandon(key, upload_id)
        return len(uploads)

    def check(self) -> None:
        """Write, list, read and delete a small object; raises StoreError with what stands in the
        way.
        """
        key = f"temp/check-{os.getpid()}-{os.urandom(4).hex()}.txt"
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"lotus")
            file.flush()
            self.put(Path(file.name), key)
        keys = [item.key for item in self.list(key)]
        if keys != [key] or self.read(key) != b"lotus":
            raise StoreError(
                url=self.url, reason="read-back check failed", remedy="use another store"
            )
        self.delete(key)

    def _translate_errors(self) -> AbstractContextManager[None]:
        return translate_errors(self.url)


def _place(url: str, endpoint_url: str | None) -> Objects:
    """A folder, a bucket, or whatever else fsspec knows; each is loaded only where it is used."""
    if "://" not in url:
        return Folder(Path(url))
    if url.startswith(BUCKETS):
        from lotus.store.bucket import Bucket

        return Bucket(url, endpoint_url)
    from lotus.store.fsspec import FsspecStore

    return FsspecStore(url)
