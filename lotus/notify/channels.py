"""Channels: a message goes out by webhook (standardwebhooks.com), to Slack, or by mail."""

from __future__ import annotations

import json
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from lotus.errors import SettingsError, WorkError
from lotus.notify.messages import Message
from lotus.notify.rules import NotificationRule, address_of, signing_secret
from lotus.providers.replicate.webhooks import sign
from lotus.settings import Settings
from lotus.system.addresses import AddressRefused, pin
from lotus.system.requests import FAILURES, request_within

__all__ = ["CHANNEL_SENDERS", "NotDelivered", "OutgoingMessage"]

SECONDS = 10.0  # for an answer
GONE_STATUS = 410  # says that nobody is to try again
MOST_CHARS = 3000  # of a text in Slack
NOTHING = "\u200b"  # is not seen, and parts what would be more than text


class NotDelivered(WorkError):
    """A message was not taken; facts: `reason`, and `gone` if it never will be."""

    code = "not_delivered"


@dataclass(frozen=True)
class OutgoingMessage:
    """One message on its way; `id` is the same at every attempt."""

    id: str
    event: str
    created_at: datetime
    data: Mapping[str, Any]
    message: Message


def _webhook(
    settings: Settings, rule: NotificationRule, outgoing: OutgoingMessage, now: float
) -> None:
    document = {
        "type": outgoing.event,
        "id": outgoing.id,
        "timestamp": outgoing.created_at.isoformat(),
        "data": dict(outgoing.data),
    }
    body = json.dumps(document, default=str).encode()
    stamp = int(now)
    headers = {
        "webhook-id": outgoing.id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(signing_secret(settings, rule.id), outgoing.id, stamp, body),
    }
    _post(rule, body, headers)


def _slack(
    settings: Settings, rule: NotificationRule, outgoing: OutgoingMessage, now: float
) -> None:
    message = outgoing.message
    link = f"\n<{message.link}|Open in lotus>" if message.link else ""
    text = f"*{_mrkdwn(message.title)}*\n{_mrkdwn(message.text)[:MOST_CHARS]}{link}"
    _post(rule, json.dumps({"text": text}).encode(), {})


def _mrkdwn(text: str) -> str:
    """Text that mentions nobody and links nowhere (docs.slack.dev, Formatting message text; in
    Mattermost also a plain @all calls everybody, and Markdown shows pictures).
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("@", f"@{NOTHING}").replace("](", f"]{NOTHING}(")


def _post(rule: NotificationRule, body: bytes, headers: Mapping[str, str]) -> None:
    """POST to the rule's address, which is not followed where it leads elsewhere."""
    address = address_of(rule)
    try:
        target = pin(address, is_allowed=_anywhere, ports=None) if rule.internal else pin(address)
        status = request_within(
            SECONDS,
            "POST",
            target,
            _status,
            content=body,
            headers={"Content-Type": "application/json", **headers},
        )
    except AddressRefused as exc:
        raise NotDelivered(reason=f"the address {exc}", remedy="correct the rule") from exc
    except FAILURES as exc:
        reason = f"no answer ({type(exc).__name__})"
        raise NotDelivered(reason=reason, remedy="see whether the address answers") from exc
    if not 200 <= status < 300:
        raise NotDelivered(
            reason=f"it answered {status}",
            remedy="see the log of the receiver",
            gone=status == GONE_STATUS,
        )


async def _status(answer: httpx.Response) -> int:
    """What it says beside that is not read: it may be endless."""
    return answer.status_code


def _anywhere(ip: str) -> bool:
    return True


def _mail(
    settings: Settings, rule: NotificationRule, outgoing: OutgoingMessage, now: float
) -> None:
    if settings.smtp_url is None or not settings.mail_from:
        raise SettingsError(
            name="LOTUS_SMTP_URL" if settings.smtp_url is None else "LOTUS_MAIL_FROM",
            reason="is not set, so no mail is sent",
            remedy="set LOTUS_SMTP_URL=smtp://user:password@host:587 and LOTUS_MAIL_FROM",
        )
    mail = _compose(settings.mail_from, address_of(rule), outgoing)
    try:
        with _smtp(settings.smtp_url.get_secret_value()) as server:
            server.send_message(mail)
    except (smtplib.SMTPException, OSError, ValueError) as exc:
        reason = f"the mail server refused it ({type(exc).__name__})"
        raise NotDelivered(reason=reason, remedy="see LOTUS_SMTP_URL and its log") from exc


def _compose(sender: str, receiver: str, outgoing: OutgoingMessage) -> EmailMessage:
    message = outgoing.message
    mail = EmailMessage()
    mail["Subject"] = " ".join(message.title.split())
    mail["From"] = sender
    mail["To"] = receiver
    mail["Date"] = outgoing.created_at
    mail["Message-ID"] = f"<{outgoing.id}@lotus>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(filter(None, (message.text, message.link))))
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    for name, content in message.files:
        mail.add_attachment(content, maintype="text", subtype="csv", filename=name)
    return mail


def _smtp(url: str) -> smtplib.SMTP:
    """A connection that is encrypted where there is a password: smtp://, or smtps:// from the
    start.
    """
    parts = urlsplit(url)
    context = ssl.create_default_context()
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=SECONDS)
        server.ehlo()
        if server.has_extn("starttls") or parts.username:
            server.starttls(context=context)
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


Sender = Callable[[Settings, NotificationRule, OutgoingMessage, float], None]
CHANNEL_SENDERS: Mapping[str, Sender] = {"webhook": _webhook, "slack": _slack, "mail": _mail}
