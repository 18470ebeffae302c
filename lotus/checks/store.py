"""The store keeps what it is given."""

from __future__ import annotations

from lotus.checks.base import Finding
from lotus.checks.local import _nearest
from lotus.settings import Settings
from lotus.workspace import open_store

__all__ = ["round_trip"]


def round_trip(settings: Settings) -> Finding:
    """Write, read and delete a small object; a folder that is not there yet is made by the first job."""
    store = open_store(settings)
    if store.local_root is not None and not store.local_root.exists():
        return Finding("ok", f"{store.url} will be made by the first job (in {_nearest(store.local_root)})")
    store.check()
    return Finding("ok", f"{store.url}: wrote, read and deleted an object")
