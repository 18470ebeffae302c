"""Delivery of what is in the outbox: each message at least once, under one id, until it is taken or
given up.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.errors import LotusError
from lotus.notify.channels import CHANNEL_SENDERS, NotDelivered, OutgoingMessage
from lotus.notify.messages import message_of
from lotus.notify.occasions import look
from lotus.notify.report import with_report
from lotus.notify.rules import NotificationRule
from lotus.workspace import Workspace

__all__ = ["DELAYS", "deliver_due", "recent", "retry", "send_test", "turn"]

Row = dict[str, Any]
DELAYS = (
    5,
    30,
    120,
    600,
    3600,
    6 * 3600,
    24 * 3600,
)  # seconds between attempts; then it is given up
CLAIM_SECONDS = 120  # in which nobody else tries a message that a process has begun to send
MAX_AGE = timedelta(days=90)
AT_ONCE = 20
THREADS = 4
MOST_CHARS = 300  # of an error
_n = t.notifications.c
_rule = t.notification_rules.c


def turn(workspace: Workspace) -> int:
    """Look for occasions, and deliver what is due; how many messages were tried."""
    look(workspace, t.now())
    attempts = deliver_due(workspace)
    workspace.db.run(_forget, t.now() - MAX_AGE)
    return attempts


def _forget(connection: sa.Connection, before: datetime) -> None:
    """Remove old messages of jobs; of all others, the outbox remembers what it told."""
    old = (_n.created_at < before) & _n.next_at.is_(None) & _n.event.startswith("job.")
    connection.execute(t.notifications.delete().where(old))


def deliver_due(workspace: Workspace) -> int:
    """Try each message that is due once; how many."""
    rows = workspace.db.ask(_due)
    if not rows:
        return 0
    with ThreadPoolExecutor(THREADS, "notify") as threads:
        return sum(threads.map(lambda row: _deliver(workspace, row), rows))


def _due(connection: sa.Connection) -> Sequence[Row]:
    query = sa.select(t.notifications, *_of_rule())
    query = query.join(t.notification_rules, _rule.id == _n.rule_id)
    query = query.where(_n.next_at <= t.now(), _rule.paused_at.is_(None))
    rows = connection.execute(query.order_by(_n.next_at).limit(AT_ONCE)).mappings()
    return [dict(row) for row in rows]


def _of_rule() -> list[sa.ColumnElement[Any]]:
    return [
        _rule[name].label(f"rule_{name}") for name in NotificationRule.model_fields if name != "id"
    ]


def _deliver(workspace: Workspace, row: Row) -> bool:
    """Try one, unless another process was faster.

    It is put off before it is sent: whoever dies in between leaves it to be tried again.
    """
    if not workspace.db.run(_claim, row):
        return False
    try:
        _send(workspace, _rule_of(row), row)
    except LotusError as error:
        workspace.db.run(_record_failure, row, error)
    except Exception as error:  # of which nobody thought: it must not keep the others waiting
        unforeseen = NotDelivered(reason=f"{type(error).__name__}: {error}")
        workspace.db.run(_record_failure, row, unforeseen)
    else:
        workspace.db.run(_change, row["id"], delivered_at=t.now(), next_at=None, error=None)
    return True


def _claim(connection: sa.Connection, row: Row) -> bool:
    mine = (_n.id == row["id"]) & (_n.attempts == row["attempts"]) & _n.delivered_at.is_(None)
    until = t.now() + timedelta(seconds=CLAIM_SECONDS)
    values = {"attempts": row["attempts"] + 1, "next_at": until}
    return bool(connection.execute(t.notifications.update().where(mine).values(**values)).rowcount)


def _rule_of(row: Row) -> NotificationRule:
    values = {name: row[f"rule_{name}"] for name in NotificationRule.model_fields if name != "id"}
    return NotificationRule(id=row["rule_id"], **values)


def _send(workspace: Workspace, rule: NotificationRule, row: Mapping[str, Any]) -> None:
    settings = workspace.settings
    message = message_of(row["event"], row["data"], settings.public_url)
    if row["event"].startswith("report."):
        message = with_report(workspace, message, row["data"])
    facts = {name: row[name] for name in ("id", "event", "created_at", "data")}
    outgoing = OutgoingMessage(**facts, message=message)
    CHANNEL_SENDERS[rule.channel](settings, rule, outgoing, time.time())


def _record_failure(connection: sa.Connection, row: Row, error: LotusError) -> None:
    """Try again later, or never; a receiver that says it is gone is not asked any more."""
    text = error.message[:MOST_CHARS]
    lost = bool(error.facts.get("gone"))
    later = _next(row["attempts"], t.now()) if not lost else None
    _change(connection, row["id"], next_at=later, error=text)
    if lost:
        rule = t.notification_rules.update().where(_rule.id == row["rule_id"])
        connection.execute(rule.values(paused_at=t.now()))


def _next(attempts: int, now: datetime) -> datetime | None:
    """When to try again, after so many attempts before this one; None: given up."""
    return now + timedelta(seconds=DELAYS[attempts]) if attempts < len(DELAYS) else None


def _change(connection: sa.Connection, /, message_id: str, **values: Any) -> None:
    connection.execute(t.notifications.update().where(_n.id == message_id).values(**values))


def send_test(workspace: Workspace, rule: NotificationRule) -> None:
    """Send a test now; raises LotusError if it is not taken."""
    row = {"id": t.new_id(), "event": "test", "created_at": t.now(), "data": {"rule": rule.name}}
    _send(workspace, rule, row)


def recent(workspace: Workspace, limit: int = 50) -> list[Row]:
    """The newest messages with how they stand: `delivered`, `waiting` or `given up`."""
    query = sa.select(t.notifications, _rule.name.label("rule"), _rule.channel)
    query = query.join(t.notification_rules, _rule.id == _n.rule_id).order_by(_n.id.desc())
    rows = workspace.db.ask(
        lambda connection: connection.execute(query.limit(limit)).mappings().all()
    )
    names = ("id", "event", "rule", "channel", "attempts", "created_at", "next_at", "error")
    return [{**{name: row[name] for name in names}, "status": _status(row)} for row in rows]


def _status(row: sa.RowMapping) -> str:
    if row["delivered_at"] is not None:
        return "delivered"
    return "waiting" if row["next_at"] is not None else "given up"


def retry(workspace: Workspace) -> int:
    """Try all that were given up once more, soon; how many."""
    is_lost = _n.next_at.is_(None) & _n.delivered_at.is_(None)
    values = {"next_at": t.now(), "attempts": 0}
    change = t.notifications.update().where(is_lost).values(**values)
    return workspace.db.run(lambda connection: int(connection.execute(change).rowcount))
