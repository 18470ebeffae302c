"""A manifest: a table (CSV, Parquet, JSON lines) or a grid (YAML) whose rows are runs. Read row by
row.
"""

from __future__ import annotations

import codecs
import csv
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from batch.rows.yaml_nodes import check_yaml
from lotus.documents.kinds import check_kind
from lotus.documents.parsing import check_fields, load_document
from lotus.errors import InvalidInput, UnknownName

__all__ = [
    "CHAINED",
    "OPTION_FIELDS",
    "READERS",
    "Row",
    "RowProblem",
    "combinations",
    "nest",
    "read_manifest",
    "setting_of",
]

MOST_COLUMNS = 16_384  # as in a spreadsheet
ID = re.compile(r"[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._-]{0,79}")
DELIMITERS = ",;\t|"
BLOCK_BYTES = 2**16
WINDOWS_LETTERS = frozenset(
    "ÄÖÜäöüßÀÁÂÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕØÙÚÛàáâãåæçèéêëìíîïñòóôõøùúûœŒŠšŽž"
    "€£°²³½ºª¿¡«»„“”‘’‚–—…·•©®™§×\u00a0"
)
SETTINGS = {  # of a grid as a whole, each with an example
    "schedule": "nightly",
    "kernel": "python3",
}
GRID = ("base", "grid", "rows", *SETTINGS)
CHAINED = ("from", "sort", "keep", "columns")  # fields of a grid over another campaign's results
OPTION_FIELDS = {  # what people write as a field, and lotus batch run takes as an option
    "notebook": "it is an option: --notebook make.ipynb",
    "cluster": "it is an option: --cluster local",
    "workers": "it is an option: --workers 4",
    "budget": "it is an option: --budget 20",
    "retries": "it is an option: --retries 1",
    "sort": "it belongs to `from: CAMPAIGN`",
    "keep": "it belongs to `from: CAMPAIGN`",
    "columns": "it belongs to `from: CAMPAIGN`",
}
SPREADSHEET = "save it as CSV in UTF-8"
OTHER_KINDS = {  # suffixes of files that people have, and what to make of them
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".ods"), SPREADSHEET),
    ".json": "write an object a line: to_json(path, orient='records', lines=True) in pandas",
    **dict.fromkeys((".gz", ".zip", ".bz2", ".xz", ".zst"), "unpack it"),
    ".txt": "rename it to its format, such as .csv or .tsv",
}
A_LINE = OTHER_KINDS[".json"]
MAGIC = {  # first bytes of such files, whatever they are called
    b"PK\x03\x04": ("a spreadsheet or an archive", SPREADSHEET),
    b"\xd0\xcf\x11\xe0": ("an Excel file", SPREADSHEET),
    b"\x1f\x8b": ("compressed", "unpack it"),
    b"PAR1": ("a Parquet file", "call it .parquet"),
}
csv.field_size_limit(1_000_000)


@dataclass(frozen=True)
class Row:
    """One row: `line` is where it begins in the file, or its number where there are no lines."""

    line: int
    id: str
    values: Mapping[str, Any]  # dotted columns are nested; empty cells of a CSV are left out
    text: bool = False  # all values are text, as in a CSV
    labels: Mapping[str, Any] = field(default_factory=dict)


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
    suffix = path.suffix.lower()
    if suffix not in READERS:
        remedy = OTHER_KINDS.get(suffix, "")
        raise UnknownName("kind of manifest", path.suffix or path.name, READERS, remedy=remedy)
    if not path.is_file():
        raise InvalidInput(
            file=str(path), field="", reason="is not a file", remedy="check the path"
        )
    _check_kind(path)
    reader = READERS[path.suffix.lower()]
    lines: dict[str, int] = {}
    number = 0
    for number, (line, cells) in enumerate(reader(path), start=1):
        if isinstance(cells, RowProblem):
            yield cells
        else:
            yield _row(line, number, cells, lines, text=reader is _csv)
    if not number:
        raise InvalidInput(
            file=str(path), field="", reason="has no rows", remedy="add a row for each run"
        )


def _check_kind(path: Path) -> None:
    """Raise InvalidInput for a file that is plainly of another kind than its name says."""
    with path.open("rb") as file:
        beginning = file.read(4)
    for magic, (kind, remedy) in MAGIC.items():
        if beginning.startswith(magic) and path.suffix.lower() != ".parquet":
            raise InvalidInput(file=str(path), field="", reason=f"is {kind}", remedy=remedy)


def setting_of(path: Path, field: str) -> str | None:
    """A name that a grid gives for all its rows, a key of SETTINGS; tables have none. Raises
    InvalidInput.
    """
    if READERS.get(path.suffix.lower()) is not _grid:
        return None
    name = load_document(path).get(field)
    if name is not None and (not isinstance(name, str) or not name.strip()):
        reason = f"{name!r} is not a name"
        remedy = f"write one such as: {field}: {SETTINGS[field]}"
        raise InvalidInput(file=str(path), field=field, reason=reason, remedy=remedy)
    return name


def _row(
    line: int, number: int, cells: Mapping[str, Any], lines: dict[str, int], *, text: bool
) -> Row | RowProblem:
    values = {name: value for name, value in cells.items() if not text or value != ""}
    cell = values.pop("id", None)
    title = str(f"row-{number:06d}" if cell in (None, "") else cell).strip()
    name = re.sub(r"\s+", "-", title)
    if not ID.fullmatch(name):
        return RowProblem(
            line,
            "id",
            f"{title[:80]!r} is not an id; use letters (a to z), digits, dots, dashes, at most 80",
        )
    if name in lines:
        return RowProblem(
            line, "id", f"'{title}' is already the id of line {lines[name]}; choose another"
        )
    lines[name] = line
    try:
        return Row(line, name, nest(values), text, {"id": title} if name != title else {})
    except ValueError as exc:
        return RowProblem(line, str(exc), "is both a value and a group of columns; rename one")


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """`{"brand.name": x}` as `{"brand": {"name": x}}`; raises ValueError naming a column that is
    both.
    """
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        *groups, last = name.split(".")
        at = tree
        for group in groups:
            at = at.setdefault(group, {})
            if not isinstance(at, dict):
                raise ValueError(group)
        if last in at:
            raise ValueError(name)
        at[last] = value
    return tree


def _csv(path: Path) -> Iterator[Cells]:
    try:
        with path.open(encoding=_encoding(path), newline="") as file:
            delimiter = _delimiter(file)
            how = {"delimiter": delimiter, "strict": True, "skipinitialspace": True}
            reader = csv.reader(file, **how)  # type: ignore[arg-type]
            heading = next(reader, [])
            columns = _columns(heading, str(path))
            line = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield line, _name(line, columns, len(heading), cells, str(path))
                line = reader.line_num + 1
    except UnicodeDecodeError as exc:
        raise _not_utf8(path) from exc
    except csv.Error as exc:
        raise InvalidInput(
            file=str(path),
            field=f"line {reader.line_num}",
            reason=f"is not CSV: {exc}",
            remedy="correct it",
        ) from exc


def _not_utf8(path: Path) -> InvalidInput:
    reason = "is not text in UTF-8"
    return InvalidInput(file=str(path), field="", reason=reason, remedy="save it again as UTF-8")


def _encoding(path: Path) -> str:
    """UTF-8, UTF-16 with its mark, or Windows-1252 where every letter is one that people write."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        file.seek(0)
        try:
            while block := file.read(BLOCK_BYTES):
                if b"\0" in block:  # UTF-16 without its mark, or no text at all
                    raise _not_utf8(path)
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252" if _is_windows_1252(path) else "utf-8"
    return "utf-8-sig"


def _is_windows_1252(path: Path) -> bool:
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            try:
                letters = block.decode("cp1252")
            except UnicodeDecodeError:
                return False
            if not {letter for letter in letters if ord(letter) > 127} <= WINDOWS_LETTERS:
                return False
    return True


def _delimiter(file: TextIO) -> str:
    """As a first line `sep=;` says, or what stands most often between the names of the heading;
    spreadsheets of many countries write `;`. Leaves the file at its heading.
    """
    heading = file.readline()
    if heading.lower().startswith("sep=") and len(heading.strip("\r\n")) == len("sep=;"):
        return heading[4]
    file.seek(0)
    plain = re.sub(r'"[^"]*"', "", heading)
    return max(DELIMITERS, key=plain.count)


def _columns(heading: list[str], file: str) -> list[str]:
    columns = [name.strip() for name in heading]
    while len(columns) > 1 and not columns[-1]:  # commas at the end of each line
        columns.pop()
    if len(columns) > MOST_COLUMNS:
        reason = f"has {len(columns)} columns; {MOST_COLUMNS} is the most"
        raise InvalidInput(
            file=file, field="line 1", reason=reason, remedy="write a row for each run"
        )
    count = Counter(columns)
    for number, name in enumerate(columns, start=1):
        if not name or count[name] > 1:
            raise _bad_column(file, number, name)
    return columns


def _bad_column(file: str, number: int, name: str = "") -> InvalidInput:
    field = f"line 1: column {number}" + (f" ({name})" if name else "")
    reason = "appears twice" if name else "has no name"
    return InvalidInput(file=file, field=field, reason=reason, remedy="name each column once")


def _name(
    line: int, columns: list[str], width: int, cells: list[str], file: str
) -> Mapping[str, Any] | RowProblem:
    while len(cells) > len(columns) and not cells[-1].strip():
        cells.pop()
    if len(columns) < len(cells) <= width:
        raise _bad_column(file, len(cells))
    if len(cells) != len(columns):
        return RowProblem(line, "", f"has {len(cells)} cells, the heading has {len(columns)}")
    return {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}


def _jsonl(path: Path) -> Iterator[Cells]:
    encoding = _encoding(path)
    if encoding == "cp1252":
        raise _not_utf8(path)  # JSON is never written so
    with path.open(encoding=encoding, errors="surrogateescape", newline="\n") as file:
        for line, raw in enumerate(file, start=1):
            text = raw.strip()
            if not text:
                continue
            if line == 1 and text.startswith("["):
                raise InvalidInput(file=str(path), field="", reason="is a list", remedy=A_LINE)
            try:
                document = json.loads(text, object_pairs_hook=_once_each)
            except (ValueError, RecursionError) as exc:
                yield line, RowProblem(line, "", f"is not JSON: {exc}")
                continue
            yield (
                line,
                document
                if isinstance(document, dict)
                else RowProblem(line, "", "is not an object: {...}"),
            )


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Fields of an object; raises ValueError for a name that stands there twice."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} appears twice")
    return fields


def _parquet(path: Path) -> Iterator[Cells]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        number = itertools.count(1)
        with pq.ParquetFile(path) as file:
            _columns(file.schema_arrow.names, str(path))
            for batch in file.iter_batches(batch_size=1000):
                rows = batch.to_pylist(maps_as_pydicts="strict")
                yield from ((next(number), row) for row in rows)
    except (pa.ArrowException, OSError) as exc:
        reason = f"is not Parquet: {str(exc).splitlines()[0]}"
        raise InvalidInput(
            file=str(path), field="", reason=reason, remedy="write it again"
        ) from exc


def _grid(path: Path) -> Iterator[Cells]:
    check_yaml(path)
    document = load_document(path)
    check_kind(document, ("manifest", "experiment"), str(path), "a manifest")
    check_fields(document, GRID, str(path), "a manifest", OPTION_FIELDS)
    yield from combinations(
        str(path), document.get("base"), document.get("grid"), document.get("rows")
    )


def combinations(file: str, base: Any, grid: Any, rows: Any) -> Iterator[Cells]:
    """Each row with each combination of the grid, and the base below them; raises InvalidInput."""
    base = base or {}
    grid = grid or {}
    rows = rows or [{}]
    if not isinstance(base, dict) or not isinstance(grid, dict) or not isinstance(rows, list):
        reason = "base and grid hold fields; rows is a list"
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
    pairs = (
        (row, choice)
        for row in rows
        for choice in itertools.product(*(grid[name] for name in grid))
    )
    for number, (row, choice) in enumerate(pairs, start=1):
        if not isinstance(row, dict):
            yield number, RowProblem(number, "", "is not a group of fields")
            continue
        values = {**base, **row, **dict(zip(grid, choice, strict=True))}
        if "id" not in values:
            values["id"] = f"{number:03d}-{_slug(choice)}".strip("-")
        elif grid and "id" not in grid:  # a row is many by the grid
            values["id"] = f"{values['id']}-{_slug(choice) or number}"
        yield number, values


def _slug(choice: tuple[Any, ...]) -> str:
    words = (re.sub(r"[^A-Za-z0-9]+", "-", str(value)).strip("-")[:20] for value in choice)
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
