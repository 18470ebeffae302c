"""lotus db: the schema, how full it is, what may go, who may read, and moving to another."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, Commands, out, print_json, reporting, table
from lotus.system.quantities import quantity

__all__ = ["app"]

app = typer.Typer(
    cls=Commands, help="The database: schema, size, upkeep, moving.", no_args_is_help=True
)
Json = Annotated[bool, JSON]
Role = Annotated[str, typer.Argument(help="Name of the role; created if it does not exist.")]
PasswordEnv = Annotated[str, typer.Option(help="The environment variable that holds its password.")]


def _database() -> Any:
    from lotus.settings import Settings
    from lotus.workspace import open_database

    return open_database(Settings.read())


def _open_migrated() -> Any:
    """The database, brought to what this lotus needs, with the rights of roles that need them."""
    from lotus.db.upkeep import grant_iam_roles
    from lotus.settings import Settings

    db = _database()
    db.migrate()
    if Settings.read().db_iam_roles:
        grant_iam_roles(db)
    return db


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
        missing = (
            "the first job makes it, or `lotus db init`" if db.absent else "run `lotus db migrate`"
        )
        state = "up to date" if status.up_to_date else missing
        out(f"{db.shown_url}: revision {status.current or 'none'} of {status.head}, {state}")


@app.command()
def init(json: Json = False) -> None:
    """Create the tables in an empty database."""
    with reporting(json):
        _show(_open_migrated(), json)


@app.command()
def status(json: Json = False) -> None:
    """Show which version of the tables the database has, and which this lotus needs."""
    with reporting(json):
        _show(_database(), json)


@app.command()
@app.command("upgrade", hidden=True)  # Alembic's word, which would suggest `downgrade`
def migrate(json: Json = False) -> None:
    """Upgrade the tables to the revision that this lotus needs."""
    with reporting(json):
        _show(_open_migrated(), json)


@app.command()
def downgrade(
    yes: Annotated[
        bool, typer.Option("--yes", help="Carry it out; without it, nothing changes.")
    ] = False,
    json: Json = False,
) -> None:
    """Undo the newest migration; data that only it can hold is lost."""
    with reporting(json):
        db = _database()
        if yes:
            db.downgrade()
        _show(db, json)
        if not yes and not json:
            out("nothing was changed; add --yes to undo the newest migration")


@app.command()
def stats(json: Json = False) -> None:
    """Show connections by state, the largest tables (with dead rows), the slowest statements."""
    with reporting(json):
        from lotus.db.upkeep import stats as look

        sizes = look(_database())
        if json:
            print_json(sizes)
            return
        rows = [
            [r["name"], r["rows"], _mb(r["size_bytes"]), _percent(r["dead"])]
            for r in sizes["tables"]
        ]
        table(["table", "rows", "MB", "dead"], rows, right=("rows", "MB", "dead"))
        connections = ", ".join(f"{name} {count}" for name, count in sizes["connections"].items())
        out(
            f"{_mb(sizes['size_bytes'])} MB in all"
            + (f"; connections: {connections}" if connections else "")
        )
        for row in sizes["slow"] or ():
            out(f"{row['mean_ms']} ms x {row['calls']}: {' '.join(row['statement'].split())}")


def _mb(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:.1f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


@app.command()
def prune(
    older_than: Annotated[
        str, typer.Option(help="Minimum age of a completed job: 30d, 12h.")
    ] = "30d",
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove them; without it, only list them.")
    ] = False,
    json: Json = False,
) -> None:
    """Remove completed jobs and their events, never the ledger; without --yes, list them only."""
    with reporting(json):
        from lotus.db import upkeep
        from lotus.db.tables import now

        db = _database()
        before = now() - _age(older_than)
        counts = upkeep.prunable(db, before)
        if yes:
            upkeep.prune(db, before)
        if json:
            print_json({"dry_run": not yes, **counts})
            return
        verb = "removed" if yes else "would remove"
        jobs, events = quantity(counts["jobs"], "job"), quantity(counts["events"], "event")
        out(f"{verb} {jobs}, {events}")
        if not yes:
            out("nothing was removed; add --yes to do it")


def _age(text: str) -> Any:
    from datetime import timedelta

    from lotus.errors import InvalidInput

    number = text[:-1]
    unit = {"d": "days", "h": "hours"}.get(text[-1:])
    if unit is None or not number.isdecimal():
        reason = f"'{text}' is not an age"
        raise InvalidInput(file="", field="older-than", reason=reason, remedy="write 7d or 12h")
    return timedelta(**{unit: int(number)})


@app.command("grant-readonly")
def grant_readonly(role: Role, password_env: PasswordEnv = "", json: Json = False) -> None:
    """Make a PostgreSQL user that can read all tables and write none, for dashboards."""
    with reporting(json):
        from lotus.db.upkeep import grant_readonly as grant

        _grant(grant, role, password_env, "may read all tables", json)


@app.command("grant-reviews")
def grant_reviews(role: Role, password_env: PasswordEnv = "", json: Json = False) -> None:
    """Make a PostgreSQL user for `lotus dashboards --reviews`: it adds reviews and nothing else."""
    with reporting(json):
        from lotus.db.upkeep import grant_reviews as grant

        _grant(grant, role, password_env, "may add reviews", json)


def _grant(grant: Any, role: str, password_env: str, what: str, json: bool) -> None:
    import os

    from lotus.errors import SettingsError

    password = os.environ.get(password_env) if password_env else None
    if password_env and not password:
        raise SettingsError(
            name=password_env, reason="is not set", remedy="set it, or leave it out"
        )
    grant(_database(), role, password)
    if json:
        print_json({"role": role, "password": password is not None})
    else:
        hint = "" if password else "; it has no password yet (--password-env)"
        out(f"{role} {what}{hint}")


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="An address: sqlite:///lotus.db.")],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="An address: postgresql://user@host/lotus.")
    ],
    json: Json = False,
) -> None:
    """Copy all rows to another database and compare each; can be interrupted and repeated."""
    with reporting(json):
        from lotus.db.copying import copy_database

        there = _at(target)
        here = _at(source)
        here.ready()
        there.migrate()
        counts = copy_database(
            here,
            there,
            None if json else lambda name, rows: out(f"{name}: {quantity(rows, 'row')}"),
        )
        if json:
            print_json({"rows": counts, "total": sum(counts.values())})
        else:
            out(f"{quantity(sum(counts.values()), 'row')} copied and compared")


def _at(url: str) -> Any:
    from lotus.settings import Settings
    from lotus.workspace import open_database

    return open_database(Settings.read(DATABASE_URL=url))
