"""What the handlers of the server share: answers, small posters, templates, threads to work them
out in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import jinja2

from dashboards.bundle import bundle
from dashboards.links import ServedLinks
from dashboards.questions import answer
from dashboards.sharing import SharedAnswers
from dashboards.views import opening
from lotus.db import Database
from lotus.display.thumbnails import thumbnail
from lotus.workspace import Workspace

__all__ = ["HERE", "Backstage"]

HERE = Path(__file__).parent
THREADS = 8  # questions and posters that are worked out at a time
POSTERS = 512  # that are remembered, some 20 kB each
Done = TypeVar("Done")


class Backstage:
    """One a server."""

    def __init__(
        self, workspace: Workspace, *, viewers: int, host: str = "", reviews: Database | None = None
    ) -> None:
        self.workspace = workspace
        self.viewers = viewers
        self.host = host
        self.reviews = reviews  # where verdicts are written; None: nowhere
        self.secret = secrets.token_urlsafe(32)  # by which kernels of this server are known
        self.opening = 0  # viewers whose kernel is being started
        self.answers = SharedAnswers(lambda question, how: answer(workspace, question, how))
        self.poster = lru_cache(POSTERS)(lambda key: thumbnail(workspace.store, key))
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="dashboards")

    def leave_door(self) -> None:
        """One viewer fewer whose kernel is being started."""
        self.opening -= 1

    async def off(self, work: Callable[..., Done], *args: Any) -> Done:
        """Work something out without keeping other viewers waiting."""
        import asyncio

        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    async def ask(self, question: str, **how: Any) -> Any:
        """An answer of `dashboards.questions`; raises LotusError."""
        return await self.off(self.answers, question, how)

    @cached_property
    def version(self) -> str:
        """Changes with the assets, so that browsers may keep them."""
        files = sorted((HERE / "static").iterdir())
        return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]

    @cached_property
    def templates(self) -> jinja2.Environment:
        """Of pages that need no kernel."""
        return jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "template"), autoescape=True
        )

    def opening_of(self, base: str, name: str, said: Mapping[str, str]) -> str:
        """The first part of a dashboard, with the data of this moment."""
        shown = opening(name, self.answers, said, ServedLinks())
        facts = {"base": base, "name": name, "body": shown, "version": self.version}
        facts["widgets"] = bundle().version
        return self.templates.get_template("opening.html.j2").render(facts)

    def page(self, base: str, title: str, body: Any, **more: Any) -> str:
        """A page around `body`, which is markup."""
        facts: Mapping[str, Any] = {
            "base": base,
            "title": title,
            "body": body,
            "version": self.version,
            **more,
        }
        return self.templates.get_template("page.html.j2").render(facts)

    @cached_property
    def media_origin(self) -> str:
        """Where a bucket's presigned addresses lead, for the browser's policy; empty for a
        folder.
        """
        from urllib.parse import urlsplit

        from lotus.store.bucket import Bucket

        if not isinstance(self.workspace.store.objects, Bucket):
            return ""
        found = urlsplit(self.workspace.store.link("compositions/x/final.mp4", 60))
        return f"{found.scheme}://{found.netloc}"
