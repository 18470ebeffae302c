"""State that the handlers of one server share: answers, small posters, threads, templates."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

from markupsafe import Markup

from dashboards.dashboard import Dashboard
from dashboards.notebooks import HERE, OWN, notebook_page, notebooks_in
from dashboards.questions import FRESH_SECONDS, answer
from dashboards.server.single_sign_on import SingleSignOn
from lotus.db import Database
from lotus.display.kit import render, style
from lotus.display.thumbnails import thumbnail
from lotus.server.admission import CallerLimiter
from lotus.server.answer_cache import AnswerCache
from lotus.workspace import Workspace

__all__ = ["Management", "ServerState"]

THREADS = 8  # pages and questions that are worked out at a time
GUESSES_PER_SECOND = 0.5  # of passwords and secrets of links, from one address
POSTERS = 512  # that are remembered, some 20 kB each
Result = TypeVar("Result")


@dataclass(frozen=True)
class Management:
    """What viewers of a service may change: its jobs, budgets, rules and links."""

    workspace: Workspace
    wake: Callable[[], None]  # a job was queued


class ServerState:
    """One a server; belongs to its event loop."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        viewers: int,
        host: str = "",
        reviews: Database | None = None,
        signs_in: bool = False,
        managed: Management | None = None,
        sign_on: SingleSignOn | None = None,
    ) -> None:
        self.workspace = workspace
        self.viewers = viewers  # of notebooks with a kernel
        self.host = host
        self.reviews = reviews  # where reviews are written; None: nowhere
        self.signs_in = signs_in  # whether viewers show a token
        self.managed = managed  # None: pages that only read
        self.sign_on = sign_on  # beside tokens
        self.guesses = CallerLimiter(GUESSES_PER_SECOND)
        self.folder: Path | None = workspace.settings.dashboards
        self.secret = secrets.token_urlsafe(32)  # by which kernels of this server are known
        self.opening = 0  # viewers whose kernel is being started
        self.answers: AnswerCache[Any] = AnswerCache()
        self.poster = lru_cache(POSTERS)(partial(thumbnail, workspace.store))
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dashboards")

    async def run(self, work: Callable[..., Result], *args: Any) -> Result:
        """Do work that waits for a database or a disk in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def answer(self, question: str, **parameters: Any) -> Any:
        """An answer of `dashboards.questions`, one for all who ask the same within a moment; raises
        LotusError.
        """
        key = json.dumps([question, parameters], sort_keys=True, default=str)
        seconds = FRESH_SECONDS.get(question, FRESH_SECONDS[""])
        work = partial(answer, self.workspace, question, parameters)
        return self.answers.get(key, seconds, work)

    async def ask(self, question: str, **parameters: Any) -> Any:
        """The same, in a thread."""
        return await self.run(partial(self.answer, question, **parameters))

    async def draw(self, name: str, query: Mapping[str, str], *, waits: bool) -> list[Markup]:
        """The parts of one of lotus' own pages: its notebook's cells are run in a thread."""
        parts = notebook_page(name).parts(Dashboard(self.answer, query, waits=waits))
        return await self.run(lambda: list[Markup](parts))

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def version(self) -> str:
        """Changes with the assets, so that browsers may keep them."""
        files = sorted((HERE / "static").iterdir())
        data = b"".join(path.read_bytes() for path in files) + style().encode()
        return hashlib.sha256(data).hexdigest()[:12]

    def page(self, base: str, template: str, title: str, **facts: Any) -> str:
        """A page with the menu."""
        facts |= {"base": base, "title": title, "version": self.version, "own": OWN}
        facts = {"manages": False, "signs_in": self.signs_in, **facts}
        facts |= {"notebooks": list(notebooks_in(self.folder))}
        return str(render(HERE / "template", template, **facts))

    @cached_property
    def media_origin(self) -> str:
        """Where a bucket's presigned addresses lead, for the browser's policy; empty
        for a folder.
        """
        from urllib.parse import urlsplit

        from lotus.store.bucket import Bucket

        if not isinstance(self.workspace.store.objects, Bucket):
            return ""
        link = urlsplit(self.workspace.store.link("compositions/x/final.mp4", 60))
        return f"{link.scheme}://{link.netloc}"
