"""Runs checks; one that fails to run is itself a finding."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from lotus.checks.base import Check, Finding, Status
from lotus.checks.registry import CHECKS
from lotus.errors import LotusError
from lotus.settings import Settings

__all__ = ["Result", "examine", "run"]


@dataclass(frozen=True)
class Result:
    """A finding with the check's name and how long it took."""

    name: str
    status: Status
    detail: str
    remedy: str
    seconds: float
    why: str = ""
    parts: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON-able."""
        parts = [{k: v for k, v in part.__dict__.items() if k != "parts"} for part in self.parts]
        return {**self.__dict__, "seconds": round(self.seconds, 3), "parts": parts}


def examine(settings: Settings | None = None, checks: Mapping[str, Check] = CHECKS) -> list[Result]:
    """Run all checks; one that fails to run is itself a finding. Raises SettingsError."""
    settings = settings or Settings.read()
    return [run(name, partial(check, settings)) for name, check in checks.items()]


def run(name: str, check: Callable[[], Finding]) -> Result:
    """Run one; that it fails to run is its finding."""
    began = time.monotonic()
    try:
        found = check()
    except LotusError as error:
        circular = not error.remedy or "`lotus doctor`" in error.remedy
        found = Finding("fail", error.message, "see the message" if circular else error.remedy)
    except Exception as error:
        found = Finding("fail", f"{type(error).__name__}: {error}", "report this as a bug of lotus")
    seconds = time.monotonic() - began
    return Result(name, found.status, found.detail, found.remedy, seconds, found.why, found.parts)
