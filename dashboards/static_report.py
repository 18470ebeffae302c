"""A dashboard's notebook, executed by papermill and written as one HTML file that needs nothing
else.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from dashboards.backstage import HERE
from dashboards.errors import NoAnswer
from lotus.system.files import check_writable, write_aside

__all__ = ["write_report"]


def write_report(name: str, path: Path, parameters: Mapping[str, Any]) -> Path:
    """Execute the notebook `name` without widgets and write what it shows; raises InputError,
    WorkError.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    target = check_writable(path)
    with tempfile.TemporaryDirectory() as folder:
        executed = Path(folder) / f"{name}.ipynb"
        given = {**parameters, "interactive": False}
        try:
            notebook = papermill.execute_notebook(
                HERE / f"{name}.ipynb",
                executed,
                given,
                cwd=os.getcwd(),
                progress_bar=False,
                kernel_name="python3",
            )
        except PapermillExecutionError as exc:
            raise NoAnswer(
                reason=f"the notebook {name} failed: {exc.evalue}", remedy="see `lotus doctor`"
            ) from exc
    return write_aside(_page(name, notebook), target)


def _page(name: str, notebook: Any) -> str:
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    shown = [Markup(o.data["text/html"]) for o in outputs if "text/html" in o.get("data", {})]
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "template"), autoescape=True
    )
    style = Markup((HERE / "static" / "lotus.css").read_text(encoding="utf-8"))
    return templates.get_template("report.html.j2").render(
        title=name.capitalize(), style=style, parts=shown
    )
