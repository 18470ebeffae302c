"""What a route is, and how its parameters look: handlers and the OpenAPI document both come from
it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from lotus.server.service import Service
from lotus.server.tokens import Token

__all__ = ["ApiRequest", "Kind", "Route", "path_pattern"]

Kind = Literal["json", "upload", "download", "events"]
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PARAMETERS = {  # of paths -> what they look like
    "id": UUID,
    "asset": r"[0-9a-f]{64}\.[a-z0-9]{3,4}",
    "file": r"[a-z]+\.[a-z0-9]{3,4}",
}


@dataclass(frozen=True)
class ApiRequest:
    """One request, checked: what a route's function needs to know of it."""

    service: Service
    path: dict[str, str]
    query: Any
    body: Any
    token: Token | None
    idempotency_key: str | None
    body_digest: str


@dataclass(frozen=True)
class Route:
    """One entry of the API. `call` runs in a thread and gives the answer, or where a
    download is.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    summary: str
    call: Callable[[ApiRequest], Any]
    answer: type[BaseModel] | None
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    kind: Kind = "json"
    errors: tuple[int, ...] = ()  # beside those that every route has
    idempotent: bool = False  # whether it heeds Idempotency-Key
    shared_seconds: float = 0.0  # an answer serves all who ask the same within so long
    media: tuple[str, ...] = ()  # of a download

    @property
    def scope(self) -> Literal["read", "write"]:
        """What a token must allow."""
        return "read" if self.method == "GET" else "write"

    @property
    def parameters(self) -> list[str]:
        """Names in the path."""
        return re.findall(r"{(\w+)}", self.path)


def path_pattern(path: str) -> str:
    """The regular expression that a path's addresses match as a whole."""
    return re.sub(r"{(\w+)}", lambda match: f"(?P<{match[1]}>{PARAMETERS[match[1]]})", path)
