"""Where a row runs: its working folder, modules that travel with it, and its variables."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from batch.rows import runs
from batch.rows.surroundings import MODULES, changed_files, changed_modules
from batch.warm.handover import thread_variables
from lotus.errors import InvalidInput
from lotus.workspace import Workspace

__all__ = ["RunPlace", "modules_changed", "place_of", "run_marks"]

SQLITE = "sqlite:///"
CHANGED = "has changed since the campaign began"


@dataclass(frozen=True)
class RunPlace:
    """`folder` is current there, `path` is where modules are looked for first.

    `modules` are those that are imported from their own places, which `copy` has as they were at
    the campaign's start; `fixed` are hashes of further files that may not change.
    """

    folder: str
    path: tuple[str, ...]
    env: dict[str, str]
    modules: Mapping[str, str] = field(default_factory=dict)
    copy: Path | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)

    def changed(self) -> list[str]:
        """Modules that are not what they were, although a row imports them from their places."""
        return changed_modules(self.folder, self.modules, self.copy) if self.copy else []

    def check(self) -> None:
        """Raise InvalidInput if files that a row reads where they are have changed."""
        names = changed_files(self.folder, self.fixed)
        if names:
            remedy = "put it back, or start a new campaign: lotus batch run --new"
            raise InvalidInput(file=", ".join(names), field="", reason=CHANGED, remedy=remedy)


def place_of(workspace: Workspace, row: runs.Row) -> RunPlace:
    """The place of a row on this machine; raises InvalidInput if its files are not what
    they were.
    """
    campaign = row["campaign"]
    options = campaign["options"]
    files = _unpack(workspace, campaign, "with.zip", options.get("with_sha256"))
    copy = _module_copy(workspace, campaign)
    path = (str(files),) if files else ()
    env = _environment(workspace, row)
    folder = options.get("cwd", os.getcwd())
    if not os.path.isdir(folder):  # it is on the machine where the campaign was started
        elsewhere = str(files or _empty(workspace))
        return RunPlace(elsewhere, (*path, *([str(copy)] if copy else [])), env)
    fixed = options.get("fixed", {})
    place = RunPlace(folder, path, env, options.get("modules", {}), copy, fixed)
    place.check()
    if place.changed():
        return RunPlace(folder, (*path, str(copy)), env, fixed=fixed)
    return place


def modules_changed(workspace: Workspace, campaign: runs.Row) -> list[str]:
    """Modules that are not what they were when the campaign began, if its folder is here."""
    copy = _module_copy(workspace, campaign)
    options = campaign["options"]
    here = copy is not None and os.path.isdir(options["cwd"])
    return changed_modules(options["cwd"], options["modules"], copy) if copy and here else []


def _module_copy(workspace: Workspace, campaign: runs.Row) -> Path | None:
    digest = campaign["options"].get("modules_sha256")
    return _unpack(workspace, campaign, MODULES.format(digest), digest) if digest else None


def _unpack(workspace: Workspace, campaign: runs.Row, name: str, digest: str | None) -> Path | None:
    """An archive of the campaign, unpacked once for all rows of this machine."""
    if digest is None:
        return None
    folder: Path = workspace.settings.home / "cache" / "with" / digest[:32]
    if folder.is_dir():
        return folder
    archive = workspace.store.path(f"runs/{campaign['id']}/{name}")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != digest:
        remedy = "start a new campaign: lotus batch run --new"
        raise InvalidInput(file=name, field="with", reason=CHANGED, remedy=remedy)
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
