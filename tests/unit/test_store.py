"""The contract of the store, over a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lotus.errors import InvalidInput, SettingsError, StoreError
from lotus.store import PREFIXES, Store, object_key

KEY = "clips/ab/abcd.mp4"
OUTSIDE = [
    "../x",
    "clips/../../x",
    "/etc/passwd",
    "clips/..",
    "..",
    ".",
    "./a",
    "",
    "a\nb",
    "a\0b",
    "~/x",
    "a b",
    "é",
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"), tmp_path / "cache")


def _file(folder: Path, content: bytes = b"bytes", name: str = "source") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _files(store: Store) -> list[str]:
    assert store.local_root is not None
    return sorted(path.name for path in store.local_root.rglob("*") if path.is_file())


def test_what_is_put_is_there(store: Store, tmp_path: Path) -> None:
    assert not store.exists(KEY)
    store.put(_file(tmp_path), KEY)
    assert store.exists(KEY)
    assert store.path(KEY).read_bytes() == b"bytes"


def test_an_object_is_written_once(store: Store, tmp_path: Path) -> None:
    store.put(_file(tmp_path, b"first"), KEY)
    store.put(_file(tmp_path, b"second", "other"), KEY)
    assert store.path(KEY).read_bytes() == b"first"


def test_an_object_outlives_its_source(store: Store, tmp_path: Path) -> None:
    source = _file(tmp_path)
    store.put(source, KEY)
    source.unlink()
    assert store.path(KEY).read_bytes() == b"bytes"


def test_what_fails_halfway_is_never_seen(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, list[str]]] = []

    def half(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        seen.append((store.exists(KEY), [found.key for found in store.list()]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lotus.store._link_or_copy", half)
    with pytest.raises(StoreError, match="No space left on device; free some disk space"):
        store.put(_file(tmp_path), KEY)
    assert seen == [(False, [])]
    assert _files(store) == []


def test_two_who_write_the_same_key_at_once_leave_one_whole_object(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lotus import store as module

    late, link = _file(tmp_path, b"same", "late"), module._link_or_copy

    def overtaken(source: Path, target: Path) -> None:
        monkeypatch.setattr(module, "_link_or_copy", link)
        store.put(late, KEY)
        link(source, target)

    monkeypatch.setattr(module, "_link_or_copy", overtaken)
    store.put(_file(tmp_path, b"same"), KEY)
    assert store.path(KEY).read_bytes() == b"same"
    assert _files(store) == ["abcd.mp4"]


@pytest.mark.parametrize("key", OUTSIDE)
def test_a_key_cannot_leave_the_store(store: Store, tmp_path: Path, key: str) -> None:
    source = _file(tmp_path)
    for use in (store.exists, store.path, store.delete, lambda key: store.put(source, key)):
        with pytest.raises(InvalidInput, match="is not a key of the store"):
            use(key)
    assert not Path(store.url).exists()


def test_a_missing_object_is_a_store_error_with_a_remedy(store: Store) -> None:
    with pytest.raises(StoreError, match=f"{KEY} is not there; render again"):
        store.path(KEY)


def test_listing_gives_keys_in_order_with_sizes(store: Store, tmp_path: Path) -> None:
    for key in ("segments/cc/c.mp4", "clips/bb/b.mp4", "clips/aa/a.mp4"):
        store.put(_file(tmp_path, key.encode()), key)
    (Path(store.url) / "clips" / "aa" / ".a.mp4.123.part").write_bytes(b"half of another")
    found = list(store.list("clips/"))
    assert [o.key for o in found] == ["clips/aa/a.mp4", "clips/bb/b.mp4"]
    assert [o.size_bytes for o in found] == [len(o.key) for o in found]
    assert [o.key for o in store.list()] == [*(o.key for o in found), "segments/cc/c.mp4"]


def test_a_store_that_is_not_there_yet_is_empty_and_stays_away(store: Store) -> None:
    assert list(store.list()) == []
    store.delete(KEY)
    assert not Path(store.url).exists()


def test_a_deleted_object_is_gone_and_may_be_deleted_again(store: Store, tmp_path: Path) -> None:
    store.put(_file(tmp_path), KEY)
    store.delete(KEY)
    store.delete(KEY)
    assert not store.exists(KEY)


def test_a_check_leaves_nothing_behind(store: Store) -> None:
    store.check()
    assert _files(store) == []


def test_a_source_that_is_not_there_is_a_store_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        store.put(tmp_path / "nothing", KEY)
    assert _files(store) == []


def test_a_store_in_a_file_is_refused_with_a_remedy(tmp_path: Path) -> None:
    store = Store(str(_file(tmp_path)), tmp_path / "cache")
    with pytest.raises(StoreError) as raised:
        store.put(_file(tmp_path, name="other"), KEY)
    assert raised.value.remedy
    assert isinstance(raised.value.__cause__, OSError)


def test_a_kind_of_store_that_nobody_knows_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match="LOTUS_STORE: foo:// is no kind of store; write a folder or s3://"
    ):
        Store("foo://bucket", tmp_path).exists(KEY)


def test_a_file_that_cannot_be_linked_is_copied(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    store.put(_file(tmp_path), KEY)
    assert store.path(KEY).read_bytes() == b"bytes"


def test_keys_are_spread_over_folders_and_every_prefix_is_kept_for_a_time() -> None:
    assert object_key("clips", "abcd", ".mp4") == KEY
    assert all(days >= 0 for days in PREFIXES.values())
