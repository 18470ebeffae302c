"""Work side by side: as much as there are cores and memory for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lotus.system.parallel import at_once, free_bytes


@pytest.fixture
def system(tmp_path: Path) -> tuple[Path, Path]:
    """A machine with 8 GiB free, in a container of 2 GiB that has used 1.5, half of it to cache
    files.
    """
    (tmp_path / "meminfo").write_text("MemTotal: 16777216 kB\nMemAvailable:    8388608 kB\n")
    (tmp_path / "memory.max").write_text(f"{2 * 1024**3}\n")
    (tmp_path / "memory.current").write_text(f"{3 * 1024**3 // 2}\n")
    (tmp_path / "memory.stat").write_text(f"anon 1\ninactive_file {3 * 1024**3 // 4}\n")
    return tmp_path / "meminfo", tmp_path


def test_a_container_has_what_its_limit_leaves(system: tuple[Path, Path]) -> None:
    assert free_bytes(*system) == 5 * 1024**3 // 4


def test_a_machine_without_a_limit_has_what_is_free(system: tuple[Path, Path]) -> None:
    (system[1] / "memory.max").write_text("max\n")
    assert free_bytes(*system) == 8 * 1024**3
    assert free_bytes(system[0], system[1] / "none") == 8 * 1024**3


def test_a_system_that_does_not_say_is_not_guessed_at(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "none", tmp_path) is None


def test_work_side_by_side_fits_in_memory_and_always_goes_on() -> None:
    cores = len(os.sched_getaffinity(0))
    assert at_once(1000, None) == cores
    assert at_once(1000, 10**9) == cores
    assert at_once(1000, 1300) == 1
    assert at_once(1000, 10) == 1
