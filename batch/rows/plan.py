"""A campaign before it starts: notebook and manifest read and checked, its id, and its rows with
prices.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from batch.rows.addresses import SourceFiles, local_file
from batch.rows.assignments import python_cells
from batch.rows.check import RowCheck
from batch.rows.files import archive_of, contents_of, imported_modules, versions
from batch.rows.kernels import NotebookKernel, kernel_of
from batch.rows.manifest import RowProblem, read_manifest, setting_of
from batch.rows.notebooks import parse_notebook
from batch.rows.parameters import BRIEF, Parameters, parameters_of
from batch.rows.runs import Row
from batch.rows.surroundings import Surroundings
from batch.warm.pool import PRELOAD
from lotus.db import tables as t
from lotus.errors import InvalidInput, UnknownName
from lotus.store import Store
from lotus.system.keys import file_digest, key_of

__all__ = ["DRAFT", "CampaignOptions", "CampaignPlan", "find_notebook", "notebooks", "price"]

SECONDS = ("cell_seconds", "row_seconds")  # that end what takes longer
LEAST = {**dict.fromkeys((*SECONDS, "retries", "backoff_seconds"), 0), "fail_fast": 1, "threads": 1}
DRAFT = "draft"  # a parameter of this name says whether somebody is yet to approve what is made


@dataclass(frozen=True)
class CampaignOptions:
    """How rows are run: further attempts after a failure that may pass, and limits in seconds."""

    retries: int = 1
    cell_seconds: float | None = None
    row_seconds: float | None = None
    # worker, timeout, memory, or names of exceptions; empty: passing
    retry_on: tuple[str, ...] = ()
    backoff_seconds: float = 0.0  # before the second attempt; twice as long before each later one
    fail_fast: int | None = None  # the campaign stops when so many rows have failed
    threads: int | None = None  # of numpy and others in a row; None: as many as it has processors
    # by column: how many rows that share a value run at a time, or such a number by value
    at_most: Mapping[str, Any] = field(default_factory=dict)
    priority: str | None = None  # a column of whole numbers: rows with larger ones begin first

    def __post_init__(self) -> None:
        """Raise InvalidInput for a limit that is none."""
        for name, least in LEAST.items():
            value = getattr(self, name)
            usable = value is None or (math.isfinite(value) and value >= least)
            if not usable or (value == 0 and name in SECONDS):
                reason = f"{value} is not a limit"
                remedy = "write a number above 0" if name in SECONDS else f"write {least} or more"
                raise InvalidInput(file="", field=name, reason=reason, remedy=remedy)

    @property
    def columns(self) -> list[str]:
        """Columns that rows must have."""
        return [*self.at_most, *([self.priority] if self.priority else [])]


def notebooks() -> dict[str, Path]:
    """The notebooks that come with lotus, by name."""
    import lotus

    package = Path(lotus.__file__).parent
    folders = (package / "notebooks", package.parent / "notebooks")
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.ipynb"))}


def find_notebook(name: str) -> Path:
    """A notebook by its path, or by name if it comes with lotus."""
    path = local_file(name).expanduser()
    if path.suffix.lower() == ".ipynb":
        if not path.is_file():
            raise InvalidInput(file=name, field="", reason="is not a file", remedy="check the path")
        return path
    paths = notebooks()
    if name not in paths:
        raise UnknownName("notebook", name, paths, remedy="or write the path of one: mine.ipynb")
    return paths[name]


@dataclass(frozen=True)
class CampaignPlan:
    """What a campaign is made of. `rows` reads the manifest anew each time: it may be of any
    length.
    """

    manifest: Path
    notebook: Path
    common: Mapping[str, Any] = field(default_factory=dict)  # parameters that all rows share
    schedule: str | None = (
        None  # a name, if the manifest says none; with it a campaign is one a day
    )
    skip_bad: bool = False
    new: bool = False
    approve: bool = False  # drafts of all rows first, and then those rows that somebody approves
    kernel_name: str | None = None  # instead of the notebook's own
    folder: Path | None = None  # where rows run; the notebook's own folder, if it is a user's
    files: tuple[Path, ...] = ()  # that travel to wherever rows run
    store: Store | None = None  # that keeps what briefs name by address; None: nothing is kept

    @cached_property
    def id(self) -> str:
        """Of manifest, notebook, parameters and modules, so that the same command goes on with the
        same campaign.
        """
        if self.new:
            return t.new_id()
        facts = {
            "manifest": self.digest,
            "notebook": self.notebook_digest,
            "parameters": dict(self.common),
            "schedule": [self.scheduled, t.now().date().isoformat()] if self.scheduled else None,
            **({"approve": True} if self.approve else {}),
            **({"kernel": self.kernel_name} if self.kernel_name else {}),
            **({"files": self.files_digest} if self.files else {}),
            **self._outside,
        }
        return str(uuid.UUID(hex=key_of("campaign", facts)[:32], version=5))

    @cached_property
    def scheduled(self) -> str | None:
        """The name under which this runs once a day (of UTC), however often it is started."""
        return self.schedule or setting_of(self.manifest, "schedule")

    @cached_property
    def digest(self) -> str:
        """The hash of the manifest's bytes."""
        if not self.manifest.is_file():
            raise InvalidInput(
                file=str(self.manifest), field="", reason="is not a file", remedy="check the path"
            )
        return file_digest(self.manifest)

    @cached_property
    def notebook_bytes(self) -> bytes:
        """The notebook, read once: it may be saved again while the campaign is planned or runs."""
        try:
            return self.notebook.read_bytes()
        except OSError as exc:
            raise InvalidInput(
                file=str(self.notebook),
                field="",
                reason=f"cannot be read: {exc.strerror}",
                remedy="check the path",
            ) from exc

    @cached_property
    def notebook_digest(self) -> str:
        """The hash of these bytes, which each row checks before it runs."""
        return hashlib.sha256(self.notebook_bytes).hexdigest()

    @cached_property
    def parsed_notebook(self) -> Any:
        """The notebook as nbformat reads it; raises InvalidInput."""
        return parse_notebook(self.notebook_bytes, str(self.notebook))

    @cached_property
    def parameters(self) -> Parameters:
        """What the notebook takes."""
        parameters = parameters_of(self.parsed_notebook, self.notebook.name, self.kernel.name)
        parameters.sources = SourceFiles(self.store)
        return parameters

    @cached_property
    def kernel(self) -> NotebookKernel:
        """The kernel of its rows: as asked for, as the manifest says, or the notebook's own."""
        name = self.kernel_name or setting_of(self.manifest, "kernel")
        return kernel_of(self.parsed_notebook, name)

    @cached_property
    def working_folder(self) -> Path:
        """Where rows run. Notebooks of lotus itself run where the campaign is started."""
        if self.folder is not None:
            if not self.folder.is_dir():
                raise InvalidInput(
                    file=str(self.folder), field="cwd", reason="is not a folder", remedy="make it"
                )
            return self.folder.absolute()
        own = self.notebook in notebooks().values()
        return Path.cwd() if own else self.notebook.absolute().parent

    @cached_property
    def archive(self) -> bytes:
        """The files that travel, in one archive."""
        return archive_of(contents_of(self.files))

    @cached_property
    def files_digest(self) -> str:
        """The hash of the files that travel."""
        return hashlib.sha256(self.archive).hexdigest()

    @cached_property
    def code(self) -> dict[str, Any]:
        """What runs, besides parameters: code cells (no outputs, no markdown), kernel, files."""
        return {
            "cells": [[cell.source, cell.metadata.get("tags", [])] for cell in self._code_cells],
            "kernel": self.kernel.name,
            "files": self.files_digest if self.files else None,
            "beside": None,
            **self._outside,
        }

    @property
    def _code_cells(self) -> list[Any]:
        return [cell for cell in self.parsed_notebook.cells if cell.cell_type == "code"]

    @cached_property
    def surroundings(self) -> Surroundings:
        """Modules and scripts that the notebook takes from where it runs."""
        cells = self._code_cells if self.kernel.language == "python" else []
        sources = tuple(cell.source for cell in cells)
        return Surroundings(self.working_folder, sources, self.files)

    @property
    def _outside(self) -> dict[str, Any]:
        """What the notebook finds where it runs, as far as results are known to depend on it:
        modules, scripts, and another folder than its own.
        """
        around = self.surroundings
        facts: dict[str, Any] = {"beside": around.digest} if around.modules else {}
        facts |= {"scripts": around.script_digests} if around.scripts else {}
        return facts | ({"cwd": str(self.working_folder)} if self.folder is not None else {})

    def run_key(self, parameters: Mapping[str, Any]) -> str:
        """The key of a run: two with one key would do the same."""
        return key_of("run", {"code": self.code_digest, "parameters": dict(parameters)})

    @cached_property
    def code_digest(self) -> str:
        """The hash of `code`."""
        return key_of("code", self.code)

    @property
    def takes_over(self) -> bool:
        """Whether rows that an earlier campaign completed need not run again."""
        return not (self.new or self.scheduled or self.approve)

    def settings(self) -> dict[str, Any]:
        """Facts for whoever runs a row."""
        facts: dict[str, Any] = {
            "source_sha256": self.notebook_digest,
            "code": self.code_digest,
            "kernel": self.kernel.name,
            "language": self.kernel.language,
            "cwd": str(self.working_folder),
            **self.surroundings.facts(),
        }
        if self.files:
            facts["with_sha256"] = self.files_digest
        if self.kernel.language == "python":
            modules = self.modules
            facts["environment"] = versions(modules)
            facts["preload"] = [name for name in PRELOAD if name.partition(".")[0] in modules]
        return facts

    def copies(self) -> dict[str, bytes]:
        """What rows need of the user's own files, which may be saved again at any time: by names
        in the campaign's folder of the store.
        """
        copies = self.surroundings.copies()
        return {**copies, "with.zip": self.archive} if self.files else copies

    @cached_property
    def modules(self) -> list[str]:
        """What the cells import, the standard library apart."""
        return imported_modules(python_cells(self.parsed_notebook))

    def rows(self) -> Iterator[Row | RowProblem]:
        """Rows for the database, and a problem for each thing that is wrong."""
        parameters = self.parameters.fresh()
        manifest = self.manifest.absolute()
        for item in read_manifest(self.manifest):
            if isinstance(item, RowProblem):
                yield item
                continue
            fit = parameters.fit(item, self.common, manifest)
            if isinstance(fit, list):
                yield from fit
            else:
                approved = False if self.approve else None
                row = {"position": item.line, "name": item.id, "parameters": fit.parameters}
                row |= {"labels": fit.labels or None, "approved": approved}
                yield {**row, "key": self.run_key(fit.parameters)}

    def check_unchanged(self) -> None:
        """Raise InvalidInput if the manifest was saved again while it was read."""
        if file_digest(self.manifest) != self.digest:
            reason = "was changed while it was read"
            raise InvalidInput(
                file=str(self.manifest), field="", reason=reason, remedy="run the command again"
            )

    def check(self, options: CampaignOptions | None = None) -> tuple[int, list[str]]:
        """How many rows are good, and what is wrong with others; raises InvalidManifest unless
        `skip_bad`.
        """
        self._check_drafts()
        options = options or CampaignOptions()
        rows = RowCheck(self.common, options.priority)
        rows.columns |= set(self.parameters.columns)
        rows.add(self.rows())
        rows.finish(
            str(self.manifest),
            skip_bad=self.skip_bad,
            names=options.columns,
            notebook=self.notebook.name,
        )
        return rows.good, rows.problems

    def _check_drafts(self) -> None:
        if self.approve and DRAFT not in self.parameters.by_name:
            name = self.notebook.name
            reason = "makes no drafts: it has no parameter `draft`"
            remedy = f"add `{DRAFT}: bool = False` to its parameters, or remove --approve"
            raise InvalidInput(file=name, field="approve", reason=reason, remedy=remedy)


def price(row: Row, workspace: Any) -> Any:
    """What a row's video will cost; None where the notebook takes no brief. Makes nothing."""
    from lotus.api import videos as api
    from lotus.documents.brief import Brief

    values = row["parameters"]
    if BRIEF not in values:
        return None
    choice = {name: values[name] for name in ("provider", "model") if values.get(name)}
    return api.estimate(
        Brief.model_validate(values[BRIEF]), workspace=workspace, **choice
    ).total_usd
