"""Word from Replicate that a prediction has ended: is it Replicate's, and is it new. Pure.

Sources: replicate.com/docs/topics/webhooks/verify-webhook, and the specification that it follows
(standardwebhooks.com): `id.timestamp.body` is signed with HMAC-SHA256; a message that is too old or
from the future is refused, so that one that was overheard cannot be sent again later.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping

__all__ = ["PATH", "WINDOW_SECONDS", "InvalidWebhook", "ended_prediction", "sign", "verify"]

WINDOW_SECONDS = 300
LONGEST_TIME = 12  # digits of a time in seconds
PATH = "/webhooks/replicate"  # of `lotus serve`


class InvalidWebhook(ValueError):
    """A message that is not to be believed; its text says why."""


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a message, as the header has it. Raises InvalidWebhook for no secret."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as exc:
        raise InvalidWebhook("the signing secret is not valid") from exc
    message = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Raise InvalidWebhook unless the message is signed with the secret, and of this moment.

    A header may hold several signatures: one of them is enough, as while a secret is changed.
    """
    message_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").split()
    is_time = stamp.isascii() and stamp.isdigit() and len(stamp) <= LONGEST_TIME
    if not message_id or not is_time or not signatures:
        raise InvalidWebhook("a header of its signature is missing")
    if abs(now - int(stamp)) > WINDOW_SECONDS:
        raise InvalidWebhook("it was signed too long ago, or clocks differ")
    signature = sign(secret, message_id, int(stamp), body)
    if not any(hmac.compare_digest(signature.encode(), one.encode()) for one in signatures):
        raise InvalidWebhook("its signature does not fit")


def ended_prediction(body: bytes) -> str | None:
    """The name of the prediction that a message says has ended; None if it says something else."""
    try:
        document = json.loads(body)
    except ValueError as exc:
        raise InvalidWebhook("it is not JSON") from exc
    is_over = isinstance(document, dict) and document.get("status") not in (
        "starting",
        "processing",
    )
    return str(document.get("id") or "") or None if is_over else None
