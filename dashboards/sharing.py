"""Answers that several viewers wait for are worked out once, and serve for a moment."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from dashboards.questions import FRESH_SECONDS

__all__ = ["Shared"]

MOST = 256  # answers that are remembered


class Shared:
    """Calls `work(question, how)` once for all who ask the same at the same time; safe for
    threads.
    """

    def __init__(
        self,
        work: Callable[[str, Mapping[str, Any]], Any],
        *,
        fresh: Mapping[str, float] = FRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._fresh = fresh
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, tuple[float, Future[Any]]] = OrderedDict()

    def __call__(self, question: str, how: Mapping[str, Any]) -> Any:
        """The answer, or the error that working it out raised; errors are not remembered."""
        name = json.dumps([question, how], sort_keys=True, default=str)
        future, mine = self._taken(name, self._fresh.get(question, self._fresh[""]))
        if mine:
            try:
                future.set_result(self._work(question, how))
            except BaseException as error:
                with self._lock:
                    self._answers.pop(name, None)
                future.set_exception(error)
        return future.result()

    def ask(self, question: str, **how: Any) -> Any:
        """The same, as a source of answers."""
        return self(question, how)

    def forget(self) -> None:
        """Something was written: whoever asks from now on gets a new answer."""
        with self._lock:
            self._answers.clear()

    def _taken(self, name: str, fresh_seconds: float) -> tuple[Future[Any], bool]:
        """The answer that serves, or one that the caller is to fill."""
        with self._lock:
            since, future = self._answers.get(name, (0.0, None))
            if future is not None and (not future.done() or self._clock() - since <= fresh_seconds):
                return future, False
            made: Future[Any] = Future()
            self._answers[name] = (self._clock(), made)
            self._answers.move_to_end(name)
            while len(self._answers) > MOST:
                self._answers.popitem(last=False)
            return made, True
