"""The notebook of a row as a page, also while it runs."""

from __future__ import annotations

import html
import webbrowser
from typing import Any

from batch.report.logs import whole_streams
from batch.rows import runs
from lotus.errors import StoreError
from lotus.system.files import write_aside
from lotus.workspace import Workspace

__all__ = ["POLICY", "LivePage", "notebook_page", "read_notebook", "saved_page"]

# the notebook may hold anything: the browser runs nothing of it and fetches nothing
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:"
REFRESH_SECONDS = 3
OUTPUTS = ("stream", "display_data", "execute_result", "error")
LOOKS = 3  # each save of a running row removes the one before


def read_notebook(workspace: Workspace, campaign_id: str, name: str) -> tuple[runs.Row, str | None]:
    """The row, and its notebook as it was saved last; None before its first save. Raises
    InvalidInput.
    """
    for look in range(LOOKS):
        run = workspace.db.ask(runs.named_run, campaign_id, name)
        key = run["notebook"] or run["draft"]
        if key is None:
            return run, None
        try:
            return run, workspace.store.read(key).decode()
        except StoreError:
            if look == LOOKS - 1:
                raise
    raise AssertionError


def saved_page(text: str) -> str:
    """A notebook as HTML that runs no script."""
    return _page("notebook", _body(text))


def notebook_page(run: runs.Row, text: str | None, *, refresh_seconds: int = 0) -> str:
    """The notebook as HTML that runs no script; a row that runs is looked at again."""
    title = f"{run['name']}: {run['status']}"
    if run["status"] == "running" and run["cell"]:
        title += f", cell {run['cell']} of {run['cells']}"
    again = refresh_seconds and run["status"] in runs.UNFINISHED
    refresh = f'<meta http-equiv="refresh" content="{refresh_seconds}">' if again else ""
    body = _body(text) if text is not None else "<p>It has not been saved yet.</p>"
    reason = f"<p>{html.escape(run['reason'])}</p>" if run["reason"] else ""
    heading = f"<h1>{html.escape(title)}</h1>{reason}"
    return _page(title, heading + body, refresh)


def _page(title: str, body: str, head: str = "") -> str:
    return (
        f'<!doctype html><meta charset="utf-8"><title>{html.escape(title)}</title>{head}'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        "<style>body { font-family: system-ui; margin: 1rem auto; max-width: 60rem } "
        "pre { white-space: pre-wrap } img, video { max-width: 100% } "
        ".jp-InputPrompt, .jp-OutputPrompt, .prompt { color: #777; font-size: 80% }</style>"
        f"{body}"
    )


def _body(text: str) -> str:
    import nbformat
    from nbconvert import HTMLExporter

    exporter: Any = HTMLExporter(template_name="basic", exclude_anchor_links=True)
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    body, _ = exporter.from_notebook_node(whole_streams(_mend(notebook)))
    return str(body)


def _mend(notebook: Any) -> Any:
    """The notebook as nbconvert takes it, which refuses what Jupyter shows: cells without a count
    or with an id of their own making, kernels without a name, kinds of long ago.
    """
    notebook.metadata.pop("kernelspec", None)
    notebook.nbformat_minor = 4  # whose cells have no ids
    for cell in notebook.cells:
        cell.pop("id", None)
        if cell.cell_type == "code":
            cell.setdefault("execution_count", None)
            cell.outputs = [o for o in cell.get("outputs", ()) if o.output_type in OUTPUTS]
        elif cell.cell_type != "markdown":
            cell.cell_type = "raw"
    return notebook


class LivePage:
    """A file with the notebook of a row, written again at each look; a browser looks again too."""

    def __init__(self, workspace: Workspace, campaign_id: str, name: str) -> None:
        """Raises InvalidInput if there is no such row."""
        self._row = (workspace, campaign_id, name)
        folder = workspace.cache / "live" / campaign_id
        folder.mkdir(parents=True, exist_ok=True)
        self.path = (folder / f"{name}.html").absolute()
        self.write()

    def write(self) -> None:
        """Write what there is now."""
        run, text = read_notebook(*self._row)
        write_aside(notebook_page(run, text, refresh_seconds=REFRESH_SECONDS), self.path)

    def open(self) -> None:
        """Open it in the browser of this machine, if there is one."""
        webbrowser.open(self.path.as_uri())
