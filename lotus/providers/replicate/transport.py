"""What lies between the official client and the network, and mends what the client (1.0.7) gets
wrong.

- `predictions.create` sends without any time limit: requests without one get ours. It also bounds
  the whole answer, which httpx does not: a byte now and then would keep it waiting for ever.
- It knows no status `aborted`, nor any that is new, and refuses a page or a prediction that holds
  one, or that lacks a field: answers are rewritten to what it accepts, with what it would lose
  among the metrics (see `split_metrics`).
- `ReplicateError` forgets Retry-After, and the client repeats some requests by rules of its own: an
  answer that is an error is raised here, whole, as `ResponseError`, so that one place decides what
  is repeated.
- It believes the form of each field: what has another form is rewritten or left out, so that one
  strange prediction does not hide the others; what no database takes is dropped.
- It cannot send `Cancel-After`, which bounds a prediction's life on Replicate's side, however we
  end (replicate.com/changelog/2025-10-16-prediction-deadlines).
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

__all__ = [
    "NormalizingTransport",
    "ResponseError",
    "ServerClock",
    "clean_json",
    "make_transport",
    "normalize",
    "split_metrics",
]

MAX_ANSWER_BYTES = 64 * 1024 * 1024  # a page of a hundred predictions with their inputs and logs
_ORIGINAL = "as_told"  # a metric of our own
# The statuses of predictions, as the client takes them. One that nobody has documented is not the
# end of a prediction: it is looked at again.
_CLIENT_STATUS = {
    name: name for name in ("starting", "processing", "succeeded", "failed", "canceled")
} | {"aborted": "canceled"}
_CREATES = re.compile(r"/v1/(?:models/[^/]+/[^/]+/|deployments/[^/]+/[^/]+/)?predictions")


class ResponseError(Exception):
    """An answer that is an error: its status, what it says, and how long to wait if it says that.

    `own` is false for the page of a proxy or a gateway, which does not know what the API has done.
    """

    def __init__(self, status: int, detail: str, retry_after: str | None, own: bool = True) -> None:
        self.status = status
        self.detail = detail
        self.retry_after = retry_after
        self.own = own
        super().__init__(status, detail, retry_after, own)  # as pickle makes it again

    def __str__(self) -> str:
        return f"{self.status}: {self.detail}"

    def __reduce__(self) -> tuple[type[ResponseError], tuple[int, str, str | None, bool]]:
        return ResponseError, (self.status, self.detail, self.retry_after, self.own)


class ServerClock:
    """How far the server's clock is ahead of ours, by the `Date` of its latest answer."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def note(self, date: str | None) -> None:
        """One more answer; half a minute is no difference, since answers take their time."""
        try:
            theirs = parsedate_to_datetime(date or "").astimezone(UTC)
        except (ValueError, OverflowError):
            return
        ahead = theirs - datetime.now(UTC)
        self.ahead = ahead if abs(ahead) > timedelta(seconds=30) else timedelta()


class NormalizingTransport(httpx.BaseTransport):
    """Wraps the transport that does the work."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        limits_seconds: Mapping[str, float],
        cancel_after_seconds: float,
        clock: ServerClock | None = None,
    ) -> None:
        self._inner = inner
        self._clock = clock or ServerClock()
        self._limits = limits_seconds
        self._cancel_after = f"{max(1, math.ceil(cancel_after_seconds))}s"

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, with a time limit; raise ResponseError for an error, else answer what the client
        accepts.
        """
        theirs = request.extensions.get("timeout", {})
        limits = {name: min(ours, theirs.get(name) or ours) for name, ours in self._limits.items()}
        request.extensions = {**request.extensions, "timeout": limits}
        if request.method == "POST" and _CREATES.fullmatch(request.url.path):
            request.headers["Cancel-After"] = self._cancel_after
        response = self._inner.handle_request(request)
        try:
            body = _without(_token(request), _read(response, limits["read"]))
        finally:
            response.close()
        self._clock.note(response.headers.get("Date"))
        if response.status_code >= 300:
            retry_after = response.headers.get("Retry-After") or _retry_after(body)
            own = bool(_fields(body))
            raise ResponseError(response.status_code, _detail(body), retry_after, own)
        return httpx.Response(response.status_code, json=normalize(_parsed(body)), request=request)

    def close(self) -> None:
        """Give connections back."""
        self._inner.close()


def make_transport(
    base_url: str, answer_seconds: float, cancel_after_seconds: float, clock: ServerClock
) -> NormalizingTransport:
    """A transport to Replicate; goes through a proxy if the environment names one, as
    httpx would.
    """
    url = httpx.URL(base_url)
    proxy = None if proxy_bypass(url.host) else getproxies().get(url.scheme)
    inner = httpx.HTTPTransport(proxy=proxy, limits=httpx.Limits(max_connections=64))
    limits = dict.fromkeys(("read", "write", "pool"), answer_seconds)
    limits["connect"] = min(10.0, answer_seconds)
    return NormalizingTransport(inner, limits, cancel_after_seconds, clock)


def normalize(document: Any) -> Any:
    """An answer in the form that the official client takes."""
    if isinstance(document, dict) and isinstance(document.get("results"), list):
        results = [normalize(one) for one in document["results"] if _is_named(one)]
        return {**document, "results": results}
    if not isinstance(document, dict) or "status" not in document or "input" not in document:
        return document
    copy = {**document}
    for name, default in (("model", ""), ("version", "hidden"), ("error", None), ("logs", None)):
        value = copy.get(name)
        copy[name] = (
            value if isinstance(value, str) else default if value is None else json.dumps(value)
        )
    urls = _mapping(document.get("urls"))
    copy["urls"] = {name: url for name, url in urls.items() if isinstance(url, str)}
    copy["input"] = _mapping(document["input"])
    for name in ("created_at", "started_at", "completed_at"):
        copy[name] = document[name] if isinstance(document.get(name), str) else None
    status = document["status"] if isinstance(document["status"], str) else ""
    original = {"status": status, "data_removed": bool(document.get("data_removed"))}
    original["source"] = str(document.get("source") or "api")
    copy["metrics"] = {**_mapping(document.get("metrics")), _ORIGINAL: original}
    copy["status"] = _CLIENT_STATUS.get(status, "processing")
    copy["id"] = document["id"] if _is_named(document) else ""
    return copy


def _is_named(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("id"), str)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def split_metrics(metrics: Mapping[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The true metrics of a prediction that passed through `normalize`, and what was kept among
    them.
    """
    plain = dict(metrics or {})
    return plain, plain.pop(_ORIGINAL, {})


def _read(response: httpx.Response, seconds: float) -> bytes:
    body = bytearray()
    until = time.monotonic() + seconds
    assert isinstance(response.stream, httpx.SyncByteStream)
    for chunk in response.stream:
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise httpx.ReadError("the answer is too long")
        if time.monotonic() > until:
            raise httpx.ReadTimeout("the answer is too slow")
    return httpx.Response(200, headers=response.headers, content=bytes(body)).content


def _token(request: httpx.Request) -> bytes:
    return str(request.headers.get("Authorization", "")).removeprefix("Bearer ").encode()


def _without(secret: bytes, body: bytes) -> bytes:
    """An answer may repeat the token, which is not to reach errors, logs or rows."""
    return body.replace(secret, b"[hidden]") if secret else body


def _parsed(body: bytes) -> Any:
    try:
        return clean_json(json.loads(body or b"null"))
    except (ValueError, RecursionError) as exc:
        raise httpx.RemoteProtocolError("the answer is not JSON") from exc


def clean_json(value: Any) -> Any:
    """JSON without what databases refuse: null characters, halves of characters, NaN, infinity."""
    if isinstance(value, dict):
        return {clean_json(name): clean_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [clean_json(one) for one in value]
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\ufffd")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _fields(body: bytes) -> dict[str, Any]:
    """The fields of an error's JSON; none if it has another form."""
    try:
        document = clean_json(json.loads(body))
    except (ValueError, RecursionError):
        return {}
    return _mapping(document)


def _detail(body: bytes) -> str:
    """The message of an error, in one line."""
    fields = _fields(body)
    return " ".join(str(fields.get("detail") or fields.get("title") or "").split())[:300]


def _retry_after(body: bytes) -> str | None:
    """How long to wait, as some answers say in their JSON instead of a header."""
    seconds = _fields(body).get("retry_after")
    return None if seconds is None else str(seconds)
