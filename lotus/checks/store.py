"""The store keeps what it is given."""

from __future__ import annotations

from lotus.checks.base import Finding
from lotus.checks.local import _nearest
from lotus.settings import Settings
from lotus.store import Store
from lotus.store.faults import translate_errors
from lotus.workspace import open_store

__all__ = ["kept_in", "round_trip", "rules"]


def round_trip(settings: Settings) -> Finding:
    """Write, read and delete a small object; a missing folder is created by the first
    job.
    """
    return kept_in(open_store(settings))


def kept_in(store: Store) -> Finding:
    """The same, of a store that is open: opening another to a bucket takes 10 MB that never come
    back.
    """
    if store.local_root is not None and not store.local_root.exists():
        return Finding(
            "ok", f"{store.url} will be made by the first job (in {_nearest(store.local_root)})"
        )
    store.check()
    return Finding("ok", f"{store.url}: wrote, read and deleted an object")


def rules(settings: Settings) -> Finding:
    """A bucket forgets by itself what has expired."""
    store = open_store(settings)
    if not store.url.startswith("s3"):
        return Finding("skip", "only a bucket has rules; `lotus store clean` serves a folder")
    from lotus.store.bucket import Bucket
    from lotus.store.lifecycle import differing, present_rules, wanted_rules

    assert isinstance(store.objects, Bucket)
    with translate_errors(store.url):
        lacking = differing(wanted_rules(store.objects.prefix), present_rules(store.objects))
    if lacking:
        names = ", ".join(rule.prefix or "/" for rule in lacking)
        return Finding("warn", f"no rule for {names}", "run `lotus store lifecycle apply`")
    return Finding("ok", "the bucket removes what has expired")
