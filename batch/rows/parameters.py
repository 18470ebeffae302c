"""The parameters of a notebook: the assignments of its `parameters` cell; rows made to fit them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from batch.rows.addresses import SourceFiles
from batch.rows.assignments import (
    UNREADABLE,
    Parameter,
    assigned_names,
    assigned_parameters,
    parse_cell,
    python_cells,
)
from batch.rows.kernels import NotebookKernel, kernel_of
from batch.rows.manifest import Row, RowProblem
from batch.rows.types import fit_value, plain
from lotus.documents.brief import Brief
from lotus.documents.reading import brief_from
from lotus.errors import InvalidInput
from lotus.store.uploads import replace_names

__all__ = ["BRIEF", "FittedRow", "Parameters", "parameters_of"]

BRIEF = "brief"  # a parameter of this name takes the fields of a brief from columns of their own


@dataclass(frozen=True)
class FittedRow:
    """A row as papermill gets it (JSON-able), and columns that are no parameters."""

    parameters: dict[str, Any]
    labels: dict[str, Any]


class Parameters:
    """All parameters of one notebook: they turn rows into what papermill injects.

    With `translate` (of another language than Python) nothing is known of them: all columns pass
    that it can write.
    """

    def __init__(
        self,
        notebook: str,
        parameters: Iterable[Parameter],
        *,
        translate: Callable[[Any], str] | None = None,
        later: Collection[str] = (),
    ) -> None:
        """`later` are names that further cells with the tag assign: papermill reads the first."""
        self.notebook = notebook
        self.translate = translate
        self.later = later
        self.by_name = {parameter.name: parameter for parameter in parameters}
        self._brief = Brief.model_json_schema() if BRIEF in self.by_name else None
        self._strangers: dict[str, list[str]] = {}  # other columns, and which is nearly the same
        self._problems: set[str] = set()
        self.sources = SourceFiles()  # files of briefs by address

    def fresh(self) -> Parameters:
        """The same, for another reading: an unknown column is reported once in each."""
        again = Parameters(
            self.notebook, self.by_name.values(), translate=self.translate, later=self.later
        )
        again.sources = self.sources
        again._strangers = self._strangers
        return again

    @cached_property
    def columns(self) -> list[str]:
        """What a row may hold, `id` apart."""
        fields = self._brief["properties"] if self._brief is not None else ()
        return sorted({*self.by_name, *fields})

    def fit(
        self, row: Row, common: Mapping[str, Any], manifest: Path
    ) -> FittedRow | list[RowProblem]:
        """The row as the notebook takes it, or all that is wrong.

        A column that is nearly a parameter is a problem (reported once), any other is a label.
        """
        cells = {**common, **row.values}
        if self.translate is not None:
            return self._translate(row, cells)
        problems: list[RowProblem | None] = []
        values: dict[str, Any] = {}
        labels: dict[str, Any] = dict(row.labels)
        for name, value in cells.items():
            parameter = self.by_name.get(name)
            try:
                if parameter is not None:
                    text = row.text or name not in row.values
                    values[name] = _fit(value, parameter, text=text)
                elif name not in self.columns:
                    stranger = self._stranger(row.line, name, label=name not in common)
                    problems += [stranger] if stranger else []
                    labels |= plain({name: value})
            except ValueError as exc:
                problems.append(RowProblem(row.line, name, str(exc)))
            except RecursionError:
                problems.append(RowProblem(row.line, name, "is nested too deeply"))
        if self._brief is not None:
            fields = {name: value for name, value in cells.items() if name not in self.by_name}
            problems += self._fit_brief(
                row, {**(values.get(BRIEF) or {}), **fields}, values, manifest
            )
        problems += [
            RowProblem(row.line, name, "is missing, and the notebook has no default for it")
            for name, parameter in self.by_name.items()
            if parameter.required and name not in cells and name != BRIEF
        ]
        real = [problem for problem in problems if problem is not None]
        return real or FittedRow(values, labels)

    def _translate(self, row: Row, cells: Mapping[str, Any]) -> FittedRow | list[RowProblem]:
        assert self.translate is not None
        values: dict[str, Any] = {}
        problems = []
        for name, value in cells.items():
            try:
                values[name] = plain(value)
                self.translate(values[name])
            except (ValueError, NotImplementedError) as exc:
                problems.append(RowProblem(row.line, name, str(exc)))
        return problems or FittedRow(values, dict(row.labels))

    def _stranger(self, line: int, name: str, *, label: bool) -> RowProblem | None:
        if name in self.later:
            reason = "is assigned in a second cell tagged `parameters`; put both into one cell"
            return RowProblem(line, name, reason)
        near = self._strangers.get(name)
        if near is None:  # once a column: a manifest may have a million rows, or columns
            near = ["id"] if name.strip().casefold() == "id" else _near(name, self.columns)
            self._strangers[name] = near
        if name in self._problems or (label and not near):
            return None
        self._problems.add(name)
        hint = f"did you mean '{near[0]}'? " if near else ""
        return RowProblem(
            line, name, f"is not a parameter of {self.notebook}; {hint}({', '.join(self.columns)})"
        )

    def _fit_brief(
        self, row: Row, fields: dict[str, Any], values: dict[str, Any], manifest: Path
    ) -> list[RowProblem | None]:
        assert self._brief is not None
        brief_fields = {
            name: value for name, value in fields.items() if name in self._brief["properties"]
        }
        try:
            document = _with_lists(plain(brief_fields), self._brief, self._brief)
            document = replace_names(document, self.sources)
            brief = brief_from(document, file="", folder=manifest.parent)
        except ValueError as exc:
            return [RowProblem(row.line, BRIEF, str(exc))]
        except InvalidInput as exc:
            column = exc.facts.get("field") or exc.facts.get("file") or BRIEF
            reason = f"{exc.facts['reason']}; {exc.remedy}".strip("; ")
            return [RowProblem(row.line, column, reason)]
        values[BRIEF] = brief.model_dump(mode="json", exclude_unset=True)
        return []


def _fit(value: Any, parameter: Parameter, *, text: bool) -> Any:
    """Raises ValueError with what is wrong."""
    value = plain(value)
    try:
        return fit_value(value, parameter.type, inferred=parameter.inferred, text=text)
    except (ValueError, RecursionError):
        raise ValueError(f"{value!r} is not of type {parameter.type_name}") from None


def parameters_of(notebook: Any, name: str, kernel: str | None = None) -> Parameters:
    """The parameters of a notebook; raises InvalidInput if it has no cell tagged `parameters`."""
    cells = [c for c in notebook.cells if "parameters" in c.get("metadata", {}).get("tags", ())]
    if not cells:
        raise InvalidInput(
            file=name,
            field="",
            reason="has no cell with the tag `parameters`",
            remedy="add the tag `parameters` to the cell that sets their defaults",
        )
    cell = cells[0]
    runs_on = kernel_of(notebook, kernel)
    if runs_on.language != "python":
        return Parameters(name, (), translate=_translator(runs_on, name))
    try:
        tree = parse_cell(cell.source)
    except UNREADABLE as exc:
        at = f"{exc.msg} (line {exc.lineno})" if isinstance(exc, SyntaxError) else str(exc)
        reason = f"its parameters are not Python: {at}"
        raise InvalidInput(file=name, field="", reason=reason, remedy="correct the cell") from exc
    later = {name for each in cells[1:] for name in assigned_names(each.source)}
    return Parameters(name, assigned_parameters(tree, python_cells(notebook)), later=later)


def _near(name: str, columns: Sequence[str]) -> list[str]:
    """The column that a name is likely to mean: of the same letters, or nearly of its spelling."""
    letters = {re.sub(r"[\W_]+", "", column).casefold(): column for column in columns}
    same = letters.get(re.sub(r"[\W_]+", "", name).casefold())
    return [same] if same else difflib.get_close_matches(name, columns, n=1)


def _translator(kernel: NotebookKernel, name: str) -> Callable[[Any], str]:
    """Papermill's way to write values in another language; raises InvalidInput if it has none."""
    from papermill.exceptions import PapermillException
    from papermill.translators import papermill_translators

    try:
        translate: Callable[[Any], str] = papermill_translators.find_translator(
            kernel.name, kernel.language
        ).translate
    except PapermillException as exc:
        reason = (
            f"papermill cannot write parameters for the kernel '{kernel.name}' ({kernel.language})"
        )
        remedy = "use a kernel of Python, R, Julia, Scala, Bash, MATLAB, C#, F# or PowerShell"
        raise InvalidInput(file=name, field="", reason=reason, remedy=remedy) from exc
    return translate


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(";") if item.strip()]


def _with_lists(value: Any, schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    """A brief's fields, with `a;b` as a list where the brief wants one."""
    options = [schema, *schema.get("anyOf", ())]
    options = [whole["$defs"][o["$ref"].rsplit("/", 1)[1]] if "$ref" in o else o for o in options]
    if isinstance(value, str) and any(option.get("type") == "array" for option in options):
        return _items(value)
    if not isinstance(value, dict):
        return value
    fields = {
        name: inner for option in options for name, inner in option.get("properties", {}).items()
    }
    return {name: _with_lists(item, fields.get(name, {}), whole) for name, item in value.items()}
