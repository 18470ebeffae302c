"""What an edit changed between two jobs, scene by scene, and what that cost."""

from __future__ import annotations

from decimal import Decimal
from itertools import zip_longest
from typing import Any

from lotus.documents.base import ReadOnlyResult
from lotus.documents.calls import explained_call
from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, WorkError
from lotus.money.ledger import Usd, money
from lotus.pipeline.job import Job, SceneResult

__all__ = ["Difference", "SceneDifference", "diff"]


class SceneDifference(ReadOnlyResult, frozen=True):
    """One scene, counted from 1: the fields that differ, as (before, after), and what became of its
    clip.
    """

    number: int
    changed: dict[str, tuple[Any, Any]]
    clip: str  # same, made, cached, gone
    cost_usd: Usd


class Difference(ReadOnlyResult, frozen=True):
    """Two jobs, scene by scene."""

    before: str
    after: str
    scenes: tuple[SceneDifference, ...]
    brief: dict[str, tuple[Any, Any]]
    cost_usd: Usd  # of the second job
    segments: dict[str, int]  # of the second job

    @property
    def changed(self) -> tuple[SceneDifference, ...]:
        """The scenes that are not the same."""
        return tuple(scene for scene in self.scenes if scene.changed or scene.clip != "same")

    def __str__(self) -> str:
        numbers = ", ".join(str(scene.number) for scene in self.changed) or "none"
        s = self.segments
        suffix = f"; {s['rendered']} of {s['total']} segments rendered" if s else ""
        return f"scenes that differ: {numbers}; it cost ${money(self.cost_usd)}{suffix}"


@explained_call
def diff(before: Job, after: Job) -> Difference:
    """Compare two jobs: what changed, and what the second one cost.

    Parameters
    ----------
    before
        The earlier job.
    after
        The later job.

    Returns
    -------
    Difference
        Scenes with their changed fields, changed fields of the brief, cost in US dollars, and
        segments that were rendered or reused.

    Raises
    ------
    WorkError
        If one of the jobs has no storyboard: planning did not finish.
    """
    boards = _board(before), _board(after)
    pairs = zip_longest(boards[0].scenes, boards[1].scenes)
    clips = zip_longest(before.scenes, after.scenes)
    scenes = [
        _scene(number, plans, results)
        for number, (plans, results) in enumerate(
            zip_longest(pairs, clips, fillvalue=(None, None)), 1
        )
    ]
    old, new = (board.brief.model_dump(mode="json") for board in boards)
    return Difference(
        before=before.id,
        after=after.id,
        scenes=tuple(scenes),
        brief=_differing(old, new),
        cost_usd=after.cost.actual_usd,
        segments=after.segments,
    )


def _board(job: Job) -> Storyboard:
    if not isinstance(job, Job):
        reason = "is None" if job is None else f"is a {type(job).__name__}, not a Job"
        raise InvalidInput(file="", field="job", reason=reason, remedy="compare two jobs")
    if job.storyboard is None:
        raise WorkError(
            reason=f"job {job.id} has no storyboard: planning did not finish",
            remedy="render its brief again",
        )
    return job.storyboard


def _scene(
    number: int,
    plans: tuple[Scene | None, Scene | None],
    results: tuple[SceneResult | None, SceneResult | None],
) -> SceneDifference:
    old, new = (scene.model_dump(mode="json") if scene is not None else {} for scene in plans)
    first, second = results
    if second is None:
        clip = "gone"
    elif first is not None and first.clip_key == second.clip_key:
        clip = "same"
    else:
        clip = "cached" if second.cached else "made"
    return SceneDifference(
        number=number,
        changed=_differing(old, new),
        clip=clip,
        cost_usd=second.cost_usd if second else Decimal(0),
    )


def _differing(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = dict.fromkeys([*old, *new])
    return {
        name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
    }
