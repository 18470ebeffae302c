"""lotus dashboards, lotus report: pages for stakeholders, in a browser or as a file to mail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotus.cli.common import out, reporting, warn

__all__ = ["app", "report"]

app = typer.Typer(help="Show the dashboards in a browser.")
report = typer.Typer(
    help="Dashboards as pages that stand alone, to be mailed.", no_args_is_help=True
)
Out = Annotated[Path, typer.Option("--out", "-o", help="The HTML file.")]
Days = Annotated[int, typer.Option(min=1, max=3660, help="How many days back, today included.")]

Host = Annotated[str, typer.Option(help="Where to listen; beyond this machine a token is needed.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")]
Token = Annotated[
    str | None, typer.Option(help="The token of viewers; better in LOTUS_DASHBOARD_TOKEN.")
]
Viewers = Annotated[
    int, typer.Option(min=1, max=500, help="Notebooks of your own that may be open at a time.")
]
Warm = Annotated[
    int, typer.Option(min=0, max=50, help="Warm kernels of each notebook of your own.")
]
IdleMinutes = Annotated[
    int, typer.Option(min=1, help="End the kernel of a notebook that nobody used for so long.")
]
Reviews = Annotated[bool, typer.Option("--reviews", help="Let viewers approve and reject videos.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")]


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
        needed = access(host, own_token)
        how = Serving(host, free_port(host, port), needed, viewers, warm, idle_minutes * 60)
        if needed and own_token is None:
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
    """Dashboards as pages that stand alone, to be mailed."""


@report.command()
def costs(
    out_file: Out = Path("costs.html"),
    days: Days = 30,
    by: Annotated[str, typer.Option(help="model, campaign, provider, brand or kind.")] = "model",
) -> None:
    """Costs with charts and budgets, as one HTML file."""
    _write("costs", out_file, days=days, by=by)


@report.command()
def results(
    out_file: Out = Path("results.html"),
    days: Days = 7,
    status: Annotated[str, typer.Option(help="Only videos of this status.")] = "",
) -> None:
    """Videos with their posters, as one HTML file."""
    _write("results", out_file, days=days, status=status)


def _write(name: str, path: Path, **parameters: object) -> None:
    with reporting():
        from dashboards.errors import check_installed

        check_installed()
        from dashboards.report import write_report

        out(f"wrote {write_report(name, path, parameters)}")
