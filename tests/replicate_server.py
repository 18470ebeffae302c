"""A small Replicate: its HTTP protocol on a free port of this machine, which misbehaves when told
to.

Written after replicate.com/docs/reference/http and what the official client 1.0.7 sends and reads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import Any

from tests.replicate_account import Account, Made
from tests.replicate_protocol import Fault, Handler

__all__ = ["TOKEN", "Fault", "Replicate", "serving"]

TOKEN = "r8_" + "T3st" * 10  # in two parts, so that no scanner takes it for a real one


class Replicate:
    """The server. `misbehave` lays faults in wait; `calls` counts what was asked of it."""

    def __init__(self, token: str = TOKEN) -> None:
        self.account = Account(token)
        self.accounts = [self.account]  # of which each knows its own predictions alone
        self.faults: dict[str, list[Fault]] = {}
        self.calls: dict[str, int] = {}
        self.schemas: dict[str, dict[str, Any]] = {}  # the pages of models, with their inputs
        self.deployments: dict[str, tuple[str, str]] = {}  # model and version
        self.authorized_outputs = 0  # downloads that showed the token
        self.page_size = 100
        self.creates_per_second: float | None = None  # a rate limit, of one second's burst
        self.rewrites: dict[str, list[Callable[[Any], Any]]] = {}
        self.on_created: Callable[[Made], None] = lambda made: None
        self._created_at: list[float] = []
        self._lock = threading.Lock()
        self.over = threading.Event()
        handler = type("Bound", (Handler,), {"replicate": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def created(self) -> int:
        """How many predictions there are: each is paid."""
        return len(self.account.made)

    def environment(self) -> dict[str, str]:
        """The variables that point lotus here."""
        return {"REPLICATE_BASE_URL": self.url, "REPLICATE_API_TOKEN": self.account.token}

    def misbehave(self, call: str, *faults: Fault) -> None:
        """The next calls of this kind (create, get, list, cancel, account, file, output) go wrong
        so.
        """
        with self._lock:
            self.faults.setdefault(call, []).extend(faults)

    def fault(self, call: str) -> Fault | None:
        """The fault that lies in wait for a call, which is counted."""
        with self._lock:
            self.calls[call] = self.calls.get(call, 0) + 1
            waiting = self.faults.get(call)
            return waiting.pop(0) if waiting else None

    def rewrite(self, call: str, *rewrites: Callable[[Any], Any]) -> None:
        """The next answers to calls of this kind become what these make of them."""
        with self._lock:
            self.rewrites.setdefault(call, []).extend(rewrites)

    def rewritten(self, call: str, document: Any) -> Any:
        """An answer, rewritten if somebody asked for that."""
        with self._lock:
            waiting = self.rewrites.get(call)
            rewrite = waiting.pop(0) if waiting else None
        return rewrite(document) if rewrite is not None else document

    def throttled(self) -> bool:
        """Whether one more create would be too many."""
        if self.creates_per_second is None:
            return False
        with self._lock:
            now = time.monotonic()
            self._created_at = [at for at in self._created_at if now - at < 1]
            if len(self._created_at) >= self.creates_per_second:
                return True
            self._created_at.append(now)
            return False

    def start(self) -> None:
        """Serve, in a thread."""
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """End; calls that were never answered end too."""
        self.over.set()
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(token: str = TOKEN) -> Iterator[Replicate]:
    """A server for as long as the block lasts."""
    server = Replicate(token)
    server.start()
    try:
        yield server
    finally:
        server.stop()
