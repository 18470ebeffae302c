"""lotus dev: PostgreSQL and S3 on this machine, for a notebook session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotus.cli.common import Commands, out, reporting

__all__ = ["app"]

app = typer.Typer(
    cls=Commands, help="PostgreSQL and S3 on this machine, for development.", no_args_is_help=True
)


@app.callback()
def group() -> None:
    """PostgreSQL and S3 on this machine, for development."""


@app.command()
def up(
    folder: Annotated[
        Path | None, typer.Option(help="The folder for their data; default: LOTUS_HOME/dev.")
    ] = None,
    env: Annotated[Path | None, typer.Option(help="Also write the settings to this file.")] = None,
) -> None:
    """Start PostgreSQL and S3, print their settings, and run them until Ctrl-C."""
    with reporting():
        import threading

        from lotus.db import Database
        from lotus.dev import ObjectServer, Postgres
        from lotus.settings import Settings
        from lotus.system.files import write_aside

        data = folder.absolute() if folder is not None else Settings.read().home / "dev"
        data.mkdir(parents=True, exist_ok=True)
        servers = Postgres(data), ObjectServer(data)
        try:
            for server in reversed(servers):  # the slower one first; both come up side by side
                server.launch()
            for server in servers:
                server.wait()
            postgres, objects = servers
            settings = {"DATABASE_URL": postgres.url, "LOTUS_STORE": f"s3://{objects.bucket}"}
            text = "".join(f"{k}={v}\n" for k, v in (settings | objects.environment).items())
            Database(postgres.sqlalchemy_url).migrate()
            if env is not None:
                write_aside(text, env)
            out(text + "# up until Ctrl-C")
            threading.Event().wait()
        finally:
            for server in servers:
                server.stop()
