"""Questions that dashboards may ask, by name; every answer is a JSON document with
money as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lotus.errors import InvalidInput, UnknownName
from lotus.reports import spending, standing, videos
from lotus.workspace import Workspace

__all__ = ["FRESH_SECONDS", "QUESTIONS", "answer"]

Question = Callable[..., Any]


def _videos(workspace: Workspace, **query: Any) -> Any:
    return videos.videos(workspace, videos.VideoQuery(**query))


def _doctor(workspace: Workspace) -> Any:
    from lotus.checks import CHECKS, examine

    reading = {name: check for name, check in CHECKS.items() if name != "store"}  # that one writes
    return [result.model_dump(mode="json") for result in examine(workspace.settings, reading)]


def _storage(workspace: Workspace) -> Any:
    from lotus.reports.storage import store_usage

    return store_usage(workspace)


def _experiments(workspace: Workspace) -> Any:
    from lotus.experiments.summary import experiment_list

    return experiment_list(workspace)


def _experiment(workspace: Workspace, name: str) -> Any:
    from lotus.experiments.summary import experiment_summary

    return experiment_summary(workspace, name)


QUESTIONS: Mapping[str, Question] = {
    "videos": _videos,
    "choices": videos.choices,
    "video": videos.video,
    "compared": videos.compare_videos,
    "spending": spending.spending,
    "unit_costs": spending.unit_costs,
    "queue": standing.queue,
    "failures": standing.failures,
    "campaigns": standing.campaigns,
    "campaign_count": standing.campaign_count,
    "kept": standing.storage_totals,
    "storage": _storage,
    "doctor": _doctor,
    "experiments": _experiments,
    "experiment": _experiment,
}
FRESH_SECONDS: Mapping[str, float] = {  # how long an answer serves other viewers too
    "choices": 30.0,
    "kept": 10.0,
    "storage": 600.0,  # a bucket is asked for its list, a thousand objects at a time
    "doctor": 60.0,
    "experiment": 5.0,
    "": 1.0,  # all others
}


def answer(workspace: Workspace, question: str, parameters: Mapping[str, Any]) -> Any:
    """The answer as JSON-able data; raises UnknownName, InvalidInput, WorkError."""
    if question not in QUESTIONS:
        raise UnknownName("question", question, QUESTIONS)
    try:
        return QUESTIONS[question](workspace, **parameters)
    except TypeError as exc:
        if "argument" not in str(exc):
            raise
        raise InvalidInput(file="", field=question, reason=str(exc), remedy="leave it out") from exc
