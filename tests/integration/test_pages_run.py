"""Pages of the documentation run as they stand: each block in order, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

import lotus
from tests import page_blocks
from tests.replicate_server import Replicate, serving

ROOT = Path(__file__).parents[2]
EXAMPLES = Path(lotus.__file__).with_name("examples")
COPIES = {  # files that pages take for the reader's own
    "riders.mp4": ("riders.mp4",),
    "map.jpg": ("map.jpg",),
    "logo.png": ("logo.png", "mara.png"),
    "track.wav": ("track.wav", "tune.mp3"),
    "a.mp4": ("a.mp4", "b.mp4", "video.mp4", "old.mp4", "new.mp4"),
    "b.mov": ("holiday.mov",),
    "voice.wav": ("interview.mp4",),
}
ROWS = {
    "rows.csv": "id,x\na,1\nb,2\n",
    "prompts.txt": "A dog runs along the beach\n",
    "nightly.yaml": "rows: [{id: a, prompt: A small roaster opens at dawn, duration_seconds: 5}]\n",
}
RATINGS = "rater,left,right,choice,block\nana,a,b,left,1\nben,a,b,left,2\nben,b,a,left,3\n"


def _notebook(path: Path, code: str) -> None:
    cell = nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]})
    record = nbformat.v4.new_code_cell(f"import lotus\nlotus.record('score', {code})")
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell, record], metadata=metadata), path)


@pytest.fixture(scope="module")
def replicate() -> Iterator[Replicate]:
    """A server that speaks as Replicate does."""
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def readers_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader of the how-to pages has: a finished video and files of their own."""
    folder = tmp_path_factory.mktemp("reader")
    for source, targets in COPIES.items():
        for target in targets:
            shutil.copy(EXAMPLES / source, folder / target)
    for name, text in {**ROWS, "ratings.csv": RATINGS}.items():
        (folder / name).write_text(text)
    for name, code in {"mine.ipynb": "x", "corrected.ipynb": "x + 1"}.items():
        _notebook(folder / name, code)
    prompt = "A small coffee roaster opens at dawn. 8 seconds, calm music."
    render, plan = ["render", prompt, "-o", "ad.mp4", "-q"], ["plan", prompt, "-o", "board.json"]
    for words in (render, plan):
        command = [page_blocks.LOTUS, *words]
        subprocess.run(command, cwd=folder, env=_environment(folder), check=True)
    shutil.copy(folder / "board.json", folder / "storyboard.json")
    return folder


def _environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LOTUS_", "REPLICATE_"))}
    home = {"LOTUS_HOME": str(folder / ".lotus"), "BROWSER": "/bin/true"}
    return {**kept, **home, "PYTHONPATH": str(ROOT), **more}


@pytest.mark.slow
@pytest.mark.parametrize("page", page_blocks.runnable_pages())
def test_the_blocks_of_a_page_run(
    page: str, readers_folder: Path, replicate: Replicate, tmp_path: Path
) -> None:
    folder = tmp_path / "reader"
    shutil.copytree(readers_folder, folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.page_blocks", page],
        cwd=folder,
        env=_environment(folder, **replicate.environment()),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert "Traceback" not in done.stderr
