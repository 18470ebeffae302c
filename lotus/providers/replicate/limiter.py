"""Keeps the calls of all workers of a process below the account's rate, and learns it when told `429`.

Documented rates are 600 predictions and 3000 other calls a minute; an account that is low on credit is held
to about 6 predictions a minute (replicate.com/docs/topics/predictions/rate-limits). The rate goes up a little
with each success and, after a refusal, down to what had lately been accepted: additive increase,
multiplicative decrease, with the decrease measured instead of guessed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from lotus.ffmpeg import Stop

__all__ = ["Limiter", "pause"]

WINDOW_SECONDS = 60.0
LOOK_SECONDS = 0.2  # how soon a stop is noticed


def pause(seconds: float, stop: Stop, clock: Callable[[], float] = time.monotonic) -> None:
    """Wait; raises Cancelled at once when asked to stop."""
    until = clock() + seconds
    while True:
        stop.check()
        left = until - clock()
        if left <= 0:
            return
        time.sleep(min(left, LOOK_SECONDS))


class Limiter:
    """A token bucket whose rate adapts; thread-safe. Rates are calls a minute."""

    def __init__(
        self, rate: float, *, least: float = 6.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._least, self._rate = rate, least, rate
        self._clock, self._lock = clock, threading.Lock()
        self._tokens, self._filled = self._burst, clock()
        self._closed_until = 0.0
        self._accepted: deque[float] = deque()

    @property
    def rate(self) -> float:
        """Calls a minute that it lets pass now."""
        return self._rate

    @property
    def _burst(self) -> float:
        return max(1.0, self._rate / 10)

    def acquire(self, stop: Stop) -> None:
        """Wait for leave to make one call; raises Cancelled when asked to stop."""
        while (wait := self.take()) > 0:
            pause(min(wait, 1.0), stop, self._clock)

    def take(self) -> float:
        """Take one call's leave: 0 if there is one, else the seconds until there may be."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate / 60)
            self._filled = now
            if now < self._closed_until:
                return self._closed_until - now
            if self._tokens < 1 - 1e-6:  # what rounding takes away is given back
                return (1 - self._tokens) * 60 / self._rate
            self._tokens -= 1
            return 0.0

    def accepted(self) -> None:
        """A call was let in: a little more may be."""
        with self._lock:
            now = self._clock()
            self._accepted.append(now)
            self._forget(now)
            self._rate = min(self._most, self._rate * 1.01 + 0.1)

    def refused(self, retry_after_seconds: float | None) -> None:
        """A call was refused: wait as long as was said, then go on at the rate that had been accepted."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            measured = len(self._accepted) * 60 / WINDOW_SECONDS
            self._rate = max(self._least, min(self._rate / 2, max(measured, self._rate / 8)))
            self._tokens, self._filled = 0.0, now
            wait = retry_after_seconds if retry_after_seconds is not None else 60 / self._rate
            self._closed_until = max(self._closed_until, now + wait)

    def _forget(self, now: float) -> None:
        while self._accepted and now - self._accepted[0] > WINDOW_SECONDS:
            self._accepted.popleft()
