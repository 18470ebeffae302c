"""One answer for all who ask the same within a moment: polling costs what one poller costs."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

__all__ = ["AnswerCache"]

MOST = 500  # answers that are remembered; the one that was worked out first is forgotten first

Answer = TypeVar("Answer")


class AnswerCache(Generic[Answer]):
    """Answers by key, for threads (`get`) and for event loops (`answer`); errors are not cached."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, tuple[float, Future[Answer]]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, key: str, seconds: float, work: Callable[[], Answer]) -> Answer:
        """An answer that is at most so old, or under way; else that of `work`."""
        future, mine = self._entry(key, seconds)
        if mine:
            try:
                future.set_result(work())
            except BaseException as error:
                self._fail(key, future, error)
        return future.result()

    async def answer(
        self, key: str, seconds: float, work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """The same for an event loop: whoever stops waiting does not stop the work."""
        future, mine = self._entry(key, seconds)
        if mine:
            task = asyncio.ensure_future(self._fill(key, future, work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(asyncio.wrap_future(future))

    def forget(self) -> None:
        """Drop all answers, because something was changed."""
        with self._lock:
            self._answers.clear()

    async def _fill(
        self, key: str, future: Future[Any], work: Callable[[], Awaitable[Answer]]
    ) -> None:
        try:
            future.set_result(await work())
        except BaseException as error:
            self._fail(key, future, error)

    def _fail(self, key: str, future: Future[Any], error: BaseException) -> None:
        with self._lock:
            if self._answers.get(key, (0.0, None))[1] is future:
                del self._answers[key]
        future.set_exception(error)

    def _entry(self, key: str, seconds: float) -> tuple[Future[Answer], bool]:
        """The answer that serves, or an empty one, which the caller has to fill."""
        with self._lock:
            since, future = self._answers.get(key, (0.0, None))
            if future is not None and (not future.done() or self._clock() - since <= seconds):
                return future, False
            empty: Future[Answer] = Future()
            self._answers[key] = (self._clock(), empty)
            self._answers.move_to_end(key)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
            return empty, True
