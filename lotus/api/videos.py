"""The functions of `import lotus`: the same code path as the commands."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.api.callbacks import Callbacks
from lotus.api.estimates import Estimate
from lotus.api.stopping import stoppable
from lotus.db import records
from lotus.db.records import get_job
from lotus.documents.brief import Brief
from lotus.documents.calls import explained_call
from lotus.documents.reading import Request, as_request, check_video_name, naming_file
from lotus.documents.storyboard import Storyboard
from lotus.generation.plan import ClipPlan
from lotus.money.budgets import dollars
from lotus.pipeline.attempt import Listener
from lotus.pipeline.job import Job
from lotus.pipeline.options import RenderOptions
from lotus.pipeline.pipeline import make_storyboard, prepare, render_prepared, resume_job
from lotus.planning.base import Ask
from lotus.planning.planners import check_planner
from lotus.providers.prediction import PredictionProvider
from lotus.system.files import check_writable
from lotus.workspace import Workspace

__all__ = ["estimate", "plan", "render", "resume"]


@explained_call
def render(
    request: Request,
    *,
    provider: str | None = None,
    model: str | None = None,
    final: str | None = None,
    planner: str = "template",
    llm: str | None = None,
    candidates: int = 1,
    budget_usd: Decimal | float | str | None = None,
    parent: Job | str | None = None,
    out: str | Path | None = None,
    workspace: Workspace | None = None,
    listener: Listener | None = None,
    callbacks: object = (),
    warn: Callable[[str], None] = warnings.warn,
) -> Job:
    """Render a brief, a storyboard, a file or a prompt to a finished video.

    A brief is planned first, as by `plan`. Finished clips are reused, and nothing is paid twice.

    Parameters
    ----------
    request
        A Brief, a Storyboard, the path of a YAML or JSON file, or the prompt itself.
    provider
        Provider of the clips: `animatic` (free), `replicate`, or one that you registered. Default:
        `replicate` if `model` is given, otherwise `animatic`.
    model
        A hosted model of the catalogue.
    final
        The hosted model that makes approved scenes again, in full quality.
    planner
        `template` (offline, free) or `llm` (a language model on Replicate).
    llm
        The language model of the planner `llm`; default: that of the catalogue.
    candidates
        Number of storyboards that the language model writes, from 1 to 9; each is paid once, and
        the best by its score is used.
    budget_usd
        Maximum cost in US dollars; the job stops before it spends more.
    parent
        The job, or its id, that this is another version of; `job.versions()` lists both.
    out
        Copy the video to this file.
    workspace
        Database and store to use; default: those of the settings.
    listener
        Called with each event instead of showing the progress.
    callbacks
        Loggers of the render: names such as "mlflow", or objects with `on_start`, `on_event`,
        `on_end` or `on_error`.
    warn
        Called with each warning as text.

    Returns
    -------
    Job
        The completed job, with its video, scenes and cost.

    Raises
    ------
    InputError
        If the input is wrong; nothing was started.
    WorkError
        If the work failed; finished clips are kept, and `resume` continues.
    """
    target = check_writable(check_video_name(Path(out))) if out is not None else None
    workspace = workspace or Workspace.open()
    options = RenderOptions.by_default(
        workspace.settings, provider, model, final, planner, llm, budget_usd, candidates
    )
    check_planner(planner)
    parent_id = _id_of(parent, workspace)
    ask, job_id = _asker(workspace, options) if planner == "llm" else (None, None)
    source = as_request(request)
    hooks = Callbacks(callbacks)
    facts: dict[str, Any] = {
        "request": source,
        "provider": options.provider,
        "model": options.model,
    }
    facts["budget_usd"] = options.budget_usd
    with stoppable(workspace), hooks.following(facts), naming_file(request):
        preparation = prepare(source, options, workspace, ask=ask, warn=warn)
        _warn_of_untaken(preparation.clips, warn)
        with _progress(listener) as on_event:
            both = hooks.listening(on_event)
            own = {"job_id": job_id, "parent": parent_id}
            job = render_prepared(preparation, options, workspace, **own, listener=both)
    hooks.end(job)
    if target is not None:
        job.save(target)
    return job


def _id_of(job: Job | str | None, workspace: Workspace) -> str | None:
    """The id of a job that is there; raises InvalidInput."""
    if job is None:
        return None
    name = job.id if isinstance(job, Job) else job
    return str(workspace.db.ask(records.get_job, name)["id"])


def _warn_of_untaken(clips: Iterable[ClipPlan], warn: Callable[[str], None]) -> None:
    """Say what a storyboard asks of paid models that they cannot take."""
    for clip in clips:
        if not clip.cached and isinstance(clip.maker, PredictionProvider):
            for line in clip.untaken:
                warn(f"scene {clip.index + 1}: {clip.request.model} does not take {line}")


@explained_call
def resume(
    job_id: str,
    *,
    budget_usd: Decimal | float | str | None = None,
    parent: Job | str | None = None,
    out: str | Path | None = None,
    workspace: Workspace | None = None,
    listener: Listener | None = None,
    callbacks: object = (),
) -> Job:
    """Continue a job that did not complete; finished clips are reused.

    Parameters
    ----------
    job_id
        The job's id; its first or last characters are enough.
    budget_usd
        New budget of the job in US dollars; default: the old one.
    parent
        Ignored; the job keeps the parent that it has.
    out
        Copy the video to this file.
    workspace
        Database and store to use; default: those of the settings.
    listener
        Called with each event instead of showing the progress.
    callbacks
        Loggers of the render: names such as "mlflow", or objects with `on_start`, `on_event`,
        `on_end` or `on_error`.

    Returns
    -------
    Job
        The completed job.

    Raises
    ------
    InputError
        If there is no such job.
    WorkError
        If the work failed again, or another process works on the job.
    """
    target = check_writable(check_video_name(Path(out))) if out is not None else None
    workspace = workspace or Workspace.open()
    budget = _usd(budget_usd)
    hooks = Callbacks(callbacks)
    facts = _facts_of(job_id, workspace, budget) if hooks else {}
    with stoppable(workspace), hooks.following(facts), _progress(listener) as on_event:
        both = hooks.listening(on_event)
        job = resume_job(job_id, workspace=workspace, budget_usd=budget, listener=both)
    hooks.end(job)
    if target is not None:
        job.save(target)
    return job


def _facts_of(job_id: str, workspace: Workspace, budget_usd: Decimal | None) -> dict[str, Any]:
    """A job that is resumed, as callbacks are told of it."""
    row = workspace.db.ask(get_job, job_id)
    board = row["storyboard"]
    return {
        "request": Storyboard.model_validate(board) if board else None,
        **{name: row[name] for name in ("provider", "model")},
        "budget_usd": budget_usd,
        "job_id": row["id"],
    }


def _progress(listener: Listener | None) -> Any:
    from contextlib import nullcontext

    if listener is not None:
        return nullcontext(listener)
    from lotus.display.progress import progress_here

    return progress_here()


@explained_call
def plan(
    request: Request,
    *,
    model: str | None = None,
    planner: str = "template",
    llm: str | None = None,
    candidates: int = 1,
    budget_usd: Decimal | float | str | None = None,
    workspace: Workspace | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Storyboard:
    """Plan a brief: a storyboard to read, edit and render.

    Parameters
    ----------
    request
        A Brief, a Storyboard, the path of a YAML or JSON file, or the prompt itself.
    model
        A hosted model of the catalogue: scenes get lengths that it makes at the lowest price.
    planner
        `template` (offline, free) or `llm` (a language model on Replicate).
    llm
        The language model of the planner `llm`; default: that of the catalogue.
    candidates
        Number of storyboards that the language model writes, from 1 to 9; each is paid once, and
        the best by its score is used.
    budget_usd
        Maximum cost of the plan in US dollars; the same brief is paid for once.
    workspace
        Database and store to use; default: those of the settings.
    warn
        Called with each fault in the language model's answer.

    Returns
    -------
    Storyboard
        The scenes, in order, with the look that they share.

    Raises
    ------
    InputError
        If the input is wrong.
    WorkError
        If the language model failed, or the budget is too small for it.
    """
    source = as_request(request)
    check_planner(planner)
    workspace = workspace or Workspace.open()
    prices = _prices(workspace, model, source) if model is not None else {}
    options = RenderOptions.of(None, model, None, planner, llm, budget_usd, candidates)
    ask = _asker(workspace, options)[0] if planner == "llm" else None
    with naming_file(request):
        return make_storyboard(
            source,
            planner=planner,
            prices=prices,
            ask=ask,
            warn=warn,
            workspace=workspace,
            candidates=candidates,
        )


def _prices(
    workspace: Workspace, model: str, request: Brief | Storyboard
) -> Mapping[Fraction, Decimal]:
    from lotus.models.catalog import read_catalog
    from lotus.models.prompts import brief_facts

    brief = request.brief if isinstance(request, Storyboard) else request
    models = read_catalog(workspace.settings.models)
    return models.model(model, likely="text-to-video").length_prices(brief_facts(brief))


def _asker(workspace: Workspace, options: RenderOptions) -> tuple[Ask, str]:
    from lotus.api.files import asker  # only users of hosted models load what speaks to them

    return asker(workspace, options.llm, options.budget_usd)


def _cached_answers(workspace: Workspace, llm: str | None, candidates: int) -> Ask:
    from lotus.api.files import cached_answers

    return cached_answers(workspace, llm, candidates)


@explained_call
def estimate(
    request: Request,
    *,
    provider: str | None = None,
    model: str | None = None,
    final: str | None = None,
    planner: str = "template",
    llm: str | None = None,
    candidates: int = 1,
    budget_usd: Decimal | float | str | None = None,
    workspace: Workspace | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Estimate:
    """Estimate the cost of a render, scene by scene, without making anything.

    The estimate comes from the plan that `render` uses. It sends no request.

    Parameters
    ----------
    request
        A Brief, a Storyboard, the path of a YAML or JSON file, or the prompt itself.
    provider
        Provider of the clips: `animatic` (free), `replicate`, or one that you registered. Default:
        `replicate` if `model` is given, otherwise `animatic`.
    model
        A hosted model of the catalogue.
    final
        The hosted model that makes approved scenes again, in full quality.
    planner
        `template` (offline, free) or `llm` (a language model on Replicate).
    llm
        The language model of the planner `llm`; default: that of the catalogue.
    candidates
        Number of storyboards that the language model writes, from 1 to 9; each is paid once, and
        the best by its score is used.
    budget_usd
        A budget in US dollars, to compare the total with.
    workspace
        Database and store to use; default: those of the settings.
    warn
        Called with each warning as text.

    Returns
    -------
    Estimate
        `total_usd`, and `scenes` with the cost of each clip; 0 for cached clips.

    Raises
    ------
    InvalidInput
        If the input is wrong, or if a language model has to write the plan first; the error names
        that plan's price.
    """
    workspace = workspace or Workspace.open()
    check_planner(planner)
    ask = _cached_answers(workspace, llm, candidates) if planner == "llm" else None
    options = RenderOptions.by_default(
        workspace.settings, provider, model, final, planner, llm, budget_usd, candidates
    )
    with naming_file(request):
        preparation = prepare(as_request(request), options, workspace, ask=ask, warn=warn)
    return Estimate.of(preparation.clips, options.budget_usd, preparation.speech)


def _usd(amount: Decimal | float | str | None) -> Decimal | None:
    return None if amount is None else dollars(amount)
