"""An experiment as a campaign's manifest: a row a cell."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from lotus.errors import InvalidInput
from lotus.experiments.cells import CellState

__all__ = ["write_manifest"]

COLUMNS = ("id", "experiment", "cell", "accept", "retakes")


def write_manifest(
    path: Path, name: str, states: Iterable[CellState], accept: str, retakes: int
) -> Path:
    """Write the rows of cells that have no video; returns the path. Raises InvalidInput for
    another ending than .csv, or where nothing is left to run.
    """
    if path.suffix != ".csv":
        raise InvalidInput(
            file=str(path), field="", reason="is not a CSV file", remedy="call it cells.csv"
        )
    todo = [state for state in states if state.status != "completed"]
    if not todo:
        raise InvalidInput(
            file=str(path), field="", reason="would have no rows", remedy="all cells have a video"
        )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for state in todo:
            writer.writerow([state.key[:16], name, state.key, accept, retakes])
    return path
