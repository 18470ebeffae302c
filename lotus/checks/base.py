"""What a check is, and how all of them are run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lotus.errors import LotusError
from lotus.settings import Settings

__all__ = ["Check", "Finding", "Result", "examine"]

Status = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Finding:
    """What a check found: evidence in `detail`, what to do in `remedy`."""

    status: Status
    detail: str
    remedy: str = ""


Check = Callable[[Settings], Finding]


@dataclass(frozen=True)
class Result:
    """A finding with the check's name and how long it took."""

    name: str
    status: Status
    detail: str
    remedy: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """JSON-able."""
        return {**self.__dict__, "seconds": round(self.seconds, 3)}


def examine(settings: Settings | None = None, checks: Mapping[str, Check] | None = None) -> list[Result]:
    """Run all checks; one that fails to run is itself a finding. Raises SettingsError."""
    from lotus.checks.registry import CHECKS

    settings = settings or Settings.read()
    return [_run(name, check, settings) for name, check in (checks or CHECKS).items()]


def _run(name: str, check: Check, settings: Settings) -> Result:
    began = time.monotonic()
    try:
        found = check(settings)
    except LotusError as error:
        found = Finding("fail", error.message, error.remedy or "see the message")
    except Exception as error:
        found = Finding("fail", f"{type(error).__name__}: {error}", "report this as a bug of lotus")
    return Result(name, found.status, found.detail, found.remedy, time.monotonic() - began)
