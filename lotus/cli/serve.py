"""lotus serve: the API, health and live progress on one port."""

from __future__ import annotations

from typing import Annotated

import typer

from lotus.cli.common import open_workspace, out, reporting

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(serve)


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 = all interfaces.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = 8000,
    tokens: Annotated[
        bool | None,
        typer.Option(
            "--tokens/--no-tokens",
            help="Require a token; default: yes, except when listening on this machine only.",
        ),
    ] = None,
    pages: Annotated[
        bool, typer.Option("--pages/--no-pages", help="Also serve the dashboards, at /dashboards/.")
    ] = False,
    reviews: Annotated[
        bool, typer.Option("--reviews", help="With --pages: let viewers approve and reject videos.")
    ] = False,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Address of a Dask scheduler whose workers run the jobs."
        ),
    ] = None,
) -> None:
    """Serve the API, health and live progress, and run queued jobs."""
    with reporting():
        import asyncio

        from lotus.server.app import serve as run

        asyncio.run(
            run(
                open_workspace(),
                host,
                port,
                with_tokens=tokens,
                pages=pages,
                reviews=reviews,
                cluster=cluster,
                ready=out,
            )
        )
