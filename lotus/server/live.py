"""Events as they happen: by WebSocket, and by server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Literal

from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from lotus.db import records
from lotus.errors import LotusError
from lotus.server.calls.views import API, problem
from lotus.server.endpoints import Endpoint
from lotus.server.hub import Hub, Subscription
from lotus.server.refusals import Refusal, envelope, whole_number
from lotus.server.service import Service
from lotus.server.web import Base

__all__ = ["EventStream", "Socket", "check_listeners"]

HEARTBEAT_SECONDS = 15.0
LISTENERS = 1000  # of one service
AT_ONCE = 200  # events that are read for one listener
TERMINAL = ("completed", "failed", "cancelled")
PROTOCOL = "lotus"
TOKEN_PROTOCOL = "lotus.token."  # in browsers, which can send no headers with a WebSocket

Document = dict[str, Any]


Rest = Literal["there", "coming", "none"]


def _read(service: Service, job_id: str, after: int) -> tuple[list[Document], Rest]:
    """The events after one, and whether there are more; of many steps of progress only the last."""
    with service.workspace.db.read() as connection:
        row = records.get_job(connection, job_id)
        events = records.events_of(connection, job_id, after, AT_ONCE)
    steps = [event["id"] for event in events if event["kind"] == "progress"]
    news = [event for event in events if event["kind"] != "progress" or event["id"] == steps[-1]]
    rest: Rest = "none" if row["status"] in TERMINAL else "coming"
    return [_document(service, event) for event in news], "there" if len(
        events
    ) == AT_ONCE else rest


def _document(service: Service, event: records.Row) -> Document:
    data = dict(event["data"])
    if data.get("error"):
        texts = problem(data["error"], service.workspace.settings)
        data["error"] = texts.model_dump() if texts is not None else None
    at = event["created_at"].isoformat()
    return {
        "id": event["id"],
        "job_id": event["job_id"],
        "kind": event["kind"],
        "at": at,
        "data": data,
    }


async def _following(
    service: Service, watch: Subscription, after: int
) -> AsyncIterator[Document | None]:
    """Events from after one to the last that there will be; None for each heartbeat."""
    while not service.hub.over:
        events, rest = await service.away(_read, service, watch.job_id, after)
        for event in events:
            yield event
            after = event["id"]
        if rest == "none":
            return
        if rest == "coming" and not await watch.news(HEARTBEAT_SECONDS):
            yield None


def check_listeners(hub: Hub) -> None:
    """Raise Refused with 503 if more than enough listen."""
    if hub.size >= LISTENERS:
        remedy = "poll instead"
        raise Refusal(
            status=503, reason="there are too many listeners", remedy=remedy, retry_after_seconds=30
        )


def _event_id(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise Refusal(
            status=422,
            reason="the last event's id is not a number",
            remedy="send the id of an event",
        )
    return number


class EventStream(Endpoint):
    """Server-sent events (html.spec.whatwg.org, 9.2)."""

    async def get(self, **path: str) -> None:
        """Until the job is over, or whoever listens has gone."""
        ask = self.ask(path, None)
        after = _event_id(self.request.headers.get("Last-Event-ID", "0") or "0")
        check_listeners(self.service.hub)
        await self.away(self.route.call, ask)
        events, rest = await self.away(_read, self.service, path["id"], after)
        if not events and rest == "none":
            self.set_status(204)  # so that a browser does not come back
            self.finish()
            return
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("X-Accel-Buffering", "no")
        with self.service.hub.watching(path["id"]) as watch:
            self._watch = watch
            try:
                async for event in _following(self.service, watch, after):
                    self.write(_line(event))
                    await self.flush()  # waits for a slow reader
                    if self._gone:
                        return
            except StreamClosedError:
                return

    _gone = False
    _watch: Subscription | None = None

    def on_connection_close(self) -> None:
        """Nobody listens any more."""
        super().on_connection_close()
        self._gone = True
        if self._watch is not None:
            self._watch.wake()


def _line(event: Document | None) -> str:
    if event is None:
        return ": still here\n\n"
    return (
        f"id: {event['id']}\nevent: {event['kind']}\ndata: "
        f"{json.dumps(event, ensure_ascii=False)}\n\n"
    )


class Socket(Base, WebSocketHandler):
    """A WebSocket of one job: events as JSON, one a message; `?last_event_id=` goes on from there.

    A token comes in the Authorization header, or, from a browser, as the second of the protocols
    `lotus, lotus.token.SECRET`.
    """

    def secret(self) -> str:
        """What the caller shows."""
        header = self.request.headers.get("Sec-WebSocket-Protocol", "")
        texts = (part.strip() for part in header.split(","))
        events = next((part for part in texts if part.startswith(TOKEN_PROTOCOL)), "")
        return events.removeprefix(TOKEN_PROTOCOL) or super().secret()

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Ours, never the one that holds a token."""
        return PROTOCOL if PROTOCOL in subprotocols else None

    def check_origin(self, origin: str) -> bool:
        """It was checked with everything else."""
        return True

    async def get(self, **path: str) -> None:
        """Refuse before the handshake what will not be served."""
        self.job_id = path["id"]
        self.after = _event_id(self.get_query_argument("last_event_id", "0"))
        check_listeners(self.service.hub)
        await self.away(self._exists)
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            remedy = f"connect with ws://, or GET {API}/generations/ID/events"
            raise Refusal(status=400, reason="this address is a WebSocket", remedy=remedy)
        await WebSocketHandler.get(self)

    def _exists(self) -> None:
        try:
            with self.service.workspace.db.read() as connection:
                row = records.get_job(connection, self.job_id)
        except LotusError as error:
            if error.exit_code != 2:
                raise
            raise Refusal(status=404, reason=f"no generation {self.job_id}") from None
        token = self.bearer
        if token is not None and not token.allows("see") and row["token"] != token.id:
            raise Refusal(status=404, reason=f"no generation {self.job_id}")

    def open(self, *args: str, **kwargs: str) -> None:
        """Begin to tell."""
        self._sending = asyncio.ensure_future(self._send_events())

    async def _send_events(self) -> None:
        try:
            with self.service.hub.watching(self.job_id) as watch:
                async for event in _following(self.service, watch, self.after):
                    beat = {"kind": "heartbeat", "job_id": self.job_id}
                    await self.write_message(json.dumps(event or beat, ensure_ascii=False))
            going = self.service.hub.over
            self.close(
                1001 if going else 1000,
                "the service is shutting down" if going else "the job is over",
            )
        except (WebSocketClosedError, StreamClosedError):
            return
        except LotusError as error:
            self.close(1011, envelope(error, self.request_id)["error"]["code"])

    def on_message(self, message: str | bytes) -> None:
        """Nothing is asked here."""

    def on_close(self) -> None:
        """Nobody listens any more."""
        if hasattr(self, "_sending"):
            self._sending.cancel()
