"""A campaign in JupyterLab: a table that lives, with its notebooks, and buttons for what to do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from markupsafe import Markup

from batch.report.page import Links
from batch.report.results import run_rows
from batch.report.state import CampaignState
from lotus.errors import LotusError
from lotus.workspace import Workspace

__all__ = ["campaign_widget", "table_html"]

TABLE_ROWS = 50  # rows; results have all
LOOK_SECONDS = 1.0


class _CampaignHandle(Protocol):
    workspace: Workspace
    id: str

    @property
    def state(self) -> CampaignState: ...

    @property
    def started(self) -> bool: ...

    def start(self) -> Any: ...

    def retry(self) -> int: ...

    def approve(self) -> int: ...

    def cancel(self) -> CampaignState: ...


def table_html(workspace: Workspace, state: CampaignState) -> str:
    """How it stands, and its first rows with links to their notebooks."""
    links = Links(workspace.store, Path.cwd())
    cells = Markup("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>")
    rows = [
        cells.format(
            row["row"],
            row["status"],
            f"{row['seconds']:.1f} s" if row["seconds"] is not None else "",
            _link(links, row["keys"]["notebook"] or row["keys"]["draft"]),
            row["reason"] or "",
        )
        for row in islice(run_rows(workspace, state.id), TABLE_ROWS)
    ]
    heading = Markup(
        "<p><b>{}</b></p><table><tr><th>row</th><th>status</th><th>took</th><th>notebook</th>"
        "<th>reason</th></tr>{}</table>"
    )
    more = state.counts["total"] - len(rows)
    rest = Markup("<p>{} more rows: campaign.results()</p>").format(more) if more > 0 else ""
    running = Markup("<p>{}</p>").format(", ".join(state.running)) if state.running else ""
    return str(heading.format(str(state), Markup("").join(rows)) + running + rest)


def _link(links: Links, key: str | None) -> Markup:
    if key is None:
        return Markup("")
    return Markup('<a href="{}" target="_blank">open</a>').format(links.to(key))


def campaign_widget(campaign: _CampaignHandle) -> Any:
    """Buttons above a table, which is looked at again each second while the campaign runs."""
    import ipywidgets

    view = ipywidgets.HTML()
    message = ipywidgets.HTML()

    def look() -> bool:
        state = campaign.state
        view.value = table_html(campaign.workspace, state)
        return state.status == "running"

    def follow() -> None:
        over = threading.Event()
        while look() or campaign.started:
            over.wait(LOOK_SECONDS)

    def button(label: str, act: Callable[[], object]) -> Any:
        def clicked(_: object) -> None:
            message.value = ""
            try:
                act()
            except LotusError as error:
                message.value = str(Markup("<b>{}</b>").format(str(error)))
            threading.Thread(target=follow, name="campaign widget", daemon=True).start()

        control = ipywidgets.Button(description=label)
        control.on_click(clicked)
        return control

    def retry() -> None:
        campaign.retry()
        campaign.start()

    def approve() -> None:
        campaign.approve()
        campaign.start()

    actions = {
        "start": campaign.start,
        "retry failed": retry,
        "approve all": approve,
        "cancel": campaign.cancel,
    }
    buttons = [button(label, act) for label, act in actions.items()]
    threading.Thread(target=follow, name="campaign widget", daemon=True).start()
    return ipywidgets.VBox([ipywidgets.HBox(buttons), message, view])
