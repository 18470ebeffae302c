"""Budgets, campaigns that wait for approval, and rules of notifications, with their forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards.views.filters import TEMPLATES
from dashboards.views.links import PageLinks
from lotus.db.outbox import ANY
from lotus.db.tables import CHANNELS
from lotus.display.kit import Html, empty, join, section, table, templates, when
from lotus.notify.rules import EVENTS

__all__ = ["manage_view"]

TITLE = Html(
    '<header class="title"><h1>Manage</h1><p>Budgets, approvals and notifications.</p></header>'
)


def manage_view(facts: Mapping[str, Any], mark: str, message: str, links: PageLinks) -> Html:
    """The whole page; `mark` shows that a form is of this server."""
    pieces: Any = templates(TEMPLATES).get_template("manage.html.j2").module
    note = Html('<p class="note" role="status">{}</p>').format(message) if message else Html()
    parts = [
        TITLE,
        note,
        section("Budgets", pieces.budgets(facts["budgets"], mark)),
        section("Campaigns that wait for approval", _waiting(pieces, facts, mark, links)),
        section("Notifications", pieces.rules(facts["rules"], mark, EVENTS, CHANNELS, ANY)),
        section("Messages", _messages(pieces, facts["messages"], mark)),
    ]
    return join(parts)


def _waiting(pieces: Any, facts: Mapping[str, Any], mark: str, links: PageLinks) -> Html:
    if not facts["waiting"]:
        return empty("None waits.", "Drafts of lotus batch run --approve appear here.")
    return Html(pieces.waiting(facts["waiting"], mark, links))


def _messages(pieces: Any, messages: list[dict[str, Any]], mark: str) -> Html:
    if not messages:
        return empty("No messages yet.", "They appear here when a rule sends something.")
    rows = [
        [
            when(row["created_at"]),
            row["event"],
            row["rule"],
            row["status"],
            row["attempts"],
            row["error"] or "",
        ]
        for row in messages
    ]
    columns = ["when", "event", "rule", "status", "attempts", "why not"]
    lost = any(row["status"] == "given up" for row in messages)
    listing = table("Messages", columns, rows, right=("attempts",))
    return join([listing, pieces.retry(mark)]) if lost else listing
