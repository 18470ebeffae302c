"""Memory of a process and of all that it has started."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

__all__ = ["used_bytes"]


def used_bytes(pid: int) -> int:
    """As the system shares it out (PSS: what two share counts half for each); 0 if that is not known."""
    return sum(_own_bytes(one) for one in _tree(pid))


def _own_bytes(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has ended, or this is no Linux
        return 0
    return sum(int(kilobytes) for kilobytes in re.findall(r"^(?:Swap)?Pss:\s+(\d+) kB", text, re.M)) * 1024


def _tree(pid: int) -> list[int]:
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        with suppress(OSError):
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                todo += [int(child) for child in children.read_text().split()]
    return found
