"""In the notebook: renders beside the cell, look-ups as DataFrames, magics, bulleted prompts."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import lotus
from lotus.errors import Cancelled, InvalidInput, UnknownName
from lotus.pipeline.attempt import nobody
from lotus.providers.functions import _REGISTERED

QUICK = 'submit(board, provider="quick", listener=print)'
PROMPT = "A small coffee roaster opens at dawn"
SHORT = {"duration_seconds": 5, "fps": 2, "aspect_ratio": "1:1", "music": "none"}
FIELDS = {"prompt": PROMPT, **SHORT}


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """A provider that takes no time."""
    import numpy as np

    @lotus.provider("quick", version="1")
    def quick(frames: int) -> Any:
        return np.zeros((frames, 36, 64, 3), np.uint8)

    yield
    _REGISTERED.clear()


def test_a_render_goes_on_beside_the_cell() -> None:
    kinds: list[str] = []
    handle = lotus.submit(FIELDS, provider="quick", listener=lambda event: kinds.append(event.kind))
    job = handle.result(60)
    assert job.status == "completed"
    assert (handle.done(), handle.stage, handle.percent) == (True, "completed", 100.0)
    assert handle.job_id == job.id
    assert {"stage", "clip", "frames"} <= set(kinds)
    assert repr(handle) == f"<render of job {job.id}: completed, 100 %>"


def test_a_render_is_awaited() -> None:
    async def both() -> list[Any]:
        one = lotus.arender(FIELDS, provider="quick", listener=nobody)
        two = lotus.submit({**FIELDS, "seed": 1}, provider="quick", listener=nobody)
        return [await one, await two]

    jobs = asyncio.run(both())
    assert [job.status for job in jobs] == ["completed", "completed"]


def test_what_a_render_raises_comes_out_of_its_handle() -> None:
    handle = lotus.submit({"promt": "x"})
    with pytest.raises(InvalidInput, match="did you mean 'prompt'"):
        handle.result(60)
    assert "failed, 0 %: promt: is not a field of a brief; did you mean 'prompt'?" in repr(handle)
    slips: list[tuple[Any, Any]] = [
        (handle.result, "soon"),
        (handle.cancel, 1),
        (handle.add_done_callback, 3),
    ]
    for call, value in slips:
        with pytest.raises(InvalidInput):
            call(value)


def test_a_render_beside_the_cell_is_cancelled_and_so_is_an_awaited_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun = threading.Event()

    @lotus.provider("slow", version="1")
    def slow(frames: int, progress: Any) -> Any:
        begun.set()
        while True:
            progress(0)

    handle = lotus.submit(FIELDS, provider="slow", listener=nobody)
    assert begun.wait(60)
    handle.cancel()
    with pytest.raises(Cancelled):
        handle.result(60)

    async def cancelled() -> None:
        begun.clear()
        task = asyncio.create_task(lotus.arender(FIELDS, provider="slow", listener=nobody))
        await asyncio.to_thread(begun.wait, 60)
        task.cancel()
        await task

    assert handle.stage == "cancelled"
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    gc.collect()
    assert "never retrieved" not in caplog.text
    assert list(lotus.jobs().status) == ["cancelled", "cancelled"]


def test_look_ups_are_typed_frames() -> None:
    empty = lotus.jobs()
    assert len(empty) == 0
    job = lotus.render(FIELDS, provider="quick", listener=nobody)
    jobs = lotus.jobs()
    assert list(jobs.job_id) == [job.id]
    assert jobs.actual_usd.sum() == pytest.approx(float(job.cost.actual_usd))
    assert list(empty.columns) == list(jobs.columns)
    assert isinstance(jobs.created_at.dtype, pd.DatetimeTZDtype)
    assert isinstance(jobs.status.dtype, pd.CategoricalDtype)
    clips = lotus.clips()
    assert set(clips.key) == {scene.clip_key for scene in job.scenes}
    assert clips.cost_usd.dtype == "float64"
    assert len(lotus.clips(provider="animatic")) == 0
    assert lotus.costs(by="job").actual_usd.sum() == pytest.approx(jobs.actual_usd.sum())
    again = lotus.job(job.id)
    assert (again.id, again.cost) == (job.id, job.cost)
    with pytest.raises(UnknownName, match="no grouping 'modle'; did you mean 'model'"):
        lotus.costs(by="modle")
    with pytest.raises(InvalidInput, match="no job has the id"):
        lotus.job("nope")


@pytest.fixture
def shell() -> Any:
    """An IPython shell with lotus' magics."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "lotus")
    return shell


@pytest.mark.parametrize(
    "cell", [PROMPT, "\n".join(f"{name}: {value!r}" for name, value in FIELDS.items())]
)
def test_a_cell_is_a_brief(
    shell: Any, cell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[Any] = []

    def short(request: Any, **options: Any) -> lotus.Job:
        requests.append(request)
        return render({**request, **SHORT}, **options)

    render = lotus.render
    monkeypatch.setattr(lotus, "render", short)
    video = shell.run_cell_magic("brief", "mine --provider quick", cell)
    job = shell.user_ns["mine"]
    assert requests == [{"prompt": PROMPT} if cell == PROMPT else FIELDS]
    assert job.status == "completed"
    assert job.prompt == PROMPT
    assert str(job.output) in str(video.filename or video.url or job.output)
    with pytest.raises(InvalidInput, match="colour: is not an option"):
        shell.run_cell_magic("brief", "mine --colour red", cell)


def test_a_line_is_a_command(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_line_magic("lotus", "costs --json")
    assert json.loads(capsys.readouterr().out)["total_usd"] == "0.00"


def test_a_prompt_may_begin_with_a_bullet() -> None:
    code = "import sys; sys.argv[0] = 'lotus'; from lotus.cli import main; main()"
    command = [sys.executable, "-c", code, "plan", "- Fast setup\n- Works offline", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    captions = [scene["caption"] for scene in json.loads(done.stdout)["scenes"]]
    assert captions[0] == "Fast setup"


def test_the_page_on_notebooks_runs_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    page = Path(lotus.__file__).with_name("docs") / "how-to" / "notebooks.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    code = "\n".join(blocks).replace(
        "duration_seconds=10, fps=24", "duration_seconds=5, fps=2, aspect_ratio='1:1', music='none'"
    )
    code = code.replace("range(4)]", "range(1)]").replace("lotus.render(b", "render(b")
    code = code.replace("job = await lotus.arender(board)", "").replace("submit(board)", QUICK)
    names: dict[str, Any] = {"render": partial(lotus.render, provider="quick", listener=nobody)}
    exec(code, names)
    assert names["job"].status == "completed"
    assert names["sheet"].width > 0
    assert lotus.render(names["board"], provider="mine", listener=nobody).status == "completed"
