"""Twenty viewers at once over a hundred thousand jobs and a million entries of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from lotus.db.tables import now
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import fill, seed
from tests.site import Site, browser, looking, serving

pytestmark = pytest.mark.slow

VIEWERS = 20
LONG_MS = 120_000  # where there are two cores


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server over a database of years."""
    home = tmp_path_factory.mktemp("years")
    workspace = Workspace.open(Settings(LOTUS_HOME=home))
    seed(workspace.db, now=now())
    fill(workspace.db, 100_000, 1_000_000)
    workspace.db.close()
    with serving(Path(home), "--warm", "0") as up:
        yield up


def test_twenty_look_at_once_and_none_needs_a_kernel(site: Site) -> None:
    server = psutil.Process(site.process.pid)
    with browser() as running, ExitStack() as open_pages:
        viewers: list[Any] = []
        for _ in range(VIEWERS):
            seen = open_pages.enter_context(looking(running))
            seen.page.set_default_timeout(LONG_MS)
            seen.page.goto(site.at("results"), wait_until="commit")
            viewers.append(seen)
        for seen in viewers:
            seen.page.locator(".card").first.wait_for()
            assert "of 100,008" in seen.page.locator(".count").inner_text()
        for seen in viewers:
            seen.page.get_by_label("Status").select_option("failed")
        for seen in viewers:
            seen.page.locator(".count", has_text="of 2,003").wait_for()
            assert seen.said == []
        assert not [c for c in server.children(recursive=True) if "ipykernel" in str(c.cmdline())]


def test_memory_stays_flat_over_page_loads(site: Site) -> None:
    server = psutil.Process(site.process.pid)
    pages = ("results", "costs", "operations", "results?sort=cost")

    def load(times: int) -> float:
        with httpx.Client(base_url=site.url, timeout=60) as client:
            for n in range(times):
                assert client.get(pages[n % len(pages)]).status_code == 200
        return server.memory_full_info().uss / 1e6

    warmed = load(100)
    assert load(400) - warmed < 20  # megabytes


def test_twenty_who_look_away_for_an_hour_cost_no_memory(site: Site) -> None:
    """Their pages ask again every five seconds; here without the seconds between."""
    server = psutil.Process(site.process.pid)
    pages = ("operations", "results?status=generating")

    def idle(rounds: int) -> float:
        for n in range(rounds):
            for client in viewers:
                assert client.get(pages[n % len(pages)]).status_code == 200
        return server.memory_full_info().uss / 1e6

    with ExitStack() as stack:
        viewers = [
            stack.enter_context(httpx.Client(base_url=site.url, timeout=60)) for _ in range(VIEWERS)
        ]
        warmed = idle(5)
        assert idle(36) - warmed < 20  # megabytes, after 720 answers: an hour of one page
