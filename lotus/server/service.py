"""What all handlers share: one workspace, those who work on jobs, one monitor, one look
for events.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol, TypeVar

from lotus.api import videos as api
from lotus.db import queue
from lotus.errors import LotusError
from lotus.server.admission import CallerLimiter
from lotus.server.answer_cache import AnswerCache
from lotus.server.downloads import Downloader
from lotus.server.health import Monitor, health_checks
from lotus.server.hub import Hub
from lotus.server.logs import log
from lotus.server.pool import WorkerPool
from lotus.server.refusals import Refusal
from lotus.server.tokens import Token, find_token
from lotus.workspace import Workspace

__all__ = ["Service", "Workers"]

Answer = TypeVar("Answer")
THREADS = 4  # for questions to the database; more only take turns
SLOW_THREADS = (
    8  # for what waits for a bucket, a decoder or a provider, so that questions do not wait for it
)
FILE_THREADS = 4  # for bodies as they come
ANSWER_SECONDS = 20.0  # a request that takes longer is answered with 503; what it began goes on
TOKEN_SECONDS = 3.0  # a token that was revoked is refused after so long
QUEUE_SECONDS = 60.0  # between lines that say how long the queue is
NOTIFY_SECONDS = 5.0  # between looks for what is to be told
FAILURES_PER_SECOND = 0.5  # tokens that are none, of one address


class Workers(Protocol):
    """Who works on jobs; belongs to the service's event loop."""

    def poke(self) -> None:
        """A job was queued."""

    async def run(self) -> None:
        """Have the jobs of the queue worked on until told to drain."""

    async def drain(self, seconds: float) -> None:
        """Begin no more; what this service runs itself has so long to finish, and is then given
        back.
        """


@dataclass
class Service:
    """One service; belongs to one event loop."""

    workspace: Workspace
    with_tokens: bool  # whether callers must show one
    workers: Workers
    monitor: Monitor
    hub: Hub
    limiter: CallerLimiter
    failures: CallerLimiter = field(default_factory=lambda: CallerLimiter(FAILURES_PER_SECOND))
    shared: AnswerCache[str] = field(default_factory=AnswerCache)
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "api"))
    slow_threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(SLOW_THREADS, "slow")
    )
    file_threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(FILE_THREADS, "files")
    )
    identify: Callable[[Any], Awaitable[bool]] | None = (
        None  # in another server: whether that knows who asks
    )
    origins: frozenset[str] = frozenset()  # of other sites' pages that may call the API
    address: str = ""  # of the service itself, for programs on this machine
    downloader: Downloader = field(default_factory=Downloader)
    reviews: bool = False  # whether viewers of pages may write reviews
    # what pages want to be done at the end
    closing: list[Callable[[], None]] = field(default_factory=list)
    _notifier: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "notify"))
    _tokens: dict[str, tuple[float, Token | None]] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def of(
        cls, workspace: Workspace, *, with_tokens: bool, workers: Workers | None = None
    ) -> Service:
        """A service that is not started yet; without `workers`, it has processes of its own."""
        settings = workspace.settings
        return cls(
            workspace,
            with_tokens,
            workers or WorkerPool(workspace.db, settings.max_concurrent_jobs, settings.worker_nice),
            Monitor(health_checks(workspace)),
            Hub(workspace.db),
            CallerLimiter(settings.rate_limit),
            origins=frozenset(filter(None, map(str.strip, settings.cors_origins.split(",")))),
        )

    def start(self) -> None:
        """Begin to check, to look for events and to work on jobs; in the running loop."""
        self._loop = asyncio.get_running_loop()
        for name in ("templates", "understanding"):  # the first caller would wait 0.3 s for them
            import_module(f"lotus.planning.{name}")
        self.monitor.start()
        self.threads.submit(self._warm)
        self._tasks = [
            asyncio.ensure_future(self.workers.run()),
            asyncio.ensure_future(self.hub.run()),
            asyncio.ensure_future(self._notify()),
            asyncio.ensure_future(self._log_queue()),
        ]

    def _warm(self) -> None:
        """Load what the first request would wait for, and have no look for garbage go through all
        that again.

        Such a look takes a tenth of a second, in which nobody is answered.
        """
        gc.disable()
        try:
            with suppress(LotusError):
                api.estimate(
                    "A sentence that is planned to be ready for others.", workspace=self.workspace
                )
            gc.freeze()
        finally:
            gc.enable()

    async def _notify(self) -> None:
        """Tell whoever wants to be told, every few seconds; a fault ends one turn alone."""
        from lotus.notify.delivery import turn

        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(
                    self._notifier, turn, self.workspace
                )
            except Exception as error:
                log("notify", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(NOTIFY_SECONDS)

    async def _log_queue(self) -> None:
        """Write down how long the queue is while there is one: on AWS more services start by it."""
        while True:
            with suppress(LotusError):
                waiting, unfinished_jobs = await self.away(self.queue_length)
                if unfinished_jobs:
                    log("queue_length", waiting=waiting, unfinished=unfinished_jobs)
            await asyncio.sleep(QUEUE_SECONDS)

    def queue_length(self) -> tuple[int, int]:
        """How many jobs wait (at most 50), and how many are not over."""
        with self.workspace.db.read() as connection:
            return queue.waits(connection).jobs, queue.count_unfinished(connection)

    def wake(self) -> None:
        """A job was queued: a worker is to look. Safe to call from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.workers.poke)

    async def drain(self, seconds: float) -> None:
        """Take no more jobs, and let those under way finish or give them back. Answers go on
        meanwhile.
        """
        self.monitor.draining = True
        await self.workers.drain(seconds)

    async def stop(self) -> None:
        """End what was started."""
        self.monitor.stop()
        self.hub.stop()
        for close in self.closing:
            close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for threads in (self.threads, self.slow_threads, self.file_threads, self._notifier):
            threads.shutdown(wait=False, cancel_futures=True)

    async def away(self, work: Callable[..., Answer], *args: Any, slow: bool = False) -> Answer:
        """Do work that waits for a database or a disk, in a thread; raises Refused if that takes
        too long.
        """
        threads = self.slow_threads if slow else self.threads
        future = asyncio.get_running_loop().run_in_executor(threads, work, *args)
        try:
            return await asyncio.wait_for(asyncio.shield(future), ANSWER_SECONDS)
        except TimeoutError:
            future.add_done_callback(lambda late: late.cancelled() or late.exception())
            reason = f"no answer within {ANSWER_SECONDS:.0f} s"
            raise Refusal(
                status=503,
                reason=reason,
                retry_after_seconds=5,
                remedy="see /health, then try again",
            ) from None

    async def token(self, secret: str) -> Token | None:
        """Whose secret it is; remembered for a few seconds."""
        entry = self._tokens.get(secret)
        if entry is None or time.monotonic() - entry[0] > TOKEN_SECONDS:
            if len(self._tokens) > 1000:
                self._tokens.clear()
            entry = (time.monotonic(), await self.away(find_token, self.workspace.db, secret))
            self._tokens[secret] = entry
        return entry[1]
