"""The executed notebook of a row, in the store: whole, without secrets, and only the last of its
saves.
"""

from __future__ import annotations

import os
from typing import Any

from batch.rows import runs
from batch.run.redaction import redact, secrets_here
from lotus.workspace import Workspace

__all__ = ["NotebookSaver"]

CAMPAIGN_FILES = (".ipynb", ".zip")


class NotebookSaver:
    """Objects are written once: each save is one, and the one before goes."""

    def __init__(self, workspace: Workspace, row: runs.Row, owner: str) -> None:
        self._workspace = workspace
        self._row = row
        self._owner = owner
        self._store = workspace.store
        self.column = "draft" if runs.is_draft(row) else "notebook"  # of the row, for `key`
        # a row may be called as files of its campaign are: source.ipynb
        folder = f"row/{row['name']}" if row["name"].endswith(CAMPAIGN_FILES) else row["name"]
        self._base = f"runs/{row['campaign_id']}/{folder}/{self.column}-{row['attempts']}"
        self._saves = 0
        self.key: str | None = row[self.column]
        self._mine: str | None = None

    def keep(self, notebook: Any) -> None:
        """Save what there is so far, for whoever looks at the row while it runs."""
        self._saves += 1
        self._put(notebook, f"{self._base}.{self._saves}.{os.urandom(3).hex()}.ipynb")
        values = {self.column: self.key}
        if self.column == "notebook":  # a draft that is there says that it is done
            self._workspace.db.run(runs.show_progress, self._row["id"], self._owner, values)

    def close(self, notebook: Any, folder: str = ".") -> None:
        """The end: this is the one that people open."""
        if notebook is not None:
            redact(notebook, secrets_here(folder))
            self._put(notebook, f"{self._base}.ipynb")

    def _put(self, notebook: Any, key: str) -> None:
        import nbformat

        text = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
        with self._workspace.folder() as folder:
            path = folder / "notebook.ipynb"
            path.write_text(text, encoding="utf-8", errors="backslashreplace")  # as JSON escapes
            if self._store.exists(key):  # a campaign whose rows were all asked for again
                self._store.delete(key)
            self._store.put(path, key)
        before = self._mine
        self.key = key
        self._mine = key
        if before is not None and before != key:
            self._store.delete(before)
