"""Twenty viewers at once over a hundred thousand jobs and a million entries of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lotus.db.tables import now
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import fill, seed
from tests.site import Site, browser, looking, serving

pytestmark = pytest.mark.slow

VIEWERS = 20
LONG_MS = 240_000  # twenty kernels start one after the other where there are two cores


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server over a database of years."""
    home = tmp_path_factory.mktemp("years")
    workspace = Workspace.open(Settings(LOTUS_HOME=home))
    seed(workspace.db, now=now())
    fill(workspace.db, 100_000, 1_000_000)
    workspace.db.close()
    with serving(Path(home), "--viewers", str(VIEWERS), "--warm", "0") as up:
        yield up


def test_twenty_look_at_once_and_the_next_is_told_so(site: Site) -> None:
    with browser() as running, ExitStack() as open_pages:
        viewers: list[Any] = []
        for _ in range(VIEWERS):
            seen = open_pages.enter_context(looking(running))
            seen.page.set_default_timeout(LONG_MS)
            seen.page.goto(site.at("results"), wait_until="commit")
            viewers.append(seen)
        for seen in viewers:
            seen.page.locator("#first").wait_for(state="detached")
            seen.page.locator(".card").first.wait_for()
            assert "of 100,008" in seen.page.locator(".count").inner_text()
        late = open_pages.enter_context(looking(running))
        assert late.page.goto(site.at("costs")).status == 503
        late.page.get_by_text("All places are taken.").wait_for()
        for seen in viewers:
            seen.page.get_by_label("Status").select_option("failed")
        for seen in viewers:
            seen.page.locator(".count", has_text="of 2,003").wait_for()
            assert seen.said == []
