"""The quickstart in JupyterLab, run from its menu, and the editor of storyboards used by hand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests import replicate_server
from tests.driving import eventually, patient
from tests.notebooks_lab import broken_rules, jupyterlab, run_all, write_notebook
from tests.serving import serving
from tests.site import looking

ROOT = Path(__file__).parents[2]
PROMPT = "A small coffee roaster opens at dawn in a harbour town"
FORMULAS = "mjx-container, .MathJax"
TILES_STAND = """() => [...document.querySelectorAll(".lotus .tile")].every((tile) =>
  new Set([...tile.children].map((part) => part.getBoundingClientRect().left)).size === 1)"""


PARAMETERS: dict[str, dict[str, Any]] = {  # each shipped notebook; those below use what is above
    "notebooks/quickstart": {"duration_seconds": 5.0},
    "notebooks/compare": {"duration_seconds": 5.0},
    "notebooks/compose": {"duration_seconds": 5.0, "fps": "6"},
    "notebooks/render": {},
    "notebooks/generate": {"duration_seconds": 5.0},
    "notebooks/music": {"duration_seconds": 15.0},
    "notebooks/costs": {},
    "notebooks/service": {"duration_seconds": 5.0},
    "notebooks/campaign": {"workers": 1},
    "notebooks/experiment": {"styles": ["noir", "anime"], "seeds": [0], "seconds": 1.0},
    "notebooks/experiment_cell": {},
    "lotus/docs/tutorials/first-video": {},
    "lotus/docs/tutorials/edit-a-scene": {},
    "lotus/docs/tutorials/campaign": {},
    "lotus/docs/tutorials/experiment": {"styles": ["noir"], "seeds": [0], "seconds": 1.0},
    "lotus/docs/tutorials/dashboard": {},
    "dashboards/results": {},
    "dashboards/costs": {},
    "dashboards/operations": {},
    "dashboards/experiments": {},
    "dashboards/template": {},
}
OWN_TEST = "notebooks/quickstart"


def copied(name: str, folder: Path, **parameters: object) -> str:
    """A shipped notebook in the folder, with other parameters and without outputs; its name."""
    notebook = nbformat.read(ROOT / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
        for parameter, value in parameters.items():
            line = re.compile(rf"^{parameter}( ?:.*?)? = .*$", re.M)
            cell.source = line.sub(lambda _, p=parameter, v=value: f"{p} = {v!r}", cell.source)
        if "fps" not in cell.source:  # quicker
            cell.source = cell.source.replace("duration_seconds=", "fps=4, duration_seconds=")
            cell.source = cell.source.replace(
                '"duration_seconds": ', '"fps": "4", "duration_seconds": '
            )
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook.metadata.setdefault("kernelspec", kernel)
    copy = folder / f"{name.replace('/', '-')}.ipynb"
    nbformat.write(notebook, copy)
    return copy.name


def troubles(page: Any) -> list[str]:
    """Errors and warnings that cells show."""
    shown = "[data-mime-type$='jupyter.error'], [data-mime-type$='jupyter.stderr']"
    return list(page.locator(shown).all_inner_texts())


@pytest.mark.slow
def test_the_quickstart_runs_from_the_menu_and_the_editor_is_clicked_through(
    lab: str, folder: Path, chromium: Any
) -> None:
    quickstart = folder / copied(OWN_TEST, folder, **PARAMETERS[OWN_TEST])
    with looking(chromium) as seen:
        page = seen.page
        run_all(page, f"{lab}lab/tree/{quickstart.name}")
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


def test_every_shipped_notebook_is_in_the_table() -> None:
    shipped = [
        path.relative_to(ROOT).with_suffix("").as_posix()
        for folder in ("notebooks", "dashboards", "lotus")
        for path in (ROOT / folder).rglob("*.ipynb")
    ]
    assert sorted(shipped) == sorted(PARAMETERS)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, str]]:
    """A folder, JupyterLab over it with a hosted provider, and the address of a service."""
    folder = tmp_path_factory.mktemp("every")
    row = f"row,prompt,duration_seconds,fps\n1,{PROMPT},5,4\n"
    (folder / "campaign.csv").write_text(row)
    shutil.copy(ROOT / "notebooks/render.ipynb", folder)  # the campaign runs it by its name
    (folder / "served").mkdir()
    with (
        replicate_server.serving() as hosted,
        serving(folder / "served") as served,
        jupyterlab(folder, **hosted.environment()) as url,
    ):
        yield folder, url, served.url


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PARAMETERS if name != OWN_TEST])
def test_a_notebook_runs_in_jupyterlab_and_is_read_in_both_themes(
    name: str, every: tuple[Path, str, str], chromium: Any, tmp_path: Path
) -> None:
    folder, url, service = every
    parameters = dict(PARAMETERS[name])
    if name.endswith("service"):
        parameters["url"] = service
    copy = copied(name, folder, **parameters)
    with looking(chromium) as seen:
        page = seen.page
        run_all(page, f"{url}lab/tree/{copy}", timeout_ms=int(patient(240) * 1000))
        assert troubles(page) == []
        assert page.locator(".jp-OutputArea-output .lotus " + FORMULAS).count() == 0
        assert page.evaluate(TILES_STAND)
        for theme in ("JupyterLab Dark", "JupyterLab Light"):
            page.evaluate(
                "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme
            )
            page.wait_for_selector(f"body[data-jp-theme-name='{theme}']", state="attached")
            assert broken_rules(page, ".jp-OutputArea-output .lotus") == []
            for number, output in enumerate(page.locator(".jp-Cell-outputArea").all()):
                if output.bounding_box()["height"] > 1:
                    output.screenshot(path=tmp_path / f"{theme[-5:].strip()}-{number}.png")


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
