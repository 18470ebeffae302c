"""Names, tags and notes of jobs, and how DataFrames of them are shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lotus
from lotus.display.frames import frame_html
from lotus.errors import InvalidInput

BRIEF = {"prompt": "A lamp for $5 and a rug for $9", "duration_seconds": 5, "fps": 2}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with one job, and the job's id."""
    home = tmp_path_factory.mktemp("labels")
    workspace = lotus.Workspace.open(lotus.Settings.read(LOTUS_HOME=home))
    clip = lotus.Clip.from_numpy(np.zeros((12, 36, 64, 3), np.uint8), fps=2, workspace=workspace)
    board = lotus.plan({**BRIEF, "music": "none", "aspect_ratio": "1:1"}, workspace=workspace)
    for number in range(1, len(board.scenes) + 1):
        board = board.with_clip(number, clip)
    job = lotus.render(board, workspace=workspace)
    workspace.db.close()
    return home, job.id


@pytest.fixture
def job(rendered: tuple[Path, str], home: Path) -> lotus.Job:
    """The job in a home of this test's own."""
    shutil.copytree(rendered[0], home)
    return lotus.job(rendered[1])


def test_a_job_is_found_by_its_name_and_its_tags(job: lotus.Job) -> None:
    assert list(lotus.jobs(tag="night").job_id) == []
    named = job.label(name="first cut", tags=["night", "draft", "night"], note="too dark")
    assert (named.name, named.tags, named.note) == ("first cut", ("night", "draft"), "too dark")
    assert lotus.job(job.id) == named
    assert named.model_dump(mode="json").keys() == job.model_dump(mode="json").keys()
    assert list(lotus.jobs(tag="night").job_id) == [job.id]
    assert list(lotus.jobs(name="first cut").tags) == ["night, draft"]
    assert list(lotus.jobs(tag="day").job_id) == []
    changed = job.label(note="", tags="day")
    assert (changed.name, changed.tags, changed.note) == ("first cut", ("day",), "")


def test_a_render_is_another_version_of_the_job_it_names(job: lotus.Job) -> None:
    assert (job.parent, [one.id for one in job.versions()]) == (None, [job.id])
    changed = job.with_scene(1, caption="Brighter")
    second = lotus.render(changed, parent=job)
    third = lotus.render(changed.with_scene(2, caption="Softer"), parent=second.id)
    assert (second.parent, third.parent) == (job.id, second.id)
    for one in (job, second, third):
        assert [version.id for version in one.versions()] == [job.id, second.id, third.id]
    assert "parent" not in second.model_dump(mode="json")
    with pytest.raises(InvalidInput, match="nothing-like-it"):
        lotus.render(changed, parent="nothing-like-it")
    assert len(lotus.jobs()) == 3


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        ({"tags": ["a,b"]}, "tags: a tag has no comma; write tags=['draft', 'night']"),
        ({"tags": 3}, "tags: 3: should be texts; write tags=['draft', 'night']"),
        ({"tags": [None]}, "tags: None: should be text; write tags='...'"),
        ({"name": 7}, "name: should be text, not 7; write a name in quotes"),
        ({"name": "x" * 200}, "name: is longer than 128 characters; write a shorter text"),
        ({"title": "x"}, "title: is not an option of label; the options of label are name"),
    ],
)
def test_labels_that_are_no_texts_are_named(
    job: lotus.Job, labels: dict[str, Any], line: str
) -> None:
    with pytest.raises(InvalidInput) as failure:
        job.label(**labels)
    assert failure.value.python_text.startswith(line)


def test_frames_of_lotus_have_pictures_and_no_formulas(job: lotus.Job) -> None:
    html = frame_html(lotus.jobs())
    assert html is not None
    assert html.count("<img alt='a frame of it'") == 1
    assert "mathjax_ignore" in html
    assert "A lamp for $5 and a rug for $9" in html
    some = frame_html(lotus.jobs().loc[:, ["job_id", "actual_usd"]].head(1))
    assert some is not None
    assert "<img" in some
    gone = frame_html(pd.concat([lotus.jobs(), lotus.jobs().assign(job_id="none")]))
    assert gone is not None
    assert gone.count("<img") == 1
    json.dumps(lotus.jobs().attrs)  # what Parquet keeps has to be JSON


def test_frames_of_others_are_shown_as_pandas_shows_them() -> None:
    frame = pd.DataFrame({"job_id": ["$x$"]})
    assert frame_html(frame) == frame._repr_html_()


def test_markup_in_a_cell_stays_text(job: lotus.Job) -> None:
    html = frame_html(lotus.jobs().assign(prompt="<script>alert(1)</script>"))
    assert html is not None
    assert "<script>" not in html
