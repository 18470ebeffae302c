"""A manifest: a table (CSV, Parquet, JSON lines) or a grid (YAML) whose rows are runs. Read row by
row.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lotus.documents.parsing import load_document
from lotus.errors import InvalidInput, UnknownName

__all__ = ["READERS", "Row", "RowProblem", "nested", "read_manifest", "schedule_of"]

ID = re.compile(r"[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._-]{0,79}")
DELIMITERS = ",;\t"
GRID = ("base", "grid", "rows", "schedule")
csv.field_size_limit(1_000_000)


@dataclass(frozen=True)
class Row:
    """One row: `line` is where it begins in the file, or its number where there are no lines."""

    line: int
    id: str
    values: Mapping[str, Any]  # dotted columns are nested; what is empty is left out


@dataclass(frozen=True)
class RowProblem:
    """Why a row cannot be run."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}: {self.column}" if self.column else f"line {self.line}"
        return f"{where}: {self.reason}"


Cells = tuple[int, Mapping[str, Any] | RowProblem]


def read_manifest(path: Path) -> Iterator[Row | RowProblem]:
    """The rows, and a problem for each that is none. Raises InvalidInput if the file as a whole is
    wrong.
    """
    if path.suffix.lower() not in READERS:
        raise UnknownName("kind of manifest", path.suffix or path.name, READERS)
    if not path.is_file():
        raise InvalidInput(
            file=str(path), field="", reason="is not a file", remedy="check the path"
        )
    seen: dict[str, int] = {}
    found = 0
    for found, (line, cells) in enumerate(READERS[path.suffix.lower()](path), start=1):
        yield cells if isinstance(cells, RowProblem) else _row(line, found, cells, seen)
    if not found:
        raise InvalidInput(file=str(path), field="", reason="has no rows", remedy="add a row a run")


def schedule_of(path: Path) -> str | None:
    """The name under which a grid says that it is run daily; tables have none. Raises
    InvalidInput.
    """
    if READERS.get(path.suffix.lower()) is not _grid:
        return None
    name = load_document(path).get("schedule")
    if name is not None and (not isinstance(name, str) or not name.strip()):
        reason = f"{name!r} is no name"
        remedy = "write one such as: schedule: nightly"
        raise InvalidInput(file=str(path), field="schedule", reason=reason, remedy=remedy)
    return name


def _row(
    line: int, number: int, cells: Mapping[str, Any], seen: dict[str, int]
) -> Row | RowProblem:
    given = {name: value for name, value in cells.items() if value is not None and value != ""}
    name = str(given.pop("id", f"row-{number:06d}")).strip()
    if not ID.fullmatch(name):
        return RowProblem(
            line, "id", f"{name[:80]!r} is no id; use letters, digits, dots, dashes, at most 80"
        )
    if name in seen:
        return RowProblem(
            line, "id", f"'{name}' is the id of line {seen[name]} already; make it another"
        )
    seen[name] = line
    try:
        return Row(line, name, nested(given))
    except ValueError as exc:
        return RowProblem(line, str(exc), "is both a value and a group of columns; rename one")


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """`{"brand.name": x}` as `{"brand": {"name": x}}`; raises ValueError naming a column that is
    both.
    """
    found: dict[str, Any] = {}
    for name, value in flat.items():
        *groups, last = name.split(".")
        at = found
        for group in groups:
            at = at.setdefault(group, {})
            if not isinstance(at, dict):
                raise ValueError(group)
        if last in at:
            raise ValueError(name)
        at[last] = value
    return found


def _csv(path: Path) -> Iterator[Cells]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            heading = file.readline()
            file.seek(0)
            reader = csv.reader(file, delimiter=_delimiter(heading), strict=True)
            columns = _columns(next(reader, []), str(path))
            line = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield line, _named(line, columns, cells)
                line = reader.line_num + 1
    except UnicodeDecodeError as exc:
        raise InvalidInput(
            file=str(path), field="", reason="is not text in UTF-8", remedy="save it again as UTF-8"
        ) from exc
    except csv.Error as exc:
        raise InvalidInput(
            file=str(path),
            field=f"line {reader.line_num}",
            reason=f"is not CSV: {exc}",
            remedy="correct it",
        ) from exc


def _delimiter(heading: str) -> str:
    """What stands most often between the names of the heading; spreadsheets of many countries write
    `;`.
    """
    plain = re.sub(r'"[^"]*"', "", heading)
    return max(DELIMITERS, key=plain.count)


def _columns(heading: list[str], file: str) -> list[str]:
    columns = [name.strip() for name in heading]
    for number, name in enumerate(columns, start=1):
        reason = (
            "has no name" if not name else "stands there twice" if columns.count(name) > 1 else ""
        )
        if reason:
            field = f"line 1: column {number}" + (f" ({name})" if name else "")
            raise InvalidInput(
                file=file, field=field, reason=reason, remedy="name each column once"
            )
    return columns


def _named(line: int, columns: list[str], cells: list[str]) -> Mapping[str, Any] | RowProblem:
    if len(cells) != len(columns):
        return RowProblem(line, "", f"has {len(cells)} cells, the heading has {len(columns)}")
    return {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}


def _jsonl(path: Path) -> Iterator[Cells]:
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            text = raw.removeprefix(b"\xef\xbb\xbf").strip()
            if not text:
                continue
            try:
                found = json.loads(text)
            except (ValueError, RecursionError) as exc:
                yield line, RowProblem(line, "", f"is not JSON: {exc}")
                continue
            yield (
                line,
                found
                if isinstance(found, dict)
                else RowProblem(line, "", "is not an object: {...}"),
            )


def _parquet(path: Path) -> Iterator[Cells]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        number = itertools.count(1)
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1000):
                yield from ((next(number), row) for row in batch.to_pylist())
    except (pa.ArrowException, OSError) as exc:
        reason = f"is not Parquet: {str(exc).splitlines()[0]}"
        raise InvalidInput(
            file=str(path), field="", reason=reason, remedy="write it again"
        ) from exc


def _grid(path: Path) -> Iterator[Cells]:
    document = load_document(path)
    file = str(path)
    for name in document:
        if name not in GRID:
            raise UnknownName(f"field of a grid (in {file})", name, GRID)
    base = document.get("base") or {}
    grid = document.get("grid") or {}
    rows = document.get("rows") or [{}]
    if not isinstance(base, dict) or not isinstance(grid, dict) or not isinstance(rows, list):
        reason = "base and grid are groups of fields, rows is a list of them"
        raise InvalidInput(
            file=file, field="", reason=reason, remedy="see lotus/examples/campaign.yaml"
        )
    for name, choices in grid.items():
        if not isinstance(choices, list) or not choices:
            raise InvalidInput(
                file=file,
                field=f"grid.{name}",
                reason="is not a list",
                remedy=f"write {name}: [one, two]",
            )
    combinations = (
        (row, chosen)
        for row in rows
        for chosen in itertools.product(*(grid[name] for name in grid))
    )
    for number, (row, chosen) in enumerate(combinations, start=1):
        if not isinstance(row, dict):
            yield number, RowProblem(number, "", "is not a group of fields")
            continue
        values = {**base, **row, **dict(zip(grid, chosen, strict=True))}
        values.setdefault("id", f"{number:03d}-{_slug(chosen)}".strip("-"))
        yield number, values


def _slug(chosen: tuple[Any, ...]) -> str:
    words = (re.sub(r"[^A-Za-z0-9]+", "-", str(value)).strip("-")[:20] for value in chosen)
    return "-".join(word for word in words if word)[:60].strip("-")


READERS: dict[str, Callable[[Path], Iterator[Cells]]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".yaml": _grid,
    ".yml": _grid,
}
