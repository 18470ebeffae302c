"""Notebooks that are pages: lotus' own, which the server runs itself, and those of a folder."""

from __future__ import annotations

import ast
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from markupsafe import Markup

from dashboards.dashboard import Dashboard, shown_by
from dashboards.errors import public_error
from lotus.display.kit import Html, trouble
from lotus.errors import InputError

__all__ = ["HERE", "OWN", "NotebookPage", "notebook_page", "notebooks_in"]

HERE = Path(__file__).parent
OWN = ("results", "experiments", "costs", "operations")  # lotus' own, as in the menu
Cell = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class NotebookPage:
    """A notebook whose cells this process can run: text as HTML, code compiled."""

    name: str
    cells: tuple[Cell, ...]

    def parts(self, dashboard: Dashboard) -> Iterator[Html]:
        """What each cell shows, or what went wrong: a part that fails does not take the rest with
        it.
        """
        names: dict[str, Any] = {}
        with shown_by(dashboard):
            for cell in self.cells:
                try:
                    value = cell(names)
                except InputError as error:  # what somebody wrote into the address
                    value = trouble(error)
                except Exception as error:
                    logging.getLogger("dashboards").exception("a part of the page failed")
                    value = trouble(public_error(error))
                if isinstance(value, Markup):
                    yield Html(value)


@cache
def notebook_page(name: str) -> NotebookPage:
    """One of lotus' own pages."""
    import nbformat

    notebook = nbformat.read(HERE / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    kinds = {"markdown": _text, "code": _code}
    return NotebookPage(name, tuple(kinds[c.cell_type](c.source, name) for c in notebook.cells))


def _text(source: str, name: str) -> Cell:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=True, exclude_anchor_links=True)
    html = Html('<header class="title">{}</header>').format(
        Markup(MarkdownWithMath(renderer=renderer).render(source))
    )
    return lambda names: html


def _code(source: str, name: str) -> Cell:
    """The statements of a cell, and the value of its last line."""
    *body, last = ast.parse(source).body
    ends: CodeType | None = None
    if isinstance(last, ast.Expr):
        ends = compile(ast.Expression(last.value), f"{name}.ipynb", "eval")
    else:
        body.append(last)
    statements = compile(ast.Module(body, []), f"{name}.ipynb", "exec")

    def run(names: dict[str, Any]) -> Any:
        exec(statements, names)
        return eval(ends, names) if ends is not None else None

    return run


def notebooks_in(folder: Path | None) -> Mapping[str, Path]:
    """The notebooks of a folder by name; they are looked for whenever somebody asks."""
    paths = sorted(folder.glob("*.ipynb")) if folder is not None else ()
    return {path.stem: path for path in paths if not path.name.startswith(".")}
