"""A notebook that takes the place of another in a campaign that has begun."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from batch.rows.imports import light_imports
from batch.rows.parameters import parameters_of
from lotus.errors import InvalidInput

__all__ = ["replacement"]


def replacement(path: Path, old: bytes) -> tuple[bytes, str]:
    """The bytes and the hash of the new notebook; raises InvalidInput if it takes less than the
    old.
    """
    content = path.read_bytes()
    lacking = _parameters(old, path.name) - _parameters(content, path.name)
    if lacking:
        reason = f"has no parameter {', '.join(sorted(lacking))}, which the campaign's rows give"
        raise InvalidInput(file=str(path), field="", reason=reason, remedy="add them, or run anew")
    return content, hashlib.sha256(content).hexdigest()


def _parameters(content: bytes, name: str) -> set[str]:
    with light_imports():
        import nbformat

    try:
        notebook: Any = nbformat.reads(content.decode(), as_version=4)  # type: ignore[no-untyped-call]
    except (ValueError, KeyError, AttributeError) as exc:
        reason = f"is not a notebook: {str(exc).splitlines()[0][:200]}"
        raise InvalidInput(file=name, field="", reason=reason, remedy="save it anew") from exc
    return set(parameters_of(notebook, name).by_name)
