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
from lotus.workspace import Workspace

__all__ = ["CampaignPanel", "campaign_widget", "table_html"]

TABLE_ROWS = 50  # rows; results have all
LOOK_SECONDS = 1.0
LOOKS = 60  # that fail one after another, until the table is given up


class _CampaignHandle(Protocol):
    workspace: Workspace
    id: str

    @property
    def state(self) -> CampaignState: ...

    @property
    def started(self) -> bool: ...

    @property
    def failure(self) -> str | None: ...

    @property
    def waiting_for(self) -> str: ...

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
        "<p><b>{}</b></p><table style='border-spacing: .9em 0; text-align: left'><tr><th>row</th>"
        "<th>status</th><th>took</th><th>notebook</th><th>reason</th></tr>{}</table>"
    )
    more = state.counts["total"] - len(rows)
    rest = Markup("<p>{} more rows: campaign.results()</p>").format(more) if more > 0 else ""
    running = Markup("<p>{}</p>").format(", ".join(state.running)) if state.running else ""
    return str(heading.format(str(state), Markup("").join(rows)) + running + rest)


def _link(links: Links, key: str | None) -> Markup:
    if key is None:
        return Markup("")
    link = Markup('<a href="{}" target="_blank" style="text-decoration: underline">open</a>')
    return link.format(links.to(key))


def _bold(text: str) -> str:
    return str(Markup("<b>{}</b>").format(text)) if text else ""


class CampaignPanel:
    """Buttons above a table, which is looked at again each second while the campaign runs."""

    def __init__(self, campaign: _CampaignHandle) -> None:
        import ipywidgets

        self.campaign = campaign
        self.table = ipywidgets.HTML()
        self.message = ipywidgets.HTML()  # of the button that was pressed last
        self.notice = ipywidgets.HTML()  # why nothing goes on, or the table does not
        self._watcher = 0  # the number of the newest; those before it end
        actions = {
            "start": campaign.start,
            "retry failed": self._retry,
            "approve all": self._approve,
            "cancel": campaign.cancel,
        }
        buttons = ipywidgets.HBox([self._button(*item) for item in actions.items()])
        self.widget = ipywidgets.VBox([buttons, self.message, self.notice, self.table])
        self.follow()

    def follow(self) -> None:
        """Look again until the campaign does not run any more."""
        self._watcher += 1
        arguments = (self._watcher,)
        name = f"widget of campaign {self.campaign.id}"
        threading.Thread(target=self._watch, args=arguments, name=name, daemon=True).start()

    def _watch(self, number: int) -> None:
        over = threading.Event()
        failures = 0
        while number == self._watcher:
            start = self.campaign.started  # asked before the look, so that one look follows it
            try:
                running = self._look()
            except Exception as error:  # a watcher that ends without a word looks like a standstill
                failures += 1
                running = failures < LOOKS
                text = str(error) or type(error).__name__
                self.notice.value = _bold(f"the table is not up to date: {text}")
            else:
                failures = 0
                self.notice.value = _bold(self.campaign.failure or self.campaign.waiting_for)
            if not (start or running):
                break
            over.wait(LOOK_SECONDS)

    def _look(self) -> bool:
        """Show how it stands now; returns whether it runs."""
        state = self.campaign.state
        self.table.value = table_html(self.campaign.workspace, state)
        return state.status == "running"

    def _button(self, label: str, act: Callable[[], object]) -> Any:
        import ipywidgets

        def on_click(_: object) -> None:
            self.message.value = ""
            try:
                act()
            except Exception as error:  # otherwise JupyterLab's log alone would have it
                self.message.value = _bold(str(error) or type(error).__name__)
            self.follow()

        control = ipywidgets.Button(description=label)
        control.on_click(on_click)
        return control

    def _retry(self) -> None:
        self.campaign.retry()
        self.campaign.start()

    def _approve(self) -> None:
        self.campaign.approve()
        self.campaign.start()


def campaign_widget(campaign: _CampaignHandle) -> Any:
    """The panel as ipywidgets show it."""
    return CampaignPanel(campaign).widget
