"""Errors as HTTP says them: one envelope for ours, for bad input and for the framework's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lotus.errors import (
    BudgetExceeded,
    DatabaseError,
    InputError,
    LotusError,
    ProviderError,
    SettingsError,
    StoreError,
)
from lotus.server.answers import Envelope, Failure

__all__ = ["CODES", "Refusal", "envelope", "public_text", "status_of", "whole_number"]

MOST_DIGITS = 18  # of a number in a header: all of them fit into a column

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    411: "length_required",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    422: "invalid_input",
    429: "too_many_requests",
    431: "headers_too_large",
    500: "internal",
    503: "unavailable",
}
OURS = {  # an error of the library -> what it is to somebody who asks over HTTP
    SettingsError: 503,
    BudgetExceeded: 422,
    InputError: 422,
    DatabaseError: 503,
    StoreError: 503,
    ProviderError: 503,
}
PRIVATE_FACTS = (
    "url",
    "stderr",
    "file",
    "status",
    "reason",
)  # of the machine, or said by the message


def whole_number(text: str) -> int | None:
    """The number that a header or an address holds; None for anything but a few ASCII digits.

    (`"²".isdigit()` holds too, and `int("²")` fails.)
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number else None


class Refusal(InputError):
    """A request is not served. Facts: `status` of HTTP, `reason`, `retry_after_seconds` if waiting
    helps.
    """

    @property
    def status(self) -> int:
        """The status code of the answer."""
        return int(self.facts.get("status", 400))


def status_of(error: LotusError) -> int:
    """The status code that an error is answered with."""
    if isinstance(error, Refusal):
        return error.status
    return next((status for kind, status in OURS.items() if isinstance(error, kind)), 500)


def envelope(error: LotusError, request_id: str) -> dict[str, Any]:
    """What is answered in place of what was asked for."""
    status = status_of(error)
    refused = isinstance(error, Refusal)
    details = {name: value for name, value in error.facts.items() if name not in PRIVATE_FACTS}
    code = CODES.get(status, "error") if refused else error.code
    message, remedy = public_text(error)
    problem = Failure(
        code=code,
        message=message,
        remedy=remedy,
        details={} if status == 500 else {k: v for k, v in details.items() if v not in (None, "")},
        timestamp=datetime.now(UTC),
        request_id=request_id,
    )
    return Envelope(error=problem).model_dump(mode="json")


def public_text(error: LotusError) -> tuple[str, str]:
    """Message and remedy of an error as others may read them: where the database and the store are
    is nobody's business, and what a database says names its host.
    """
    if isinstance(error, DatabaseError):
        remedy = "try again; the operator finds the reason in the log"
        return "the database refuses, or does not answer", remedy
    if isinstance(error, StoreError):
        return f"{error.code}: {error.facts.get('reason', '')}", error.remedy
    return error.message, error.remedy
