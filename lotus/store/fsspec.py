"""Objects on any other file system that fsspec knows (memory://, gs://, az://, file://)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lotus.errors import SettingsError, StoreError
from lotus.store.objects import Head, StoredObject

__all__ = ["FsspecStore"]


class FsspecStore:
    """Objects under an address like `memory://place`; no checksums are kept there, only sizes
    compared.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._root = url.split("://", 1)[1].strip("/")
        self._made: Any = None

    def head(self, key: str) -> Head | None:
        """Its size."""
        try:
            return Head(int(self._fs.info(self._at(key))["size"]))
        except FileNotFoundError:
            return None

    def put(self, source: Path, key: str) -> bool:
        """Write it unless it is there."""
        if not source.is_file():
            raise FileNotFoundError(2, "No such file or directory", str(source))
        try:
            self._fs.put_file(str(source), self._at(key), mode="create")
        except FileExistsError:
            return False
        return True

    def get(self, key: str, target: Path) -> None:
        """Fetch it; raises OSError if it is shorter or longer than it should be."""
        size = self._fs.info(self._at(key))["size"]
        self._fs.get_file(self._at(key), str(target))
        if target.stat().st_size != size:
            raise OSError(f"{key} arrived with {target.stat().st_size} bytes instead of {size}")

    def read(self, key: str, start: int, end: int | None) -> bytes:
        """A part of it."""
        return bytes(self._fs.cat_file(self._at(key), start=start, end=end))

    def copy(self, key: str, to: str) -> None:
        """A copy, made there."""
        self._fs.cp_file(self._at(key), self._at(to))

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """All of them, one request where the file system can."""
        root = self._at("")
        inner = prefix.rpartition("/")[0]
        items = self._fs.find(self._at(inner).rstrip("/"), detail=True)
        for name, info in sorted(items.items()):
            key = name.lstrip("/").removeprefix(root.lstrip("/"))
            if key.startswith(prefix):
                yield StoredObject(key, info["size"], self._fs.modified(name).timestamp())

    def delete(self, key: str) -> None:
        """Remove it."""
        if self.head(key) is not None:
            self._fs.rm_file(self._at(key))

    def link(self, key: str, seconds: int, name: str) -> str:
        """What the file system signs, if it can."""
        try:
            return str(self._fs.sign(self._at(key), expiration=seconds))
        except NotImplementedError:
            raise StoreError(
                url=self._url, reason="cannot make web addresses for its files"
            ) from None

    def _at(self, key: str) -> str:
        return f"{self._root}/{key}"

    @property
    def _fs(self) -> Any:
        if self._made is None:
            self._made = _filesystem(self._url)
        return self._made


def _filesystem(url: str) -> Any:
    import fsspec

    scheme = url.split("://", 1)[0]
    try:
        return fsspec.filesystem(scheme, use_listings_cache=False)
    except ImportError as exc:
        raise StoreError(url=url, reason=str(exc), remedy="install what it names") from exc
    except ValueError as exc:
        raise SettingsError(
            name="LOTUS_STORE",
            reason=f"{scheme}:// is not a kind of store that lotus knows",
            remedy="write a folder or s3://bucket/prefix",
        ) from exc
