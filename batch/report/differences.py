"""Which rows of a campaign run although another has run, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batch.rows import runs
from lotus.system.keys import differing_fields
from lotus.workspace import Workspace

__all__ = ["row_differences"]

OUTSIDE = {
    "modules_sha256": "what the notebook imports from its folder",
    "with_sha256": "what --with names",
    "fixed": "a file that the notebook reads or runs",
    "kernel": "the kernel",
}


def row_differences(workspace: Workspace, earlier: str, later: str) -> list[dict[str, Any]]:
    """A row for each of `later`, and for each that only `earlier` has: its id, whether it runs, and
    why.
    """
    with workspace.db.read() as connection:
        options = [runs.get_campaign(connection, each)["options"] for each in (earlier, later)]
        old = {row["name"]: row for row in runs.list_runs(connection, earlier)}
        new = {row["name"]: row for row in runs.list_runs(connection, later)}
    code = _code_difference(*options)
    rows = [
        {"row": name, "runs": row["taken_from"] is None, "why": _why(row, old.get(name), code)}
        for name, row in new.items()
    ]
    missing = [
        {"row": name, "runs": False, "why": "is not there"} for name in old if name not in new
    ]
    return rows + missing


def _code_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What differs besides parameters, in the campaigns' options."""
    here, there = ({name: each.get(name) for name in OUTSIDE} for each in (new, old))
    names = differing_fields(here, there)
    return f"{' and '.join(OUTSIDE[name] for name in names) or 'code'} differs"


def _why(row: runs.Row, old: runs.Row | None, code: str) -> str:
    if row["taken_from"] is not None:
        return "the same code and parameters have run"
    if old is None:
        return "is new"
    fields = differing_fields(row["parameters"], old["parameters"])
    if fields:
        return f"parameters differ: {', '.join(fields)}"
    if row["key"] != old["key"]:
        return code
    return (
        f"the earlier run is {old['status']}" if old["status"] != "completed" else "requested again"
    )
