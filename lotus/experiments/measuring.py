"""Measurements of an experiment's videos, each computed once, and the table of all cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from lotus.errors import LotusError, UnknownName
from lotus.experiments import records
from lotus.experiments.cells import CellState, video_path
from lotus.experiments.design import Design
from lotus.experiments.extras import pandas
from lotus.experiments.measure import measure_by as measure
from lotus.experiments.metrics import METRICS, Metric
from lotus.experiments.palette import palette_metric
from lotus.system.parallel import cores, side_by_side
from lotus.workspace import Workspace

__all__ = ["frame_of", "measure_cells", "measurements_of", "registry_of"]

Values = dict[str, float | None]


def registry_of(design: Design) -> Mapping[str, Metric]:
    """The metrics of an experiment: all there are and, if its brand has colours, `palette`."""
    colors = (design.base.get("brand") or {}).get("colors") or ()
    own = {"palette": palette_metric(colors)} if colors else {}
    return {**METRICS, **own}


def measurements_of(
    workspace: Workspace, states: Iterable[CellState], registry: Mapping[str, Metric] = METRICS
) -> dict[str, Values]:
    """Values that are known, by the key of the cell."""
    subjects = {state.key: state.subject for state in states if state.subject}
    names = {metric.row_name: name for name, metric in registry.items()}
    versions = {metric.row_name: metric.version for metric in registry.values()}
    contents = list(dict.fromkeys(subjects.values()))
    rows = workspace.db.ask(records.measured, contents, versions)
    values_by_subject = {
        subject: {names[row]: value for row, value in values.items()}
        for subject, values in rows.items()
    }
    return {key: values_by_subject.get(subject, {}) for key, subject in subjects.items()}


def measure_cells(
    workspace: Workspace,
    states: Sequence[CellState],
    metrics: Iterable[str] | None = None,
    workers: int | None = None,
    registry: Mapping[str, Metric] = METRICS,
) -> dict[str, str]:
    """Measure each video that has a value missing; returns why cells could not be measured."""
    default = (name for name, metric in registry.items() if metric.default)
    names = tuple(default if metrics is None else metrics)
    for name in names:
        if name not in registry:
            raise UnknownName("metric", name, registry)
    values_by_key = measurements_of(workspace, states, registry)
    todo: dict[str, tuple[CellState, list[str]]] = {}
    for state in states:
        missing = [name for name in names if name not in values_by_key.get(state.key, {})]
        if state.status == "completed" and state.subject and missing:
            todo.setdefault(state.subject, (state, missing))
    failures: dict[str, str] = {}
    measure_one = partial(_measure_one, workspace, registry, failures)
    tasks = [partial(measure_one, *pair) for pair in todo.values()]
    side_by_side(tasks, workers or cores(), workspace.stop, "measurement")
    return failures


def _measure_one(
    workspace: Workspace,
    registry: Mapping[str, Metric],
    failures: dict[str, str],
    state: CellState,
    names: Sequence[str],
) -> None:
    workspace.stop.check()
    path = video_path(workspace, state)
    try:
        if path is None:
            failures[state.key] = "its video is no longer in the store"
            return
        result = measure(path, names, registry)
    except LotusError as error:
        failures[state.key] = str(error)
        return
    values = {registry[name].row_name: value for name, value in result.values.items()}
    versions = {registry[name].row_name: registry[name].version for name in result.values}
    workspace.db.run(
        partial(records.save_measurements, values=values, versions=versions), state.subject
    )


def frame_of(states: Sequence[CellState], values: Mapping[str, Values]) -> Any:
    """A DataFrame with a row a cell; what is missing is NaN, also the cost of a cell without a
    video.
    """
    pd = pandas()
    everything = (*METRICS, "palette")
    columns = [name for name in everything if any(name in v for v in values.values())]
    rows = []
    for state in states:
        complete = state.status == "completed"
        paid = complete or state.cost_usd
        own = values.get(state.key, {}) if complete else {}
        rows.append(
            {
                **state.factors,
                "status": state.status,
                "reason": state.reason or None,
                "cost_usd": float(state.cost_usd) if paid else None,
                "made_usd": float(state.made_usd) if complete else None,
                "made_by": state.made_by,
                "retakes": state.retakes,
                "job_id": state.job_id,
                "key": state.key,
                **{name: own.get(name) for name in columns},
            }
        )
    frame = pd.DataFrame(rows)
    numbers = ["cost_usd", "made_usd", *columns]
    return frame.astype({name: float for name in numbers if name in frame})
