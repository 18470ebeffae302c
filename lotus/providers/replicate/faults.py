"""What went wrong in a call to Replicate, and what to do about it. Pure.

Sources: replicate.com/docs/reference/error-codes,
replicate.com/docs/topics/predictions/rate-limits, and what httpx raises: whether a request had left
is what tells an unreachable server from an unclear answer.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import httpx

from lotus.errors import InvalidToken, LotusError, ProviderError
from lotus.providers.prediction import Fault
from lotus.providers.replicate.transport import ResponseError

__all__ = ["TOKEN", "Kind", "classify", "is_refusal", "seconds_to_wait", "translate_error"]

TOKEN = "REPLICATE_API_TOKEN"
_ACCOUNT = "https://replicate.com/account"
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

Kind = Literal["refusal", "passing", "failure"]
# The codes of hosted models come as `(E004)`, those of Replicate itself have four digits
# (replicate.com/docs/reference/error-codes) or one of two letters: `(code: PA)`. A code decides.
_CODE = re.compile(r"\b(?:E(\d{3,4})|code: ([A-Z]{2}))\b")
_CODES: dict[str, Kind] = {
    "E003": "passing",  # high demand
    "E004": "passing",  # temporarily unavailable
    "E005": "refusal",  # flagged as sensitive
    "E006": "refusal",  # invalid input
    "E1001": "failure",  # out of memory
    "PA": "passing",  # interrupted
}
_PASSING = re.compile(
    r"temporar|unavailable|timed? ?out|high demand|\bload\b|overload|queue (?:is )?full|"
    r"queue reached|rate limit|too many requests|throttl|try again later|please retry|"
    r"interrupted|internal (?:server )?error|unexpected error|connection (?:reset|error)|"
    r"bad gateway",
    re.I,
)
# Words of those who will not make something: asking again costs again.
_REFUSALS = re.compile(
    r"nsfw|sensitive|safety|moderat(?:ion|ed)|content polic|policy violation|prohibited|flagged|"
    r"not allowed|invalid (?:input|value|prompt|image)|validation|must be (?:one "
    r"of|between|less|greater|at)",
    re.I,
)
LONGEST_RETRY_SECONDS = 3600.0  # whatever a header asks for
_RESETS = re.compile(r"resets? in ~?(\d+(?:\.\d+)?) ?s", re.I)


def classify(error: str) -> Kind:
    """What the message of a failed prediction means: by its code first, by its words last.

    `refusal`: the model has said no, and would say so again. `passing`: the service was busy or
    interrupted. `failure`: the model broke down, for a reason that it may or may not give.
    """
    code = _CODE.search(error)
    if code is not None:
        name = f"E{code[1]}" if code[1] else code[2]
        if name in _CODES:
            return _CODES[name]
        if len(name) == 5:  # of Replicate's own machinery, all of it
            return "passing"
    if _PASSING.search(error):
        return "passing"
    return "refusal" if _REFUSALS.search(error) else "failure"


def is_refusal(error: str) -> bool:
    """Whether a model that failed has said no, rather than broken down."""
    return classify(error) == "refusal"


def translate_error(error: Exception, *, creating: bool = False) -> LotusError:
    """Our error for what the client or httpx raised; `creating` if the call creates something."""
    if isinstance(error, ResponseError):
        return _response_error(error, creating)
    if isinstance(error, _NOT_SENT):
        return _fault(
            "unreachable", f"cannot be reached: {_words(error)}", "check the network and try again"
        )
    if not isinstance(error, httpx.HTTPError | httpx.InvalidURL):
        return _fault("unclear", f"gave an answer that cannot be read: {_words(error)}", _LATER)
    return _fault("unclear", f"did not answer: {_words(error)}", _LATER)


def _response_error(error: ResponseError, creating: bool) -> LotusError:
    status = error.status
    if status == 401:
        return InvalidToken(
            name=TOKEN,
            reason="Replicate does not accept it "
            f"({status}{': ' if error.detail else ''}{error.detail})",
            remedy=f"copy it again from {_ACCOUNT}/api-tokens into .env",
        )
    kind, reason, remedy = _CASES.get(status, ("refused", "answered", "change the request"))
    if not error.own and kind in ("refused", "gone") and status not in _NEVER_PASSED_ON:
        kind = "unclear"  # of somebody between us and the API, who need not know
        reason = "could not be reached: a proxy or firewall answered instead"
        remedy = "check the network and its proxies, and try again"
    if status >= 500:
        kind = "unclear"
        reason = "has an internal error"
        remedy = "try again; what was created is found again"
    if status == 404 and creating and error.own:
        kind = "refused"
        reason = "there is no such model"
        remedy = "correct the model in the catalogue, or use another: `lotus models`"
    return ProviderError(
        provider="replicate",
        reason=f"{reason} ({status}{': ' if error.detail else ''}{error.detail})",
        remedy=remedy,
        kind=kind,
        status=status,
        retry_after_seconds=seconds_to_wait(error.retry_after, error.detail),
    )


_NEVER_PASSED_ON = (413,)  # what a gateway itself refuses, for its size
_LATER = "try again; what was created is found again"
_CASES: dict[int, tuple[Fault, str, str]] = {
    403: (
        "refused",
        "this account may not use it",
        f"see {_ACCOUNT}, or use another model: `lotus models`",
    ),
    402: ("refused", "the account has no credit", f"add some at {_ACCOUNT}/billing"),
    404: ("gone", "it is not there", "it may have been deleted; render again"),
    408: ("unclear", "did not answer in time", "try again"),
    410: ("gone", "it is there no longer", "render again"),
    413: ("refused", "the request is too large", "use smaller pictures"),
    422: (
        "refused",
        "does not take these inputs",
        "change the scene, or use another model: `lotus models`",
    ),
    429: ("busy", "too many requests", "wait, or lower LOTUS_MAX_CONCURRENT_CLIPS"),
}


def _fault(kind: Fault, reason: str, remedy: str) -> ProviderError:
    return ProviderError(provider="replicate", reason=reason, remedy=remedy, kind=kind)


def _words(error: Exception) -> str:
    """An error of the network in a few words: httpx leaves some without any."""
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    return " ".join(str(error).split())[:200] or type(error).__name__


def seconds_to_wait(
    retry_after: str | None, detail: str = "", now: datetime | None = None
) -> float | None:
    """How long a 429 or 503 asks to wait: Retry-After in seconds or as a date, else what the text
    says.
    """
    value = (retry_after or "").strip()
    resets = _RESETS.search(detail)
    seconds: float | None = None
    if re.fullmatch(r"\d+(\.\d+)?", value):
        seconds = float(value)
    elif value:
        with suppress(ValueError, OverflowError):
            at = parsedate_to_datetime(value).astimezone(UTC)
            seconds = max(0.0, (at - (now or datetime.now(UTC))).total_seconds())
    elif resets:
        seconds = float(resets[1])
    return None if seconds is None else min(seconds, LONGEST_RETRY_SECONDS)
