"""One try at one job: its stages, each in the database before it starts, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lotus.db import records
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Timeline
from lotus.generation.generate import Generator
from lotus.generation.plan import ClipPlan, plan_clips
from lotus.money.ledger import STORAGE, money, pay_aws
from lotus.pipeline.job import Job, read_job
from lotus.pipeline.lease import JobLease
from lotus.pipeline.narration import (
    SpeechPlan,
    buy_speech,
    longer_scene,
    plan_speech,
    spoken_longer,
    timeline_of,
)
from lotus.pipeline.outputs import is_reusable, reuse_outputs, store_outputs
from lotus.pipeline.progress import Event
from lotus.pipeline.provenance import Provenance, provenance_of, tags_of
from lotus.providers.animatic.provider import Animatic
from lotus.rendering.renderer import Renderer, RenderStep
from lotus.workspace import Workspace

__all__ = ["Event", "JobAttempt", "Listener", "nobody"]


Listener = Callable[[Event], None]


def nobody(event: Event) -> None:
    """Who listens when nobody does."""


class JobAttempt:
    """One try at one job, which this process holds."""

    def __init__(
        self,
        workspace: Workspace,
        job_id: str,
        source: Storyboard | Timeline,
        plans: tuple[ClipPlan, ...],
        listener: Listener,
        campaign: str | None,
    ) -> None:
        """`plans` are those of a storyboard's clips; a timeline has all that it needs."""
        self.w = workspace
        self.job_id = job_id
        self.source = source
        self.plans = plans
        self.listener = listener
        self.campaign = campaign
        self.began = time.monotonic()
        self.hold = JobLease(workspace, job_id)

    def run(self) -> Job:
        """All stages; the job's row says how it ended, whatever happens."""
        with self.hold.ending():
            with self.hold.renewed(), self.w.folder() as folder:
                try:
                    self._work(folder)
                finally:
                    self._pay_store()
            self.hold.finish("completed")
        self._emit("done", elapsed_seconds=time.monotonic() - self.began)
        return read_job(self.w, self.job_id, elapsed_seconds=time.monotonic() - self.began)

    def _work(self, folder: Path) -> None:
        if isinstance(self.source, Timeline):
            self._compose(self.source, None, folder)
            return
        storyboard, speech = self._speak(self.source)
        self._note_scenes(storyboard)
        self._generate(folder)
        keys = [plan.key for plan in self.plans]
        filmed = [plan.index for plan in self.plans if plan.request.provider != Animatic.name]
        timeline = timeline_of(storyboard, keys, self.w, speech, filmed=filmed)
        self._compose(timeline, storyboard, folder)

    def _pay_store(self) -> None:
        """What the bucket charges for the job's objects, also if it failed."""
        amount = self.w.store.bill()
        if amount:
            self.w.db.run(pay_aws, self.job_id, self.campaign, {STORAGE: amount})

    def _stage(self, status: str, **data: Any) -> None:
        self.hold.stage(status, **data)
        self._emit("stage", stage=status, **data)

    def _emit(self, kind: str, **data: Any) -> None:
        self.hold.on_event(kind, data)
        self.listener(Event(kind, {"job_id": self.job_id, **data}))

    def _speak(self, storyboard: Storyboard) -> tuple[Storyboard, tuple[SpeechPlan, ...]]:
        """The narration, said; and the storyboard, whose scenes are at least as long as it."""
        speech = plan_speech(storyboard, self.w)
        if all(plan.speech is not None for plan in speech):
            return storyboard, speech
        speech = buy_speech(speech, self.w, self.job_id, self.campaign)
        longer, scenes = spoken_longer(storyboard, speech)
        if scenes:
            longer.check_length()
            row = self.w.db.run(_with_lengths, self.job_id, longer)
            maker = (row["provider"], row["model"])
            self.plans = plan_clips(longer, self.w.store, self.w.providers, *maker)
            self.source = longer
        for i in scenes:
            self._emit("warning", scene=i, message=longer_scene(longer, i))
        return longer, speech

    def _note_scenes(self, storyboard: Storyboard) -> None:
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
            for plan, scene in zip(self.plans, storyboard.scenes, strict=True)
        ]
        self.w.db.run(records.save_scenes, self.job_id, rows)

    def _generate(self, folder: Path) -> None:
        plans = self.plans
        total = {plan.key: plan.request.frames for plan in plans if not plan.cached}
        self._stage("generating", clips=len(plans), to_make=len(total), frames=sum(total.values()))

        def progress(scene: int, frames: int) -> None:
            self._emit("clip", scene=scene, frames=frames, of_frames=plans[scene].request.frames)

        def expired(plan: ClipPlan) -> None:
            self._emit("expired", scene=plan.index, amount_usd=money(plan.amount_usd))

        def step(step: str, row: records.Row) -> None:
            self._emit(
                "prediction", scene=row["scene"], step=step, status=row["status"], of=row["job_id"]
            )

        def warning(scene: int, message: str) -> None:
            self._emit("warning", scene=scene, message=message)

        generator = Generator(
            self.w,
            self.job_id,
            campaign=self.campaign,
            folder=folder,
            on_step=step,
            on_warning=warning,
        )
        generator.run(plans, progress, expired)
        self.w.stop.check()

    def _compose(self, timeline: Timeline, storyboard: Storyboard | None, folder: Path) -> None:
        renderer = Renderer.of(self.w)
        plan = renderer.plan(timeline)
        origin = self._origin(storyboard if storyboard is not None else plan.timeline, renderer)
        self._stage("composing", segments=len(plan.segments), to_render=len(plan.missing))
        same = self.w.db.ask(records.find_composition, plan.key)
        if same is not None and is_reusable(self.w, same, origin):
            reuse_outputs(self.w, self.job_id, same)
            return

        def step(step: RenderStep) -> None:
            self._emit("frames", **asdict(step))

        video = renderer.render(replace(plan, tags=tags_of(origin)), folder, step)
        for message in video.warnings:
            self._emit("warning", scene=None, message=message)
        store_outputs(self.w, self.job_id, video, storyboard, origin, folder)

    def _origin(self, source: Storyboard | Timeline, renderer: Renderer) -> Provenance:
        row = self.w.db.ask(records.get_job, self.job_id)
        made_by = (row["provider"], row["model"])
        return provenance_of(self.w, source, self.plans, renderer.digest, *made_by)


def _with_lengths(connection: sa.Connection, job_id: str, storyboard: Storyboard) -> records.Row:
    """The job's row, whose storyboard has the lengths of this one."""
    row = records.get_job(connection, job_id)
    document = row["storyboard"]
    for entry, scene in zip(document["scenes"], storyboard.scenes, strict=True):
        entry["duration_seconds"] = scene.duration_seconds
    records.update_job(connection, job_id, storyboard=document)
    return row
