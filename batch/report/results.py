"""The results of a campaign: a row a run, with its parameters, its records and what it took."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from batch.rows import runs
from batch.rows import totals as tallies
from batch.rows.columns import flat
from lotus.db import tables as t
from lotus.money.ledger import money
from lotus.system.frames import own
from lotus.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "ResultColumns", "frame_of", "result_columns", "result_rows", "run_rows"]

COLUMNS = [
    *("row", "line", "status", "reason", "attempts", "seconds", "cpu_seconds", "peak_bytes"),
    *("cost_usd", "job_id", "notebook", "draft", "video", "poster"),
]
WAITS = "waits for approval"


def run_rows(workspace: Workspace, campaign_id: str) -> Iterator[dict[str, Any]]:
    """A campaign's rows with what they cost and where their notebook and video are, as they are
    read.

    Besides COLUMNS there are `parameters`, and `keys`: what lies in the store, and under what.
    """
    with workspace.db.read() as connection:
        videos = tallies.videos_of(connection, campaign_id)
        for row in runs.list_runs(connection, campaign_id):
            video = videos.get(row["id"], {})
            keys = _keys(row, video.get("video"))
            yield {
                **{name: row[name] for name in COLUMNS if name in row},
                "row": row["name"],
                "line": row["position"],
                "status": WAITS if runs.waits(row) else row["status"],
                "cost_usd": money(video["cost_usd"]) if "cost_usd" in video else "0.00",
                "job_id": video.get("job_id"),
                **{name: _place(workspace, key) for name, key in keys.items()},
                "keys": keys,
                "id": row["id"],
                "parameters": row["parameters"],
                "labels": row["labels"],
            }


def _keys(row: runs.Row, video: str | None) -> dict[str, str | None]:
    """Under what its notebook, video and so on lie in the store."""
    keys = {"notebook": row["notebook"], "draft": row["draft"], "video": video}
    return {**keys, "poster": _poster(video)}


def _poster(video: str | None) -> str | None:
    return f"{video.rpartition('/')[0]}/poster.jpg" if video else None


def _place(workspace: Workspace, key: str | None) -> str | None:
    """Where people find an object: a path, or its address in the bucket."""
    if key is None:
        return None
    root = workspace.store.local_root
    return str(root / key) if root is not None else f"{workspace.store.url.rstrip('/')}/{key}"


class ResultColumns:
    """Names of columns after those that all campaigns have; a name that is taken gets its kind
    before it.
    """

    def __init__(self, parameters: Sequence[str], records: Sequence[str]) -> None:
        names = set(COLUMNS)
        self.parameters = {name: _free(name, "parameter", names) for name in parameters}
        self.records = {name: _free(name, "record", names) for name in records}

    @property
    def all(self) -> list[str]:
        """Every column, in order."""
        return [*COLUMNS, *self.parameters.values(), *self.records.values()]


def _free(name: str, kind: str, names: set[str]) -> str:
    """A name of a column that is not used, which it is from now on."""
    column = name
    while column in names:
        column = f"{kind}.{column}"
    names.add(column)
    return column


def result_columns(workspace: Workspace, campaign_id: str) -> ResultColumns:
    """The columns of a campaign's results, from one pass over its rows."""
    names: dict[str, None] = {}
    r = t.runs.c
    query = sa.select(r.parameters, r.labels).where(r.campaign_id == campaign_id)
    with workspace.db.read() as connection:
        rows = connection.execution_options(yield_per=runs.PAGE).execute(query)
        for parameters, labels in rows:
            names |= dict.fromkeys(flat(parameters, labels))
        c = t.run_records.c
        names_of_records = sa.select(c.name).where(c.campaign_id == campaign_id).distinct()
        records = sorted(connection.scalars(names_of_records))
    return ResultColumns(list(names), records)


def result_rows(
    workspace: Workspace, campaign_id: str, columns: ResultColumns
) -> Iterator[dict[str, Any]]:
    """Rows as `run_rows` has them, with a value a column; figures and files as their places."""
    with workspace.db.read() as connection:
        values: dict[str, dict[str, Any]] = {}
        for run_id, name, value, key in connection.execute(_records_of(campaign_id)):
            values.setdefault(run_id, {})[name] = _place(workspace, key) if key else value
    for row in run_rows(workspace, campaign_id):
        cells = flat(row["parameters"], row["labels"])
        mine = values.get(row["id"], {})
        yield {
            **row,
            **{column: cells.get(name) for name, column in columns.parameters.items()},
            **{column: mine.get(name) for name, column in columns.records.items()},
        }


def frame_of(workspace: Workspace, campaign_id: str) -> pd.DataFrame:
    """The results as a DataFrame: numbers as numbers, what a row lacks as missing."""
    with _collector_paused():
        return _frame(workspace, campaign_id)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Hundreds of thousands of rows would be looked through again and again for nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _frame(workspace: Workspace, campaign_id: str) -> pd.DataFrame:
    import pandas as pd

    with workspace.db.read() as connection:
        tuples = connection.execute(_runs_of(campaign_id)).all()
        videos = tallies.videos_of(connection, campaign_id)
        records = _records(workspace, connection, campaign_id)
    names = (*FACTS, *FIGURES, "parameters", "labels")
    rows = dict(zip(names, zip(*tuples, strict=True) if tuples else [()] * len(names), strict=True))
    cells = list(map(flat, _parse(rows["parameters"]), _parse(rows["labels"])))
    columns = ResultColumns(list(dict.fromkeys(n for one in cells for n in one)), sorted(records))
    results = [videos.get(run_id, {}) for run_id in rows["id"]]
    table: dict[str, Sequence[Any]] = {
        "row": rows["name"],
        "line": rows["position"],
        "status": list(map(_status, rows["status"], rows["approved"], rows["draft"])),
        **{name: rows[name] for name in FIGURES},
        "cost_usd": [float(one.get("cost_usd", 0)) for one in results],
        "job_id": [one.get("job_id") for one in results],
    }
    table["notebook"] = [_place(workspace, key) for key in rows["notebook"]]
    table["draft"] = [_place(workspace, key) for key in rows["draft"]]
    table["video"] = [_place(workspace, one.get("video")) for one in results]
    table["poster"] = [_place(workspace, _poster(one.get("video"))) for one in results]
    for name, column in columns.parameters.items():
        table[column] = [one.get(name) for one in cells]
    for name, column in columns.records.items():
        table[column] = list(map(records[name].get, rows["id"]))
    return own(pd.DataFrame(table, columns=columns.all))


def _records(
    workspace: Workspace, connection: sa.Connection, campaign_id: str
) -> dict[str, dict[str, Any]]:
    """Values by record and row."""
    tuples = connection.execute(_records_of(campaign_id, raw=True)).all()
    values: list[Any] = [value for _, _, value, _ in tuples]
    if connection.dialect.name == "sqlite":  # numbers are numbers there, the rest is text
        texts = [number for number, value in enumerate(values) if isinstance(value, str)]
        for number, value in zip(texts, _parse([values[n] for n in texts]), strict=True):
            values[number] = value
    records: dict[str, dict[str, Any]] = {}
    for (run_id, name, _, key), value in zip(tuples, values, strict=True):
        records.setdefault(name, {})[run_id] = _place(workspace, key) if key else value
    return records


def _parse(texts: Sequence[str | None]) -> list[Any]:
    """Many JSON texts at once, which is several times faster than one by one."""
    return list(json.loads(f"[{','.join(text or 'null' for text in texts)}]"))


def _status(status: str, approved: bool | None, draft: str | None) -> str:
    return WAITS if approved is False and draft is not None and status == "queued" else status


FACTS = ("id", "name", "position", "status", "approved", "notebook", "draft")
FIGURES = ("reason", "attempts", "seconds", "cpu_seconds", "peak_bytes")


def _runs_of(campaign_id: str) -> sa.Select[Any]:
    r = t.runs.c
    columns = [r[name] for name in (*FACTS, *FIGURES)]
    texts = (sa.cast(r.parameters, sa.Text), sa.cast(r.labels, sa.Text))
    return sa.select(*columns, *texts).where(r.campaign_id == campaign_id).order_by(r.position)


def _records_of(campaign_id: str, *, raw: bool = False) -> sa.Select[Any]:
    """`raw` values are as the driver gives them, without a look at each by SQLAlchemy."""
    c = t.run_records.c
    value = sa.type_coerce(c.value, sa.Text) if raw else c.value
    return sa.select(c.run_id, c.name, value, c.object).where(c.campaign_id == campaign_id)
