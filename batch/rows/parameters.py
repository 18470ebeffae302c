"""What a notebook takes: the assignments of its `parameters` cell, with types; rows made to fit
them.
"""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch.rows.manifest import Row, RowProblem
from lotus.documents.brief import Brief
from lotus.documents.reading import brief_from
from lotus.errors import InvalidInput

__all__ = ["BRIEF", "Parameter", "Parameters", "parameters_of"]

BRIEF = "brief"  # a parameter of this name takes the fields of a brief from columns of their own
TYPES: dict[str, type] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list,
    "dict": dict,
}
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One parameter; `type` is None where anything goes."""

    name: str
    type: type | None


class Parameters:
    """All parameters of one notebook: they turn rows into what papermill injects."""

    def __init__(self, notebook: str, found: Iterable[Parameter], *, checked: bool = True) -> None:
        self.notebook = notebook
        self.checked = checked
        self.by_name = {parameter.name: parameter for parameter in found}
        self._brief = Brief.model_json_schema() if BRIEF in self.by_name else None
        self._strangers: set[str] = set()

    @property
    def columns(self) -> list[str]:
        """What a row may hold, `id` apart."""
        fields = self._brief["properties"] if self._brief is not None else ()
        return sorted({*self.by_name, *fields})

    def fit(
        self, row: Row, common: Mapping[str, Any], manifest: Path
    ) -> dict[str, Any] | list[RowProblem]:
        """The row's parameters (JSON-able), or all that is wrong; an unknown column is told
        once.
        """
        given = {**common, **row.values}
        problems = [self._stranger(row.line, name) for name in given if not self._knows(name)]
        taken = {name: value for name, value in given.items() if name in self.by_name}
        values: dict[str, Any] = {}
        for name, value in taken.items():
            try:
                values[name] = _converted(value, self.by_name[name].type)
            except ValueError as exc:
                problems.append(RowProblem(row.line, name, str(exc)))
        if self._brief is not None:
            fields = {name: value for name, value in given.items() if name not in self.by_name}
            problems += self._fit_brief(row, {**values.get(BRIEF, {}), **fields}, values, manifest)
        found = [problem for problem in problems if problem is not None]
        return found or ([] if problems else values)

    def _knows(self, name: str) -> bool:
        return not self.checked or name in self.by_name or name in self.columns

    def _stranger(self, line: int, name: str) -> RowProblem | None:
        if name in self._strangers:
            return None
        self._strangers.add(name)
        near = difflib.get_close_matches(name, self.columns, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        return RowProblem(
            line, name, f"is not a parameter of {self.notebook}; {hint}({', '.join(self.columns)})"
        )

    def _fit_brief(
        self, row: Row, fields: dict[str, Any], values: dict[str, Any], manifest: Path
    ) -> list[RowProblem | None]:
        assert self._brief is not None
        known = {name: value for name, value in fields.items() if name in self._brief["properties"]}
        try:
            brief = brief_from(
                _with_lists(known, self._brief, self._brief), file="", folder=manifest.parent
            )
        except InvalidInput as exc:
            column = exc.facts.get("field") or BRIEF
            return [
                RowProblem(row.line, column, f"{exc.facts['reason']}; {exc.remedy}".strip("; "))
            ]
        values[BRIEF] = brief.model_dump(mode="json", exclude_unset=True)
        return []


def parameters_of(notebook: Any, name: str) -> Parameters:
    """The parameters of a notebook; raises InvalidInput if it has no cell tagged `parameters`."""
    cell = next(
        (c for c in notebook.cells if "parameters" in c.get("metadata", {}).get("tags", ())), None
    )
    if cell is None:
        raise InvalidInput(
            file=name,
            field="",
            reason="has no cell with the tag `parameters`",
            remedy="tag the cell",
        )
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        return Parameters(name, (), checked=False)
    try:
        return Parameters(name, _assigned(ast.parse(cell.source)))
    except SyntaxError as exc:
        reason = f"its parameters are not Python: {exc.msg} (line {exc.lineno})"
        raise InvalidInput(file=name, field="", reason=reason, remedy="correct the cell") from exc


def _assigned(tree: ast.Module) -> list[Parameter]:
    found = []
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(Parameter(node.target.id, _annotated(node.annotation)))
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            found += [Parameter(name, _type_of(node.value)) for name in names]
    return found


def _annotated(annotation: ast.expr) -> type | None:
    """`str`, `str | None`, `list[str]`, `Optional[int]`: the first name that is a type."""
    names = (node.id for node in ast.walk(annotation) if isinstance(node, ast.Name))
    return next((TYPES[name] for name in names if name in TYPES), None)


def _type_of(value: ast.expr) -> type | None:
    try:
        default = ast.literal_eval(value)
    except ValueError:
        return None
    return type(default) if type(default) in TYPES.values() else None


def _converted(value: Any, wanted: type | None) -> Any:
    """The value as the parameter's type; a table's cells are text. Raises ValueError saying what is
    wrong.
    """
    if wanted is None or type(value) is wanted:
        return value
    if wanted is float and type(value) is int:
        return float(value)
    if isinstance(value, str):
        try:
            return _parsed(value, wanted)
        except (ValueError, KeyError):
            pass
    raise ValueError(f"{value!r} is not of type {wanted.__name__}")


def _parsed(text: str, wanted: type) -> Any:
    if wanted is bool:
        return TRUTH[text.lower()]
    if wanted is list:
        return _items(text)
    if wanted is dict:
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ValueError
        return found
    return wanted(text)


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
