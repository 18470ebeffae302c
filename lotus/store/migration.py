"""From one store to another: what is there already is left, all of it is compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lotus.errors import StoreError
from lotus.store.objects import StoredObject
from lotus.store.store import Store
from lotus.system.keys import file_digest

__all__ = ["StoreMigration", "migrate_store"]


@dataclass(frozen=True)
class StoreMigration:
    """What came over: objects and bytes, and how many were there before."""

    objects: int
    size_bytes: int
    there_before: int


def migrate_store(
    source: Store, target: Store, on_object: Callable[[StoredObject], None] | None = None
) -> StoreMigration:
    """Copy all objects; may be stopped and begun again. Nothing is removed from the source.

    Each is compared by size and by SHA-256 with what the target then has; raises StoreError naming
    the first that differs.
    """
    objects = size = before = 0
    for item in source.list():
        if _same(source, target, item):
            before += 1
        else:
            target.put(source.path(item.key), item.key)
            if not _same(source, target, item):
                raise StoreError(
                    url=target.url,
                    reason=f"{item.key} is another object than in {source.url}",
                    remedy="remove one of the two, or migrate into an empty store",
                )
        objects = objects + 1
        size = size + item.size_bytes
        if on_object is not None:
            on_object(item)
    return StoreMigration(objects, size, before)


def _same(source: Store, target: Store, item: StoredObject) -> bool:
    head = target.head(item.key)
    if head is None or head.size_bytes != item.size_bytes:
        return False
    theirs = head.sha256 or file_digest(target.path(item.key))
    return theirs == file_digest(source.path(item.key))
