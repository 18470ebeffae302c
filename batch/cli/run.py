"""Commands that run rows: run, resume, approve, retry."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from batch.cli import options as o
from batch.cli.show import print_left_out, show_state
from lotus.cli.common import note, open_workspace, reporting

__all__ = ["approve", "resume", "retry", "run"]


def run(
    manifest: o.Manifest,
    notebook: o.NotebookName = "render",
    cluster: o.Cluster = "local",
    workers: o.Workers = 2,
    budget: o.Budget = None,
    parameter: o.ParameterPairs = None,
    limit: o.Limit = None,
    retries: o.Retries = 1,
    cell_timeout: o.CellTimeout = None,
    retry_on: o.RetryOn = None,
    backoff: o.Backoff = 0.0,
    fail_fast: o.FailFast = None,
    row_timeout: o.RowTimeout = None,
    at_most: o.AtMost = None,
    priority: o.Priority = None,
    threads: o.Threads = None,
    schedule: o.Schedule = None,
    dry_run: o.DryRun = False,
    skip_bad: o.SkipBad = False,
    new: o.New = False,
    approve: o.Approve = False,
    kernel: o.Kernel = None,
    cwd: o.WorkingFolder = None,
    files: o.Files = None,
    json: o.Json = False,
) -> None:
    """Run a campaign; the same command again continues with the remaining rows."""
    with _listing_problems(json):
        facts = (schedule, skip_bad, new, approve, kernel, cwd, tuple(files or ()))
        plan = _plan(manifest, notebook, parameter, *facts)
        how = _options(
            retries, cell_timeout, row_timeout, _words(retry_on), backoff, fail_fast, threads
        )
        how = _limits(how, at_most, priority)
        if dry_run:
            from batch.cli.preview import preview

            preview(plan, how, limit, budget, json)
            return
        _run_plan(plan, how, budget, cluster, workers, limit, json)


def _plan(manifest: str, notebook: str, parameter: list[str] | None, *facts: Any) -> Any:
    from batch.rows.addresses import local_file
    from batch.rows.plan import CampaignPlan, find_notebook

    return CampaignPlan(local_file(manifest), find_notebook(notebook), _pairs(parameter), *facts)


def _options(*values: Any) -> Any:
    from batch.rows.plan import CampaignOptions

    return CampaignOptions(*values)


def _limits(options: Any, at_most: list[str] | None, priority: str | None) -> Any:
    """The options with limits of parallel rows; raises InvalidInput."""
    from dataclasses import replace

    from batch.rows.limits import parse_limits

    return replace(options, at_most=parse_limits(at_most or []), priority=priority)


def _run_plan(
    plan: Any,
    options: Any,
    budget: str | None,
    cluster: str,
    workers: int,
    limit: int | None,
    json: bool,
) -> None:
    from batch import Campaign

    campaign = Campaign.from_plan(
        plan, budget_usd=budget, options=options, workspace=open_workspace()
    )
    print_left_out(plan, campaign.left_out)
    _drive(campaign, cluster, workers, limit, json)


def _words(texts: list[str] | None) -> tuple[str, ...]:
    """`--retry-on worker,timeout` is two."""
    return tuple(word.strip() for text in texts or () for word in text.split(",") if word.strip())


@contextmanager
def _listing_problems(json: bool) -> Iterator[None]:
    """As `reporting`, with the rows that are wrong on lines of their own."""
    from batch.errors import InvalidManifest

    with reporting(json):
        try:
            yield
        except InvalidManifest as error:
            for problem in error.facts["problems"]:
                print(f"  {error.facts['file']}: {problem}", file=sys.stderr)
            raise


def _pairs(texts: list[str] | None) -> dict[str, Any]:
    from batch.rows.manifest import nest
    from lotus.errors import InvalidInput

    texts = texts or []
    pairs = {
        name: value for name, equals, value in (text.partition("=") for text in texts) if equals
    }
    if len(pairs) < len(texts):
        raise InvalidInput(
            file="",
            field="parameter",
            reason="is not NAME=VALUE, each name once",
            remedy="write it as -p seed=7",
        )
    return nest(pairs)


def _drive(campaign: Any, cluster: str, workers: int, limit: int | None, json: bool) -> None:
    """Run it, show it, and end with 1 if rows failed."""
    from batch.report.progress import Live

    changed = campaign.changed_modules()
    if changed:
        note(
            f"{', '.join(changed)} changed since the campaign began: rows use the copy of then "
            f"(newer ones by `lotus batch retry {campaign.id} --failed --with-notebook NOTEBOOK`)"
        )
    with Live(quiet=json) as live:
        try:
            state = campaign.run(
                cluster,
                workers=workers,
                limit=limit,
                listener=live,
                on_dashboard=live.dashboard,
                on_wait=live.note,
            )
        except KeyboardInterrupt:
            print(f"continue with `lotus batch resume {campaign.id}`", file=sys.stderr)
            raise
    show_state(state, json)
    remaining = state.counts["queued"] - state.counts["waiting"] if limit is None else 0
    if state.counts["failed"] or state.stopping or remaining:
        raise typer.Exit(1)


def resume(
    campaign_id: o.CampaignId,
    cluster: o.Cluster = "local",
    workers: o.Workers = 2,
    budget: o.Budget = None,
    limit: o.Limit = None,
    json: o.Json = False,
) -> None:
    """Run the rows that are queued, were cancelled, or whose worker died. See also: retry."""
    with reporting(json):
        from batch import Campaign

        campaign = Campaign.open(campaign_id, open_workspace())
        if budget is not None:
            campaign.set_budget(budget)
        _drive(campaign, cluster, workers, limit, json)


def approve(
    campaign_id: o.CampaignId,
    row: Annotated[
        list[str] | None, typer.Argument(metavar="[ROW]...", help="Ids of the rows to approve.")
    ] = None,
    all_rows: Annotated[bool, typer.Option("--all", help="Approve all waiting drafts.")] = False,
    cluster: o.Cluster = "local",
    workers: o.Workers = 2,
    json: o.Json = False,
) -> None:
    """Approve drafts and make their final videos; other rows keep waiting."""
    with reporting(json):
        from batch import Campaign
        from lotus.errors import InvalidInput

        if bool(row) == all_rows:
            raise InvalidInput(
                file="", field="", reason="no rows are named", remedy="name their ids, or add --all"
            )
        campaign = Campaign.open(campaign_id, open_workspace())
        campaign.approve(tuple(row or ()))
        _drive(campaign, cluster, workers, None, json)


def retry(
    campaign_id: o.CampaignId,
    failed: Annotated[bool, typer.Option("--failed", help="Retry all failed rows.")] = False,
    row: Annotated[
        list[str] | None, typer.Option(help="Id of a row to retry; repeat for more.")
    ] = None,
    with_notebook: Annotated[str | None, typer.Option(help="Use this corrected notebook.")] = None,
    cluster: o.Cluster = "local",
    workers: o.Workers = 2,
    json: o.Json = False,
) -> None:
    """Run failed rows again."""
    with reporting(json):
        from batch import Campaign
        from lotus.errors import InvalidInput

        if not failed and not row:
            raise InvalidInput(
                file="", field="", reason="no rows are named", remedy="add --failed, or --row ID"
            )
        campaign = Campaign.open(campaign_id, open_workspace())
        count = campaign.retry(tuple(row or ()), with_notebook)
        if not count and with_notebook is None:
            remedy = f"`lotus batch resume {campaign.id}` runs the rows that wait"
            raise InvalidInput(file="", field="", reason="no row has failed", remedy=remedy)
        _drive(campaign, cluster, workers, None, json)
