"""Judgements of pairs: which of two videos is better, said by a person, a model or a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lotus.errors import InvalidInput

__all__ = ["Choice", "Rating", "read_ratings"]

Choice = Literal["left", "right", "tie"]
COLUMNS = ("rater", "left", "right", "choice")
MORE_COLUMNS = ("question", "block", "seconds")
SEPARATORS = ",;\t"  # as spreadsheets of different countries export
MOST_BYTES = 200_000_000
WORDS: Mapping[str, Choice] = {
    "left": "left",
    "1": "left",
    "a": "left",
    "x": "left",
    "right": "right",
    "2": "right",
    "b": "right",
    "y": "right",
    "tie": "tie",
    "0": "tie",
    "t": "tie",
    "=": "tie",
    "draw": "tie",
    "equal": "tie",
    "same": "tie",
    "both": "tie",
    "neither": "tie",
    "no difference": "tie",
    "tie (bothbad)": "tie",
    "model_a": "left",
    "model_b": "right",
}
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {  # of columns, in files of other tools
    "rater": ("annotator", "judge", "user"),
    "left": ("model_a", "a"),
    "right": ("model_b", "b"),
    "choice": ("winner", "preference"),
    "block": ("prompt", "question_id"),
}


class Rating(BaseModel):
    """One judgement. `left` and `right` are the names of what was shown, `block` what both had in
    common (a prompt, a seed), so that judgements of one block are not taken as independent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    rater: str = Field(min_length=1, max_length=200)
    left: str = Field(min_length=1, max_length=300)
    right: str = Field(min_length=1, max_length=300)
    choice: Choice
    question: str = Field(default="better", min_length=1, max_length=200)
    block: str = Field(default="", max_length=300)
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)


def read_ratings(source: Any) -> list[Rating]:
    """The judgements of a CSV file, a DataFrame, or rows of names and values.

    Columns are rater, left, right and choice (left, right or tie; also 1, 2 and 0, or the name of
    the chosen one), and if they are there question, block and seconds; other columns are ignored.
    model_a, model_b, winner, judge and prompt stand for left, right, choice, rater and block where
    those are not there. A file is separated by commas, semicolons or tabs, and may write its
    columns in capitals.

    Raises
    ------
    InvalidInput
        Names the first row and column that is wrong.
    """
    if isinstance(source, str | Path):
        return _read(_rows_of_file(Path(source)), str(source))
    if hasattr(source, "to_dict"):
        return _read(source.to_dict("records"), "the DataFrame")
    if isinstance(source, bytes | Mapping) or not isinstance(source, Iterable):
        reason = "is None" if source is None else f"is of type {type(source).__name__}"
        remedy = "write the path of a CSV file, a DataFrame, or rows of names and values"
        raise InvalidInput(file="", field="ratings", reason=reason, remedy=remedy)
    return _read(source, "the ratings")


def _rows_of_file(path: Path) -> list[dict[str, Any]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(
                file=str(path), field="", reason="has more than 200 MB", remedy="split the file"
            )
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            separator = max(SEPARATORS, key=first.count)
            return [
                {str(name or "").strip().lower(): value for name, value in row.items()}
                for row in csv.DictReader(file, delimiter=separator)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise InvalidInput(
            file=str(path),
            field="",
            reason="cannot be read as CSV in UTF-8",
            remedy="export the ratings as CSV (UTF-8)",
        ) from exc


def _read(rows: Iterable[Any], file: str) -> list[Rating]:
    ratings = []
    for number, row in enumerate(rows, 1):
        if isinstance(row, Rating):
            ratings.append(row)
            continue
        if not isinstance(row, Mapping):
            reason = f"is of type {type(row).__name__}"
            remedy = "write rows of names and values: {'rater': ..., 'left': ..., ...}"
            raise InvalidInput(file=file, field=f"row {number}", reason=reason, remedy=remedy)
        row = _renamed(row)
        for column in COLUMNS:
            if column not in row:
                raise InvalidInput(
                    file=file,
                    field=column,
                    reason="is missing",
                    remedy=f"columns are {', '.join((*COLUMNS, *MORE_COLUMNS))}",
                )
        ratings.append(_rating(row, file, number))
    return ratings


def _renamed(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the usual names of columns for those that are missing."""
    missing = {
        name: next((other for other in others if other in row), None)
        for name, others in OTHER_NAMES.items()
        if name not in row
    }
    return {**row, **{name: row[other] for name, other in missing.items() if other is not None}}


def _choice(row: Mapping[str, Any], file: str, number: int) -> Choice:
    """By its word, or by the name of the chosen one; raises InvalidInput."""
    text = "" if _absent(row["choice"]) else str(row["choice"]).strip()
    word = text.lower().removesuffix(".0")
    sides: tuple[Choice, Choice] = ("left", "right")
    sides_by_name: list[Choice] = [side for side in sides if str(row[side]).strip() == text]
    choice = WORDS.get(word, sides_by_name[0] if sides_by_name else None)
    if choice is None or (sides_by_name and choice not in sides_by_name):
        reason = (
            f"'{text[:40]}' is not a choice"
            if choice is None
            else "names one side and is the name of the other"
        )
        raise InvalidInput(
            file=file,
            field=f"row {number}, choice",
            reason=reason if text else "is empty",
            remedy="write left, right or tie",
        )
    return choice


def _rating(row: Mapping[str, Any], file: str, number: int) -> Rating:
    values = {name: row[name] for name in (*COLUMNS, *MORE_COLUMNS) if not _absent(row.get(name))}
    choice = _choice(row, file, number)
    texts = {name: str(value) for name, value in values.items() if name != "seconds"}
    try:
        rating = Rating.model_validate({**values, **texts, "choice": choice})
    except ValidationError as exc:
        error = exc.errors()[0]
        column = ".".join(str(part) for part in error["loc"])
        raise InvalidInput(
            file=file,
            field=f"row {number}, {column}",
            reason=error["msg"].lower(),
            remedy="correct the row",
        ) from None
    if rating.left == rating.right:
        raise InvalidInput(
            file=file,
            field=f"row {number}",
            reason=f"compares '{rating.left[:60]}' with itself",
            remedy="remove the row",
        )
    return rating


def _absent(value: Any) -> bool:
    """Whether a cell is empty, as None, NaN or an empty text."""
    return value is None or value == "" or value != value
