"""Assignments of a `parameters` cell: names, with types by their annotations and defaults."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from batch.rows.types import annotated_type, default_type, imported_names, type_aliases

__all__ = [
    "UNREADABLE",
    "Parameter",
    "assigned_names",
    "assigned_parameters",
    "parse_cell",
    "python_cells",
]

# of cells that are no Python, or more than it reads
UNREADABLE = (SyntaxError, RecursionError, ValueError, MemoryError, tokenize.TokenError)
Pair = tuple[str, ast.expr | None]
OF_PYTHON = (["time"], ["capture"], ["prun"])  # cell magics whose cell is Python all the same
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True)
class Parameter:
    """One parameter; `type` is None where anything goes, `type_name` names it in messages."""

    name: str
    type: Any
    type_name: str = ""
    inferred: bool = False  # from its default, which promises less than an annotation
    required: bool = False  # it has an annotation alone: each row gives a value


def parse_cell(source: str) -> ast.Module:
    """The cell as Python; magics and shell lines become calls. Raises SyntaxError."""
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%") and first[2:].split()[:1] in OF_PYTHON:
        source = rest
    try:
        return ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        python: str = TransformerManager().transform_cell(source)
        return ast.parse(python)


def python_cells(notebook: Any) -> Iterable[ast.Module]:
    """The cells that import something, as far as they are Python."""
    for cell in notebook.cells:
        if cell.get("cell_type") == "code" and "import" in cell.source:
            try:
                yield parse_cell(cell.source)
            except UNREADABLE:  # the cell itself will say so
                continue


def assigned_parameters(tree: ast.Module, cells: Iterable[ast.Module]) -> list[Parameter]:
    """The parameters of a cell; `cells` import the names of its types."""
    cells = list(cells)
    names = imported_names([*cells, tree])
    for cell in (*cells, tree):
        names |= type_aliases(cell, names)
    parameters: dict[str, Parameter] = {}
    for node in _statements(tree.body):
        for parameter in _parameters_of(node, names):
            before = parameters.get(parameter.name)
            at_top = node in tree.body
            if before is not None and not at_top and before.type != parameter.type:
                parameter = Parameter(parameter.name, None, inferred=True)
            parameters[parameter.name] = parameter
    return list(parameters.values())


def assigned_names(source: str) -> set[str]:
    """Names that a cell assigns."""
    try:
        tree = parse_cell(source)
    except UNREADABLE:
        return set()
    return {p.name for node in _statements(tree.body) for p in _parameters_of(node, {})}


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a cell, also those under `if`, `for`, `with` and `try`."""
    for node in body:
        yield node
        if isinstance(node, SCOPES):
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, name, ()))
        for block in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _statements(block.body)


def _parameters_of(node: ast.stmt, names: Mapping[str, Any]) -> Iterator[Parameter]:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield _annotation(node, node.target.id, names)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from (_by_default(*pair) for pair in _targets(target, node.value))
    elif isinstance(node, ast.For):
        yield from (_by_default(*pair) for pair in _targets(node.target, None))
    elif isinstance(node, ast.With):
        for item in node.items:
            if item.optional_vars is not None:
                yield from (_by_default(*pair) for pair in _targets(item.optional_vars, None))
    for inner in ast.walk(node) if isinstance(node, ast.Expr | ast.Assign) else ():
        if isinstance(inner, ast.NamedExpr):
            yield _by_default(inner.target.id, inner.value)


def _annotation(node: ast.AnnAssign, name: str, names: Mapping[str, Any]) -> Parameter:
    """By its annotation; by its default where the annotation says nothing that is known."""
    kind = annotated_type(node.annotation, names)
    type_name = ast.unparse(node.annotation).strip("'\"")
    if kind is None and node.value is not None and default_type(node.value) is not None:
        return _by_default(name, node.value)
    return Parameter(name, kind, type_name, required=node.value is None)


def _targets(target: ast.expr, value: ast.expr | None) -> Iterator[Pair]:
    """Names with their values: `a, b = 1, 2` is two."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple | ast.List):
        values: list[ast.expr | None] = [None] * len(target.elts)
        same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        if same and not any(isinstance(each, ast.Starred) for each in target.elts):
            values = list(value.elts)  # type: ignore[union-attr]
        for each, inner in zip(target.elts, values, strict=True):
            yield from _targets(each.value if isinstance(each, ast.Starred) else each, inner)


def _by_default(name: str, value: ast.expr | None) -> Parameter:
    kind = default_type(value) if value is not None else None
    type_name = "int" if kind == int | float else str(getattr(kind, "__name__", ""))
    return Parameter(name, kind, type_name, inferred=True)
