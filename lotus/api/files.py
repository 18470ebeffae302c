"""Words, pictures and sounds of hosted models: each a prediction, paid once and kept as
clips are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import cast

from lotus.db import tables as t
from lotus.errors import InvalidInput, UnknownName
from lotus.generation.files import obtain_file
from lotus.generation.predictions.leases import kept_object
from lotus.models.catalog import read_catalog
from lotus.models.facts import Facts, Task
from lotus.money.budgets import set_budget
from lotus.money.ledger import Cost, Ledger, money
from lotus.pipeline.preflight import check_picture
from lotus.planning import Ask
from lotus.providers.replicate.tasks import TASK_MODELS, TaskModel
from lotus.system.keys import file_digest
from lotus.workspace import Workspace

__all__ = [
    "GeneratedFile",
    "asker",
    "cached_answers",
    "check_task",
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


def _job(workspace: Workspace, budget_usd: Decimal | None) -> str:
    """Whom the ledger names as the payer: nothing that `lotus jobs` lists, for there is
    no video.
    """
    job_id = t.new_id()
    if budget_usd is not None:
        workspace.db.run(set_budget, "job", job_id, budget_usd)
    return job_id
