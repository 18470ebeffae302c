"""What a dashboard's notebook works with, whoever runs it.

The server runs the cells of its own notebooks itself; Voilà runs those of others in a kernel, which
asks the server and holds no address of a database; JupyterLab and reports ask the database.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from typing import Any
from urllib.parse import parse_qsl

from dashboards.errors import NoAnswer
from dashboards.views import filters
from dashboards.views.links import PageLinks, ServedLinks, Standalone
from lotus.display.kit import Html

__all__ = ["SECRET", "SERVER", "Dashboard", "ServerAnswers", "current", "of_workspace", "shown_by"]

# in the environment of a kernel
SERVER = "LOTUS_DASHBOARD_SERVER"
SECRET = "LOTUS_DASHBOARD_SECRET"
PATIENCE_SECONDS = 90.0
# no proxy; httpx would load slowly
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_PLACEHOLDER = '<div data-later><a href="?{}">Show what takes a moment longer</a></div>'


@dataclass(frozen=True)
class Dashboard:
    """Questions to lotus, the viewer's choice, and addresses.

    Attributes
    ----------
    ask
        Called with a question's name and its parameters; returns plain rows, raises LotusError.
    query
        Names and values of the page's address.
    links
        Addresses of jobs, videos and posters.
    defaults
        Values that a viewer may change.
    waits
        True if slow views are part of the first answer.
    """

    ask: Callable[..., Any]
    query: Mapping[str, str] = field(default_factory=dict)
    links: PageLinks = field(default_factory=ServedLinks)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    waits: bool = True

    @property
    def values(self) -> dict[str, Any]:
        """The defaults, with what the viewer chose instead of them."""
        return {name: self._value(name, value) for name, value in self.defaults.items()}

    def _value(self, name: str, default: Any) -> Any:
        try:
            return type(default)(self.query[name])
        except (KeyError, ValueError):
            return default

    def form(self, **options: Sequence[Any] | Mapping[str, Any]) -> Html:
        """Show a filter for each of the defaults.

        Parameters
        ----------
        **options
            Choices for a filter by its name; a filter without choices takes text.

        Returns
        -------
        Html
            The form; nothing where there is no page to open again.
        """
        return self.filters(
            [filters.select(name, value, options.get(name)) for name, value in self.values.items()]
        )

    def filters(self, controls: Sequence[filters.Filter]) -> Html:
        """Show filters as a form that opens the page again.

        Parameters
        ----------
        controls
            The filters, in order.

        Returns
        -------
        Html
            The form; nothing where there is no page to open again.
        """
        return filters.form(controls) if self.links.page("results") else Html()

    def later(self, view: Callable[[Dashboard], Html]) -> Html:
        """Show a slow view; the page opens without it and then loads it.

        Parameters
        ----------
        view
            Called with this dashboard.

        Returns
        -------
        Html
            The view, or its place.
        """
        if self.waits:
            return view(self)
        return Html(_PLACEHOLDER).format(filters.address({**self.query, "all": "1"}))


@dataclass(frozen=True)
class ServerAnswers:
    """Asks the server: a viewer's kernel holds no address of a database and no password."""

    url: str
    secret: str

    def __call__(self, question: str, **parameters: Any) -> Any:
        """The answer, shared with other viewers who ask the same."""
        body = json.dumps({"question": question, "parameters": parameters}).encode()
        request = urllib.request.Request(f"{self.url}ask", body, {"X-Lotus-Secret": self.secret})
        try:
            with _DIRECTLY.open(request, timeout=PATIENCE_SECONDS) as response:
                document = json.load(response)
        except (OSError, HTTPException, ValueError) as exc:
            reason = f"the server of the dashboards did not answer ({type(exc).__name__})"
            raise NoAnswer(reason=reason, remedy="reload the page") from exc
        if "error" in document:
            raise NoAnswer(reason=document["error"]["message"], remedy=document["error"]["remedy"])
        return document["answer"]


_CURRENT: ContextVar[Dashboard | None] = ContextVar("dashboard", default=None)


@contextmanager
def shown_by(dashboard: Dashboard) -> Iterator[None]:
    """For notebooks that this process runs: `open_dashboard` returns this dashboard."""
    token = _CURRENT.set(dashboard)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def of_workspace(workspace: Any, query: Mapping[str, str] | None = None) -> Dashboard:
    """A dashboard that asks the database itself and stands alone: for JupyterLab and reports."""
    from dashboards.questions import answer

    def ask(question: str, **parameters: Any) -> Any:
        return answer(workspace, question, parameters)

    return Dashboard(ask, query or {}, Standalone(workspace.store))


def current(defaults: Mapping[str, Any]) -> Dashboard:
    """The dashboard of whoever runs this notebook."""
    dashboard = _CURRENT.get() or _in_kernel()
    return replace(dashboard, defaults=defaults)


def _in_kernel() -> Dashboard:
    if SERVER in os.environ:
        answers = ServerAnswers(os.environ[SERVER], os.environ[SECRET])
        return Dashboard(answers, _viewer_query(), ServedLinks("../"))
    from lotus.workspace import Workspace

    return of_workspace(Workspace.open())


def _viewer_query() -> dict[str, str]:
    """The query of the address that the viewer opened; a warm kernel waits here until
    there is one.
    """
    from voila.utils import get_query_string

    return dict(parse_qsl(get_query_string() or ""))
