"""POST /webhooks/replicate: signed word that a prediction has ended wakes who waits for it.

What is paid is not taken from the message: who waits asks the API, as without one. So a message
that comes twice, late or never changes nothing.
"""

from __future__ import annotations

import time

from lotus.db import predictions
from lotus.db import tables as t
from lotus.providers.replicate.webhooks import InvalidWebhook, ended_prediction, verify
from lotus.server.refusals import Refusal
from lotus.server.web import Base

__all__ = ["ReplicateWebhook"]


class ReplicateWebhook(Base):
    """Open to all, since the signature says who it is; without a secret there is nothing here."""

    open_to_all = True
    most_bytes = 1024 * 1024

    async def post(self) -> None:
        """Take the message, whose effect is one column of a row that is open."""
        secret = self.service.workspace.settings.replicate_webhook_secret
        if secret is None:
            raise Refusal(
                status=404,
                reason="this service accepts no webhooks",
                remedy="set REPLICATE_WEBHOOK_SECRET",
            )
        body = bytes(self.received)
        try:
            verify(secret.get_secret_value(), self.request.headers, body, time.time())
            name = ended_prediction(body)
        except InvalidWebhook as exc:
            raise Refusal(status=401, reason=f"the message is refused: {exc}") from exc
        if name is not None:
            database = self.service.workspace.db
            await self.away(lambda: database.run(predictions.hear_prediction, name, t.now()))
        self.answer("{}")

    def allowed(self) -> list[str]:
        """Methods that this address has."""
        return ["POST"]
