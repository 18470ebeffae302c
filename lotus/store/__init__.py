"""Where bytes live: objects by key in a folder or a bucket, written once and whole."""

from __future__ import annotations

from lotus.store.objects import PREFIXES, StoredObject, object_key
from lotus.store.store import Store

__all__ = ["PREFIXES", "Store", "StoredObject", "object_key"]
