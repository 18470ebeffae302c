"""Where a dashboard's answers come from: this process' own workspace, or the server that shows
it.
"""

from __future__ import annotations

import json
import os
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Protocol
from urllib.parse import parse_qsl

from dashboards.errors import NoAnswer

__all__ = ["SECRET", "SERVER", "Direct", "Served", "Source", "open_source", "viewer_query"]

# in the environment of a kernel
SERVER = "LOTUS_DASHBOARD_SERVER"
SECRET = "LOTUS_DASHBOARD_SECRET"
PATIENCE_SECONDS = 90.0
_DIRECTLY = urllib.request.build_opener(
    urllib.request.ProxyHandler({})
)  # no proxy; httpx would load slowly


class Source(Protocol):
    """Answers questions of `dashboards.questions`."""

    def ask(self, question: str, **how: Any) -> Any:
        """The answer as JSON-able data; raises LotusError."""


@dataclass(frozen=True)
class Direct:
    """Asks the database itself: notebooks in JupyterLab, and reports."""

    workspace: Any

    def ask(self, question: str, **how: Any) -> Any:
        """The answer, worked out here."""
        from dashboards.questions import answer

        return answer(self.workspace, question, how)


@dataclass(frozen=True)
class Served:
    """Asks the server: a viewer's kernel holds no address of a database and no password."""

    url: str
    secret: str

    def ask(self, question: str, **how: Any) -> Any:
        """The answer, shared with other viewers who ask the same."""
        try:
            body = json.dumps({"question": question, "how": how}).encode()
            asked = urllib.request.Request(f"{self.url}ask", body, {"X-Lotus-Secret": self.secret})
            with _DIRECTLY.open(asked, timeout=PATIENCE_SECONDS) as told:
                said = json.load(told)
        except (OSError, HTTPException, ValueError) as exc:
            reason = f"the server of the dashboards did not answer ({type(exc).__name__})"
            raise NoAnswer(reason=reason, remedy="reload the page") from exc
        if "error" in said:
            raise NoAnswer(reason=said["error"]["message"], remedy=said["error"]["remedy"])
        return said["answer"]


def open_source() -> Source:
    """The server's answers where one shows this notebook, the environment's workspace elsewhere."""
    if SERVER in os.environ:
        return Served(os.environ[SERVER], os.environ[SECRET])
    from lotus.workspace import Workspace

    return Direct(Workspace.open())


def viewer_query() -> dict[str, str]:
    """The query of the address that the viewer opened; a warm kernel waits here until there is
    one.
    """
    if SERVER not in os.environ:
        return {}
    from voila.utils import get_query_string

    return dict(parse_qsl(get_query_string() or ""))
