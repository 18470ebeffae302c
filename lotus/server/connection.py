"""Requests to a service of lotus over HTTP: answers as models, errors as those of the library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

from lotus.errors import InvalidInput, LotusError, ProviderError
from lotus.server.answers import Page
from lotus.server.refusals import Refusal

__all__ = ["ServiceConnection", "answer_of", "refusal_of"]

ANSWER_SECONDS = 60.0
Answer = TypeVar("Answer", bound=BaseModel)


class ServiceConnection:
    """A connection to a service, with its token."""

    def __init__(self, url: str, token: str | None, transport: httpx.BaseTransport | None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(
            base_url=url.rstrip("/"), headers=headers, timeout=ANSWER_SECONDS, transport=transport
        )

    def pages(self, path: str, model: type[Answer], filters: dict[str, Any]) -> Iterator[Answer]:
        """The items of a list, page by page."""
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, Page[model], **filters, **cursor)  # type: ignore[valid-type]
            yield from page.items
            if page.next is None:
                return
            cursor = {"cursor": page.next}

    def get(self, path: str, model: type[Answer], **query: Any) -> Answer:
        """What is at an address."""
        with self.answering():
            return answer_of(self.http.get(path, params=query), model)

    def post(
        self,
        path: str,
        model: type[Answer],
        body: BaseModel | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """The answer to an order."""
        content = body.model_dump_json(exclude_unset=True) if body is not None else None
        kind = {"Content-Type": "application/json"} if body is not None else {}
        with self.answering():
            response = self.http.post(path, content=content, headers={**kind, **(headers or {})})
            return answer_of(response, model)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Raise ProviderError in one line for what goes wrong on the way."""
        try:
            yield
        except httpx.TransportError as error:
            reason = f"{self.http.base_url} does not answer: {error}"
            remedy = "start it with `lotus serve`, or correct the address"
            raise ProviderError(provider="service", reason=reason, remedy=remedy) from error


def answer_of(response: httpx.Response, model: type[Answer]) -> Answer:
    """The model in a response; raises the service's error."""
    if response.is_error:
        raise refusal_of(response)
    return model.model_validate_json(response.content)


def refusal_of(response: httpx.Response) -> LotusError:
    """The service's own error, as it is raised here."""
    try:
        problem = response.json()["error"]
        facts = {name: value for name, value in problem["details"].items() if name in ("field",)}
        return Refusal(
            status=response.status_code,
            reason=problem["message"],
            remedy=problem["remedy"],
            **facts,
        )
    except (ValueError, KeyError, TypeError):
        reason = f"it answered {response.status_code}, and not in the form of lotus"
        return InvalidInput(file="", field="url", reason=reason, remedy="correct the address")
