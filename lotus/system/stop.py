"""A request to stop, shared by everything that works on one job."""

from __future__ import annotations

import threading

from lotus.errors import Cancelled

__all__ = ["Stop"]


class Stop:
    """Asks running work to end; thread-safe, and looked at a few times a second.

    A child also stops when its parent does, but not the other way round.
    """

    def __init__(self, parent: Stop | None = None) -> None:
        self._event = threading.Event()
        self._parent = parent
        self._reason = ""

    @property
    def root(self) -> Stop:
        """The one that asks everybody."""
        return self if self._parent is None else self._parent.root

    def set(self, reason: str = "stopped") -> None:
        """Ask; the first reason is kept."""
        self._reason = self._reason or reason
        self._event.set()

    @property
    def reason(self) -> str:
        """Why, as the one who asked put it."""
        return self._reason or (self._parent.reason if self._parent is not None else "")

    def __bool__(self) -> bool:
        return self._event.is_set() or bool(self._parent)

    def check(self) -> None:
        """Raise Cancelled if somebody asked."""
        if self:
            raise Cancelled(reason=self.reason, remedy="continue with `lotus jobs resume`")
