"""From a request to a job: plan it, estimate it, render it, or carry on with one that did not
complete.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lotus.db import queue, records
from lotus.db import tables as t
from lotus.db.leases import terms
from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Timeline
from lotus.errors import InvalidInput
from lotus.generation.plan import ClipPlan, plan_clips, with_final
from lotus.media.encodings import check_container
from lotus.money.budgets import set_budget
from lotus.music.grid import BeatGrid
from lotus.pipeline.attempt import JobAttempt, Listener, nobody
from lotus.pipeline.job import Job, read_job, worked_on
from lotus.pipeline.lease import JobLease
from lotus.pipeline.narration import (
    SpeechPlan,
    check_captions,
    checked_narration,
    narrate,
    plan_speech,
)
from lotus.pipeline.options import RenderOptions
from lotus.pipeline.outputs import timeline_object
from lotus.pipeline.payment import check_payment, clip_prices
from lotus.planning.base import Ask
from lotus.planning.planners import plan as plan_brief
from lotus.planning.timing import video_seconds
from lotus.rendering.renderer import Renderer
from lotus.store.uploads import local, replace_names
from lotus.system.owner import this_process
from lotus.workspace import Workspace

__all__ = [
    "Admit",
    "Preparation",
    "make_storyboard",
    "prepare",
    "prepared_again",
    "render_prepared",
    "resume_job",
    "run_taken",
    "submit_request",
    "submit_timeline",
]

Admit = Callable[[sa.Connection, Decimal, Decimal | None], Decimal | None]
TIMELINE = "timeline"  # the kind of a job that has no brief


def make_storyboard(
    request: Brief | Storyboard,
    *,
    planner: str = "template",
    prices: Mapping[Fraction, Decimal] | None = None,
    ask: Ask | None = None,
    warn: Callable[[str], None] | None = None,
    workspace: Workspace | None = None,
    candidates: int = 1,
) -> Storyboard:
    """Plan a brief; a storyboard is already planned. Looks at every source, so bad ones are refused
    here.

    `prices` are those of a clip of each length that a hosted model makes; the planner `llm` needs
    `ask`. With a `workspace`, scenes are made as long as the words that are said over them, and a
    storyboard whose scenes are shorter is refused.
    """
    from lotus.pipeline.preflight import check_sources, choose_window, source_lengths

    if isinstance(request, Storyboard):
        request.check_length()
        check_sources(request)
        check_captions(request)
        return request if workspace is None else checked_narration(request, workspace, warn)
    request = choose_window(request, warn)
    audio, clips = source_lengths(request)
    beats = _beats(request, video_seconds(request, audio), warn)
    storyboard = plan_brief(
        request,
        planner=planner,
        audio_seconds=audio,
        source_seconds=clips,
        lengths=tuple(prices or ()),
        prices=prices,
        beats=beats,
        ask=ask,
        warn=warn,
        candidates=candidates,
    )
    if workspace is not None:
        storyboard = narrate(storyboard, workspace, warn, bought=bool(prices))
    check_sources(storyboard)
    check_captions(storyboard)
    return storyboard


def _beats(brief: Brief, seconds: float, warn: Callable[[str], None] | None) -> BeatGrid | None:
    """The beats of a brief's track, with a warning where it has none."""
    from lotus.pipeline.preflight import track_beats, without_beats

    beats = track_beats(brief, seconds)
    line = without_beats(beats, brief) if beats is not None else None
    if line is not None and warn is not None:
        warn(line)
    return beats


@dataclass(frozen=True)
class Preparation:
    """A storyboard with a plan for each clip: what an estimate adds up, and what rendering carries
    out.
    """

    storyboard: Storyboard
    clips: tuple[ClipPlan, ...]
    speech: tuple[SpeechPlan, ...] = ()
    assets: Mapping[str, str] = field(default_factory=dict)  # local files, and which asset each is

    @property
    def portable_storyboard(self) -> Storyboard:
        """The storyboard as it is stored: with the names of assets, which hold on every machine."""
        if not self.assets:
            return self.storyboard
        document = replace_names(
            self.storyboard.model_dump(mode="json"), lambda text: self.assets.get(text, text)
        )
        return Storyboard.model_validate(document)


def prepare(
    request: Brief | Storyboard,
    options: RenderOptions,
    workspace: Workspace,
    *,
    ask: Ask | None = None,
    warn: Callable[[str], None] | None = None,
) -> Preparation:
    """Plan a request down to its clips; makes nothing. Raises InputError for what cannot be
    rendered.
    """
    providers = workspace.providers
    here, assets = local(request, workspace.store)
    prices = clip_prices(providers.get(options.provider, options.model), here)
    storyboard = make_storyboard(
        here,
        planner=options.planner,
        prices=prices,
        ask=ask,
        warn=warn,
        workspace=workspace,
        candidates=options.candidates,
    )
    storyboard = with_final(storyboard, providers, options.provider, options.final)
    clips = plan_clips(storyboard, workspace.store, providers, options.provider, options.model)
    return Preparation(storyboard, clips, plan_speech(storyboard, workspace), assets)


def render_prepared(
    preparation: Preparation,
    options: RenderOptions,
    workspace: Workspace,
    *,
    campaign: str | None = None,
    job_id: str | None = None,
    parent: str | None = None,
    listener: Listener = nobody,
) -> Job:
    """Render what was prepared to a composition, for at most its budget, of which its plan may be a
    part.

    `job_id` is the new job's, if the plan was paid for in its name; `parent` is the job that it is
    another version of.

    Raises ProviderError and BudgetExceeded before anything is started, WorkError with the job kept
    as failed or cancelled.
    """
    campaign = campaign or workspace.settings.campaign
    # refused before a job exists
    check_payment(
        workspace, preparation.clips, options.budget_usd, campaign, job_id or "", preparation.speech
    )
    mine = {
        "job_id": job_id,
        "campaign": campaign,
        "run": workspace.settings.run,
        "parent": parent,
        **terms(this_process()),
    }
    job_id = workspace.db.run(_add_job, preparation.portable_storyboard, options, **mine)
    return JobAttempt(
        workspace, job_id, preparation.storyboard, preparation.clips, listener, campaign
    ).run()


def _add_job(
    connection: sa.Connection, /, storyboard: Storyboard, options: RenderOptions, **values: Any
) -> str:
    brief = storyboard.brief
    job_id = records.create_job(
        connection,
        kind=brief.kind,
        prompt=brief.prompt,
        provider=options.provider,
        model=options.model,
        planner=options.planner,
        brief=brief.model_dump(mode="json"),
        storyboard=storyboard.model_dump(mode="json"),
        **values,
    )
    if options.budget_usd is not None:
        set_budget(connection, "job", job_id, options.budget_usd)
    return job_id


def submit_request(
    request: Brief | Storyboard,
    options: RenderOptions,
    workspace: Workspace,
    *,
    admit: Admit | None = None,
    **values: Any,
) -> str:
    """Put a job into the queue, for any service of this database; returns its id.

    All that can be refused is refused now, as `render_prepared` does. `admit` is called in the
    transaction with the estimate and the requested budget, and returns the job's budget. `values`
    are further columns.
    """
    here, files = local(request, workspace.store)
    preparation = prepare(here, options, workspace)
    check_payment(workspace, preparation.clips, options.budget_usd, None, "", preparation.speech)
    document = replace_names(
        preparation.storyboard.model_dump(mode="json"), lambda text: files.get(text, text)
    )
    storyboard = Storyboard.model_validate(document)
    narration_usd = sum((speech.amount_usd for speech in preparation.speech), Decimal(0))
    estimate = sum((clip.amount_usd for clip in preparation.clips), narration_usd)

    def queue_job(connection: sa.Connection) -> str:
        budget = admit(connection, estimate, options.budget_usd) if admit else options.budget_usd
        own = replace(options, budget_usd=budget)
        job_id = _add_job(connection, storyboard, own, queued_at=t.now(), **values)
        records.add_event(connection, job_id, "queued", {})
        return job_id

    return workspace.db.run(queue_job)


def submit_timeline(
    timeline: Timeline, workspace: Workspace, *, admit: Admit | None = None, **values: Any
) -> str:
    """Put the rendering of a timeline into the queue; returns the job's id. Raises InputError."""
    check_container(timeline.encoding, Path("final.mp4"))
    here, _ = local(timeline, workspace.store)
    Renderer.of(workspace).plan(here)  # looks at every source, so bad ones are refused now
    job_id = t.new_id()
    _put_text(workspace, timeline_object(job_id), timeline.model_dump_json(indent=2))
    row = {"kind": TIMELINE, "prompt": "", "provider": "footage", "planner": "none", "brief": {}}

    def queue_job(connection: sa.Connection) -> str:
        if admit is not None:
            admit(connection, Decimal(0), None)
        records.create_job(connection, job_id=job_id, **row, queued_at=t.now(), **values)
        records.add_event(connection, job_id, "queued", {})
        return job_id

    return workspace.db.run(queue_job)


def _put_text(workspace: Workspace, key: str, text: str) -> None:
    with workspace.folder() as folder:
        (folder / "text").write_text(text, encoding="utf-8")
        workspace.store.put(folder / "text", key)


def run_taken(row: records.Row, workspace: Workspace, listener: Listener = nobody) -> Job:
    """Carry on with a job that this process has taken from the queue; its row says how it ended."""
    hold = JobLease(workspace, row["id"])
    with hold.ending(), hold.renewed():
        source, clips = prepared_again(row, workspace)
        workspace.stop.check()
    return JobAttempt(workspace, row["id"], source, clips, listener, row["campaign"]).run()


def resume_job(
    job_id: str,
    *,
    workspace: Workspace,
    budget_usd: Decimal | None = None,
    listener: Listener = nobody,
) -> Job:
    """Carry on with a job that did not complete: clips and segments that exist are not made again.

    `budget_usd` replaces the job's budget, of which what it has spent is a part.
    """
    row = workspace.db.ask(records.get_job, job_id)
    if row["status"] == "completed":
        job = read_job(workspace, row["id"])
        if job.output is not None:
            # otherwise its video has expired, and is made again of the pieces that are left
            return job
    if worked_on(row):
        raise _is_worked_on(row)
    if budget_usd is not None:
        workspace.db.run(set_budget, "job", row["id"], budget_usd)
    source, clips = prepared_again(row, workspace)
    if not workspace.db.run(queue.acquire_job, row, this_process(), cancel_requested=False):
        raise _is_worked_on(workspace.db.ask(records.get_job, row["id"]))
    return JobAttempt(workspace, row["id"], source, clips, listener, row["campaign"]).run()


def _is_worked_on(row: records.Row) -> InvalidInput:
    return InvalidInput(
        file="",
        field="job",
        reason=f"{row['id']} is being worked on by process {row['owner']}",
        remedy="wait for it, or stop it with `lotus jobs cancel`",
    )


def prepared_again(
    row: records.Row, workspace: Workspace
) -> tuple[Storyboard | Timeline, tuple[ClipPlan, ...]]:
    """What is left to do of a job, with all that its row says looked at again."""
    from lotus.pipeline.preflight import check_sources

    if row["kind"] == TIMELINE:
        document = workspace.store.read(timeline_object(row["id"]))
        return local(Timeline.model_validate_json(document), workspace.store)[0], ()
    storyboard, _ = local(Storyboard.model_validate(row["storyboard"]), workspace.store)
    check_sources(storyboard)
    clips = plan_clips(
        storyboard, workspace.store, workspace.providers, row["provider"], row["model"]
    )
    speech = plan_speech(storyboard, workspace)
    check_payment(workspace, clips, None, row["campaign"], row["id"], speech)
    return storyboard, clips
