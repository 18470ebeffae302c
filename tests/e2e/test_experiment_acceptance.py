"""Which of three prompts, two styles and two models under $5? The notebook, and two people."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.integration.test_experiments import _pictures
from tests.paying import balanced
from tests.replicate_server import serving as replicate_serving
from tests.site import looking, serving

NOTEBOOK = Path(__file__).parents[2] / "notebooks/experiment.ipynb"
PROMPTS = ["A coffee roaster at dawn", "A dog on the beach", "A lighthouse in a storm"]
MODELS = ["p-video-draft", "kling-v2.6"]  # what the second one makes is blurred
DETAIL = """() => Promise.all([left, right].map(async (video) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [160, 90];
    const context = canvas.getContext("2d", {willReadFrequently: true});
    video.pause();
    await new Promise((resolve) => { video.onseeked = resolve; video.currentTime = 0.5; });
    context.drawImage(video, 0, 0, 160, 90);
    const data = context.getImageData(0, 0, 160, 90).data;
    let steps = 0;
    for (let i = 4; i < data.length; i += 4) steps += Math.abs(data[i] - data[i - 4]);
    return steps;
}))"""  # of both at the same moment


class _Notebook:
    """Its cells, run one after another as a reader does."""

    def __init__(self, **parameters: Any) -> None:
        cells = json.loads(NOTEBOOK.read_text())["cells"]
        self.count = len(cells)
        self.sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
        self.names: dict[str, Any] = {}
        exec(self.sources.pop(0), self.names)
        self.names |= parameters

    def run_until(self, word: str) -> None:
        """All cells up to the first that has this word."""
        while True:
            source = self.sources.pop(0)
            exec(source, self.names)
            if word in source:
                return


def _person(page: Any, link: str, every: int) -> None:
    """Somebody who looks at both videos, and is wrong each so many times that they differ."""
    page.goto(link)
    page.wait_for_selector("#rating[aria-busy=false]")
    clear = 0
    for _ in range(100):
        left, right = page.evaluate(DETAIL)
        close = abs(left - right) < 0.02 * max(left, right)
        clear += not close
        key = "0" if close else "1" if (left > right) != (clear % every == 0) else "2"
        before = page.evaluate("left.src")
        page.keyboard.press(key)
        page.wait_for_function(
            "before => !end.hidden || left.src !== before"
            " && rating.getAttribute('aria-busy') === 'false'",
            arg=before,
        )
        if page.locator("#end").is_visible():
            return
    raise AssertionError("it never ends")


@pytest.mark.slow
def test_a_notebook_and_two_people_find_the_better_model_under_five_dollars(
    chromium: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "experiment.html"
    with replicate_serving() as server:
        for name, value in {**server.environment(), "LOTUS_HOME": str(home)}.items():
            monkeypatch.setenv(name, value)
        _pictures(server, lambda made: "soft" if "kling" in made.model else "fine")
        notebook = _Notebook(
            prompts=PROMPTS, models=MODELS, seeds=[0], seconds=1.0, report=str(report)
        )
        assert notebook.count <= 12
        notebook.run_until("exp.rate")
        exp = notebook.names["exp"]
        links = exp.rate("ana", "ben", factors=notebook.names["factors"])
        with serving(home, "--reviews") as site:
            for name, every in (("ana", 100), ("ben", 4)):
                link = site.at(urlsplit(links[name]).path.lstrip("/"))
                with looking(chromium) as seen:
                    _person(seen.page, link, every)
                    assert seen.said == []
        notebook.names["factor"] = "model"
        notebook.run_until("exp.report")
        assert exp.spent_usd == server.account.bill < Decimal(5)
        assert balanced(exp.workspace, server)
    board = exp.leaderboard("model")
    assert [place.name for place in board.places] == MODELS
    assert board.alpha is not None
    assert {rater.name for rater in board.raters} == {"ana", "ben"}
    for name in ("prompt", "style"):  # their clips are the same
        assert not exp.leaderboard(name).decided
    page = report.read_text()
    assert page.count("by raters</h2>") == 3  # prompts, styles and models
    assert f"${exp.spent_usd.normalize():f}"[:5] in page
    if folder := os.environ.get("PICTURES"):
        with looking(chromium) as seen:
            seen.page.goto(report.as_uri())
            seen.page.screenshot(path=f"{folder}/report.png", full_page=True)
