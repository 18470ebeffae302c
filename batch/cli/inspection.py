"""Commands that look at campaigns: status, list, logs, watch, cancel, diff."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from batch.cli.options import CampaignId, Json
from batch.cli.show import show_state
from lotus.cli.common import open_workspace, out, print_json, reporting, table

__all__ = ["cancel", "diff", "list_campaigns", "logs", "status", "watch"]


def status(campaign_id: CampaignId, json: Json = False) -> None:
    """Show the state of a campaign: rows, cost, time, and what to do next."""
    with reporting(json):
        from batch.campaign import Campaign

        show_state(Campaign.open(campaign_id, open_workspace()).state, json)


def list_campaigns(
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of campaigns.")] = 20,
    json: Json = False,
) -> None:
    """List campaigns, the newest first."""
    with reporting(json):
        from batch.rows import runs

        rows = [_summary(row) for row in open_workspace().db.ask(runs.list_campaigns, limit)]
        if json:
            print_json(rows)
            return
        names = ("campaign_id", "name", "notebook", "status", "created_at")
        cells = [[*(row[name] for name in names), _counts(row["runs"])] for row in rows]
        table(["campaign_id", "name", "notebook", "status", "created", "rows"], cells)


def _summary(row: Any) -> dict[str, Any]:
    return {
        "campaign_id": row["id"],
        "name": row["name"],
        "notebook": row["notebook"],
        "status": row["status"],
        "created_at": row["created_at"].isoformat(timespec="seconds"),
        "runs": row["counts"],
    }


def _counts(runs: dict[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in runs.items())


def logs(
    campaign_id: CampaignId,
    row: Annotated[str, typer.Argument(metavar="ROW", help="A row's id in the manifest.")],
) -> None:
    """Print the output of a row's notebook; while it runs, up to its last save."""
    with reporting():
        import nbformat

        from batch.campaign import Campaign
        from batch.report.logs import log_lines
        from batch.rows import runs

        campaign = Campaign.open(campaign_id, open_workspace())
        run = campaign.workspace.db.ask(runs.named_run, campaign.id, row)
        out(f"{row}: {run['status']}" + (f" ({run['reason']})" if run["reason"] else ""))
        if run["status"] == "running" and run["cell"]:
            out(f"cell {run['cell']} of {run['cells']}")
        key = run["notebook"] or run["draft"]
        if key is not None:
            path = campaign.workspace.store.path(key)
            out(f"notebook: {path}")
            notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
            for line in log_lines(notebook):
                typer.echo(line)


def watch(
    campaign_id: CampaignId,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two refreshes.")] = 2.0,
    row: Annotated[
        str | None,
        typer.Option("--open", help="Open the notebook of this row in a browser while it runs."),
    ] = None,
) -> None:
    """Follow a campaign until it ends."""
    with reporting():
        from batch.campaign import Campaign
        from batch.report.live import LivePage
        from batch.report.progress import Live

        campaign = Campaign.open(campaign_id, open_workspace())
        pages = [LivePage(campaign.workspace, campaign.id, row)] if row is not None else []
        for page in pages:
            out(f"notebook: {page.path}")
            page.open()
        with Live() as live:
            while (state := campaign.state).status == "running":
                live(state)
                time.sleep(every)
                for page in pages:
                    page.write()
        show_state(state, False)


def cancel(campaign_id: CampaignId, json: Json = False) -> None:
    """Cancel a campaign: no further row starts; running rows are stopped and saved."""
    with reporting(json):
        from batch.campaign import Campaign

        show_state(Campaign.open(campaign_id, open_workspace()).cancel(), json)


def diff(
    earlier: Annotated[str, typer.Argument(metavar="A", help="The id of the earlier campaign.")],
    later: Annotated[str, typer.Argument(metavar="B", help="The id of the later one.")],
    json: Json = False,
) -> None:
    """Show which rows of a later campaign run again, and why."""
    with reporting(json):
        from batch.campaign import Campaign
        from batch.report.differences import row_differences

        place = open_workspace()
        ids = [Campaign.open(name, place).id for name in (earlier, later)]
        rows = row_differences(place, *ids)
        if json:
            print_json(rows)
            return
        table(["row", "runs", "why"], [list(map(str, row.values())) for row in rows], ())
