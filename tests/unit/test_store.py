"""The contract of the store, over a folder, memory and a real S3 server; then what only a folder
does.
"""

from __future__ import annotations

import itertools
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
def folder(tmp_path: Path) -> Store:
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


def test_what_was_put_by_another_is_there_too(store: Store, tmp_path: Path) -> None:
    store.put(_file(tmp_path), KEY)
    other = Store(
        store.url, tmp_path / "other cache", endpoint_url=os.environ.get("AWS_ENDPOINT_URL")
    )
    assert other.path(KEY).read_bytes() == b"bytes"


def test_an_object_is_written_once(store: Store, tmp_path: Path) -> None:
    store.put(_file(tmp_path, b"first"), KEY)
    store.put(_file(tmp_path, b"second", "other"), KEY)
    assert store.path(KEY).read_bytes() == store.read(KEY) == b"first"


def test_an_object_outlives_its_source(store: Store, tmp_path: Path) -> None:
    source = _file(tmp_path)
    store.put(source, KEY)
    source.unlink()
    assert store.path(KEY).read_bytes() == b"bytes"


@pytest.mark.parametrize("kind", ["store", "cache"])
def test_what_a_user_gave_does_not_change_with_their_file(
    store: Store, tmp_path: Path, kind: str
) -> None:
    source = _file(tmp_path)
    store.put(source, "uploads/photo.jpg")
    with source.open("r+b") as file:  # in place: a link would change with it
        file.write(b"other")
    read = (
        store.read("uploads/photo.jpg")
        if kind == "store"
        else store.path("uploads/photo.jpg").read_bytes()
    )
    assert read == b"bytes"


def test_an_empty_object_is_an_object(store: Store, tmp_path: Path) -> None:
    store.put(_file(tmp_path, b""), KEY)
    assert store.exists(KEY)
    assert store.path(KEY).read_bytes() == store.read(KEY) == b""


def test_a_part_of_an_object_is_read_without_the_rest(store: Store, tmp_path: Path) -> None:
    store.put(_file(tmp_path, b"0123456789"), KEY)
    assert [store.read(KEY, 2, 5), store.read(KEY, 7), store.read(KEY, 0, 1)] == [
        b"234",
        b"789",
        b"0",
    ]
    assert [store.read(KEY, 3, 3), store.read(KEY, 10), store.read(KEY, 8, 99)] == [b"", b"", b"89"]


def test_many_are_asked_about_at_once(store: Store, tmp_path: Path) -> None:
    keys = [f"segments/aa/{n}.mp4" for n in range(6)]
    for key in keys[::2]:
        store.put(_file(tmp_path), key)
    assert store.present(keys) == set(keys[::2])
    assert store.present([]) == set()


def test_a_copy_is_an_object_of_its_own(store: Store, tmp_path: Path) -> None:
    store.put(_file(tmp_path), KEY)
    store.copy(KEY, "compositions/j/final.mp4")
    store.delete(KEY)
    assert store.path("compositions/j/final.mp4").read_bytes() == b"bytes"
    with pytest.raises(StoreError):
        store.copy(KEY, "compositions/k/final.mp4")
    assert not store.exists("compositions/k/final.mp4")


def test_a_key_cannot_leave_the_store(store: Store, tmp_path: Path) -> None:
    source = _file(tmp_path)
    uses = (store.exists, store.path, store.delete, store.read, store.link)
    uses += (lambda key: store.put(source, key), lambda key: store.copy(key, key))
    for use, key in itertools.product(uses, OUTSIDE):
        with pytest.raises(InvalidInput, match="is not a key of the store"):
            use(key)
    assert list(store.list()) == []


def test_a_missing_object_is_a_store_error_with_a_remedy(store: Store) -> None:
    with pytest.raises(StoreError, match=f"{KEY} is not there; render again"):
        store.path(KEY)
    with pytest.raises(StoreError):
        store.read(KEY)


def test_listing_gives_keys_in_order_with_sizes(store: Store, tmp_path: Path) -> None:
    for key in ("segments/cc/c.mp4", "clips/bb/b.mp4", "clips/aa/a.mp4"):
        store.put(_file(tmp_path, key.encode()), key)
    found = list(store.list("clips/"))
    assert [o.key for o in found] == ["clips/aa/a.mp4", "clips/bb/b.mp4"]
    assert [o.size_bytes for o in found] == [len(o.key) for o in found]
    assert all(abs(o.modified - Path(tmp_path / "source").stat().st_mtime) < 120 for o in found)
    assert [o.key for o in store.list()] == [*(o.key for o in found), "segments/cc/c.mp4"]
    assert [o.key for o in store.list("clips/b")] == ["clips/bb/b.mp4"]


def test_a_store_that_is_not_there_yet_is_empty_and_stays_away(store: Store) -> None:
    assert list(store.list()) == []
    store.delete(KEY)
    assert store.local_root is None or not store.local_root.exists()


def test_a_deleted_object_is_gone_and_may_be_deleted_again(store: Store, tmp_path: Path) -> None:
    store.put(_file(tmp_path), KEY)
    assert store.path(KEY).is_file()
    store.delete(KEY)
    store.delete(KEY)
    assert not store.exists(KEY)
    with pytest.raises(StoreError):
        store.path(KEY)


def test_a_check_leaves_nothing_behind(store: Store) -> None:
    store.check()
    assert list(store.list()) == []


def test_a_source_that_is_not_there_is_a_store_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        store.put(tmp_path / "nothing", KEY)
    assert list(store.list()) == []


def test_what_fails_halfway_is_never_seen(
    folder: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, list[str]]] = []

    def half(source: Path, target: Path, *, linked: bool) -> None:
        target.write_bytes(b"half")
        seen.append((folder.exists(KEY), [found.key for found in folder.list()]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lotus.store.folder.link_or_copy", half)
    with pytest.raises(StoreError, match="No space left on device; free some disk space"):
        folder.put(_file(tmp_path), KEY)
    assert seen == [(False, [])]
    assert _files(folder) == []


def test_two_who_write_the_same_key_at_once_leave_one_whole_object(
    folder: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lotus.store import folder as module

    late = _file(tmp_path, b"same", "late")
    link = module.link_or_copy

    def overtaken(source: Path, target: Path, *, linked: bool) -> None:
        monkeypatch.setattr(module, "link_or_copy", link)
        folder.put(late, KEY)
        link(source, target, linked=linked)

    monkeypatch.setattr(module, "link_or_copy", overtaken)
    folder.put(_file(tmp_path, b"same"), KEY)
    assert folder.path(KEY).read_bytes() == b"same"
    assert _files(folder) == ["abcd.mp4"]


def test_what_is_being_written_is_not_listed(folder: Store, tmp_path: Path) -> None:
    folder.put(_file(tmp_path), KEY)
    (Path(folder.url) / "clips" / "ab" / ".a.mp4.123.part").write_bytes(b"half of another")
    assert [found.key for found in folder.list()] == [KEY]


def test_a_store_in_a_file_is_refused_with_a_remedy(tmp_path: Path) -> None:
    store = Store(str(_file(tmp_path)), tmp_path / "cache")
    with pytest.raises(StoreError) as raised:
        store.put(_file(tmp_path, name="other"), KEY)
    assert raised.value.remedy
    assert isinstance(raised.value.__cause__, OSError)


def test_a_kind_of_store_that_nobody_knows_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError,
        match="LOTUS_STORE: foo:// is not a kind of store that lotus knows; write a folder or s3://",
    ):
        Store("foo://bucket", tmp_path).exists(KEY)


def test_a_file_that_cannot_be_linked_is_copied(
    folder: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    folder.put(_file(tmp_path), KEY)
    assert folder.path(KEY).read_bytes() == b"bytes"


def test_keys_are_spread_over_folders_and_every_prefix_is_kept_for_a_time() -> None:
    assert object_key("clips", "abcd", ".mp4") == KEY
    assert all(days >= 0 for days in PREFIXES.values())
