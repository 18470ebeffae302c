"""lotus jobs: what was asked for, how it stands, and what went wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, Commands, open_workspace, out, print_json, reporting, table

__all__ = ["app"]

app = typer.Typer(
    cls=Commands, help="Jobs: list, show, watch, resume, cancel.", no_args_is_help=True
)
Json = Annotated[bool, JSON]
JobId = Annotated[
    str, typer.Argument(metavar="ID", help="A job's id; its first or last characters are enough.")
]


@app.command("list")
def list_(
    status: Annotated[
        str | None, typer.Option(help="Filter by status, such as queued, completed or failed.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=1000, help="Maximum number of jobs, newest first.")
    ] = 20,
    json: Json = False,
) -> None:
    """List jobs, the newest first."""
    with reporting(json):
        from lotus.reports import jobs

        listing = jobs(open_workspace(), status=status, limit=limit)
        if json:
            print_json({"jobs": listing})
            return
        rows = [
            [
                j["job_id"],
                j["status"],
                j["created_at"][:16],
                f"${j['actual_usd']}",
                j["prompt"][:60],
            ]
            for j in listing
        ]
        table(["job", "status", "created (UTC)", "cost", "prompt"], rows, right=("cost",))


@app.command()
def show(job_id: JobId, json: Json = False) -> None:
    """Show one job: scenes, events, cost, and its error with ffmpeg's last lines."""
    with reporting(json):
        from lotus.display.progress import job_table
        from lotus.pipeline.job import read_job

        job = read_job(open_workspace(), job_id)
        if json:
            print_json(job.model_dump(mode="json"))
            return
        out(f"{job.id}  {job.status}  {job.created_at:%Y-%m-%d %H:%M:%S} UTC\n{job.prompt}\n")
        out(job_table(job))
        for event in job.events:
            out(f"{event['created_at']:%H:%M:%S}  {event['kind']}  {_short(event['data'])}")
        if job.error:
            out(f"\nerror: {job.error['message']}; {job.error['remedy']}")
            for line in job.error.get("details", {}).get("stderr", []):
                out(f"  ffmpeg: {line}")
        if job.output:
            typer.echo(str(job.output))


def _short(data: dict[str, Any]) -> str:
    """The facts of an event; people count scenes from 1, as in the table above."""
    facts = {name: value for name, value in data.items() if name != "error"}
    if facts.get("scene") is not None and facts["scene"] >= 0:
        facts["scene"] += 1
    return ", ".join(f"{name} {value}" for name, value in facts.items())[:100]


@app.command()
def watch(
    job_id: JobId,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two refreshes.")] = 1.0,
) -> None:
    """Follow a job's events until it ends."""
    with reporting():
        import time

        from lotus.pipeline.job import read_job

        count = 0
        while True:
            job = read_job(open_workspace(), job_id)
            for event in job.events[count:]:
                typer.echo(
                    f"{event['created_at']:%H:%M:%S}  {event['kind']}  {_short(event['data'])}"
                )
            count = len(job.events)
            if job.finished_at is not None:
                return
            time.sleep(every)


@app.command()
def resume(
    job_id: JobId,
    out_path: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the video to this file.")
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="USD", help="The job's new budget, in dollars."),
    ] = None,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Continue a job that did not complete; finished clips are reused."""
    with reporting(json):
        from lotus.api import videos as api
        from lotus.cli.render import _report
        from lotus.display.progress import TerminalProgress

        with TerminalProgress(quiet=quiet or json) as progress:
            job = api.resume(job_id, budget_usd=budget, out=out_path, listener=progress)
        _report(job, out_path, json, quiet)


@app.command()
def cancel(job_id: JobId, json: Json = False) -> None:
    """Cancel a job, also in another process; its finished clips stay in the cache."""
    with reporting(json):
        from lotus.pipeline.payment import cancel_job

        status = cancel_job(job_id, workspace=open_workspace())
        if json:
            print_json(status)
        else:
            suffix = f", {n} predictions ended" if (n := status.get("predictions_ended")) else ""
            typer.echo(f"{status['job_id']}: {status['status']}{suffix}")
