"""The quickstart in JupyterLab, run from its menu, and the editor of storyboards used by hand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests import replicate_server
from tests.driving import eventually
from tests.notebooks_lab import jupyterlab, run_all, write_notebook
from tests.serving import serving
from tests.site import looking

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PROMPT = "A small coffee roaster opens at dawn in a harbour town"
FORMULAS = "mjx-container, .MathJax"


def copied(name: str, folder: Path, **parameters: object) -> None:
    """A shipped notebook in the folder, with other parameters."""
    text = (NOTEBOOKS / f"{name}.ipynb").read_text()
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        for parameter, value in parameters.items():
            line = re.compile(rf"^{parameter}( ?:.*?)? = .*$", re.M)
            cell.source = line.sub(lambda _, p=parameter, v=value: f"{p} = {v!r}", cell.source)
    nbformat.write(notebook, folder / f"{name}.ipynb")


def troubles(page: Any) -> list[str]:
    """Errors and warnings that cells show."""
    shown = "[data-mime-type$='jupyter.error'], [data-mime-type$='jupyter.stderr']"
    return list(page.locator(shown).all_inner_texts())


@pytest.mark.slow
def test_the_quickstart_runs_from_the_menu_and_the_editor_is_clicked_through(
    lab: str, folder: Path, chromium: Any
) -> None:
    copied("quickstart", folder, duration_seconds=5.0)
    quickstart = folder / "quickstart.ipynb"
    text = quickstart.read_text()
    assert "seed=seed, cta=" in text
    quickstart.write_text(text.replace("seed=seed, cta=", "seed=seed, fps=4, cta="))  # quicker
    with looking(chromium) as seen:
        page = seen.page
        run_all(page, f"{lab}lab/tree/quickstart.ipynb")
        assert page.get_by_text("scenes that differ: 1; it cost $0.00").first.is_visible()
        caption = page.get_by_label("caption of scene 2", exact=True)
        caption.fill("A fresh cup")
        caption.press("Tab")
        code = page.locator(".lotus-code pre")
        expected = "storyboard = storyboard.with_scene(2, caption='A fresh cup')"
        eventually(lambda: code.text_content() == expected, "the editor says its code")
        page.get_by_role("button", name="preview scene 2").click()
        preview = page.locator("[data-video=preview] video")
        eventually(
            lambda: preview.evaluate("video => video.currentTime > 0.2"), "the preview plays"
        )
        page.get_by_role("button", name="Render for $0.00").click()
        page.get_by_text("rendered: editor.job is").wait_for()
        assert code.text_content().endswith("\njob = lotus.render(storyboard)")
        linked = page.locator("video[src*='quickstart.mp4']")
        linked.evaluate("video => { video.muted = true; video.play() }")
        eventually(lambda: linked.evaluate("video => video.currentTime > 0.3"), "the video plays")
        assert troubles(page) == []


@pytest.mark.slow
def test_every_other_notebook_runs_in_jupyterlab(tmp_path: Path, home: Path, chromium: Any) -> None:
    with (
        replicate_server.serving() as hosted,
        serving(home) as served,
        jupyterlab(tmp_path, **hosted.environment()) as url,
    ):
        row = f"row,prompt,duration_seconds\n1,{PROMPT},5\n"
        (tmp_path / "campaign.csv").write_text(row)
        shutil.copy(NOTEBOOKS / "render.ipynb", tmp_path)
        copied("compare", tmp_path, duration_seconds=5.0)
        copied("compose", tmp_path, duration_seconds=5.0, fps="6")
        copied("costs", tmp_path)
        copied("generate", tmp_path, duration_seconds=5.0)
        copied("service", tmp_path, url=served.url, duration_seconds=5.0)
        copied("campaign", tmp_path, workers=1)
        for name in ("compare", "compose", "render", "generate", "costs", "service", "campaign"):
            with looking(chromium) as seen:
                run_all(seen.page, f"{url}lab/tree/{name}.ipynb", timeout_ms=240_000)
                assert troubles(seen.page) == [], name
                assert seen.page.locator(".jp-OutputArea-output .lotus " + FORMULAS).count() == 0


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


@pytest.mark.slow  # that the class is there is tested where each representation is
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
