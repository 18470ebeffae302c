"""A user's notebook, read once for all: what others write, and what cannot be run."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batch.rows.imports import light_imports
from batch.rows.parameters import parameters_of
from lotus.errors import InvalidInput

__all__ = ["parse_notebook", "replacement"]


# nbformat over what is missing
STUMBLES = (ValueError, LookupError, AttributeError, TypeError, RecursionError)


def parse_notebook(content: bytes, file: str) -> Any:
    """The notebook as nbformat's version 4, with groups where there must be some; raises
    InvalidInput.
    """
    with light_imports(), warnings.catch_warnings():
        import nbformat

        warnings.simplefilter("ignore")  # of missing and repeated ids of cells, which it mends
        try:
            text = content.decode("utf-8-sig")
            notebook: Any = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
        # it stumbles over what is missing in ways of its own
        except (
            nbformat.ValidationError,
            ValueError,
            LookupError,
            AttributeError,
            TypeError,
        ) as exc:
            raise _refusal(file, str(exc)) from exc
    metadata = notebook.metadata
    for name in ("kernelspec", "language_info"):
        if not isinstance(metadata.get(name, {}), Mapping):
            del metadata[name]
    for number, cell in enumerate(notebook.cells, start=1):
        _mend_cell(cell, number, file)
    return notebook


def _mend_cell(cell: Any, number: int, file: str) -> None:
    """Give a cell its list of tags; raises InvalidInput for one that cannot be run."""
    if not isinstance(cell.get("source"), str) or "cell_type" not in cell:
        raise _refusal(file, f"cell {number} has no source or no type")
    try:
        cell.source.encode()
    except UnicodeEncodeError as exc:
        raise _refusal(file, f"cell {number} contains half of a surrogate pair") from exc
    if cell.cell_type == "code":  # nbformat cannot write one without
        cell.setdefault("outputs", [])
        cell.setdefault("execution_count", None)
    tags = cell.metadata.get("tags")
    if isinstance(tags, str):
        cell.metadata["tags"] = [tags]
    elif "tags" in cell.metadata and not isinstance(tags, list):
        del cell.metadata["tags"]


def _refusal(file: str, reason: str) -> InvalidInput:
    line = (reason.splitlines() or [""])[0][:200]
    reason = f"is not a notebook: {line}"
    return InvalidInput(file=file, field="", reason=reason, remedy="save it anew in Jupyter")


def replacement(path: Path, old: bytes) -> tuple[bytes, str]:
    """The bytes and the hash of the new notebook; raises InvalidInput if it takes less than the
    old.
    """
    content = path.read_bytes()
    lacking = _parameters(old, path.name) - _parameters(content, path.name)
    if lacking:
        reason = f"has no parameter {', '.join(sorted(lacking))}, which the campaign's rows give"
        raise InvalidInput(
            file=str(path), field="", reason=reason, remedy="add them, or start a new campaign"
        )
    return content, hashlib.sha256(content).hexdigest()


def _parameters(content: bytes, name: str) -> set[str]:
    return set(parameters_of(parse_notebook(content, name), name).by_name)
