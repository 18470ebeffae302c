"""lotus dashboards, lotus report: pages for stakeholders, in a browser or as a file to mail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotus.cli.common import Commands, out, reporting, warn

__all__ = ["app", "report"]

app = typer.Typer(cls=Commands, help="Show the dashboards in a browser.")
report = typer.Typer(
    cls=Commands, help="Write dashboards as standalone HTML files.", no_args_is_help=True
)
Out = Annotated[Path, typer.Option("--out", "-o", help="The HTML file.")]
Days = Annotated[
    int, typer.Option(min=1, max=3660, help="Number of days to show, including today.")
]

Host = Annotated[
    str, typer.Option(help="Address to listen on; other than this machine requires a token.")
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 = any free port.")]
Token = Annotated[
    str | None, typer.Option(help="Token for viewers; safer in LOTUS_DASHBOARD_TOKEN.")
]
Viewers = Annotated[
    int,
    typer.Option(
        min=1, max=500, help="Maximum number of your own notebooks open at the same time."
    ),
]
Warm = Annotated[
    int,
    typer.Option(
        min=0, max=50, help="Number of kernels kept ready for each of your own notebooks."
    ),
]
IdleMinutes = Annotated[
    int, typer.Option(min=1, help="Minutes after which an unused notebook's kernel is stopped.")
]
Reviews = Annotated[bool, typer.Option("--reviews", help="Let viewers approve and reject videos.")]
Browser = Annotated[
    bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
]


@app.callback(invoke_without_command=True)
def dashboards(
    host: Host = "127.0.0.1",
    port: Port = 8866,
    token: Token = None,
    viewers: Viewers = 20,
    warm: Warm = 1,
    idle_minutes: IdleMinutes = 60,
    reviews: Reviews = False,
    browser: Browser = True,
) -> None:
    """Show videos, costs and operations in a browser, until Ctrl-C."""
    with reporting():
        from dashboards.errors import check_installed
        from dashboards.server.access import access, read_workspace, review_database
        from lotus.settings import Settings

        check_installed()
        from dashboards.server.app import Serving, free_port, serve

        workspace = read_workspace()
        setting = workspace.settings.dashboard_token
        own_token = token or (setting.get_secret_value() if setting else None)
        mode = access(host, own_token)
        how = Serving(host, free_port(host, port), mode, viewers, warm, idle_minutes * 60)
        if mode and own_token is None:
            warn("the token is new at every start; set LOTUS_DASHBOARD_TOKEN to keep it")
        serve(
            workspace,
            how,
            ready=lambda url: out(f"dashboards at {url}"),
            browser=browser,
            reviews=review_database(Settings.read()) if reviews else None,
        )


@report.callback()
def group() -> None:
    """Write dashboards as standalone HTML files."""


@report.command()
def costs(
    out_file: Out = Path("costs.html"),
    days: Days = 30,
    by: Annotated[str, typer.Option(help="model, campaign, provider, brand or kind.")] = "model",
) -> None:
    """Write costs, charts and budgets as one HTML file."""
    _write("costs", out_file, days=days, by=by)


@report.command()
def results(
    out_file: Out = Path("results.html"),
    days: Days = 7,
    status: Annotated[str, typer.Option(help="Show only videos of this status.")] = "",
) -> None:
    """Write videos with their posters as one HTML file."""
    _write("results", out_file, days=days, status=status)


def _write(name: str, path: Path, **parameters: object) -> None:
    with reporting():
        from dashboards.errors import check_installed

        check_installed()
        from dashboards.report import write_report

        out(f"wrote {write_report(name, path, parameters)}")
