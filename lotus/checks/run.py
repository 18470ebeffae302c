"""Runs checks; one that fails to run is itself a finding."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, field_serializer

from lotus.checks.base import Check, Finding, Status
from lotus.checks.registry import CHECKS
from lotus.errors import LotusError
from lotus.settings import Settings

__all__ = ["Result", "examine", "run"]


class Result(BaseModel, frozen=True):
    """A finding with the check's name and how long it took."""

    name: str
    status: Status
    detail: str
    remedy: str
    seconds: float
    why: str = ""
    parts: tuple[Finding, ...] = ()

    @field_serializer("seconds")
    def _rounded(self, seconds: float) -> float:
        return round(seconds, 3)

    @field_serializer("parts")
    def _without_parts_of_their_own(self, parts: tuple[Finding, ...]) -> list[dict[str, Any]]:
        return [{k: v for k, v in part.__dict__.items() if k != "parts"} for part in parts]


def examine(settings: Settings | None = None, checks: Mapping[str, Check] = CHECKS) -> list[Result]:
    """Run all checks; one that fails to run is itself a finding. Raises SettingsError."""
    settings = settings or Settings.read()
    return [run(name, partial(check, settings)) for name, check in checks.items()]


def run(name: str, check: Callable[[], Finding]) -> Result:
    """Run one; that it fails to run is its finding."""
    began = time.monotonic()
    try:
        finding = check()
    except LotusError as error:
        circular = not error.remedy or "`lotus doctor`" in error.remedy
        finding = Finding("fail", error.message, "see the message" if circular else error.remedy)
    except Exception as error:
        finding = Finding(
            "fail", f"{type(error).__name__}: {error}", "report this as a bug of lotus"
        )
    seconds = time.monotonic() - began
    return Result(
        name=name,
        status=finding.status,
        detail=finding.detail,
        remedy=finding.remedy,
        seconds=seconds,
        why=finding.why,
        parts=finding.parts,
    )
