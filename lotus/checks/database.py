"""The database answers, and its schema is the one that this lotus needs."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from lotus.checks.base import Finding
from lotus.settings import Settings
from lotus.workspace import open_database

__all__ = ["schema"]


def schema(settings: Settings) -> Finding:
    """Ask for the schema's revision; a SQLite file that is not there yet is made by the first job."""
    url = sa.make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        return Finding("ok", f"{url.database} will be made by the first job")
    db = open_database(settings)
    status = db.status()
    if status.up_to_date:
        return Finding("ok", f"{db.shown_url} at revision {status.current}")
    return Finding(
        "warn" if db.dialect == "sqlite" else "fail",
        f"{db.shown_url} at revision {status.current or 'none'}, this lotus needs {status.head}",
        "run `lotus db migrate`",
    )
