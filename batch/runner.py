"""One row, executed in a worker: claimed, run under a watch, kept, and its end written down."""

from __future__ import annotations

import os
import queue
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from batch import runs
from batch.redaction import redact, secrets_in
from batch.warm import Pool
from batch.watch import Watch
from lotus import errors
from lotus.owner import this_process
from lotus.workspace import Workspace

__all__ = ["BUDGET", "CANCEL", "Place", "run_row"]

LOOK_SECONDS = 1.0  # how often a running row looks whether it should stop
RENEW_SECONDS = 10.0
GRACE_SECONDS = 15.0  # between asking a notebook to stop and killing its kernel
CANCEL, BUDGET = "cancelled", "budget"
GIVEN_BACK = "its worker was told to stop"


@dataclass
class Place:
    """What a worker process has: a workspace, warm kernels, and its share of the machine, a slice a row."""

    workspace: Workspace
    pool: Pool | None
    at_once: int = 1
    watches: set[int] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._slices: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        cores = sorted(os.sched_getaffinity(0))
        for number in range(self.at_once):
            self._slices.put(cores[number :: self.at_once] or [cores[number % len(cores)]])

    @contextmanager
    def share(self) -> Iterator[list[int]]:
        """The processors of one row: rows of one worker never want more than it has."""
        mine = self._slices.get()
        try:
            yield mine
        finally:
            self._slices.put(mine)

    def close(self) -> None:
        """Rows that run are asked to stop and given back; kernels end."""
        self.stopping.set()
        if self.pool is not None:
            self.pool.close()


@dataclass(frozen=True)
class _End:
    """How an execution ended; `again`: another attempt may go better."""

    status: str
    reason: str | None = None
    again: bool = False


def run_row(place: Place, run_id: str) -> str:
    """Run a row if it waits; says how it ended, or `elsewhere`. Raises only what keeps all from running."""
    while True:
        owner = this_process()
        with place.workspace.db.begin() as connection:
            row = runs.claim(connection, run_id, owner)
        if row is None:
            return "elsewhere"
        began = time.monotonic()
        watch, kept = Watch(env=_environment(row)), _Kept(place.workspace, row)
        end = _attempt(place, row, watch, kept, owner)
        if end.again and row["attempts"] <= row["campaign"]["options"].get("retries", 0):
            end = _End("queued", end.reason)
        facts = {"reason": end.reason, "notebook": kept.key, "seconds": time.monotonic() - began}
        if watch.ended is not None:
            facts |= {"peak_bytes": watch.ended.peak_bytes, "cpu_seconds": watch.ended.cpu_seconds}
        with place.workspace.db.begin() as connection:
            runs.finish(connection, run_id, owner, end.status, **facts)
            if end.reason == BUDGET:
                runs.update_campaign(connection, row["campaign_id"], stopping=BUDGET)
        if end.status != "queued" or place.stopping.is_set():
            return end.status


def _environment(row: runs.Row) -> dict[str, str]:
    """What tells lotus, inside the notebook, whose budget it spends."""
    return {"LOTUS_CAMPAIGN": row["campaign_id"], "LOTUS_RUN": row["id"]}


def _attempt(place: Place, row: runs.Row, watch: Watch, kept: _Kept, owner: str) -> _End:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    try:
        with place.share() as cores, _watching(place, row, watch, owner):
            watch.cores = cores
            _execute(place, row, watch, kept)
    except Exception as error:
        if watch.reason == GIVEN_BACK:
            return _End("queued", GIVEN_BACK)
        if watch.reason == CANCEL:
            return _End("cancelled", CANCEL)
        if watch.reason:
            return _End("failed", watch.reason, again=True)
        if isinstance(error, PapermillExecutionError):
            return _said(error)
        if isinstance(error, DeadKernelError):
            return _End("failed", _death(watch), again=True)
        if isinstance(error, CellTimeoutError):
            seconds = row["campaign"]["options"].get("cell_seconds")
            return _End("failed", f"a cell took more than {seconds:g} s", again=True)
        reason = str(error) if isinstance(error, errors.LotusError) else f"{type(error).__name__}: {error}"
        return _End("failed", reason, again=not isinstance(error, errors.InputError))
    finally:
        kept.close(watch.notebook)
    return _End("completed")


def _execute(place: Place, row: runs.Row, watch: Watch, kept: _Kept) -> None:
    import nbformat
    import papermill

    from batch.engine import ENGINE

    campaign = row["campaign"]
    notebook = nbformat.read(place.workspace.store.path(campaign["source"]), as_version=4)  # type: ignore[no-untyped-call]
    papermill.execute_notebook(
        notebook,
        None,
        parameters=row["parameters"],
        engine_name=ENGINE,
        progress_bar=False,
        pool=place.pool,
        keep=kept.keep,
        watch=watch,
        execution_timeout=campaign["options"].get("cell_seconds"),
    )


def _said(error: Any) -> _End:
    """What an exception in the notebook means for the row."""
    reason = redact(f"{error.ename}: {error.evalue}"[:1000], secrets_in(os.environ))
    if error.ename == "BudgetExceeded" and "budget of this job" not in error.evalue:
        return _End("cancelled", BUDGET)
    return _End("failed", reason, again=error.ename not in _INPUT_ERRORS)


def _names(cls: type[errors.LotusError]) -> set[str]:
    return {cls.__name__, *(name for sub in cls.__subclasses__() for name in _names(sub))}


_INPUT_ERRORS = _names(errors.InputError) | {"BudgetExceeded"}  # trying again would change nothing


def _death(watch: Watch) -> str:
    if watch.ended is None:
        return "its kernel died"
    status, memory = watch.ended.status, f"{watch.ended.peak_bytes / 1e6:.0f} MB of memory at most"
    if status == -signal.SIGKILL:
        return f"its kernel was killed, as a system does that runs out of memory ({memory})"
    how = f"by signal {-status}" if status < 0 else f"with exit code {status}"
    return f"its kernel ended {how} ({memory})"


@contextmanager
def _watching(place: Place, row: runs.Row, watch: Watch, owner: str) -> Iterator[None]:
    """Beside the notebook: keep the claim, and stop it when its time is over or somebody says so."""
    over = threading.Event()
    look = partial(_look, place, row, watch, owner, over)
    thread = threading.Thread(target=look, name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _look(place: Place, row: runs.Row, watch: Watch, owner: str, over: threading.Event) -> None:
    began = renewed = time.monotonic()
    limit = row["campaign"]["options"].get("row_seconds")
    reason = ""
    while not reason and not over.wait(LOOK_SECONDS):
        now = time.monotonic()
        if place.stopping.is_set():
            reason = GIVEN_BACK
        elif limit and now - began > limit:
            reason = f"the row took more than {limit:g} s"
        else:
            reason = _ordered(place, row, owner, renew=now - renewed > RENEW_SECONDS)
            renewed = now if now - renewed > RENEW_SECONDS else renewed
    if reason:
        watch.stop(reason)
        if not over.wait(GRACE_SECONDS):
            watch.stop(reason, signal.SIGKILL)


def _ordered(place: Place, row: runs.Row, owner: str, *, renew: bool) -> str:
    """Why the database says that this row should stop, if it does."""
    try:
        with place.workspace.db.begin() as connection:
            if renew and not runs.renew(connection, row["id"], owner):
                return "another worker has taken the row over"
            stopping = runs.get_campaign(connection, row["campaign_id"])["stopping"]
    except errors.LotusError:  # a database that is away for a moment stops nobody
        return ""
    return CANCEL if stopping == CANCEL else ""


class _Kept:
    """The executed notebook in the store. Objects are written once: each save is one, the last stays."""

    def __init__(self, workspace: Workspace, row: runs.Row) -> None:
        self._store = workspace.store
        self._base = f"runs/{row['campaign_id']}/{row['name']}/notebook-{row['attempts']}"
        self._row, self._saves = row, 0
        self.key: str | None = row["notebook"]
        self._mine: str | None = None

    def keep(self, notebook: Any) -> None:
        """Save what there is so far."""
        self._saves += 1
        self._put(notebook, f"{self._base}.{self._saves}.{os.urandom(3).hex()}.ipynb")

    def close(self, notebook: Any) -> None:
        """The end: this is the one that people open."""
        if notebook is not None:
            self._put(notebook, f"{self._base}.ipynb", last=True)

    def _put(self, notebook: Any, key: str, *, last: bool = False) -> None:
        import nbformat

        redact(notebook, secrets_in(os.environ)) if last else None
        text = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
        with tempfile.TemporaryDirectory(prefix="lotus-notebook-") as folder:
            path = Path(folder) / "notebook.ipynb"
            path.write_text(text, encoding="utf-8")
            if self._store.exists(key):  # a campaign whose rows were all asked for again
                self._store.delete(key)
            self._store.put(path, key)
        before, self.key, self._mine = self._mine, key, key
        if before is not None and before != key:
            self._store.delete(before)
