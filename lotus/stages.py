"""One try at one job: its stages, each in the database before it starts, and how it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lotus.clips import ClipPlan, clip_object
from lotus.composition.assemble import assemble
from lotus.db import records
from lotus.db import tables as t
from lotus.db.rollups import roll_up
from lotus.errors import Cancelled, DatabaseError, LotusError, RenderFailed
from lotus.generate import Generator
from lotus.job import Job, read_job
from lotus.keeping import keep, keep_again
from lotus.owner import this_process
from lotus.payment import running_on
from lotus.rendering.renderer import Renderer, Step
from lotus.sources import STORED
from lotus.storyboard import Storyboard
from lotus.workspace import Workspace

__all__ = ["Attempt", "Event", "Listener", "nobody"]

LISTEN_SECONDS = 1.0  # how often a running job looks whether somebody wants it to stop
DETAILS = ("stderr", "returncode", "file", "scene", "provider", "what", "url", "field")  # of errors, in the row


@dataclass(frozen=True)
class Event:
    """Something happened: `kind` is stage, clip, prediction, frames, or done; `data` says the rest."""

    kind: str
    data: dict[str, Any]


Listener = Callable[[Event], None]


def nobody(event: Event) -> None:
    """Who listens when nobody does."""


class Attempt:
    """One try at one job."""

    def __init__(
        self,
        workspace: Workspace,
        job_id: str,
        storyboard: Storyboard,
        plans: tuple[ClipPlan, ...],
        listener: Listener,
        campaign: str | None,
    ) -> None:
        self.w, self.job_id, self.storyboard = workspace, job_id, storyboard
        self.plans, self.listener, self.campaign = plans, listener, campaign
        self.began = time.monotonic()

    def run(self) -> Job:
        """All stages; the job's row says how it ended, whatever happens."""
        with self._ending(), self._listening(), self.w.folder() as folder:
            self._note_scenes()
            self._generate(folder)
            self._compose(folder)
        self._tell("done", elapsed_seconds=time.monotonic() - self.began)
        return read_job(self.w, self.job_id, elapsed_seconds=time.monotonic() - self.began)

    @contextmanager
    def _ending(self) -> Iterator[None]:
        try:
            yield
        except (KeyboardInterrupt, Cancelled) as stopped:
            reason = stopped.facts["reason"] if isinstance(stopped, Cancelled) else "interrupted"
            self.w.stop.set(reason)
            remedy = f"carry on with `lotus jobs resume {self.job_id}`{running_on(self.w, self.job_id)}"
            cancelled = Cancelled(reason=reason, remedy=remedy, job_id=self.job_id)
            self._finish("cancelled", cancelled)
            raise cancelled from None
        except LotusError as error:
            error.facts.setdefault("job_id", self.job_id)
            self._finish("failed", error)
            raise
        except Exception as error:
            wrapped = RenderFailed(what="job", reason=f"{type(error).__name__}: {error}")
            self._finish("failed", wrapped)
            raise
        self._finish("completed", None)

    def _finish(self, status: str, error: LotusError | None) -> None:
        said: dict[str, Any] | None = None
        if error is not None:
            said = {"code": error.code, "message": error.message, "remedy": error.remedy}
            said["details"] = {k: v for k, v in error.facts.items() if k in DETAILS}
        with self.w.db.begin() as connection:
            records.update_job(
                connection, self.job_id, status=status, error=said, owner=None, finished_at=t.now()
            )
            records.add_event(connection, self.job_id, status, {"error": said} if said else {})
            roll_up(connection)

    def _stage(self, status: str, **data: Any) -> None:
        with self.w.db.begin() as connection:
            records.update_job(
                connection, self.job_id, status=status, owner=this_process(), error=None, finished_at=None
            )
            records.add_event(connection, self.job_id, "stage", {"stage": status, **data})
        self._tell("stage", stage=status, **data)

    def _tell(self, kind: str, **data: Any) -> None:
        self.listener(Event(kind, {"job_id": self.job_id, **data}))

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Look now and then whether `jobs cancel` wrote to the row; also while nothing else moves."""
        over = threading.Event()

        def listen() -> None:
            while not over.wait(LISTEN_SECONDS) and not self.w.stop:
                with suppress(DatabaseError), self.w.db.read() as connection:
                    if records.get_job(connection, self.job_id)["cancel_requested"]:
                        self.w.stop.set("cancelled")

        listener = threading.Thread(target=listen, name="listen", daemon=True)
        listener.start()
        try:
            yield
        finally:
            over.set()
            listener.join()

    def _note_scenes(self) -> None:
        rows = [
            {
                "position": plan.index,
                "description": scene.description,
                "caption": scene.caption,
                "provider": plan.request.provider,
                "model": plan.request.model,
                "clip_key": plan.key,
                "cached": plan.cached,
            }
            for plan, scene in zip(self.plans, self.storyboard.scenes, strict=True)
        ]
        with self.w.db.begin() as connection:
            records.save_scenes(connection, self.job_id, rows)

    def _generate(self, folder: Path) -> None:
        plans = self.plans
        total = {plan.key: plan.request.frames for plan in plans if not plan.cached}
        self._stage("generating", clips=len(plans), to_make=len(total), frames=sum(total.values()))

        def progress(scene: int, frames: int) -> None:
            self._tell("clip", scene=scene, frames=frames, of_frames=plans[scene].request.frames)

        def step(step: str, row: records.Row) -> None:
            self._tell("prediction", scene=row["scene"], step=step, status=row["status"], of=row["job_id"])

        generator = Generator(self.w, self.job_id, campaign=self.campaign, folder=folder, on_step=step)
        generator.run(plans, progress)
        self.w.stop.check()

    def _compose(self, folder: Path) -> None:
        timeline = assemble(self.storyboard, [STORED + clip_object(plan.key) for plan in self.plans])
        renderer = Renderer.of(self.w)
        plan = renderer.plan(timeline)
        self._stage("composing", segments=len(plan.segments), to_render=len(plan.missing))
        with self.w.db.begin() as connection:
            earlier = records.find_composition(connection, plan.key)
        if earlier is not None and self.w.store.exists(earlier["object_key"]):
            keep_again(self.w, self.job_id, earlier)
            return

        def step(step: Step) -> None:
            self._tell("frames", **asdict(step))

        rendered = renderer.render(plan, folder, step)
        keep(self.w, self.job_id, rendered, self.storyboard, folder)
