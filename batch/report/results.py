"""The results of a campaign: a row a run, with its parameters, its records and what it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from batch.rows import runs
from batch.rows import totals as tallies
from lotus.db import tables as t
from lotus.money.ledger import money
from lotus.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "COLUMNS",
    "ResultColumns",
    "flat",
    "frame_of",
    "result_columns",
    "result_rows",
    "run_rows",
]

Values = Mapping[str, Any]
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
            made = videos.get(row["id"], {})
            keys = _keys(row, made.get("video"))
            yield {
                **{name: row[name] for name in COLUMNS if name in row},
                "row": row["name"],
                "line": row["position"],
                "status": WAITS if runs.waits(row) else row["status"],
                "cost_usd": money(made["cost_usd"]) if "cost_usd" in made else "0.00",
                "job_id": made.get("job_id"),
                **{name: _place(workspace, key) for name, key in keys.items()},
                "keys": keys,
                "id": row["id"],
                "parameters": row["parameters"],
                "labels": row["labels"],
            }


def _keys(row: runs.Row, video: str | None) -> dict[str, str | None]:
    """Under what its notebook, video and so on lie in the store."""
    poster = f"{video.rpartition('/')[0]}/poster.jpg" if video else None
    return {"notebook": row["notebook"], "draft": row["draft"], "video": video, "poster": poster}


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
        self.parameters = {n: f"parameter.{n}" if n in COLUMNS else n for n in parameters}
        taken = {*COLUMNS, *self.parameters.values()}
        self.records = {n: f"record.{n}" if n in taken else n for n in records}

    @property
    def all(self) -> list[str]:
        """Every column, in order."""
        return [*COLUMNS, *self.parameters.values(), *self.records.values()]


def flat(parameters: Values, labels: Values | None = None) -> dict[str, Any]:
    """Parameters as columns of a manifest: a brief's fields by their own names, groups dotted."""
    values: dict[str, Any] = dict(labels or {})
    for name, value in parameters.items():
        fields = value if name == "brief" and isinstance(value, Mapping) else {name: value}
        values.update(_dotted(fields))
    return values


def _dotted(fields: Values, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield from _dotted(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


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
        recorded = sa.select(c.name).where(c.campaign_id == campaign_id).distinct()
        records = sorted(connection.scalars(recorded))
    return ResultColumns(list(names), records)


def result_rows(
    workspace: Workspace, campaign_id: str, columns: ResultColumns
) -> Iterator[dict[str, Any]]:
    """Rows as `run_rows` has them, with a value a column; figures and files as their places."""
    with workspace.db.read() as connection:
        c = t.run_records.c
        query = sa.select(c.run_id, c.name, c.value, c.object).where(c.campaign_id == campaign_id)
        values: dict[str, dict[str, Any]] = {}
        for run_id, name, value, key in connection.execute(query):
            values.setdefault(run_id, {})[name] = _place(workspace, key) if key else value
    for row in run_rows(workspace, campaign_id):
        given = flat(row["parameters"], row["labels"])
        mine = values.get(row["id"], {})
        yield {
            **row,
            **{column: given.get(name) for name, column in columns.parameters.items()},
            **{column: mine.get(name) for name, column in columns.records.items()},
        }


def frame_of(workspace: Workspace, campaign_id: str) -> pd.DataFrame:
    """The results as a DataFrame: numbers as numbers, what a row lacks as missing."""
    import pandas as pd

    columns = result_columns(workspace, campaign_id)
    table: dict[str, list[Any]] = {name: [] for name in columns.all}
    for row in result_rows(workspace, campaign_id, columns):
        for name, values in table.items():
            values.append(row[name])
    frame = pd.DataFrame(table)
    frame["cost_usd"] = pd.to_numeric(frame["cost_usd"])
    return frame
