"""Experiments on the dashboards: the list, and one with its leaderboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.seeded_experiments import seeded
from tests.site import looking, serving


@pytest.mark.slow
def test_an_experiment_is_seen_with_its_leaderboard_costs_and_gaps(
    chromium: Any, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    grid = {"prompt": [f"A dog runs along beach {n}" for n in range(6)], "style": ["a<b>", "b"]}
    experiment = seeded(
        home, grid, cost_usd=lambda cell: "0.05" if cell.factors["style"] == "b" else "0.01"
    )
    cells = {(c.factors["style"], c.factors["prompt"]): c.key for c in experiment.cells()}
    experiment.add_ratings(
        {"rater": rater, "left": cells["a<b>", p], "right": cells["b", p], "choice": "right"}
        for rater in ("ana", "ben")
        for p in grid["prompt"]
    )
    with serving(home) as site, looking(chromium) as seen:
        seen.page.goto(site.at("experiments"))
        assert "seeded" in seen.page.locator("main").inner_text()
        seen.page.get_by_role("link", name="seeded").click()
        seen.page.wait_for_selector("svg circle")
        text = seen.page.locator("main").inner_text()
        assert seen.page.locator("table").first.locator("tbody tr").count() == 2
        for words in ("a<b>", "$0.36", "6 of 6", "2 raters", "lotus experiment rate", "$0.05"):
            assert words in text, words
        assert seen.page.locator("nav [aria-current=page]").inner_text() == "Experiments"
        assert seen.said == []
        seen.page.screenshot(path=str(tmp_path / "desk.png"), full_page=True)
        seen.page.set_viewport_size({"width": 390, "height": 844})
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
        seen.page.goto(site.at("experiments?id=nothing"))
        assert "was never run here" in seen.page.locator("main").inner_text()
