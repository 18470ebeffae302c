"""What papermill itself makes of the notebooks in tests/data/notebooks, to compare campaigns with.

python -m tests.papermill_reference      writes papermill.json anew
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from tests import bash_kernel

FOLDER = Path(__file__).parent / "data" / "notebooks"
RECORD = FOLDER / "papermill.json"
ROWS: dict[str, dict[str, Any]] = json.loads((FOLDER / "rows.json").read_text())
LONG_BYTES = 1500
ANSI = re.compile(r"\x1b\[[0-9;]*m")
PLACES = re.compile(
    r"/[\w./-]*/(?:ipykernel_\d+|tmp)[\w./-]*|0x[0-9a-f]{6,}|ipykernel_\d+/\d+\.py"
    r"|/[\w./-]*/site-packages/[\w./-]*(?::\d+)?"
)


def outcome(executed: Any, error: str = "") -> dict[str, Any]:
    """Outputs cell by cell, without what differs from run to run; long ones as a hash."""
    cells = [cell for cell in executed.cells if not _marker(cell)]
    return {"error": error, "cells": [_cell(cell) for cell in cells]}


def _cell(cell: Any) -> dict[str, Any]:
    outputs: list[Any] = []
    for output in cell.get("outputs", ()):  # how a stream is cut into pieces is chance
        before = outputs[-1] if outputs else {}
        if output.output_type == "stream" and before.get("name") == output.name:
            outputs[-1] = {**before, "text": before["text"] + output.text}
        else:
            outputs.append(dict(output))
    text = "\n".join(map(_output, outputs))
    return {"source": _short(cell.source), "outputs": _short(text), "count": len(outputs)}


def _marker(cell: Any) -> bool:
    return "papermill-error-cell-tag" in cell.metadata.get("tags", ())


def _output(output: Any) -> str:
    facts = {name: value for name, value in output.items() if name not in ("traceback", "metadata")}
    text = PLACES.sub("PLACE", ANSI.sub("", json.dumps(facts, sort_keys=True)))
    return text.replace(str(Path.home()), "HOME")


def _short(text: str) -> str:
    if len(text) <= LONG_BYTES:
        return text
    return f"{len(text)} characters, sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def execute(name: str, parameters: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Execute one of the notebooks with papermill in an empty folder, on any engine."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.ipynb"
        try:
            executed = papermill.execute_notebook(
                notebook, out, parameters=parameters, progress_bar=False, cwd=folder, **options
            )
        except PapermillExecutionError as error:
            executed = nbformat.read(out, as_version=4)
            return outcome(executed, f"{error.ename}: {error.evalue}")
    return outcome(executed)


def main() -> None:
    """Write what papermill makes of all."""
    with tempfile.TemporaryDirectory() as folder:
        bash_kernel.install(Path(folder))
        os.environ["JUPYTER_PATH"] = folder
        found = {name: execute(name, row, iopub_timeout=600) for name, row in ROWS.items()}
    RECORD.write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
