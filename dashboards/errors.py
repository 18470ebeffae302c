"""What dashboards raise on purpose, below the tree of `lotus.errors`."""

from __future__ import annotations

from lotus.errors import WorkError

__all__ = ["NoAnswer"]


class NoAnswer(WorkError):
    """A question was not answered: the message and the remedy are of whoever failed."""

    code = "no_answer"
