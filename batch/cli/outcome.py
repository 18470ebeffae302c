"""Commands that write down what came of a campaign: results, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from batch.cli.options import CampaignId, Json
from lotus.cli.common import open_workspace, out, print_json, reporting, table

__all__ = ["report", "results"]


def results(
    campaign_id: CampaignId,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write Parquet.")] = False,
    out_path: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this file; - = standard output.")
    ] = None,
    json: Json = False,
) -> None:
    """Print one line for each row: parameters, records, status, seconds, cost, video."""
    with reporting(json):
        from batch.campaign import Campaign
        from batch.report.export import write_parquet, write_table
        from batch.report.results import result_columns, result_rows

        campaign = Campaign.open(campaign_id, open_workspace())
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


def report(
    campaign_id: CampaignId,
    out_path: Annotated[
        Path, typer.Option("--out", "-o", help="Write the files to this folder.")
    ] = Path("."),
    json: Json = False,
) -> None:
    """Write report.html and report.csv: status, cost, time, posters and links."""
    with reporting(json):
        from batch.campaign import Campaign

        page = Campaign.open(campaign_id, open_workspace()).report(out_path)
        if json:
            print_json({"page": str(page), "table": str(page.with_suffix(".csv"))})
        else:
            typer.echo(str(page))
