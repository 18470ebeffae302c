"""How soon the service answers while it works: `python -m tests.benchmarks.service`.

Five jobs at once, and fifty callers who each ask twice a second how one of them stands, from a
moment of their own; beside it the same fifty on a service that works on nothing. A question's time
begins when it was due, also if its caller was late, and ends with the last byte. The callers share
the machine, so they speak HTTP by hand: a client library takes more of a processor for a question
than the service for its answer, and would be what is measured. The bars are 100 ms for the 99th of
a hundred questions, 200 ms for queueing, and 50 ms for the worst answer about health.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from tests.serving import Served, serving

JOBS = 5
POLLERS = 50
EVERY_SECONDS = 0.5
IDLE_SECONDS = 10.0
MOST_SECONDS = 120.0
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
    health: list[float] = field(default_factory=list)

    def row(self, name: str) -> list[str]:
        """As a row of the table, in milliseconds."""
        return [name, str(len(self.asked)), *(_ms(self.asked, part) for part in (0.5, 0.99, 1.0))]


def _ms(values: list[float], part: float) -> str:
    ordered = sorted(values)
    return (
        f"{1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]:.1f}" if ordered else ""
    )


class Caller:
    """One connection that stays open."""

    def __init__(self, served: Served) -> None:
        self._port = served.port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str) -> None:
        """Ask, and read the whole answer; raises AssertionError unless it is a success."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)\r\n", head, re.I)
        assert head.startswith(b"HTTP/1.1 200 "), head.decode()
        assert length, head.decode()
        await reader.readexactly(int(length[1]))

    async def again_and_again(
        self, path: str, over: asyncio.Event, times: list[float], due: float
    ) -> None:
        """Ask at fixed times, from the first that is due."""
        while not over.is_set():
            await asyncio.sleep(due - time.perf_counter())
            await self.ask(path)
            times.append(time.perf_counter() - due)
            due += EVERY_SECONDS


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
    times = Times()
    over = asyncio.Event()
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
        jobs = await _queue(client, times)
        now = time.perf_counter()
        moments = random.Random(1)
        asking = [
            Caller(served).again_and_again(
                f"{API}/{jobs[n % JOBS]}", over, times.asked, now + EVERY_SECONDS * moments.random()
            )
            for n in range(POLLERS)
        ]
        asking.append(Caller(served).again_and_again("/health/ready", over, times.health, now))
        tasks = [asyncio.ensure_future(one) for one in asking]
        await (_until_over(client, jobs) if working else asyncio.sleep(IDLE_SECONDS))
        over.set()
        await asyncio.gather(*tasks)
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
            with serving(Path(folder) / name / "home", forked=False, **env) as served:
                times = asyncio.run(measure(served, working=most > 0))
                table.add_row(*times.row(name), _ms(times.queued, 1.0), _ms(times.health, 1.0))
    Console(width=110).print(table)


if __name__ == "__main__":
    sys.exit(main())
