"""The results of a campaign in a browser: the mailed report, the dashboard, and JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from batch import Campaign
from batch.rows import runs
from batch.run.resources import WorkerResources
from batch.run.runner import run_row
from batch.warm import KernelPool
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.driving import eventually
from tests.notebooks_lab import jupyterlab, write_notebook
from tests.site import browser, looking, serving

pytestmark = pytest.mark.slow  # needs Chromium

CELLS = (
    "model = ''\nseed = 0",
    "import lotus\nfrom PIL import Image\nlotus.record('score', seed / 4)\n"
    "lotus.record('cost', 10 - seed)\n"
    "lotus.record('curve', Image.new('RGB', (40, 20), (seed * 50, 0, 0)))",
    "if seed == 3:\n    raise ValueError('<script>alert(1)</script>')",
)
TABLE = "id,model,seed,note\n" + "".join(
    f"r{n},{'slow' if n % 2 else 'fast'},{n},<i>n{n}</i>\n" for n in range(5)
)
LAB = (
    "from batch import Campaign\nfrom batch.rows.plan import CampaignOptions\n"
    "campaign = Campaign.from_csv('m.csv', 'score.ipynb', options=CampaignOptions(retries=0))\n"
    "campaign.start(workers=1)\ncampaign.widget()"
)


def campaign_in(folder: Path, home: Path) -> Campaign:
    document = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    document.cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]  # type: ignore[no-untyped-call]
    document.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(document, folder / "score.ipynb")  # type: ignore[no-untyped-call]
    (folder / "m.csv").write_text(TABLE)
    workspace = Workspace.open(Settings(LOTUS_HOME=home))
    return Campaign.from_csv(folder / "m.csv", folder / "score.ipynb", workspace=workspace)


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A campaign four of whose rows have run, and one that runs elsewhere."""
    folder = tmp_path_factory.mktemp("scored")
    campaign = campaign_in(folder, folder / "home")
    with campaign.workspace.db.begin() as connection:
        rows = list(runs.list_runs(connection, campaign.id))
        last = rows[-1]["id"]
        assert runs.claim(connection, last, "other.example:1:0") is not None
        runs.show_progress(connection, last, "other.example:1:0", {"cell": 2, "cells": 3})
    with KernelPool(spare=1, preload=()) as pool:
        for row in rows[:-1]:
            run_row(WorkerResources(campaign.workspace, pool), row["id"])
    return campaign


def check_results(page: Any, errors: list[str]) -> None:
    """Sort, filter and draw as somebody does who compares rows."""
    names = "rows => rows.filter(r => !r.hidden).map(r => r.dataset.row)"
    order = lambda: page.locator(".results tbody tr").evaluate_all(names)  # noqa: E731
    assert order() == ["r0", "r1", "r2", "r3", "r4"]
    page.locator("th[data-column=cost] button").click()
    assert order() == ["r3", "r2", "r1", "r0", "r4"]  # the last has none yet
    page.locator("[name=filter]").fill("score>=0.25 model=slow")
    assert order() == ["r3", "r1"]
    assert page.locator(".results circle").count() == 2
    assert page.locator(".results figure:visible").count() == 2
    page.locator("[name=filter]").fill("")
    page.locator("[name=x]").select_option("seed")
    page.locator("[name=y]").select_option("cost")
    assert page.locator(".results svg").get_attribute("aria-label") == "cost by seed"
    assert page.locator(".results circle").count() == 4
    picture = page.locator(".results figure img").first
    assert picture.evaluate("image => image.naturalWidth") == 40
    assert page.locator(".results i").count() == 0  # text stays text
    assert errors == []


def test_the_report_sorts_filters_and_draws(scored: Campaign, tmp_path: Path) -> None:
    report = scored.report(tmp_path)
    with browser() as running, looking(running) as seen:
        seen.page.goto(report.as_uri())
        check_results(seen.page, seen.said)


def test_the_dashboard_shows_results_and_notebooks_of_rows_that_run(scored: Campaign) -> None:
    home = scored.workspace.settings.home
    with serving(home) as site, browser() as running, looking(running) as seen:
        page = seen.page
        page.goto(site.at("operations"))
        page.get_by_role("link", name="m.csv").first.click()
        check_results(page, seen.said)
        with page.expect_popup() as popup:
            page.get_by_role("link", name="r4", exact=True).click()
        assert popup.value.get_by_text("r4: running, cell 2 of 3").is_visible()
        assert popup.value.get_by_text("It has not been saved yet.").is_visible()
        page.goto(site.at(f"campaign/row?id={scored.id}&row=r3"))
        assert page.get_by_text("<script>alert(1)</script>").first.is_visible()


def test_a_campaign_runs_beside_the_cells_of_jupyterlab(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("lab")
    campaign_in(folder, folder / "home")
    sources = (LAB, "print('not blocked', campaign.started)", "print((await campaign).status)")
    write_notebook(sources, folder / "drive.ipynb")
    with jupyterlab(folder) as url, browser() as running, looking(running) as seen:
        page = seen.page
        page.set_default_timeout(120_000)
        page.goto(f"{url}lab/tree/drive.ipynb")
        page.get_by_text("(ipykernel) | Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        page.get_by_text("not blocked True").wait_for()
        page.get_by_text("failed", exact=True).first.wait_for()  # what `await` gives back
        state = page.locator(".widget-html", has=page.locator("table"))
        table = state.locator("table")
        eventually(lambda: table.locator("tr").count() == 6, "all rows are in the widget")
        state.filter(has_text="4 completed, 1 failed").wait_for()
        assert table.get_by_role("link", name="open").count() == 5
        page.get_by_role("button", name="retry failed").click()
        again = table.get_by_text("queued").or_(table.get_by_text("running"))
        again.first.wait_for()
        state.filter(has_text="4 completed (4 before), 1 failed").wait_for()
