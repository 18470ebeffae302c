"""One answer for all who ask the same within a moment: polling costs what one poller costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

__all__ = ["AnswerCache"]

MOST = 500  # answers that are remembered


class AnswerCache:
    """Answers by address. Belongs to one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, asyncio.Future[str]]] = {}

    async def answer(self, key: str, seconds: float, work: Callable[[], Awaitable[str]]) -> str:
        """What was answered at most so long ago, or is being worked out; failures are not
        remembered.
        """
        known = self._known.get(key)
        if known is None or (known[1].done() and self._clock() - known[0] > seconds):
            if len(self._known) >= MOST:
                self._known.clear()
            known = self._known[key] = (self._clock(), asyncio.ensure_future(work()))
            known[1].add_done_callback(lambda done: self._drop_failed(key, done))
        return await asyncio.shield(known[1])

    def _drop_failed(self, key: str, done: asyncio.Future[str]) -> None:
        failed = done.cancelled() or done.exception() is not None
        if failed and key in self._known and self._known[key][1] is done:
            del self._known[key]

    def forget(self) -> None:
        """Something was changed: look again."""
        self._known.clear()
