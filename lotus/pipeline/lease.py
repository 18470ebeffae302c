"""A job in this process' hands: its row says so and how far it is, and what is asked of it is
heard.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa

from lotus.db import leases, queue, records
from lotus.db import tables as t
from lotus.db.rollups import roll_up
from lotus.errors import Cancelled, DatabaseError, LotusError, RenderFailed
from lotus.money.ledger import Ledger
from lotus.pipeline.payment import running_on
from lotus.pipeline.progress import JobProgress, ProgressSnapshot
from lotus.system.owner import LEASE, this_process
from lotus.system.parallel import meanwhile
from lotus.workspace import Workspace

__all__ = ["RELEASE_REASON", "JobLease"]

RELEASE_REASON = "returned to the queue"  # why a job stops that another process is to carry on with
LISTEN_SECONDS = (
    1.0  # how often a running job looks whether somebody wants it to stop, and says how far it is
)
RENEW_LOOKS = int(LEASE.total_seconds() / 3 / LISTEN_SECONDS)
# of errors, in the row
DETAILS = ("stderr", "returncode", "file", "scene", "provider", "what", "url", "field")
# events that are kept as they are; of frames, only how many there are now and then
WHOLE_EVENTS = ("prediction", "warning")


class JobLease:
    """One job, held by this process: others leave it alone while its lease is renewed."""

    def __init__(self, workspace: Workspace, job_id: str) -> None:
        self.w = workspace
        self.job_id = job_id
        self.me = this_process()
        self.progress = JobProgress()
        self._due: list[tuple[str, dict[str, Any]]] = []
        self._clips: set[int] = set()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._said = 0.0
        self._cost: dict[str, str] = {}

    def on_event(self, kind: str, data: dict[str, Any]) -> None:
        """Something happened: it is written down with the next look, so that no work waits for a
        database.
        """
        with self._lock:
            self.progress.on_event(kind, data)
            if kind in WHOLE_EVENTS:
                self._due.append((kind, data))
            elif (
                kind == "clip"
                and data["frames"] >= data["of_frames"]
                and data["scene"] not in self._clips
            ):
                self._clips.add(data["scene"])
                self._due.append(("clip", {"scene": data["scene"], "frames": data["frames"]}))

    def stage(self, status: str, **data: Any) -> None:
        """A new stage begins; raises Cancelled if another process has taken the job over."""

        def moved(connection: sa.Connection) -> None:
            values = {"status": status, "error": None, "finished_at": None}
            if not queue.update_held(connection, self.job_id, self.me, **values):
                raise Cancelled(
                    reason="another process is working on it", remedy="see `lotus jobs show`"
                )
            records.add_event(connection, self.job_id, "stage", {"stage": status, **data})

        self._run(moved)

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Whatever ends the block early, the row says what."""
        try:
            yield
        except (KeyboardInterrupt, Cancelled) as stop:
            reason = stop.facts["reason"] if isinstance(stop, Cancelled) else "interrupted"
            self.w.stop.set(reason)
            if self.w.stop.reason == RELEASE_REASON:
                self._run(lambda connection: queue.release(connection, self.job_id, self.me))
                raise Cancelled(reason=RELEASE_REASON, job_id=self.job_id) from None
            remedy = (
                f"continue with `lotus jobs resume {self.job_id}`{running_on(self.w, self.job_id)}"
            )
            cancellation = Cancelled(reason=reason, remedy=remedy, job_id=self.job_id)
            self.finish("cancelled", cancellation)
            raise cancellation from None
        except LotusError as error:
            error.facts.setdefault("job_id", self.job_id)
            self.finish("failed", error)
            raise
        except Exception as error:
            failure = RenderFailed(what="job", reason=f"{type(error).__name__}: {error}")
            self.finish("failed", failure)
            raise

    def finish(self, status: str, error: LotusError | None = None) -> None:
        """It is over, unless another process has it."""
        facts: dict[str, Any] | None = None
        if error is not None:
            facts = {"code": error.code, "message": error.message, "remedy": error.remedy}
            facts["details"] = {k: v for k, v in error.facts.items() if k in DETAILS}
        over: records.Row = {"status": status, "error": facts, "finished_at": t.now()}

        def write_end(connection: sa.Connection) -> None:
            if leases.release(connection, t.generation_jobs, self.job_id, self.me, **over):
                cost = Ledger(connection, self.job_id).cost().model_dump(mode="json")
                data = {"cost": cost, **({"error": facts} if facts else {})}
                records.add_event(connection, self.job_id, status, data)
            roll_up(connection)

        self._run(write_end)

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Meanwhile renew the lease, say how far it is, and notice `jobs cancel`; also while
        nothing moves.
        """

        def look(over: threading.Event) -> None:
            looks = 0
            while not over.wait(LISTEN_SECONDS):
                looks += 1
                with suppress(DatabaseError):
                    self._look(renew=looks % RENEW_LOOKS == 0)

        with meanwhile(look, "listen"):
            yield

    def _look(self, *, renew: bool) -> None:
        row = self.w.db.ask(records.get_job, self.job_id)
        if row["owner"] != self.me:
            self.w.stop.set("another process is working on it")
        elif row["cancel_requested"]:
            self.w.stop.set("cancelled")
        elif renew or self._due or self.progress.percent > self._said:
            self._run(
                lambda connection: leases.renew(connection, t.generation_jobs, self.me, self.job_id)
            )

    def _run(self, work: Callable[[sa.Connection], object]) -> None:
        """Do it in one transaction that begins with what happened since the last, forgotten once
        written.
        """
        with self._writing:
            with self._lock:
                due = list(self._due)
                progress = self.progress.snapshot()

            def both(connection: sa.Connection) -> dict[str, str]:
                cost = self._write_progress(connection, due, progress)
                work(connection)
                return cost

            cost = self.w.db.run(both)
            with self._lock:
                del self._due[: len(due)]
            self._said = max(self._said, progress.percent)
            self._cost = cost

    def _write_progress(
        self,
        connection: sa.Connection,
        due: list[tuple[str, dict[str, Any]]],
        progress: ProgressSnapshot,
    ) -> dict[str, str]:
        """Write it down; returns what the job has cost, as far as that was looked at."""
        events = list(due)
        cost = self._cost
        if any(kind == "prediction" for kind, _ in due):
            cost = Ledger(connection, self.job_id).cost().model_dump(mode="json")
            events += [("cost", cost)] if cost != self._cost else []
        if progress.percent > self._said:
            events.append(("progress", progress.model_dump(mode="json")))
        for kind, data in events:
            records.add_event(connection, self.job_id, kind, data)
        return cost
