"""A run in a thread of its own, for notebooks whose cells go on meanwhile."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

__all__ = ["BackgroundRun"]

Result = TypeVar("Result")


class BackgroundRun(Generic[Result]):
    """Calls a function in a thread; a failure is printed at once, and raised to whoever waits."""

    def __init__(
        self, name: str, run: Callable[[], Result], again: Callable[[], Result] | None = None
    ) -> None:
        """`again` is called when `run` has returned, if `repeat` was called meanwhile."""
        self._name = name
        self._lock = threading.Lock()
        self._repeat = self._over = False
        self._future: Future[Result] = Future()
        self._future.set_running_or_notify_cancel()  # who stops waiting does not stop the run
        arguments = (run, again or run)
        threading.Thread(target=self._call, args=arguments, name=name, daemon=True).start()

    def repeat(self) -> bool:
        """Have it run again when this time is over; False if it has ended already."""
        with self._lock:
            self._repeat = not self._over
            return self._repeat

    def _call(self, run: Callable[[], Result], again: Callable[[], Result]) -> None:
        try:
            result = run()
            while self._goes_on():
                result = again()
            self._future.set_result(result)
        except BaseException as error:
            with self._lock:
                self._over = True
            self._future.set_exception(error)
            print(f"{self._name}: {self.failure}", file=sys.stderr, flush=True)

    def _goes_on(self) -> bool:
        with self._lock:
            repeat, self._repeat = self._repeat, False
            self._over = not repeat
            return repeat

    @property
    def under_way(self) -> bool:
        """Whether it has not ended."""
        return not self._future.done()

    @property
    def failure(self) -> str | None:
        """One line with the error that ended it, if one did."""
        error = self._future.exception() if self._future.done() else None
        if error is None:
            return None
        return " ".join(f"{error}".split()) or type(error).__name__

    def wait(self, seconds: float | None = None) -> Result:
        """What the function returned; raises what it raised, TimeoutError after so many seconds."""
        return self._future.result(seconds)

    def __await__(self) -> Generator[Any, None, Result]:
        return asyncio.wrap_future(self._future).__await__()
