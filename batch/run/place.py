"""Where a row runs: its working folder, modules that travel with it, and its variables."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from batch.rows import runs
from batch.warm.handover import thread_variables
from lotus.errors import InvalidInput
from lotus.workspace import Workspace

__all__ = ["RunPlace", "place_of", "run_marks"]

SQLITE = "sqlite:///"


@dataclass(frozen=True)
class RunPlace:
    """`folder` is current there, `path` is where modules are looked for first."""

    folder: str
    path: tuple[str, ...]
    env: dict[str, str]


def place_of(workspace: Workspace, row: runs.Row) -> RunPlace:
    """The place of a row on this machine; raises InvalidInput if its files are not what
    they were.
    """
    campaign = row["campaign"]
    files = _files(workspace, campaign)
    folder = campaign["options"].get("cwd", os.getcwd())
    if not os.path.isdir(folder):  # it is on the machine where the campaign was started
        folder = str(files or _empty(workspace))
    return RunPlace(folder, (str(files),) if files else (), _environment(workspace, row))


def _files(workspace: Workspace, campaign: runs.Row) -> Path | None:
    """The files that travel, unpacked once for all rows of this machine."""
    digest = campaign["options"].get("with_sha256")
    if digest is None:
        return None
    folder: Path = workspace.settings.home / "cache" / "with" / digest[:32]
    if folder.is_dir():
        return folder
    archive = workspace.store.path(f"runs/{campaign['id']}/with.zip")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != digest:
        reason = "has changed since the campaign began"
        remedy = "start a new campaign: lotus batch run --new"
        raise InvalidInput(file="with.zip", field="with", reason=reason, remedy=remedy)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    with zipfile.ZipFile(archive) as contents:
        contents.extractall(aside)
    with suppress(OSError):  # another worker was faster
        aside.rename(folder)
    shutil.rmtree(aside, ignore_errors=True)
    return folder


def _empty(workspace: Workspace) -> Path:
    folder: Path = workspace.settings.home / "cache" / "with" / "none"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _environment(workspace: Workspace, row: runs.Row) -> dict[str, str]:
    """Variables that tell lotus, inside the notebook, whose budget it spends, and the worker's
    database and store: from another folder, relative ones and a `.env` would mean others.
    """
    from dotenv import dotenv_values

    settings = workspace.settings
    values = {
        name: value
        for name, value in dotenv_values(".env").items()
        if value and name not in os.environ
    }
    values |= {"LOTUS_HOME": str(settings.home)}
    if settings.store and "://" not in settings.store:
        values["LOTUS_STORE"] = os.path.abspath(settings.store)
    if settings.database_url.startswith(SQLITE):
        path = settings.database_url.removeprefix(SQLITE)
        values["DATABASE_URL"] = f"{SQLITE}{os.path.abspath(path)}"
    marks = {"LOTUS_CAMPAIGN": row["campaign_id"], **run_marks(row)}
    return {**values, **_threads(row), **marks}


def run_marks(row: runs.Row) -> dict[str, str]:
    """Variables by which processes of this attempt at a row are known."""
    return {"LOTUS_RUN": row["id"], "LOTUS_ATTEMPT": str(row["attempts"])}


def _threads(row: runs.Row) -> dict[str, str]:
    threads = row["campaign"]["options"].get("threads")
    return thread_variables((), threads) if threads is not None else {}
