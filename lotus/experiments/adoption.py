"""The winner of an experiment as a default of a brief, a manifest, another YAML file, or .env."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lotus.documents.parsing import load_document
from lotus.errors import InvalidInput
from lotus.experiments.design import Level
from lotus.experiments.leaderboard import Leaderboard
from lotus.experiments.yaml_fields import line_end, with_field
from lotus.system.files import fill_aside

__all__ = ["adopt", "winner_of"]

VARIABLES = {"model": "LOTUS_MODEL", "provider": "LOTUS_PROVIDER"}  # of .env, by factor
MANIFEST = ("base", "grid", "rows")  # fields of a manifest, or of an experiment
PLAIN = re.compile(r"[A-Za-z0-9._/:@+-]+")  # needs no quotes in .env


def winner_of(board: Leaderboard, *, sure: bool = True) -> str:
    """The name in the first place; raises InvalidInput if it is not apart from the second, and
    `sure`.
    """
    if not board.places:
        raise InvalidInput(
            file="", field="ratings", reason="are none", remedy="rate some pairs first"
        )
    if sure and board.places[0].worst_rank > 1:
        raise InvalidInput(
            file="",
            field="leaderboard",
            reason=board.notes[0] if board.notes else "the first two cannot be told apart",
            remedy="rate more pairs, or adopt it anyway with sure=False",
        )
    return board.places[0].name


def adopt(factor: str, level: Level, path: Path) -> Path:
    """Write the level into a YAML file or .env, in place of the value that there is; the rest of
    the file stays as it is. In a manifest it becomes a field of `base`. Raises InvalidInput.
    """
    if _is_environment(path):
        return _adopt_as_variable(factor, str(level), path)
    if path.suffix not in (".yaml", ".yml"):
        raise InvalidInput(
            file=str(path),
            field="",
            reason="is neither a YAML file nor .env",
            remedy="name a brief, a manifest, or .env",
        )
    document = load_document(path)
    _check_grid(document, factor, path)
    value = json.dumps(level, ensure_ascii=False)
    if any(name in document for name in MANIFEST):
        fields = {**(document.get("base") or {}), factor: level}
        result = {**document, "base": fields}
        _rewrite(path, lambda text: with_field(text, factor, value, within="base"), result)
    else:
        result = {**document, factor: level}
        _rewrite(path, lambda text: with_field(text, factor, value), result)
    return path


def _check_grid(document: Mapping[str, Any], factor: str, path: Path) -> None:
    """Refuse a default that the file's own grid would hide, or that has no place there."""
    grid = document.get("grid")
    if isinstance(grid, Mapping) and factor in grid:
        raise InvalidInput(
            file=str(path),
            field=f"grid.{factor}",
            reason="has levels of its own, which a default would not change",
            remedy=f"remove {factor} from its grid first",
        )
    if not isinstance(document.get("base") or {}, Mapping):
        raise InvalidInput(
            file=str(path),
            field="base",
            reason="is not a group of fields",
            remedy="write base: and its fields",
        )


def _rewrite(path: Path, change: Callable[[str], str], result: Mapping[str, Any]) -> None:
    """Change a YAML file; restores it, and raises InvalidInput, where it reads otherwise then."""
    before = _read(path)
    _write(change(before), path)
    try:
        there = load_document(path)
    except InvalidInput:
        there = {}
    if there != result:
        _write(before, path)
        raise InvalidInput(
            file=str(path),
            field="",
            reason="is written in a way that cannot be changed in place",
            remedy="write the winner yourself",
        )


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
    from dotenv import dotenv_values

    name = VARIABLES[factor]
    line = f"{name}={level if PLAIN.fullmatch(level) else json.dumps(level, ensure_ascii=False)}"
    before = _read(path) if path.exists() else None
    _write(_with_variable(before or "", name, line), path)
    if dotenv_values(path, interpolate=False).get(name) != level:
        if before is not None:
            _write(before, path)
        remedy = f"write {line} yourself"
        raise InvalidInput(
            file=str(path), field=name, reason="read-back check failed", remedy=remedy
        )
    return path


def _with_variable(text: str, name: str, line: str) -> str:
    """The text with the line in place of the last that sets the variable, or at the end."""
    pattern = re.compile(rf"^[ \t]*(?:export[ \t]+)?{name}[ \t]*=[^\r\n]*", re.M)
    places = list(pattern.finditer(text))
    if places:
        return text[: places[-1].start()] + line + text[places[-1].end() :]
    return f"{text.rstrip()}{line_end(text)}{line}{line_end(text)}".lstrip()


def _read(path: Path) -> str:
    """The text with the line ends that it has."""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def _write(text: str, path: Path) -> None:
    """Write a file of the user where it really is, for those to read who could before."""
    target = path.resolve()

    def write(aside: Path) -> None:
        aside.touch(mode=0o600)
        if target.exists():
            shutil.copymode(target, aside)
        aside.write_text(text, encoding="utf-8", newline="")

    fill_aside(target, write)
