"""lotus db: the database's schema."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting

__all__ = ["app"]

app = typer.Typer(help="The database: init, status, migrate.", no_args_is_help=True)
Json = Annotated[bool, JSON]


def _database() -> Any:
    from lotus.settings import Settings
    from lotus.workspace import open_database

    return open_database(Settings.read())


def _show(db: Any, json: bool) -> None:
    status = db.status()
    document = {
        "dialect": db.dialect,
        "url": db.shown_url,
        "current": status.current,
        "head": status.head,
        "up_to_date": status.up_to_date,
    }
    if json:
        print_json(document)
    else:
        missing = "the first job makes it, or `lotus db init`" if db.absent else "run `lotus db migrate`"
        state = "up to date" if status.up_to_date else missing
        out(f"{db.shown_url}: revision {status.current or 'none'} of {status.head}, {state}")


@app.command()
def init(json: Json = False) -> None:
    """Make the tables in an empty database."""
    with reporting(json):
        db = _database()
        db.migrate()
        _show(db, json)


@app.command()
def status(json: Json = False) -> None:
    """Which revision the database has, and which this lotus needs."""
    with reporting(json):
        _show(_database(), json)


@app.command()
def migrate(json: Json = False) -> None:
    """Bring the tables to what this lotus needs."""
    with reporting(json):
        db = _database()
        db.migrate()
        _show(db, json)
