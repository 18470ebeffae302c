"""Answers that several viewers wait for are worked out once, and serve for a moment."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from dashboards.questions import FRESH_SECONDS
from lotus.server.answer_cache import AnswerCache

__all__ = ["SharedAnswers"]


class SharedAnswers:
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
        self._cache: AnswerCache[Any] = AnswerCache(clock)
        self.forget = self._cache.forget

    def __call__(self, question: str, how: Mapping[str, Any]) -> Any:
        """The answer, or the error that working it out raised; errors are not remembered."""
        name = json.dumps([question, how], sort_keys=True, default=str)
        seconds = self._fresh.get(question, self._fresh[""])
        return self._cache.get(name, seconds, lambda: self._work(question, how))

    def ask(self, question: str, **how: Any) -> Any:
        """The same, as a source of answers."""
        return self(question, how)
