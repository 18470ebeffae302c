"""A campaign: its rows that run, its results, and the notebook of a row while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

from tornado.web import HTTPError, authenticated

from dashboards.server.viewer import PageHandler
from lotus.display.kit import Html, join, section, table
from lotus.errors import LotusError
from lotus.workspace import Workspace

__all__ = ["CampaignPage", "RowNotebook"]

ROWS = 1000  # on the page; files have all
AGAIN_SECONDS = 5


class CampaignPage(PageHandler):
    """One campaign."""

    @authenticated
    async def get(self) -> None:
        """Show the campaign with the id of the address."""
        if self.forget_token():
            return
        try:
            campaign_id = self.get_argument("id", "")
            name, body = await self.state.run(_draw, self.state.workspace, campaign_id)
        except LotusError as error:
            self.refuse("Campaign", error)
            return
        script = Html('<script src="{}lotus/results.js" defer></script>').format(self.base_url)
        self.show(name, body + script, active="operations")


class RowNotebook(PageHandler):
    """The notebook of a row, as it was saved last."""

    @authenticated
    async def get(self) -> None:
        """The notebook, without scripts; the page of a row that runs looks again by itself."""
        from batch.report.live import POLICY

        names = (self.get_argument("id", ""), self.get_argument("row", ""))
        try:
            page = await self.state.run(_row_page, self.state.workspace, *names)
        except (LotusError, ValueError):
            raise HTTPError(404) from None
        self.set_header("Content-Security-Policy", f"sandbox; {POLICY}")
        self.set_header("Cache-Control", "no-store")
        self.finish(page)


def _row_page(workspace: Workspace, campaign_id: str, row: str) -> str:
    from batch.report.live import notebook_page, read_notebook
    from batch.rows import runs

    campaign = workspace.db.ask(runs.find_campaign, campaign_id)["id"]
    run, text = read_notebook(workspace, campaign, row)
    return notebook_page(run, text, refresh_seconds=AGAIN_SECONDS)


def _draw(workspace: Workspace, name: str) -> tuple[str, Html]:
    from batch.report.results import result_columns, result_rows
    from batch.report.results_section import results_section
    from batch.report.state import read_state
    from batch.rows import runs

    state = read_state(workspace, workspace.db.ask(runs.find_campaign, name)["id"])
    columns = result_columns(workspace, state.id)
    rows = list(islice(result_rows(workspace, state.id, columns), ROWS))
    results = results_section(workspace, state.id, rows, columns, _notebook_link)
    heading = Html("<header class='title'><h1>{}</h1><p>{}</p></header>")
    running = [_live(state.id, row) for row in workspace.db.ask(runs.under_way, state.id, ROWS)]
    live = section("Running", table("Rows that run", ["row", "at"], running)) if running else Html()
    return state.name, join([heading.format(state.name, str(state)), live, results])


def _live(campaign_id: str, row: dict[str, Any]) -> list[Any]:
    link = f"campaign/row?{urlencode({'id': campaign_id, 'row': row['name']})}"
    at = f"cell {row['cell']} of {row['cells']}" if row["cell"] else ""
    return [Html('<a href="{}" target="_blank">{}</a>').format(link, row["name"]), at]


def _notebook_link(row: Mapping[str, Any]) -> str:
    """The row's notebook, relative to the page of the campaign."""
    key = row["keys"]["notebook"] or row["keys"]["draft"]
    return f"notebook/{quote(key)}" if key else ""
