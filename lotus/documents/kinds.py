"""Tells a document by its fields, so that one that was given to the wrong command is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lotus.errors import InvalidInput

__all__ = ["check_kind", "kind_of"]

FIELDS = {  # of each kind, those that no other has together; the first kind that fits counts
    "storyboard": {"brief", "scenes"},
    "timeline": {"clips"},
    "experiment": {"unit", "grid"},
    "manifest": {"grid"},
    "brief": {"prompt"},
}
COMMANDS = {
    "storyboard": "`lotus render {file}` makes its video",
    "timeline": "`lotus compose {file} -o video.mp4` renders it",
    "experiment": "`lotus experiment run {file}` runs it",
    "manifest": "`lotus batch run {file} --notebook NOTEBOOK` runs it",
    "brief": "`lotus render {file}` makes its video",
}


def kind_of(document: Mapping[str, Any]) -> str:
    """What kind of document has these fields; empty if they tell of none."""
    return next((kind for kind, fields in FIELDS.items() if fields <= document.keys()), "")


def check_kind(document: Mapping[str, Any], kinds: tuple[str, ...], file: str, what: str) -> None:
    """Raise InvalidInput for a document that is plainly of none of the kinds; `what` is wanted."""
    kind = kind_of(document)
    if kind and kind not in kinds:
        article = "an" if kind == "experiment" else "a"
        reason = f"is {article} {kind}, not {what}"
        remedy = COMMANDS[kind].format(file=file or "FILE")
        raise InvalidInput(file=file, field="", reason=reason, remedy=remedy)
