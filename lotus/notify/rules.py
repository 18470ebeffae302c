"""Rules: which events are told to whom, by which channel."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import sqlalchemy as sa
from pydantic import BaseModel

from lotus.db import Database
from lotus.db import tables as t
from lotus.db.outbox import ANY
from lotus.errors import InvalidInput, SettingsError, UnknownName, not_one
from lotus.pipeline.job import Moment
from lotus.settings import Settings

__all__ = [
    "EVENTS",
    "NotificationRule",
    "add_rule",
    "address_of",
    "check_rule",
    "find_rule",
    "list_rules",
    "pause_rule",
    "remove_rule",
    "signing_secret",
]

EVENTS = {  # what may be told -> in words
    "job.completed": "A video is finished.",
    "job.failed": "A video failed.",
    "campaign.finished": "All rows of a campaign are over.",
    "campaign.waiting": "Drafts of a campaign wait for approval.",
    "budget.80": "80 % of a budget is spent or reserved.",
    "budget.100": "A budget is used up, or refused a job.",
    "report.daily": "The costs of the day before.",
    "report.weekly": "The costs of the week before, from Monday to Sunday.",
    "report.monthly": "The costs of the month before.",
}
VARIABLE = "LOTUS_NOTIFY_"  # how variables begin that may hold an address
SECRET = "LOTUS_NOTIFY_SECRET"  # which is none
LABEL = r"[A-Za-z0-9](?:-*[A-Za-z0-9])*"
MAIL = re.compile(rf"[^\s@<>,;\x00-\x20]{{1,64}}@(?=.{{1,190}}$){LABEL}(?:\.{LABEL})*")
MOST_CHARS = {"name": 80, "target": 500}
_c = t.notification_rules.c


class NotificationRule(BaseModel, frozen=True):
    """One rule; `target` is an address, or `env:` and the variable that holds it."""

    id: str
    name: str
    events: tuple[str, ...]
    channel: Literal["webhook", "slack", "mail"]
    target: str
    internal: bool = False
    campaign: str | None = None
    token: str | None = None
    created_at: Moment
    paused_at: Moment | None = None

    @property
    def shown_target(self) -> str:
        """The target as people may see it: an address on the web may hold a secret in its path."""
        if self.channel == "mail" or self.target.startswith("env:"):
            return self.target
        host = _host(self.target)
        return f"{self.target.partition(':')[0]}://{host}/…{self.target[-4:]}"


def add_rule(
    db: Database,
    name: str,
    events: Sequence[str],
    channel: str,
    target: str,
    *,
    campaign: str | None = None,
    token: str | None = None,
    internal: bool = False,
) -> NotificationRule:
    """A new rule.

    Parameters
    ----------
    campaign
        Of jobs: those of this campaign, or `*` for those of any; None for those of none.
    token
        Of jobs: those that this token asked for.
    internal
        The address may be inside the network; only for whoever runs the service.

    Raises UnknownName, InvalidInput.
    """
    texts = check_rule(events, channel, name, target)
    row: dict[str, Any] = {
        "id": t.new_id(),
        **texts,
        "events": list(dict.fromkeys(events)),
        "channel": channel,
        "internal": internal,
        "campaign": campaign if campaign in (None, ANY) else str(campaign)[:36],
        "token": token,
        "created_at": t.now(),
    }
    db.run(sa.Connection.execute, t.notification_rules.insert().values(**row))
    return NotificationRule(**row)


def check_rule(events: Sequence[str], channel: str, name: str, target: str) -> dict[str, str]:
    """The name and the target without blanks around them; raises UnknownName, InvalidInput."""
    texts = {"name": name.strip(), "target": target.strip()}
    for event in events:
        if event not in EVENTS:
            raise UnknownName("event", event, EVENTS)
    if channel not in t.CHANNELS:
        raise UnknownName("channel", channel, t.CHANNELS)
    for field, text in texts.items():
        _check_length(field, text)
    if not events:
        raise _invalid("events", "are missing", f"choose some of {', '.join(EVENTS)}")
    _check_target(channel, texts["target"])
    return texts


def _check_length(field: str, text: str) -> None:
    most = MOST_CHARS[field]
    if not 1 <= len(text) <= most or not text.isprintable():
        raise _invalid(field, f"has 1 to {most} printable characters", f"correct the {field}")


def _check_target(channel: str, target: str) -> None:
    if target.startswith("env:"):
        is_variable = re.fullmatch(rf"env:{VARIABLE}[A-Z0-9_]{{1,60}}", target)
        if not is_variable or target == f"env:{SECRET}":
            remedy = f"name a variable such as env:{VARIABLE}MARKETING"
            raise _invalid("target", "is not a variable of this kind", remedy)
        return
    if channel == "mail" and not MAIL.fullmatch(target):
        raise _invalid("target", "is not a mail address", "write ada@example.com")
    if channel != "mail" and not (target.startswith(("http://", "https://")) and _host(target)):
        raise _invalid(
            "target", "is not an http or https address", "write https://example.com/hook"
        )


def _host(url: str) -> str:
    """The host of an address with a port that can be; empty for what is no address."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.port is None or parts.port else ""
    except ValueError:
        return ""


def _invalid(field: str, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field=field, reason=reason, remedy=remedy)


def list_rules(db: Database) -> list[NotificationRule]:
    """All rules, the oldest first."""
    query = sa.select(t.notification_rules).order_by(_c.id)
    rows = db.ask(lambda connection: connection.execute(query).mappings().all())
    return [NotificationRule(**row) for row in rows]


def find_rule(db: Database, name: str) -> NotificationRule:
    """A rule by its id, or the beginning or end of it; raises InvalidInput."""
    return db.ask(_matching, name)


def pause_rule(db: Database, name: str, *, paused: bool) -> NotificationRule:
    """Pause a rule, or let it go on; raises InvalidInput."""
    return db.run(_change, name, {"paused_at": t.now() if paused else None})


def remove_rule(db: Database, name: str) -> NotificationRule:
    """Remove a rule with its messages; raises InvalidInput."""
    return db.run(_change, name, None)


def _matching(connection: sa.Connection, name: str) -> NotificationRule:
    alike = _c.id.startswith(name, autoescape=True) | _c.id.endswith(name, autoescape=True)
    rows = connection.execute(sa.select(t.notification_rules).where(alike)).mappings().all()
    if len(rows) != 1 or not name:
        raise not_one("rule", name, len(rows) if name else 0, "see `lotus notify list`")
    return NotificationRule(**rows[0])


def _change(
    connection: sa.Connection, name: str, values: dict[str, Any] | None
) -> NotificationRule:
    """Change a rule, or remove it (None) with its messages."""
    rule = _matching(connection, name)
    if values is None:
        c = t.notifications.c
        connection.execute(t.notifications.delete().where(c.rule_id == rule.id))
        connection.execute(t.notification_rules.delete().where(_c.id == rule.id))
    else:
        change = t.notification_rules.update().where(_c.id == rule.id)
        connection.execute(change.values(**values))
    return rule.model_copy(update=values or {})


def address_of(rule: NotificationRule) -> str:
    """The address that a rule's target is, or that its variable holds; raises SettingsError."""
    if not rule.target.startswith("env:"):
        return rule.target
    name = rule.target.removeprefix("env:")
    if not os.environ.get(name):
        raise SettingsError(name=name, reason="is not set", remedy="set it to the rule's address")
    return os.environ[name]


def signing_secret(settings: Settings, rule_id: str) -> str:
    """The secret by which a rule's webhooks are signed, as receivers write it: `whsec_...`.

    It is made of LOTUS_NOTIFY_SECRET and the rule's id, so it is stored nowhere.

    Raises SettingsError.
    """
    if settings.notify_secret is None:
        raise SettingsError(
            name="LOTUS_NOTIFY_SECRET",
            reason="is not set, so webhooks cannot be signed",
            remedy="set it to 32 or more random characters",
        )
    key = settings.notify_secret.get_secret_value().encode()
    digest = hmac.new(key, f"webhook:{rule_id}".encode(), hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(digest).decode()}"
