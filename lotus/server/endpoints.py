"""Handlers of routes: a request becomes an Ask, what the route's function says becomes
the answer.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pydantic import BaseModel

from lotus.documents.parsing import read_model
from lotus.errors import InvalidInput
from lotus.server.refusals import Refusal
from lotus.server.routes import ApiRequest, Route
from lotus.server.web import Base

__all__ = ["Endpoint"]

KEY = re.compile(r"[\x21-\x7e]{1,200}")
# of a body: a storyboard of forty scenes has some thousands; more take seconds to be refused
MOST_VALUES = 100_000


class Endpoint(Base):
    """JSON in, JSON out."""

    def initialize(self, service: Any, routes: Mapping[str, Route] | None = None) -> None:
        """`routes` by method."""
        super().initialize(service)
        self.routes = routes or {}

    def allowed(self) -> list[str]:
        """Methods that this address has."""
        return sorted(self.routes)

    @property
    def method(self) -> str:
        """The method whose route serves the request: HEAD is served as GET, without the body."""
        return "GET" if self.request.method == "HEAD" else str(self.request.method)

    @property
    def route(self) -> Route:
        """The route of the request."""
        return self.routes[self.method]

    async def admit(self) -> None:
        """Raise for what is not to be served."""
        known = self.method in self.routes
        head = self.request.method == "HEAD" and known and self.route.kind != "json"
        if (not known or head) and not self.is_preflight:
            raise Refusal(status=405, reason=f"{self.request.method} is not allowed here")
        await super().admit()

    async def get(self, **path: str) -> None:
        """Serve it."""
        await self._serve(path)

    async def head(self, **path: str) -> None:
        """Serve it: the framework leaves the body away."""
        await self._serve(path)

    async def post(self, **path: str) -> None:
        """Serve it."""
        await self._serve(path)

    async def delete(self, **path: str) -> None:
        """Serve it."""
        await self._serve(path)

    async def _serve(self, path: dict[str, str]) -> None:
        route = self.route
        body = await self.away(self.body_model) if route.body is not None else None
        ask = self.ask(path, body)
        if route.method != "GET":
            document, location = await self.service.away(_changes, route, ask, slow=True)
            self.service.shared.forget()
            if location:
                self.set_header("Location", location)
            self.answer(document, route.status)
            return

        def work() -> str:
            return str(route.call(ask).model_dump_json())

        key = f"{self._view} {self.request.uri}"
        cache = self.service.shared
        self.answer(await cache.answer(key, route.shared_seconds, lambda: self.away(work)))

    @property
    def _view(self) -> str:
        """Tells callers apart who do not see the same."""
        return "" if self.bearer is None or self.bearer.allows("see") else self.bearer.id

    def ask(self, path: dict[str, str], body: Any) -> ApiRequest:
        """The request, checked."""
        return ApiRequest(
            self.service,
            path,
            self.query_model(),
            body,
            self.bearer,
            self.idempotency_key,
            self.body_digest,
        )

    @property
    def idempotency_key(self) -> str | None:
        """As the header has it, where the route heeds it."""
        values = self.request.headers.get("Idempotency-Key")
        if values is None or not self.route.idempotent:
            return None
        if not KEY.fullmatch(values):
            remedy = "send 1 to 200 printable characters, such as a UUID"
            raise InvalidInput(
                file="", field="Idempotency-Key", reason="is not a key", remedy=remedy
            )
        return values

    def query_model(self) -> BaseModel | None:
        """What stands after the question mark; a misspelt name is an error."""
        parameters: dict[str, str] = {}
        for name, values in self.request.query_arguments.items():
            if len(values) > 1:
                raise InvalidInput(
                    file="", field=name[:80], reason="appears twice", remedy="give it once"
                )
            parameters[name] = values[0].decode("utf-8", "replace")
            if "\0" in parameters[name]:
                reason = "has the character U+0000"
                raise InvalidInput(file="", field=name[:80], reason=reason, remedy="remove it")
        if self.route.query is not None:
            return read_model(self.route.query, parameters, "")
        if parameters:
            field = min(parameters)[:80]
            remedy = "remove it"
            raise InvalidInput(file="", field=field, reason="is not a parameter", remedy=remedy)
        return None

    def body_model(self) -> BaseModel | None:
        """The body, if the route has one."""
        if self.route.body is None:
            return None
        kind = self.request.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            remedy = "send Content-Type: application/json"
            raise Refusal(status=415, reason="Content-Type must be application/json", remedy=remedy)
        document = _parse(bytes(self.received))
        body = read_model(self.route.body, document, "")
        _check_encodable(document)
        return body


def _changes(route: Route, ask: ApiRequest) -> tuple[str | None, str]:
    """Carry out a change: its document, and the address of what it made."""
    result = route.call(ask)
    if result is None:
        return None, ""
    links = getattr(result, "links", None)
    location = links.self if links is not None and route.status in (201, 202) else ""
    return str(result.model_dump_json()), location


def _parse(body: bytes) -> dict[str, Any]:
    """The fields of a body; raises Refused with 400."""
    remedy = "send one JSON object, in UTF-8"
    try:
        document = json.loads(body, parse_constant=_no_number, object_pairs_hook=_object)
    except (ValueError, RecursionError) as exc:
        raise Refusal(status=400, reason="the body is not JSON", remedy=remedy) from exc
    if not isinstance(document, dict):
        raise Refusal(status=400, reason="the body is not a JSON object", remedy=remedy)
    if next(islice(_values(document), MOST_VALUES, None), None) is not None:
        reason = f"the body has more than {MOST_VALUES:,} names and values"
        raise Refusal(status=413, reason=reason, remedy="send less")
    if any("\0" in text for text in _texts(document)):
        raise Refusal(status=400, reason="the body has the character U+0000", remedy="remove it")
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; raises Refusal for a name that stands there twice (RFC 7493, 2.3)."""
    document = dict(pairs)
    if len(document) < len(pairs):
        names = Counter(name for name, _ in pairs)
        reason = f"the body has {names.most_common(1)[0][0][:80]!a} twice in one object"
        raise Refusal(status=400, reason=reason, remedy="write each name once")
    return document


def _values(document: dict[str, Any]) -> Iterator[Any]:
    """Every name and value of a document, each as something that is not None."""
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        yield value if value is not None else ""
        if isinstance(value, dict):
            pending += (*value, *value.values())
        elif isinstance(value, list):
            pending += value


def _texts(document: dict[str, Any]) -> Iterator[str]:
    """Every name and text of a document."""
    return (value for value in _values(document) if isinstance(value, str))


def _check_encodable(document: dict[str, Any]) -> None:
    """Refuse halves of characters (lone surrogates): no answer could hold them."""
    for text in _texts(document):
        try:
            text.encode()
        except UnicodeEncodeError as exc:
            reason = f"contains an incomplete character in {text[:60]!a}"
            remedy = "send valid UTF-8"
            raise InvalidInput(file="", field="body", reason=reason, remedy=remedy) from exc


def _no_number(name: str) -> float:
    raise ValueError(name)
