"""A dashboard as one HTML file that needs nothing else: charts as SVG, posters inside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from dashboards.dashboard import of_workspace
from dashboards.notebooks import HERE, notebook_page
from lotus.display.kit import render, style, when
from lotus.system.files import check_writable, write_aside
from lotus.workspace import Workspace

__all__ = ["write_report"]


def write_report(name: str, path: Path, parameters: Mapping[str, object]) -> Path:
    """Run the cells of the notebook `name` and write what they show; raises InputError,
    WorkError.
    """
    target = check_writable(path)
    query = {name: str(value) for name, value in parameters.items() if value}
    dashboard = of_workspace(Workspace.open(), query)
    page = render(
        HERE / "template",
        "report.html.j2",
        title=name.capitalize(),
        style=style(),
        parts=list(notebook_page(name).parts(dashboard)),
        moment=when(datetime.now(UTC).isoformat()),
    )
    return write_aside(str(page), target)
