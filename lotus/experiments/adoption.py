"""The winner of an experiment as a default of a brief, a manifest, another YAML file, or .env."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from lotus.documents.parsing import load_document
from lotus.errors import InvalidInput
from lotus.experiments.leaderboard import Leaderboard
from lotus.system.files import fill_aside

__all__ = ["adopt", "winner_of"]

VARIABLES = {"model": "LOTUS_MODEL", "provider": "LOTUS_PROVIDER"}  # of .env, by factor
PLAIN = re.compile(r"[A-Za-z0-9._/:@+-]+")  # needs no quotes in .env


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
    """Write the level into a YAML file or .env, in place of the line that there is; the rest of the
    file stays as it is. Raises InvalidInput.
    """
    if _is_environment(path):
        return _adopt_as_variable(factor, level, path)
    if path.suffix not in (".yaml", ".yml"):
        raise InvalidInput(
            file=str(path),
            field="",
            reason="is neither a YAML file nor .env",
            remedy="name a brief, a manifest, or .env",
        )
    load_document(path)
    line = f"{factor}: {json.dumps(level, ensure_ascii=False)}"
    pattern = re.compile(rf"^{re.escape(factor)}:[^\n]*$", re.M)
    _replace_line(path, pattern, line, factor, lambda: load_document(path).get(factor) == level)
    return path


def _is_environment(path: Path) -> bool:
    """Whether a file is named as .env, .env.local or staging.env are."""
    return path.suffix == ".env" or path.name.split(".")[:2] == ["", "env"]


def _adopt_as_variable(factor: str, level: str, path: Path) -> Path:
    if factor not in VARIABLES:
        raise InvalidInput(
            file=str(path),
            field=factor,
            reason="has no variable of the environment",
            remedy=f"adopt {' or '.join(VARIABLES)} there, and {factor} in a brief or manifest",
        )
    name = VARIABLES[factor]
    line = f"{name}={level if PLAIN.fullmatch(level) else json.dumps(level, ensure_ascii=False)}"
    pattern = re.compile(rf"^[ \t]*(?:export[ \t]+)?{name}[ \t]*=[^\n]*$", re.M)
    _replace_line(path, pattern, line, name, lambda: _variables(path).get(name) == level)
    return path


def _variables(path: Path) -> Mapping[str, str | None]:
    from dotenv import dotenv_values

    return dotenv_values(path, interpolate=False)


def _replace_line(
    path: Path, pattern: re.Pattern[str], line: str, field: str, reads: Callable[[], bool]
) -> None:
    """Write the line in place of the last that matches, or at the end; restores the file, and
    raises InvalidInput, where it does not read as it should then.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else None
    before = text or ""
    places = list(pattern.finditer(before))
    if places:
        changed = before[: places[-1].start()] + line + before[places[-1].end() :]
    else:
        changed = f"{before.rstrip()}\n{line}\n".lstrip()
    _write(changed, path)
    if not reads():
        _write(before, path)
        raise InvalidInput(
            file=str(path),
            field=field,
            reason="does not stand in a line of its own",
            remedy=f"write {line} yourself",
        )


def _write(text: str, path: Path) -> None:
    """Write a file of the user where it really is, for those to read who could before."""
    target = path.resolve()

    def write(aside: Path) -> None:
        aside.touch(mode=0o600)
        if target.exists():
            shutil.copymode(target, aside)
        aside.write_text(text, encoding="utf-8")

    fill_aside(target, write)
