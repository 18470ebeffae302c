"""The notebooks, run from top to bottom as a reader does, with small parameters."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import lotus
from lotus import reports
from lotus.money.ledger import money
from tests.replicate_server import Replicate
from tests.serving import serving

RENDERED = r"(\d+) of (\d+) segments rendered"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def run(name: str, folder: Path, **parameters: object) -> dict[str, Any]:
    """What each cell shows, by its id: plain text, with HTML where there is some."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            for parameter, value in parameters.items():
                line = re.compile(rf"^{parameter}(?:: [^=\n]+)? = .*$", re.M)
                assert line.search(cell.source), parameter
                cell.source = line.sub(f"{parameter} = {value!r}", cell.source)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    return {cell.id: _shown(cell) for cell in notebook.cells if cell.cell_type == "code"}


def _shown(cell: Any) -> str:
    shown = [output.get("data", {}) for output in cell.outputs]
    return "\n".join(str(part) for data in shown for part in data.values())


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_what_a_notebook_calls_is_there(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    tree = ast.parse("\n".join(cell.source for cell in cells if cell.cell_type == "code"))
    homes = {"lotus": lotus, "reports": reports}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in homes
        ):
            assert hasattr(homes[node.value.id], node.attr), f"{node.value.id}.{node.attr}"


@pytest.mark.slow
def test_the_hosted_notebook_pays_once(tmp_path: Path, replicate: Replicate) -> None:
    shown = run("generate", tmp_path, duration_seconds=5.0)
    bill = replicate.account.bill
    assert replicate.created == 3
    assert f"estimate: ${money(bill)} of a budget of $0.50" in shown["estimate"]
    assert "p-video-draft" in shown["estimate"]
    assert f"cost ${money(bill)} (estimated ${money(bill)}), saved $0.00" in shown["render"]
    assert shown["costs"].count("0.01") >= 3
    assert f"cost $0.00 (estimated $0.00), saved ${money(bill)}" in shown["again"]
    assert (tmp_path / "hosted.mp4").stat().st_size > 0
    assert shown["by-job"].count(f"{float(bill):g}") >= 3
    assert replicate.account.token not in "".join(shown.values())


@pytest.mark.slow
def test_the_quickstart_edits_one_caption(tmp_path: Path) -> None:
    shown = run("quickstart", tmp_path, duration_seconds=6.0)
    assert "completed" in shown["render"]
    assert "scenes that differ: 1; it cost $0.00" in shown["edit"]
    assert "segments rendered" in shown["edit"]


@pytest.mark.slow
def test_the_notebook_of_an_experiment_ends_with_a_report(tmp_path: Path) -> None:
    shown = run("experiment", tmp_path, seeds=[0], styles=["noir", "anime"], seconds=1.0)
    assert shown["run"].count("lotus-strip'") == 6
    assert "sharpness" in shown["measure"]
    assert "/rate/" in shown["rate"]
    assert "no judgements yet" in shown["leaderboard"]
    page = (tmp_path / "experiment.html").read_text()
    assert "No pair has been rated yet" in page


@pytest.mark.slow
def test_a_video_comes_from_a_service(tmp_path: Path, home: Path) -> None:
    with serving(home) as served:
        shown = run("service", tmp_path, url=served.url, duration_seconds=5.0)
    assert (shown["client"], shown["render"]) == ("'ok'", "'completed'")
    assert "('Open from six', True)" in shown["edit"]
    assert (tmp_path / "service.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.slow
def test_the_notebook_of_music_shows_beats_sections_and_cuts(tmp_path: Path) -> None:
    shown = run("music", tmp_path, duration_seconds=15.0)
    for cell in ("bed", "mood", "cut"):
        assert "100% of" in shown[cell]
    assert "'cuts on beats': 1.0" in shown["figures"]
    assert (tmp_path / "track.wav").stat().st_size > 0


@pytest.mark.slow
def test_the_edit_loop_renders_what_an_edit_touches(tmp_path: Path) -> None:
    shown = run("compose", tmp_path, duration_seconds=5.0, fps="6")
    counts = {
        name: [int(n) for n in re.findall(RENDERED, shown[name])[0]]
        for name in ("compose", "second", "transition", "sound")
    }
    total = counts["compose"][1]
    assert counts["compose"] == [0, total]
    assert 0 < counts["second"][0] < total
    assert counts["transition"][0] == 1
    assert counts["sound"][0] == 0
    assert f"plan: {counts['second'][0]} of {total} segments to render" in shown["edit"]
    assert "captions[0]" in shown["edit"]
    assert "Open from six" in (tmp_path / "second.srt").read_text()
    assert (tmp_path / "preview.gif").read_bytes().startswith(b"GIF89a")
