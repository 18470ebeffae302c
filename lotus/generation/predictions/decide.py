"""What to do next about a prediction: decided from what is known, without doing it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from lotus.providers.prediction import Prediction
from lotus.system.stop import Stop

__all__ = [
    "CANCELLED",
    "Action",
    "Age",
    "Durations",
    "Wish",
    "is_empty",
    "next_action",
    "poll_seconds",
    "wish",
]

CANCELLED = (
    "cancelled"  # the reason of a stop that also ends predictions; after any other they run on
)

Wish = Literal["go on", "collect", "leave", "cancel"]
Action = Literal["wait", "keep", "settle", "cancel", "leave"]


def wish(stop: Stop) -> Wish:
    """What a stop asks of predictions that are under way.

    When another clip failed (a stop that is not everybody's), those that are paid are collected,
    and no more are begun. When somebody interrupts, they are left to run: the next process finds
    them.
    """
    if stop.root:
        return "cancel" if stop.root.reason == CANCELLED else "leave"
    return "collect" if stop else "go on"


@dataclass(frozen=True)
class Age:
    """How old a prediction is, and may become."""

    seconds: float
    limit_seconds: float
    cancelled: bool = False  # its end has been asked for
    look_again: bool = False  # it says that it succeeded, and may show its output in a moment


def is_empty(prediction: Prediction) -> bool:
    """Whether it says that it succeeded, and shows nothing."""
    shows = prediction.output or prediction.removed
    return prediction.status == "succeeded" and not shows


def next_action(prediction: Prediction, age: Age, wish: Wish) -> Action:
    """`keep` what it made, `settle` what it cost, `cancel` it, `leave` it to others, or `wait`."""
    if prediction.status == "succeeded" and prediction.output and not prediction.removed:
        return "keep"
    if is_empty(prediction) and age.look_again and wish != "cancel":
        return "leave" if wish == "leave" else "wait"
    if prediction.ended:
        return "settle"
    if wish == "leave":
        return "leave"
    if not age.cancelled and (wish == "cancel" or age.seconds > age.limit_seconds):
        return "cancel"
    return "wait"


def poll_seconds(age_seconds: float, quickest_seconds: float = 0.0) -> float:
    """How long to wait before looking again: a tenth of its age, a sixth of a second to five
    seconds.

    What is lost by looking too late is then at most a tenth, and a minute's prediction is asked
    about some forty times, far below 3000 calls a minute. Where it is known how long the quickest
    of late has taken, nothing is expected before that, and the first look is just after it.
    """
    remaining = quickest_seconds - age_seconds
    return min(5.0, remaining + 1 / 50) if remaining > 0 else min(5.0, max(1 / 6, age_seconds / 10))


class Durations:
    """How long predictions of one model have lately taken, as the provider tells; safe between
    threads.
    """

    def __init__(self) -> None:
        self._lately: deque[float] = deque(maxlen=8)

    def note(self, seconds: float | None) -> None:
        """One more has succeeded; nothing is noted of one whose length is not told."""
        if seconds is not None:
            self._lately.append(seconds)

    @property
    def quickest_seconds(self) -> float:
        """Of the last few; 0 before there was one."""
        return min(tuple(self._lately), default=0.0)
