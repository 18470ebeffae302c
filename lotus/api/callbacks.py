"""Loggers of renders: `lotus.render(brief, callbacks=["mlflow"])`.

A callback is told what a render begins with, each event, and how it ended. Its own faults are
warnings: they never end a render that may have cost money.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lotus.documents.storyboard import Storyboard
from lotus.errors import Cancelled, InvalidInput, LotusError, UnknownName, WorkError
from lotus.pipeline.attempt import Listener
from lotus.pipeline.job import Job
from lotus.pipeline.progress import Event

if TYPE_CHECKING:
    from lotus.experiments.logs import ExperimentLog

__all__ = [
    "GROUP",
    "Callbacks",
    "RenderCallback",
    "error_words",
    "log_experiment",
    "metrics_of",
    "parameters_of",
    "was_stopped",
]

GROUP = "lotus.callbacks"  # entry points: a name, and a class or function that makes a callback

FIELDS = ("prompt", "kind", "style", "seed", "plan_seed", "aspect_ratio", "duration_seconds", "fps")
OPTIONS = ("provider", "model", "budget_usd", "job_id")


class RenderCallback:
    """What a callback can do; write only the methods that you need."""

    def on_start(self, facts: Mapping[str, Any]) -> None:
        """A render begins: `request` (brief or storyboard), `provider`, `model`, `budget_usd`, and
        `job_id` of a job that is resumed.
        """

    def on_event(self, event: Event) -> None:
        """Something happened; `event.kind` and `event.data` say what. Called by several threads."""

    def on_end(self, job: Job) -> None:
        """The job is completed."""

    def on_error(self, error: BaseException) -> None:
        """The render failed, or somebody stopped it."""


class Callbacks:
    """The callbacks of one render, each called in turn."""

    def __init__(self, callbacks: object = ()) -> None:
        self._callbacks = [_callback(one) for one in _as_list(callbacks)]

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    @contextmanager
    def following(self, facts: Mapping[str, Any]) -> Iterator[None]:
        """Tell all that a render begins, and if it ends otherwise than by a job."""
        self._call("on_start", facts)
        try:
            yield
        except BaseException as error:
            self._call("on_error", error)
            raise

    def end(self, job: Job) -> None:
        """Tell all that the job is completed."""
        self._call("on_end", job)

    def listening(self, listener: Listener) -> Listener:
        """A listener that hears what `listener` hears, and tells the callbacks."""
        if not self._callbacks:
            return listener

        def both(event: Event) -> None:
            listener(event)
            self._call("on_event", event)

        return both

    def _call(self, method: str, value: Any) -> None:
        for callback in self._callbacks:
            act: Callable[[Any], None] | None = getattr(callback, method, None)
            if act is None:
                continue
            try:
                act(value)
            except Exception as exc:
                name = type(callback).__name__
                words = f"the callback {name} failed in {method}: {type(exc).__name__}: {exc}"
                warnings.warn(words, stacklevel=2)


def log_experiment(loggers: object, facts: ExperimentLog) -> None:
    """Give an experiment to loggers, by name or as objects with `on_experiment`; raises
    InvalidInput for others, WorkError where one fails.
    """
    selected_loggers = [_by_name(one) if isinstance(one, str) else one for one in _as_list(loggers)]
    for logger in selected_loggers:
        if not hasattr(logger, "on_experiment"):
            raise InvalidInput(
                file="",
                field="loggers",
                reason=f"{type(logger).__name__} has no on_experiment",
                remedy="write 'mlflow' or 'wandb', or an object with this method",
            )
    for logger in selected_loggers:
        try:
            logger.on_experiment(facts)
        except LotusError:
            raise
        except Exception as exc:
            name = type(logger).__name__
            raise WorkError(
                reason=f"{name} failed: {type(exc).__name__}: {exc}",
                remedy="correct its settings, then log again",
            ) from exc


def parameters_of(facts: Mapping[str, Any]) -> dict[str, str]:
    """What a render is to make, as loggers write it down."""
    request = facts["request"]
    brief = request.brief if isinstance(request, Storyboard) else request
    values = {name: getattr(brief, name, None) for name in FIELDS}
    values |= {name: facts.get(name) for name in OPTIONS}
    return {name: str(value) for name, value in values.items() if value is not None}


def metrics_of(job: Job) -> dict[str, float]:
    """What a job cost and took."""
    return {
        "cost_usd": float(job.cost.actual_usd),
        "estimated_usd": float(job.cost.estimated_usd),
        "saved_usd": float(job.cost.saved_usd),
        "elapsed_seconds": float(job.elapsed_seconds),
        "duration_seconds": float(job.duration_seconds),
        "clips_made": float(sum(not scene.cached for scene in job.scenes)),
    }


def error_words(error: BaseException) -> str:
    """Why a render failed, in a line."""
    return error.message if isinstance(error, LotusError) else str(error)


def was_stopped(error: BaseException) -> bool:
    """Whether somebody ended the render."""
    return isinstance(error, Cancelled | KeyboardInterrupt)


def _as_list(callbacks: Any) -> Iterable[Any]:
    if isinstance(callbacks, str) or not isinstance(callbacks, Iterable):
        return [callbacks]
    return callbacks


def _callback(one: Any) -> Any:
    """A callback, or the one that an entry point names; raises InputError."""
    if isinstance(one, str):
        return _by_name(one)
    callback = one() if isinstance(one, type) else one
    if not any(hasattr(callback, name) for name in ("on_start", "on_event", "on_end", "on_error")):
        reason = f"{type(callback).__name__} has none of on_start, on_event, on_end, on_error"
        remedy = "write callbacks=['mlflow'], or a class with one of these methods"
        raise InvalidInput(file="", field="callbacks", reason=reason, remedy=remedy)
    return callback


def _by_name(name: str) -> Any:
    from importlib.metadata import entry_points

    entries = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in entries:
        raise UnknownName("callback", name, entries)
    return entries[name].load()()
