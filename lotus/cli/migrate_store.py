"""lotus migrate-store: all objects from one store to another."""

from __future__ import annotations

from typing import Annotated

import typer

from lotus.cli.common import JSON, out, print_json, reporting
from lotus.system.quantities import quantity

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command("migrate-store")(migrate)


def migrate(
    source: Annotated[str, typer.Argument(metavar="FROM", help="A folder, or s3://bucket/prefix.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="A folder, or s3://bucket/prefix.")],
    json: Annotated[bool, JSON] = False,
) -> None:
    """Copy all objects to another store and compare each; can be interrupted and repeated."""
    with reporting(json):
        from lotus.settings import Settings
        from lotus.store.migration import migrate_store
        from lotus.workspace import open_store

        here, there = (open_store(Settings.read(LOTUS_STORE=url)) for url in (source, target))
        migration = migrate_store(here, there)
        if json:
            print_json(migration.__dict__)
            return
        out(
            f"{quantity(migration.objects, 'object')}, {migration.size_bytes / 1e6:.1f} MB; "
            f"there before: {migration.there_before}"
        )
