"""Options of `lotus batch`, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotus.cli.common import JSON

__all__ = [
    "Approve",
    "AtMost",
    "Backoff",
    "Budget",
    "CampaignId",
    "CellTimeout",
    "Cluster",
    "DryRun",
    "FailFast",
    "Files",
    "Json",
    "Kernel",
    "Limit",
    "Manifest",
    "New",
    "NotebookName",
    "ParameterPairs",
    "Priority",
    "Retries",
    "RetryOn",
    "RowTimeout",
    "Schedule",
    "SkipBad",
    "Threads",
    "Workers",
    "WorkingFolder",
]

ROWS = "Rows"
RETRYING = "Failures"
PLACE = "Where rows run"

Json = Annotated[bool, JSON]
CampaignId = Annotated[
    str,
    typer.Argument(metavar="ID", help="A campaign's id; its first or last characters are enough."),
]
Manifest = Annotated[
    str,
    typer.Argument(
        metavar="MANIFEST", help="CSV, Parquet, JSON lines, or a grid: a path or s3://..."
    ),
]
NotebookName = Annotated[
    str, typer.Option(help="Path of a notebook, or the name of one of lotus: render, compare, ...")
]
Budget = Annotated[
    str | None, typer.Option(help="Maximum cost in US dollars; nothing more is started beyond it.")
]
Schedule = Annotated[
    str | None,
    typer.Option(help="Name of a schedule: the first run of each day starts a new campaign."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print each row with its price, without running anything.")
]
New = Annotated[
    bool, typer.Option("--new", help="Start a new campaign instead of continuing the same one.")
]
Approve = Annotated[
    bool,
    typer.Option(
        "--approve", help="Make drafts first; `lotus batch approve` makes the final videos."
    ),
]

# which rows, and in which order
ParameterPairs = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter", "-p", help="NAME=VALUE for all rows; repeat for more.", rich_help_panel=ROWS
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(min=1, help="Run at most this many rows, as a sample.", rich_help_panel=ROWS),
]
SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        help="Skip invalid rows instead of refusing the manifest.",
        rich_help_panel=ROWS,
    ),
]
AtMost = Annotated[
    list[str] | None,
    typer.Option(
        help="COLUMN=N: run at most N rows at a time that share a value of this column, such as "
        "model=2; COLUMN=VALUE:N limits one value. Repeat for more.",
        rich_help_panel=ROWS,
    ),
]
Priority = Annotated[
    str | None,
    typer.Option(
        help="Column of whole numbers; rows with larger numbers start first.", rich_help_panel=ROWS
    ),
]

# failures and time
Retries = Annotated[
    int, typer.Option(min=0, max=10, help="Retries after a failure.", rich_help_panel=RETRYING)
]
RetryOn = Annotated[
    list[str] | None,
    typer.Option(
        help="Retry only this: worker, timeout, memory, or an exception's name; repeat for "
        "more. Default: all errors but those that come again, such as NameError.",
        rich_help_panel=RETRYING,
    ),
]
Backoff = Annotated[
    float,
    typer.Option(
        min=0,
        help="Seconds before the first retry; each further wait is twice as long.",
        rich_help_panel=RETRYING,
    ),
]
FailFast = Annotated[
    int | None,
    typer.Option(min=1, help="Stop when this many rows have failed.", rich_help_panel=RETRYING),
]
CellTimeout = Annotated[
    float | None, typer.Option(help="Maximum seconds for one cell.", rich_help_panel=RETRYING)
]
RowTimeout = Annotated[
    float | None, typer.Option(help="Maximum seconds for one row.", rich_help_panel=RETRYING)
]

# where rows run
Cluster = Annotated[
    str,
    typer.Option(
        help="Where rows run: local, ecs, or a Dask scheduler (tcp://host:8786, tls://host:8786).",
        rich_help_panel=PLACE,
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        min=1, max=256, help="Local workers, or the maximum on ECS.", rich_help_panel=PLACE
    ),
]
Kernel = Annotated[
    str | None,
    typer.Option(
        help="Name of a kernel to use instead of the notebook's own.", rich_help_panel=PLACE
    ),
]
WorkingFolder = Annotated[
    Path | None,
    typer.Option(
        "--cwd", help="Run rows in this folder, not in the notebook's own.", rich_help_panel=PLACE
    ),
]
Files = Annotated[
    list[Path] | None,
    typer.Option(
        "--with",
        help="A module, folder or data file to send to the workers; repeat for more.",
        rich_help_panel=PLACE,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Threads of numpy, PyTorch and OpenMP in each row. Default: OMP_NUM_THREADS, or the "
        "row's share of the processors.",
        rich_help_panel=PLACE,
    ),
]
