"""Keeps the calls of all who share an account below its rate, and learns the rate when told `429`.

Documented rates are 600 predictions and 3000 other calls a minute; an account that is low on credit
is held to about 6 predictions a minute (replicate.com/docs/topics/predictions/rate-limits). The
rate goes up a little with each success and, after a refusal, down to what had lately been accepted:
additive increase, multiplicative decrease, with the decrease measured instead of guessed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from lotus.system.stop import Stop

__all__ = ["Here", "Pace", "Pacer", "RateState", "pause"]

WINDOW_SECONDS = 60.0
LOOK_SECONDS = 0.2  # how soon a stop is noticed

Result = TypeVar("Result")


def pause(seconds: float, stop: Stop, clock: Callable[[], float] = time.monotonic) -> None:
    """Wait; raises Cancelled at once when asked to stop."""
    until = clock() + seconds
    while True:
        stop.check()
        remaining = until - clock()
        if remaining <= 0:
            return
        time.sleep(min(remaining, LOOK_SECONDS))


@dataclass(frozen=True)
class Pace:
    """A bucket of tokens whose rate adapts: what is known at one moment, and what becomes of it.

    Rates are calls a minute, times seconds of any clock that all who share it read.
    """

    rate: float
    most: float
    least: float
    tokens: float
    filled_at: float  # when `tokens` was true; if that is still to come, nothing goes before
    refusals: int = 0
    window_at: float = 0.0
    accepted: int = 0  # since `window_at`
    accepted_before: int = 0  # in the window before

    @classmethod
    def full(cls, rate: float, least: float, now: float) -> Pace:
        """At the most that is documented, until somebody says otherwise."""
        return cls(rate, rate, least, max(1.0, rate / 10), now, window_at=now)

    def take(self, now: float) -> tuple[Pace, float]:
        """One call more has leave: in so many seconds, after all that were given it before."""
        burst = max(1.0, self.rate / 10)
        tokens = min(burst, self.tokens + max(0.0, now - self.filled_at) * self.rate / 60) - 1
        wait = max(0.0, self.filled_at - now) + max(0.0, -tokens) * 60 / self.rate
        return replace(self, tokens=tokens, filled_at=max(now, self.filled_at)), wait

    def let_in(self, now: float) -> Pace:
        """A call was let in: a little more may be."""
        state = self._in_window(now)
        rate = min(self.most, self.rate * 1.01 + 0.1)
        return replace(state, rate=rate, accepted=state.accepted + 1)

    def refused(self, now: float, retry_after_seconds: float | None) -> Pace:
        """A call was refused: nothing goes as long as was said, then at the rate that had been
        accepted.

        Of several that are refused at once, one slows it down.
        """
        if now < self.filled_at:
            return replace(self, filled_at=max(self.filled_at, now + (retry_after_seconds or 0.0)))
        state = self._in_window(now)
        share = max(0.0, 1 - (now - state.window_at) / WINDOW_SECONDS)  # of the window before
        measured_rate = (state.accepted + state.accepted_before * share) * 60 / WINDOW_SECONDS
        rate = max(self.least, min(self.rate / 2, max(measured_rate, self.rate / 8)))
        if retry_after_seconds:  # whoever says when to come back takes one call then
            rate = max(rate, min(self.rate, 60 / retry_after_seconds))
        wait = retry_after_seconds if retry_after_seconds is not None else 60 / rate
        return replace(
            state, rate=rate, tokens=1.0, filled_at=now + wait, refusals=self.refusals + 1
        )

    def _in_window(self, now: float) -> Pace:
        """With the window that `now` lies in."""
        windows = int((now - self.window_at) // WINDOW_SECONDS)
        if windows <= 0:
            return self
        before = self.accepted if windows == 1 else 0
        start = self.window_at + windows * WINDOW_SECONDS
        return replace(self, window_at=start, accepted=0, accepted_before=before)


class RateState(Protocol):
    """Where a pace is kept: changed by one at a time."""

    def change(self, decide: Callable[[Pace, float], tuple[Pace, Result]]) -> Result:
        """Keep what `decide` makes of the pace at this moment, and return what it says besides."""


class Here:
    """A pace of this process alone."""

    def __init__(
        self, rate: float, *, least: float = 6.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pace = Pace.full(rate, least, clock())

    def change(self, decide: Callable[[Pace, float], tuple[Pace, Result]]) -> Result:
        """See `RateState`."""
        with self._lock:
            self._pace, answer = decide(self._pace, self._clock())
            return answer


class Pacer:
    """Gives leave to call, at a pace; thread-safe."""

    def __init__(self, state: RateState) -> None:
        self._state = state

    @property
    def pace(self) -> Pace:
        """What is known now."""
        return self._state.change(lambda pace, now: (pace, pace))

    def acquire(self, stop: Stop) -> None:
        """Wait for leave to make one call; raises Cancelled when asked to stop."""
        while True:
            wait, refusals = self._state.change(_take)
            if wait <= 0:
                return
            pause(wait, stop)
            # or the leave was given for a rate that is none any more
            if self.pace.refusals == refusals:
                return

    def try_acquire(self) -> float:
        """Leave for one call, which holds in so many seconds."""
        return self._state.change(_take)[0]

    def accepted(self) -> None:
        """A call was let in."""
        self._state.change(lambda pace, now: (pace.let_in(now), None))

    def refused(self, retry_after_seconds: float | None) -> None:
        """A call was refused, until so many seconds from now if that was said."""
        self._state.change(lambda pace, now: (pace.refused(now, retry_after_seconds), None))


def _take(pace: Pace, now: float) -> tuple[Pace, tuple[float, int]]:
    after, wait = pace.take(now)
    return after, (wait, after.refusals)
