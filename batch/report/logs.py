"""The text of an executed notebook: what its cells printed, returned and raised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["log_lines", "whole_streams"]


def whole_streams(notebook: Any) -> Any:
    """The notebook with what a cell printed as a terminal shows it: in one piece however it was
    flushed, and only the last state of a line that a progress bar wrote anew.
    """
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor

    merger: Any = CoalesceStreamsPreprocessor()
    notebook, _ = merger.preprocess(notebook, {})
    return notebook


def log_lines(notebook: Any) -> Iterator[str]:
    """Lines of text, each cell's below its number."""
    for number, cell in enumerate(whole_streams(notebook).cells, start=1):
        lines = [line for output in cell.get("outputs", ()) for line in _lines(output)]
        if lines:
            yield f"[{number}]"
            yield from lines


def _lines(output: Any) -> list[str]:
    if output.output_type == "stream":
        return str(output.text).splitlines()
    if output.output_type == "error":
        return [f"{output.ename}: {output.evalue}"]
    return str(output.get("data", {}).get("text/plain", "")).splitlines()
