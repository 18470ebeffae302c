"""Whoever listens to a job is woken by its events, and by no others."""

from __future__ import annotations

import asyncio

import pytest

from lotus.db import Database, records
from lotus.server import hub as hubs
from lotus.server.hub import Hub
from tests.driving import DEADLINE_SECONDS


def job(db: Database) -> str:
    row = {"kind": "ad", "prompt": "p", "provider": "animatic", "planner": "template", "brief": {}}
    with db.begin() as connection:
        return records.create_job(connection, **row)


def say(db: Database, job_id: str) -> None:
    with db.begin() as connection:
        records.add_event(connection, job_id, "progress", {})


async def woken(db: Database, *, listening: bool) -> None:
    mine = job(db)
    other = job(db)
    hub = Hub(db)
    running = asyncio.ensure_future(hub.run())
    try:
        if listening:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not hub.notices.listening:
                    await asyncio.sleep(0)
        with (
            hub.watching(mine) as first,
            hub.watching(mine) as second,
            hub.watching(other) as third,
        ):
            await asyncio.to_thread(say, db, mine)
            assert await first.news(DEADLINE_SECONDS)
            assert await second.news(DEADLINE_SECONDS)
            assert not await third.news(0.05)
        assert hub.size == 0
    finally:
        hub.stop()
        await running


def test_a_look_wakes_all_who_listen_to_a_job(db: Database) -> None:
    asyncio.run(woken(db, listening=False))


def test_postgresql_tells_without_a_look(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    if db.dialect == "sqlite":
        pytest.skip("SQLite tells nobody")

    def never(self: Hub, jobs: list[str]) -> dict[str, int]:
        return {}

    monkeypatch.setattr(hubs.Hub, "_newest", never)
    asyncio.run(woken(db, listening=True))
