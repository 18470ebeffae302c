"""lotus batch: run a campaign, look at it, stop it, go on with it, report on it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table, workspace

__all__ = ["app"]

app = typer.Typer(
    help="Campaigns: a manifest of many briefs, a notebook a row.", no_args_is_help=True
)
Json = Annotated[bool, JSON]
Id = Annotated[str, typer.Argument(metavar="ID", help="A campaign's id, or its beginning or end.")]
Cluster = Annotated[
    str,
    typer.Option(
        help="local, ecs, or the address of a Dask scheduler: tcp://host:8786, tls://host:8786."
    ),
]
Workers = Annotated[
    int, typer.Option(min=1, max=256, help="Workers of a local cluster, or at most on ECS.")
]
Budget = Annotated[str | None, typer.Option(help="Spend no more than this, in US dollars.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Run only so many rows: a sample.")]


@app.command()
def run(
    manifest: Annotated[
        str,
        typer.Argument(
            metavar="MANIFEST", help="CSV, Parquet, JSON lines, or a grid: a path or s3://..."
        ),
    ],
    notebook: Annotated[
        str, typer.Option(help="A notebook's path, or one of lotus by name.")
    ] = "render",
    cluster: Cluster = "local",
    workers: Workers = 2,
    budget: Budget = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", help="NAME=VALUE for all rows; repeat it."),
    ] = None,
    limit: Limit = None,
    retries: Annotated[int, typer.Option(min=0, max=10, help="More attempts after a failure.")] = 1,
    cell_timeout: Annotated[
        float | None, typer.Option(help="Seconds that one cell may take.")
    ] = None,
    retry_on: Annotated[
        list[str] | None,
        typer.Option(
            help="Retry only this: worker, timeout, memory, or an exception's name; repeat it."
        ),
    ] = None,
    backoff: Annotated[
        float, typer.Option(min=0, help="Seconds before a second attempt, then twice as many.")
    ] = 0.0,
    fail_fast: Annotated[
        int | None, typer.Option(min=1, help="Stop when so many rows have failed.")
    ] = None,
    row_timeout: Annotated[
        float | None, typer.Option(help="Seconds that one row may take.")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help="A name: the campaign is then one of its own every day.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print each row and its price; run none.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out rows that are wrong.")
    ] = False,
    new: Annotated[
        bool, typer.Option("--new", help="Start afresh, not go on with the same.")
    ] = False,
    approve: Annotated[
        bool,
        typer.Option(
            "--approve", help="Make drafts, and the rows themselves when you approve them."
        ),
    ] = False,
    kernel: Annotated[
        str | None, typer.Option(help="A kernel's name, instead of the notebook's own.")
    ] = None,
    cwd: Annotated[
        Path | None, typer.Option(help="Run rows in this folder, not in the notebook's own.")
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--with", help="A module or folder that rows import, or data; repeat it."),
    ] = None,
    json: Json = False,
) -> None:
    """Run a campaign; the same command again goes on with what is left."""
    with _reporting(json):
        from batch.campaign import Campaign
        from batch.rows.addresses import local_file
        from batch.rows.plan import CampaignOptions, CampaignPlan, find_notebook

        pairs = _pairs(parameter or [])
        plan = CampaignPlan(
            local_file(manifest),
            find_notebook(notebook),
            pairs,
            schedule,
            skip_bad,
            new,
            approve,
            kernel,
            cwd,
            tuple(files or ()),
        )
        if dry_run:
            _dry_run(plan, limit, budget, json)
            return
        options = CampaignOptions(
            retries, cell_timeout, row_timeout, _words(retry_on or []), backoff, fail_fast
        )
        campaign = Campaign.from_plan(
            plan, budget_usd=budget, options=options, workspace=workspace()
        )
        _left_out(plan, campaign.left_out)
        _drive(campaign, cluster, workers, limit, json)


def _words(texts: list[str]) -> tuple[str, ...]:
    """`--retry-on worker,timeout` is two."""
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


def _reporting(json: bool) -> Any:
    """As `reporting`, with the rows that are wrong on lines of their own."""
    from contextlib import contextmanager

    from batch.errors import InvalidManifest

    @contextmanager
    def listed() -> Any:
        with reporting(json):
            try:
                yield
            except InvalidManifest as error:
                for problem in error.facts["problems"]:
                    print(f"  {error.facts['file']}: {problem}", file=sys.stderr)
                raise

    return listed()


def _left_out(plan: Any, problems: Sequence[str]) -> None:
    for problem in problems:
        print(f"left out: {plan.manifest}: {problem}", file=sys.stderr)


def _pairs(given: list[str]) -> dict[str, Any]:
    from batch.rows.manifest import nested
    from lotus.errors import InvalidInput

    pairs = {
        name: value for name, equals, value in (text.partition("=") for text in given) if equals
    }
    if len(pairs) < len(given):
        raise InvalidInput(
            file="",
            field="parameter",
            reason="is not NAME=VALUE, each name once",
            remedy="-p seed=7",
        )
    return nested(pairs)


def _dry_run(plan: Any, limit: int | None, budget: str | None, json: bool) -> None:
    from itertools import islice

    from batch.report.chains import chained
    from batch.rows.kernels import check_kernel
    from batch.rows.plan import price
    from lotus.money.ledger import money

    plan = chained(plan, workspace())
    good, problems = plan.check()
    check_kernel(plan.kernel.name)
    _left_out(plan, problems)
    place = workspace()
    rows = islice((row for row in plan.rows() if isinstance(row, dict)), limit)
    priced = [(row, price(row, place)) for row in rows]
    known = [amount for _, amount in priced if amount is not None]
    shown = [
        {
            "row": row["name"],
            "line": row["position"],
            "price_usd": money(amount) if amount is not None else None,
        }
        for row, amount in priced
    ]
    total = money(sum(known, start=type(known[0])(0))) if known else None
    if json:
        print_json(
            {
                "campaign_id": plan.id,
                "rows": shown,
                "runs": {"total": good},
                "total_usd": total,
                "budget_usd": budget,
            }
        )
        return
    table(
        ["row", "line", "price"],
        [[r["row"], r["line"], r["price_usd"] or "-"] for r in shown],
        ("price",),
    )
    out(
        f"\n{len(shown)} of {good} rows by {plan.notebook.name}, ${total or '0.00'} in all; "
        "nothing started"
    )


def _drive(campaign: Any, cluster: str, workers: int, limit: int | None, json: bool) -> None:
    """Run it, show it, and end with 1 if rows failed."""
    from batch.report.progress import Live

    with Live(quiet=json) as live:
        try:
            state = campaign.run(
                cluster, workers=workers, limit=limit, listener=live, on_dashboard=live.dashboard
            )
        except KeyboardInterrupt:
            print(f"go on with `lotus batch resume {campaign.id}`", file=sys.stderr)
            raise
    _show(state, json)
    left = state.counts["queued"] - state.counts["waiting"] if limit is None else 0
    if state.counts["failed"] or state.stopping or left:
        raise typer.Exit(1)


def _show(state: Any, json: bool) -> None:
    from batch.report.state import duration

    if json:
        print_json(state.to_json())
        return
    out(str(state))
    out(f"{state.spent}; {duration(state.elapsed_seconds)}")
    for name, reason in state.failures:
        out(f"  {name}: {reason}")
    for what, command in state.advice:
        out(f"{what}: {command}")


@app.command()
def status(campaign_id: Id, json: Json = False) -> None:
    """How a campaign stands."""
    with reporting(json):
        from batch.campaign import Campaign

        _show(Campaign.open(campaign_id, workspace()).state, json)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="So many of the newest.")] = 20,
    json: Json = False,
) -> None:
    """List campaigns, the newest first."""
    with reporting(json):
        from batch.rows import runs

        campaigns = workspace().db.ask(runs.list_campaigns, limit)
        rows = [
            {
                "campaign_id": row["id"],
                "name": row["name"],
                "notebook": row["notebook"],
                "status": row["status"],
                "created_at": row["created_at"].isoformat(timespec="seconds"),
                "runs": row["counts"],
            }
            for row in campaigns
        ]
        if json:
            print_json(rows)
            return
        names = ["campaign_id", "name", "notebook", "status", "created_at"]
        counts = [", ".join(f"{n} {status}" for status, n in row["runs"].items()) for row in rows]
        heading = [*names[:-1], "created", "rows"]
        table(
            heading,
            [
                [*(row[name] for name in names), count]
                for row, count in zip(rows, counts, strict=True)
            ],
            (),
        )


@app.command()
def logs(
    campaign_id: Id,
    row: Annotated[str, typer.Argument(metavar="ROW", help="A row's id in the manifest.")],
) -> None:
    """Print what a row's notebook printed, also while it runs (as of its last save)."""
    with reporting():
        import nbformat

        from batch.campaign import Campaign
        from batch.report.logs import log_lines
        from batch.rows import runs

        campaign = Campaign.open(campaign_id, workspace())
        run = campaign.workspace.db.ask(runs.named_run, campaign.id, row)
        out(f"{row}: {run['status']}" + (f" ({run['reason']})" if run["reason"] else ""))
        if run["status"] == "running" and run["cell"]:
            out(f"cell {run['cell']} of {run['cells']}")
        key = run["notebook"] or run["draft"]
        if key is not None:
            path = campaign.workspace.store.path(key)
            out(f"notebook: {path}")
            for line in log_lines(nbformat.read(path, as_version=4)):  # type: ignore[no-untyped-call]
                typer.echo(line)


@app.command()
def watch(
    campaign_id: Id,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between looks.")] = 2.0,
) -> None:
    """Follow a campaign until it is over."""
    with reporting():
        from batch.campaign import Campaign
        from batch.report.progress import Live

        campaign = Campaign.open(campaign_id, workspace())
        with Live() as live:
            while (state := campaign.state).status == "running":
                live(state)
                time.sleep(every)
        _show(state, False)


@app.command()
def resume(
    campaign_id: Id,
    cluster: Cluster = "local",
    workers: Workers = 2,
    budget: Budget = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Run what is not complete: rows that wait, were cancelled, or lost their worker."""
    with reporting(json):
        from batch.campaign import Campaign

        campaign = Campaign.open(campaign_id, workspace())
        if budget is not None:
            campaign.set_budget(budget)
        _drive(campaign, cluster, workers, limit, json)


@app.command()
def cancel(campaign_id: Id, json: Json = False) -> None:
    """Stop a campaign: nothing more begins, what runs is stopped and saved."""
    with reporting(json):
        from batch.campaign import Campaign

        _show(Campaign.open(campaign_id, workspace()).cancel(), json)


@app.command()
def approve(
    campaign_id: Id,
    row: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ROW]...", help="Rows whose drafts are good, by their ids."),
    ] = None,
    all_rows: Annotated[bool, typer.Option("--all", help="All rows whose drafts wait.")] = False,
    cluster: Cluster = "local",
    workers: Workers = 2,
    json: Json = False,
) -> None:
    """Make rows for good whose drafts are approved; the others go on waiting."""
    with reporting(json):
        from batch.campaign import Campaign
        from lotus.errors import InvalidInput

        if bool(row) == all_rows:
            raise InvalidInput(
                file="", field="", reason="which rows?", remedy="name their ids, or add --all"
            )
        campaign = Campaign.open(campaign_id, workspace())
        campaign.approve(tuple(row or ()))
        _drive(campaign, cluster, workers, None, json)


@app.command()
def retry(
    campaign_id: Id,
    failed: Annotated[bool, typer.Option("--failed", help="All rows that failed.")] = False,
    row: Annotated[list[str] | None, typer.Option(help="A row by its id; repeat it.")] = None,
    with_notebook: Annotated[
        str | None, typer.Option(help="Run them by this notebook, a corrected one.")
    ] = None,
    cluster: Cluster = "local",
    workers: Workers = 2,
    json: Json = False,
) -> None:
    """Run rows again that failed."""
    with reporting(json):
        from batch.campaign import Campaign
        from lotus.errors import InvalidInput

        if not failed and not row:
            raise InvalidInput(
                file="", field="", reason="which rows?", remedy="add --failed, or --row ID"
            )
        campaign = Campaign.open(campaign_id, workspace())
        campaign.retry(tuple(row or ()), with_notebook)
        _drive(campaign, cluster, workers, None, json)


@app.command()
def diff(
    earlier: Annotated[str, typer.Argument(metavar="A", help="The id of the earlier campaign.")],
    later: Annotated[str, typer.Argument(metavar="B", help="The id of the later one.")],
    json: Json = False,
) -> None:
    """Say which rows of B run although A has run, and why."""
    with reporting(json):
        from batch.campaign import Campaign
        from batch.report.differences import row_differences

        place = workspace()
        ids = [Campaign.open(name, place).id for name in (earlier, later)]
        rows = row_differences(place, *ids)
        if json:
            print_json(rows)
            return
        table(["row", "runs", "why"], [list(map(str, row.values())) for row in rows], ())


@app.command()
def results(
    campaign_id: Id,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet.")] = False,
    out_path: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this file; - is standard output.")
    ] = None,
    json: Json = False,
) -> None:
    """Print a row a run: its parameters, its records, status, seconds, cost, video."""
    with reporting(json):
        from batch.campaign import Campaign
        from batch.report.export import write_parquet, write_table
        from batch.report.results import result_columns, result_rows

        campaign = Campaign.open(campaign_id, workspace())
        if csv or parquet:
            suffix = ".parquet" if parquet else ".csv"
            write = write_parquet if parquet else write_table
            target = out_path or Path(f"results-{campaign.id[-12:]}{suffix}")
            if str(target) != "-":
                out(str(write(campaign.workspace, campaign.id, target)))
                return
            with campaign.workspace.folder() as folder:
                write(campaign.workspace, campaign.id, folder / "results")
                typer.echo((folder / "results").read_bytes(), nl=False)
            return
        columns = result_columns(campaign.workspace, campaign.id)
        rows = result_rows(campaign.workspace, campaign.id, columns)
        if json:
            print_json([{name: row[name] for name in columns.all} for row in rows])
            return
        brief = ["row", "status", "seconds", "cost_usd", *columns.records.values()]
        table(brief, [[_short(row[name]) for name in brief] for row in rows], ("seconds",))


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "-" if value is None else str(value)[:40]


@app.command()
def report(
    campaign_id: Id,
    out_path: Annotated[
        Path, typer.Option("--out", "-o", help="Write the files to this folder.")
    ] = Path("."),
    json: Json = False,
) -> None:
    """Write report.html and report.csv: status, cost, time, posters and links."""
    with reporting(json):
        from batch.campaign import Campaign

        page = Campaign.open(campaign_id, workspace()).report(out_path)
        if json:
            print_json({"page": str(page), "table": str(page.with_suffix(".csv"))})
        else:
            typer.echo(str(page))
