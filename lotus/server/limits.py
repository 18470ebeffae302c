"""How often somebody may ask: a bucket of requests for each caller, refilled all the time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Limiter"]

CALLERS = 10_000  # remembered; the one who was silent longest is forgotten first
BURST_SECONDS = 4.0  # of the rate may come at once


class Limiter:
    """Not for several threads: it is asked in the event loop."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most, self._clock = per_second, max(1.0, per_second * BURST_SECONDS), clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests left, and when that was

    def wait_seconds(self, caller: str, cost: float = 1.0) -> float:
        """Take `cost` requests of the caller's; how long to wait if there are not as many, else 0."""
        now = self._clock()
        left, since = self._left.pop(caller, (self._most, now))
        left = min(self._most, left + (now - since) * self._rate)
        enough = left >= cost
        self._left[caller] = (left - cost if enough else left, now)
        if len(self._left) > CALLERS:
            self._left.popitem(last=False)
        return 0.0 if enough else (cost - left) / self._rate
