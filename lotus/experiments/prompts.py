"""Prompts from files: a line each, a column of a table, or the list of a suite such as VBench's."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lotus.errors import InvalidInput

__all__ = ["read_categories", "read_prompts"]

MOST_BYTES = 20_000_000
CATEGORIES = ("category", "dimension", "tag")
COLUMNS = ("prompt", "prompt_en", "text", "caption")  # the first that is there counts


def read_prompts(path: Path) -> tuple[str, ...]:
    """The prompts of a file, each once, in its order.

    A .txt file has one a line; .csv and .tsv a column `prompt` (or prompt_en, text, caption); .json
    a list of texts or of objects with such a field, as VBench's, .jsonl one object a line.

    Raises
    ------
    InvalidInput
        If the file cannot be read, or holds no prompts.
    """
    prompts = dict.fromkeys(filter(None, (_prompt(path, entry) for entry in _read(path))))
    if not prompts:
        raise _wrong(path, "holds no prompts", "write one a line")
    return tuple(prompts)


def read_categories(path: Path) -> dict[str, str]:
    """The category of each prompt of a file that names one: its column or field `category` (or
    dimension, as VBench, or tag); the first where there are several. Raises as `read_prompts`.
    """
    categories: dict[str, str] = {}
    for entry in _read(path):
        if isinstance(entry, Mapping):
            value = next((entry[name] for name in CATEGORIES if entry.get(name)), None)
            first = value[0] if isinstance(value, list) and value else value
            if isinstance(first, str):
                categories.setdefault(_prompt(path, entry), first.strip())
    return categories


def _read(path: Path) -> Iterable[Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _wrong(path, "is larger than 20 MB", "split the file")
        text = path.read_text(encoding="utf-8-sig")
        return list(_entries(path, text))
    except (OSError, ValueError, csv.Error) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else "cannot be read"
        raise _wrong(path, reason, "check the path, and write it in UTF-8") from exc


def _entries(path: Path, text: str) -> Iterable[Any]:
    match path.suffix.lower():
        case ".csv":
            return list(csv.DictReader(text.splitlines()))
        case ".tsv":
            return list(csv.DictReader(text.splitlines(), delimiter="\t"))
        case ".json":
            document = json.loads(text)
            return document if isinstance(document, list) else [document]
        case ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        case _:
            return [line for line in text.splitlines() if not line.startswith("#")]


def _prompt(path: Path, entry: Any) -> str:
    if isinstance(entry, str):
        return entry.strip()
    if isinstance(entry, Mapping):
        column = next((name for name in COLUMNS if entry.get(name)), None)
        if column is not None:
            return str(entry[column]).strip()
    raise _wrong(path, "has an entry without a prompt", f"name the field {COLUMNS[0]}")


def _wrong(path: Path, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file=str(path), field="prompt", reason=reason, remedy=remedy)
