"""Chains: a campaign whose rows take another campaign's results (`from: CAMPAIGN` in a grid)."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from batch.report.results import result_columns, result_rows
from batch.rows import runs
from batch.rows.addresses import aside
from batch.rows.manifest import CHAINED, OPTION_FIELDS, combinations
from batch.rows.plan import CampaignPlan
from batch.rows.yaml_nodes import check_yaml
from lotus.documents.parsing import check_fields, load_document
from lotus.errors import InvalidInput, UnknownName
from lotus.system.keys import key_of
from lotus.system.quantities import quantity
from lotus.workspace import Workspace

__all__ = ["FIELDS", "with_chains"]

FIELDS = (*CHAINED, "base", "grid", "schedule", "kernel")
Row = dict[str, Any]


def with_chains(plan: CampaignPlan, workspace: Workspace) -> CampaignPlan:
    """The plan, with rows of the campaign that its grid names; the plan itself if it names none.

    The rows are written down as a table, so that they stay as they are now. Raises InvalidInput.
    """
    if plan.manifest.suffix.lower() not in (".yaml", ".yml") or not plan.manifest.is_file():
        return plan
    check_yaml(plan.manifest)
    document = load_document(plan.manifest)
    if "from" not in document:
        return plan
    check_fields(document, FIELDS, str(plan.manifest), "a manifest with `from`", OPTION_FIELDS)
    rows = _rows(document, workspace, plan.parameters.columns, str(plan.manifest))
    every = combinations(str(plan.manifest), document.get("base"), document.get("grid"), rows)
    lines = [json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for _, row in every]
    folder = aside() / key_of("chain", {"rows": lines})[:16]
    folder.mkdir(exist_ok=True)
    path = folder / f"{plan.manifest.stem}.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    schedule = plan.schedule or document.get("schedule")
    kernel = plan.kernel_name or document.get("kernel")
    return replace(plan, manifest=path, schedule=schedule, kernel_name=kernel)


def _rows(
    document: Mapping[str, Any], workspace: Workspace, parameters: Container[str], file: str
) -> list[Row]:
    """The rows that the chain keeps, with the columns that the notebook takes."""
    source = workspace.db.ask(runs.find_campaign, str(document["from"]))["id"]
    open_rows = workspace.db.ask(runs.remaining, source)
    if open_rows:
        reason = f"{quantity(open_rows, 'unfinished row')} in campaign {source}"
        raise _wrong(file, "from", reason, f"run `lotus batch resume {source}` first")
    columns = result_columns(workspace, source)
    every = result_rows(workspace, source, columns)
    rows = [row for row in every if row["status"] == "completed"]
    rows = _best(rows, document, columns.all, file)
    names = document.get("columns") or {}
    if not isinstance(names, dict):
        raise _wrong(file, "columns", "is not a group", "write columns: {parameter: column}")
    for column in names.values():
        if column not in columns.all:
            unknown = UnknownName("column of results", str(column), columns.all, field="columns")
            raise unknown.in_file(file)
    own = {*columns.parameters.values(), *columns.records.values()}
    sources = {name: name for name in columns.all if name in own and name in parameters} | names
    return [
        {
            "id": row["row"],
            **{name: row[column] for name, column in sources.items() if row[column] is not None},
        }
        for row in rows
    ]


def _best(rows: list[Row], document: Mapping[str, Any], columns: list[str], file: str) -> list[Row]:
    """Sorted by `sort` (with a dash before it the largest first), and as many as `keep` says."""
    sort = document.get("sort")
    if sort is not None:
        column = str(sort).removeprefix("-")
        if column not in columns:
            raise UnknownName("column of results", column, columns, field="sort").in_file(file)
        missing = [row for row in rows if row[column] is None]
        present = [row for row in rows if row[column] is not None]
        try:
            present.sort(key=lambda row: row[column], reverse=str(sort).startswith("-"))
        except TypeError as exc:
            raise _wrong(file, "sort", f"{column} mixes kinds of values", "record one") from exc
        rows = present + missing
    keep = document.get("keep")
    if keep is None:
        return rows
    return rows[: _count(keep, len(rows), file)]


def _count(keep: Any, total: int, file: str) -> int:
    text = str(keep).strip()
    share = text.endswith("%")
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1.0
    if number <= 0 or (share and number > 100) or (not share and number != int(number)):
        raise _wrong(file, "keep", f"{keep!r} is not a number of rows", "write 20, or 10%")
    return max(1, round(total * number / 100)) if share else int(number)


def _wrong(file: str, field: str, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file=file, field=field, reason=reason, remedy=remedy)
