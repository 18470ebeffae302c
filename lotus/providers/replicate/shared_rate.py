"""A pace that all processes keep together, on whatever machines: a row of the database
they share.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from lotus.db import Database
from lotus.db import tables as t
from lotus.providers.replicate.pacer import Pace, Result

__all__ = ["SharedRate", "change_rate"]

State = dict[str, Any]
_c = t.rates.c


def change_rate(
    connection: sa.Connection, name: str, decide: Callable[[State | None], State]
) -> None:
    """Replace a rate's state by what `decide` makes of it (at first, of None); others wait
    meanwhile.
    """
    look = sa.select(_c.state).where(_c.name == name).with_for_update()
    row = connection.execute(look).first()
    if row is None:
        with connection.begin_nested() as savepoint:
            try:
                connection.execute(t.rates.insert().values(name=name, state=decide(None)))
                return
            except sa.exc.IntegrityError:  # somebody was faster
                savepoint.rollback()
        row = connection.execute(look).one()
    connection.execute(t.rates.update().where(_c.name == name).values(state=decide(row.state)))


class SharedRate:
    """See `lotus.providers.replicate.pacer.Kept`; its seconds are those of the machines' clocks."""

    def __init__(
        self,
        database: Callable[[], Database],
        name: str,
        rate: float,
        *,
        least: float = 6.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._name = name
        self._clock = clock
        self._rate = rate
        self._least = least

    def change(self, decide: Callable[[Pace, float], tuple[Pace, Result]]) -> Result:
        """One transaction: a millisecond, far less than the call that it is for."""
        answers: list[Result] = []

        def decided(state: dict[str, float] | None) -> dict[str, float]:
            now = self._clock()
            full = Pace.full(self._rate, self._least, now)
            pace = Pace(**state) if state else full  # type: ignore[arg-type]
            after, answer = decide(pace, now)
            answers[:] = [answer]
            return asdict(after)

        self._database().run(lambda connection: change_rate(connection, self._name, decided))
        return answers[0]
