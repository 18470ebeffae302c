"""Values that a field or an argument can have, by its name: for completion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lotus.documents.brief import AspectRatio, Resolution, SceneRequest
from lotus.errors import LotusError

__all__ = ["CHOICES", "PARAMETERS"]


def _catalog() -> Any:
    from lotus.models.catalog import read_catalog
    from lotus.settings import Settings

    try:
        return read_catalog(Settings.read().models)
    except LotusError:  # of the user's own catalogue: the error is theirs to see elsewhere
        return read_catalog(None)


def _models(*tasks: str) -> list[str]:
    return [one.name for one in _catalog().models.values() if set(tasks) & set(one.tasks)]


def _clip_models() -> list[str]:
    return _models("text-to-video", "image-to-video")


def _language_models() -> list[str]:
    return _models("language")


def _file_models() -> list[str]:
    return _models(*_tasks())


def _providers() -> Iterable[str]:
    from importlib.metadata import entry_points

    from lotus.providers import PROVIDERS
    from lotus.providers.functions import registered_names

    return {*PROVIDERS, *entry_points(group="lotus.providers").names, *registered_names()}


def _planners() -> Iterable[str]:
    from lotus.planning.planners import PLANNERS

    return PLANNERS


def _tasks() -> Iterable[str]:
    from lotus.api.files import ELSEWHERE
    from lotus.providers.replicate.tasks import TASK_MODELS

    return set(TASK_MODELS) - set(ELSEWHERE)


def _statuses() -> Iterable[str]:
    from lotus.db.tables import JOB_STATUSES

    return JOB_STATUSES


def _groupings() -> Iterable[str]:
    from lotus.reports.cost_groups import GROUPINGS

    return GROUPINGS


def _callbacks() -> Iterable[str]:
    from importlib.metadata import entry_points

    from lotus.api.callbacks import GROUP

    return entry_points(group=GROUP).names


def _music() -> Iterable[str]:
    from lotus.music import BEDS

    return [*BEDS, "none"]


def _beds() -> Iterable[str]:
    return [f"bed:{name}" for name in _music() if name != "none"]


def _transitions() -> Iterable[str]:
    from lotus.composition.picture.transitions import TRANSITIONS

    return TRANSITIONS


def _styles() -> Iterable[str]:
    from lotus.planning.look import STYLES

    return STYLES


def _caption_styles() -> Iterable[str]:
    from lotus.composition.captions.styles import STYLES

    return STYLES


CHOICES: Mapping[str, Callable[[], Iterable[str]]] = {  # a name, or the class and the name
    "model": _clip_models,
    "make.model": _file_models,
    "final": _clip_models,
    "llm": _language_models,
    "provider": _providers,
    "planner": _planners,
    "task": _tasks,
    "status": _statuses,
    "by": _groupings,
    "callbacks": _callbacks,
    "Brief.music": _music,
    "Brief.style": _styles,
    "AudioTrack.source": _beds,
    "Transition.kind": _transitions,
    "Caption.style": _caption_styles,
}
PARAMETERS: Mapping[str, Any] = {  # types of arguments that documents have too
    "aspect_ratio": AspectRatio,
    "resolution": Resolution,
    "scenes": tuple[SceneRequest, ...],
}
