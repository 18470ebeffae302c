"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lotus.settings import Settings

__all__ = ["Check", "Finding", "Status"]

Status = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Finding:
    """What a check found: evidence in `detail`, what to do in `remedy`."""

    status: Status
    detail: str
    remedy: str = ""


Check = Callable[[Settings], Finding]
