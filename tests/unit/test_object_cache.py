"""Local copies of objects: bounded, the least recently used go first, nothing
half-written stays.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lotus.store.cache import IN_USE_SECONDS, LEFT_SECONDS, LocalCache

LATER = 10 * IN_USE_SECONDS


def _fill(cache: LocalCache, *keys: str) -> None:
    for age, key in enumerate(reversed(keys)):  # the first is the oldest
        path = cache.file(key, lambda aside: aside.write_bytes(b"x" * 100))
        stat = path.stat()
        os.utime(path, (stat.st_atime, stat.st_mtime - age))


def _there(cache: LocalCache) -> set[str]:
    return {
        path.name
        for path in cache.folder.rglob("*")
        if path.is_file() and path.parent.name != ".locks"
    }


def _now(cache: LocalCache) -> float:
    return max(path.stat().st_mtime for path in cache.folder.rglob("*"))


def test_above_the_limit_the_least_recently_used_go(tmp_path: Path) -> None:
    cache = LocalCache(tmp_path, limit_bytes=250)
    _fill(cache, "clips/a", "clips/b", "clips/c", "clips/d")
    cache.sweep(_now(cache) + LATER)
    assert _there(cache) == {"c", "d"}


def test_what_was_just_asked_for_stays_even_above_the_limit(tmp_path: Path) -> None:
    cache = LocalCache(tmp_path, limit_bytes=1)
    _fill(cache, "clips/a", "clips/b")
    cache.sweep(_now(cache))
    assert _there(cache) == {"a", "b"}


def test_asking_again_makes_a_copy_recent(tmp_path: Path) -> None:
    cache = LocalCache(tmp_path, limit_bytes=100)
    _fill(cache, "clips/a", "clips/b")
    cache.file("clips/a", lambda aside: pytest.fail("it is there already"))
    os.utime(tmp_path / "clips" / "b", (1, 1))
    cache.sweep(_now(cache) + LATER)
    assert _there(cache) == {"a"}


def test_what_a_crash_left_half_written_is_swept_when_nobody_can_be_writing_it(
    tmp_path: Path,
) -> None:
    cache = LocalCache(tmp_path, limit_bytes=10_000)
    _fill(cache, "clips/a")
    (tmp_path / "clips" / ".b.mp4.123.abcd").write_bytes(b"half")
    cache.sweep(_now(cache) + LATER)
    assert _there(cache) == {"a", ".b.mp4.123.abcd"}
    cache.sweep(_now(cache) + LEFT_SECONDS + 1)
    assert _there(cache) == {"a"}


def test_a_fetch_that_fails_leaves_nothing_and_the_next_one_succeeds(tmp_path: Path) -> None:
    cache = LocalCache(tmp_path, limit_bytes=10_000)

    def half(aside: Path) -> None:
        aside.write_bytes(b"half")
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        cache.file("clips/a", half)
    assert _there(cache) == set()
    assert cache.file("clips/a", lambda aside: aside.write_bytes(b"whole")).read_bytes() == b"whole"
