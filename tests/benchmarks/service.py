"""How soon the service answers while it works: `python -m tests.benchmarks.service`.

Five jobs at once, and fifty callers who each ask twice a second how one of them stands; beside it the same
fifty on a service that works on nothing. Answers are timed by the callers, from asking to the last byte. The
bars are 100 ms for the 99th of a hundred questions, and 200 ms for queueing.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from tests.serving import Served, serving

JOBS, POLLERS, EVERY_SECONDS = 5, 50, 0.5
IDLE_SECONDS, MOST_SECONDS = 10.0, 120.0
BRIEF = {
    "prompt": "A small coffee roaster opens at dawn in a harbour town by the sea.",
    "duration_seconds": 10,
}
API = "/api/v1/generations"


@dataclass
class Times:
    """Seconds of answers."""

    asked: list[float] = field(default_factory=list)
    queued: list[float] = field(default_factory=list)
    worst_health: float = 0.0

    def row(self, name: str) -> list[str]:
        """As a row of the table, in milliseconds."""
        return [name, str(len(self.asked)), *(_ms(self.asked, part) for part in (0.5, 0.99, 1.0))]


def _ms(values: list[float], part: float) -> str:
    ordered = sorted(values)
    return f"{1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]:.1f}" if ordered else ""


async def _poll(
    client: httpx.AsyncClient, job_id: str, over: asyncio.Event, times: Times, delay: float
) -> None:
    await asyncio.sleep(delay)
    while not over.is_set():
        began = time.perf_counter()
        answer = await client.get(f"{API}/{job_id}")
        times.asked.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.text
        await asyncio.sleep(EVERY_SECONDS)


async def _health(client: httpx.AsyncClient, over: asyncio.Event, times: Times) -> None:
    while not over.is_set():
        began = time.perf_counter()
        await client.get("/health/ready")
        times.worst_health = max(times.worst_health, time.perf_counter() - began)
        await asyncio.sleep(EVERY_SECONDS)


async def _queue(client: httpx.AsyncClient, times: Times) -> list[str]:
    found = []
    for seed in range(JOBS):
        began = time.perf_counter()
        answer = await client.post(API, json={"brief": {**BRIEF, "seed": seed}})
        times.queued.append(time.perf_counter() - began)
        assert answer.status_code == 202, answer.text
        found.append(answer.json()["id"])
    return found


async def _until_over(client: httpx.AsyncClient, jobs: list[str]) -> None:
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        states = [(await client.get(f"{API}/{job}")).json()["status"] for job in jobs]
        if all(state in ("completed", "failed") for state in states):
            return
        await asyncio.sleep(1)


async def measure(served: Served, *, working: bool) -> Times:
    """Ask for a while: as long as the jobs take, or ten seconds."""
    times, over = Times(), asyncio.Event()
    limits = httpx.Limits(max_connections=POLLERS + 5)
    async with httpx.AsyncClient(base_url=served.url, timeout=30, limits=limits) as client:
        jobs = await _queue(client, times)
        steps = [EVERY_SECONDS * n / POLLERS for n in range(POLLERS)]
        polls = [_poll(client, jobs[n % JOBS], over, times, step) for n, step in enumerate(steps)]
        asking = [asyncio.ensure_future(one) for one in (*polls, _health(client, over, times))]
        await (_until_over(client, jobs) if working else asyncio.sleep(IDLE_SECONDS))
        over.set()
        await asyncio.gather(*asking)
    return times


def main() -> None:
    """Print the table."""
    table = Table(title=f"{POLLERS} callers, {JOBS} jobs", box=None)
    for heading in (
        "service",
        "answers",
        "median ms",
        "99 % ms",
        "worst ms",
        "queueing ms",
        "worst health ms",
    ):
        table.add_column(heading, justify="left" if heading == "service" else "right")
    with tempfile.TemporaryDirectory() as folder:
        for name, most in (("idle", 0), ("working", JOBS)):
            env = {"LOTUS_MAX_CONCURRENT_JOBS": most, "LOTUS_RATE_LIMIT": 10_000}
            with serving(Path(folder) / name / "home", **env) as served:
                times = asyncio.run(measure(served, working=most > 0))
                table.add_row(*times.row(name), _ms(times.queued, 1.0), f"{1000 * times.worst_health:.1f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    sys.exit(main())
