"""Words, pictures and sounds of hosted models: each a prediction, paid once and kept as
clips are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Any, cast

from lotus.db import tables as t
from lotus.documents.brief import AD_SECONDS, AspectRatio, Resolution
from lotus.documents.calls import explained_call
from lotus.errors import InvalidInput, UnknownName
from lotus.generation.files import obtain_file
from lotus.generation.predictions.leases import kept_object
from lotus.models.catalog import read_catalog
from lotus.models.facts import FACTS, Facts, Task
from lotus.money.budgets import dollars, set_budget
from lotus.money.ledger import Cost, Ledger, money
from lotus.pipeline.preflight import check_picture
from lotus.planning.base import Ask
from lotus.providers.replicate.tasks import TASK_MODELS, TaskModel
from lotus.system.files import check_writable, copy_aside
from lotus.system.keys import file_digest
from lotus.workspace import Workspace

__all__ = [
    "GeneratedFile",
    "asker",
    "cached_answers",
    "check_task",
    "make",
    "make_file",
    "model_for",
    "picture_marks",
]


# listed for their prices and inputs; their files are larger than what a request may hold
LISTED_ONLY = ("lip-sync", "video-upscale", "transcription")
ELSEWHERE = {
    "language": "lotus plan --planner llm",
    "text-to-video": "lotus render --provider replicate",
    "image-to-video": "lotus render --provider replicate",
}


@dataclass(frozen=True)
class GeneratedFile:
    """A file that a hosted model made, in the store."""

    path: Path
    model: str
    cached: bool
    cost: Cost


def check_task(task: str, out: Path) -> Task:
    """The task, if it makes a picture or a sound, and `out` is called as one; raises InputError."""
    if task in ELSEWHERE:
        remedy = f"see `{ELSEWHERE[task]}`"
        raise InvalidInput(
            file="", field="task", reason=f"{task} is not available on its own", remedy=remedy
        )
    if task in LISTED_ONLY:
        raise InvalidInput(
            file="",
            field="task",
            reason=f"lotus lists models for {task}, and does not run them",
            remedy=f"see `lotus models --task {task}`, and run one by Replicate's own client",
        )
    choice = next((name for name in TASK_MODELS if name == task), None)
    if choice is None:
        raise UnknownName("task", task, set(TASK_MODELS) - set(ELSEWHERE))
    suffix = TASK_MODELS[choice].suffix
    if out.suffix.lower() != suffix:
        reason = f"{task} is written as {suffix}"
        remedy = f"write {out.with_suffix(suffix).name if out.name else f'a{suffix}'}"
        raise InvalidInput(file=str(out), field="out", reason=reason, remedy=remedy)
    return choice


def picture_marks(source: str | Path) -> dict[str, str]:
    """How facts name a picture, and where it lies; raises InvalidInput if it is none."""
    path = Path(source).expanduser().absolute()
    check_picture(str(path), "source")
    return {f"sha256:{file_digest(path)}": str(path)}


def model_for(workspace: Workspace, task: Task, model: str | None = None) -> TaskModel:
    """Who does a task that makes no clips: the named model, or the catalogue's default.

    Raises UnknownName, or InvalidInput for a model that is not for the task.
    """
    catalog = read_catalog(workspace.settings.models)
    choice = catalog.model(model, task) if model is not None else catalog.default(task)
    return cast(TaskModel, workspace.providers.get("replicate", choice.name))


def asker(
    workspace: Workspace, model: str | None = None, budget_usd: Decimal | None = None
) -> tuple[Ask, str]:
    """A function that asks a language model of the catalogue, and the job of the ledger that pays
    for it.

    Raises as `maker_for`; asking raises InvalidToken, BudgetExceeded, ProviderError, ClipFailed.
    """
    words = model_for(workspace, "language", model)
    job_id = _job(workspace, budget_usd)

    def ask(facts: Facts) -> str:
        campaign = workspace.settings.campaign
        request = words.request_for(facts)
        path, _ = obtain_file(workspace, words, request, job_id, campaign, "the plan")
        return path.read_text(encoding="utf-8")

    return ask, job_id


def cached_answers(workspace: Workspace, model: str | None = None, candidates: int = 1) -> Ask:
    """A function that repeats what a language model has answered before, and asks nobody.

    It raises InvalidInput with the price of all candidates, if the model is still to be asked.
    """
    words = model_for(workspace, "language", model)

    def ask(facts: Facts) -> str:
        request = words.request_for(facts)
        answer_key = kept_object(request, words)
        if not workspace.store.exists(answer_key):
            price = money(candidates * (words.price(request) or Decimal(0)))
            plans = "this plan" if candidates == 1 else f"these {candidates} plans"
            raise InvalidInput(
                file="",
                field="planner",
                reason=f"{request.model} has not written {plans} yet; it costs ${price} at most",
                remedy="write the plan with `lotus plan ... --planner llm`, then estimate",
            )
        return workspace.store.path(answer_key).read_text(encoding="utf-8")

    return ask


def make_file(
    workspace: Workspace,
    task: Task,
    facts: Facts,
    *,
    model: str | None = None,
    pictures: Mapping[str, str] | None = None,
    budget_usd: Decimal | None = None,
) -> GeneratedFile:
    """A picture or a sound; the same one is paid for once. `pictures` says where those that facts
    mark lie.

    Raises InputError before anything is asked, then as asking does.
    """
    task_model = model_for(workspace, task, model)
    request = task_model.request_for(facts, pictures)
    job_id = _job(workspace, budget_usd)
    campaign = workspace.settings.campaign
    path, from_cache = obtain_file(workspace, task_model, request, job_id, campaign, "it")
    with workspace.db.read() as connection:
        return GeneratedFile(path, request.model, from_cache, Ledger(connection, job_id).cost())


@explained_call
def make(
    task: str,
    prompt: str = "",
    *,
    out: str | Path,
    model: str | None = None,
    seconds: float = AD_SECONDS,
    aspect_ratio: AspectRatio = "16:9",
    resolution: Resolution = "720p",
    seed: int = 0,
    voice: str | None = None,
    source: str | Path | None = None,
    scale: float = 2,
    budget_usd: Decimal | float | str | None = None,
    workspace: Workspace | None = None,
) -> GeneratedFile:
    """Make a picture or a sound with a hosted model: paid once, kept, and written to a file.

    Arguments that the task does not use are ignored.

    Parameters
    ----------
    task
        `text-to-image`, `upscale`, `music` or `speech`.
    prompt
        What to draw, play or say.
    out
        The file: .png for a picture, .mp3 for a sound.
    model
        A model of the catalogue that has this task; default: the catalogue's default.
    seconds
        Length of the music in seconds.
    aspect_ratio
        Shape of the picture: `16:9`, `9:16` or `1:1`.
    resolution
        `720p` or `1080p`.
    seed
        Seed of the random choices.
    voice
        The voice: a name that the model knows.
    source
        The picture that `upscale` makes larger.
    scale
        Enlargement factor.
    budget_usd
        Maximum cost in US dollars; default: no limit of its own.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    GeneratedFile
        Path, model, cost, and whether the file came from the cache.

    Raises
    ------
    InputError
        If the input is wrong; no request was sent.
    WorkError
        If the model failed, or the budget is too small.
    """
    known_task = check_task(task, Path(out))
    target = check_writable(Path(out))
    pictures = picture_marks(source) if source is not None else {}
    values: dict[str, Any] = {
        "prompt": prompt,
        "seconds": _positive("seconds", seconds),
        "aspect_ratio": aspect_ratio,
        "resolution": resolution,
        "seed": seed,
        "voice": voice,
        "first_frame": next(iter(pictures), None),
        "scale": _positive("scale", scale),
    }
    facts = Facts(**{name: values[name] for name in FACTS[known_task] if name in values})
    workspace = workspace or Workspace.open()
    file = make_file(
        workspace,
        known_task,
        facts,
        model=model,
        pictures=pictures,
        budget_usd=None if budget_usd is None else dollars(budget_usd),
    )
    copy_aside(file.path, target)
    return file


def _positive(field: str, value: float) -> Fraction:
    """A number as exact as it is written; raises InvalidInput."""
    if not isfinite(value) or value <= 0:
        reason = f"{value} is not above 0"
        raise InvalidInput(file="", field=field, reason=reason, remedy="write one such as 15")
    return Fraction(str(value))


def _job(workspace: Workspace, budget_usd: Decimal | None) -> str:
    """Whom the ledger names as the payer: nothing that `lotus jobs` lists, for there is
    no video.
    """
    job_id = t.new_id()
    if budget_usd is not None:
        workspace.db.run(set_budget, "job", job_id, budget_usd)
    return job_id
