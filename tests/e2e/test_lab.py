"""The quickstart in JupyterLab, run from its menu, and the editor of storyboards used by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.driving import eventually
from tests.notebooks_lab import jupyterlab, run_all, write_notebook
from tests.site import browser, looking

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
LONG_MS = 90_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the notebooks."""
    pytest.importorskip("jupyterlab", reason="pip install -e '.[lab,test]'")
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[str]:
    """JupyterLab over the folder; its address."""
    with jupyterlab(folder) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for all."""
    with browser() as running:
        yield running


def test_the_quickstart_runs_from_the_menu_and_the_editor_is_clicked_through(
    lab: str, folder: Path, chromium: Any
) -> None:
    shutil.copy(QUICKSTART, folder)
    with looking(chromium) as seen:
        page = seen.page
        page.set_default_timeout(LONG_MS)
        page.goto(f"{lab}lab/tree/quickstart.ipynb")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        # JupyterLab asks which kernel while it starts one
        page.get_by_text("(ipykernel) | Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        caption = page.locator(".jp-OutputArea .widget-text input[type=text]").nth(1)
        caption.wait_for()
        assert page.get_by_text("scenes that differ: 1; it cost $0.00").first.is_visible()
        caption.fill("The first cup")
        caption.press("Tab")
        written = page.locator(".widget-textarea textarea[disabled]")
        expected = "storyboard = storyboard.with_scene(2, caption='The first cup')"
        eventually(lambda: written.input_value() == expected, "the editor says its code")
        page.get_by_role("button", name="↓").first.click()
        eventually(lambda: written.input_value().endswith(".moved(1, 2)"), "the scene moved")
        page.get_by_role("button", name="▶").nth(1).click()
        page.get_by_text("scene 2", exact=True).wait_for()
        preview = page.locator(".jupyter-widgets video")
        eventually(
            lambda: preview.evaluate("video => video.currentTime > 0.2"), "the preview plays"
        )
        page.get_by_role("button", name="Render for $0.00").click()
        page.get_by_text("rendered: editor.job is").wait_for()
        assert written.input_value().endswith("\njob = lotus.render(storyboard)")
        linked = page.locator("video[src*='quickstart.mp4']")
        linked.evaluate("video => { video.muted = true; video.play() }")
        eventually(lambda: linked.evaluate("video => video.currentTime > 0.3"), "the video plays")
        assert page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").count() == 0


SHOWN = {  # what a cell shows, and words of it that have dollar signs or are beside them
    "brief": "A lamp for $5 and a rug for $9",
    "board": "Only $5 today, $9 tomorrow",
    "lotus.estimate(board)": "estimate: $0.00",
    "job": "cost $0.00 (estimated $0.00), saved $0.00",
    "lotus.diff(job, other)": "Now $4 instead of $5",
    "job.timeline": "timeline of 3 clips",
    "lotus.explain(job.timeline)": "segments to render",
    "lotus.compose(job.timeline, 'again.mp4')": "composition again.mp4",
    "lotus.jobs()": "A lamp for $5 and a rug for $9",
    "lotus.jobs()[['job_id', 'prompt']].head(1)": "A lamp for $5 and a rug for $9",
    "lotus.clips()": "animatic",
    "lotus.costs(by='job')": "actual_usd",
    "HTML(side_by_side({'$5 cut': job, '$4 cut': other}))": "$5 cut",
}
SETUP = """
import lotus
from lotus.display.html import side_by_side
from IPython.display import HTML
scenes = [{"description": "A lamp for $5", "caption": "Only $5 today, $9 tomorrow"},
          {"description": "A rug for $9"}]
brief = lotus.Brief(prompt="A lamp for $5 and a rug for $9", duration_seconds=5, fps=4,
                    music="none", scenes=scenes)
board = lotus.plan(brief)
job = lotus.render(board).label(name="for $5", tags=["$", "night"])
other = lotus.render(board.with_scene(1, caption="Now $4 instead of $5, or $3"))
"""
FORMULAS = "mjx-container, .MathJax"


def test_no_dollar_sign_of_a_representation_becomes_a_formula(
    lab: str, folder: Path, chromium: Any
) -> None:
    cells = [SETUP, *SHOWN, "HTML('a control: $x^2$ and $y$')"]
    write_notebook(cells, folder / "shown.ipynb")
    with looking(chromium) as seen:
        page = seen.page
        run_all(page, f"{lab}lab/tree/shown.ipynb")
        outputs = page.locator(".jp-CodeCell")
        outputs.last.locator(FORMULAS).first.wait_for()  # formulas are set, where they are meant
        for number, (code, words) in enumerate(SHOWN.items(), 1):
            output = outputs.nth(number).locator(".jp-OutputArea")
            assert words in output.inner_text(), code
            assert output.locator(FORMULAS).count() == 0, code
        for code in ("lotus.jobs()", "lotus.clips()", "lotus.costs(by='job')"):
            row = outputs.nth(list(SHOWN).index(code) + 1).locator("tbody tr").first
            picture = row.locator("img[alt='a frame of it']")
            assert picture.evaluate("image => image.naturalWidth") > 40, code
