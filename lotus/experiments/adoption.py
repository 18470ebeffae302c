"""The winner of an experiment as a default of a brief, a manifest or another YAML file."""

from __future__ import annotations

import json
import re
from pathlib import Path

from lotus.documents.parsing import load_document
from lotus.errors import InvalidInput
from lotus.experiments.leaderboard import Leaderboard
from lotus.system.files import write_aside

__all__ = ["adopt", "winner_of"]


def winner_of(board: Leaderboard, *, sure: bool = True) -> str:
    """The name in the first place; raises InvalidInput if it is not apart from the second, and
    `sure`.
    """
    if not board.places:
        raise InvalidInput(
            file="", field="ratings", reason="rank nothing", remedy="rate some pairs first"
        )
    second = board.places[1] if len(board.places) > 1 else None
    if sure and second is not None and board.places[0].low <= second.high:
        raise InvalidInput(
            file="",
            field="leaderboard",
            reason=board.notes[0] if board.notes else "the first two are not apart",
            remedy="rate more pairs, or adopt it all the same with sure=False",
        )
    return board.places[0].name


def adopt(factor: str, level: str, path: Path) -> Path:
    """Write `factor: level` into a YAML file, in place of the line that there is; the rest of the
    file stays as it is. Raises InvalidInput.
    """
    if path.suffix not in (".yaml", ".yml"):
        raise InvalidInput(
            file=str(path), field="", reason="is no YAML file", remedy="name a brief or manifest"
        )
    load_document(path)
    text = path.read_text(encoding="utf-8")
    line = f"{factor}: {json.dumps(level, ensure_ascii=False)}"
    pattern = re.compile(rf"^{re.escape(factor)}:[^\n]*$", re.M)
    if pattern.search(text):
        changed = pattern.sub(lambda match: line, text, count=1)
    else:
        changed = f"{text.rstrip()}\n{line}\n"
    write_aside(changed, path)
    if load_document(path).get(factor) != level:
        write_aside(text, path)
        raise InvalidInput(
            file=str(path),
            field=factor,
            reason="does not stand in a line of its own",
            remedy=f"write {line} yourself",
        )
    return path
