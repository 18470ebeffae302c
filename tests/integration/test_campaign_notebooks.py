"""The notebooks of campaigns, executed as a row executes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import papermill
import pytest

from batch.rows.plan import notebooks
from batch.run.engine import ENGINE
from batch.warm import KernelPool
from lotus.workspace import Workspace

PROMPT = "Dawn at a small coffee roaster, steam and warm light over the harbour town"
SHORT = {"prompt": PROMPT, "duration_seconds": 5, "aspect_ratio": "1:1", "music": "none"}


@pytest.fixture(scope="module")
def pool() -> Iterator[KernelPool]:
    with KernelPool(spare=1, preload=()) as made:
        yield made


def shown(
    pool: KernelPool, name: str, home: Path, env: dict[str, str] | None = None, **parameters: Any
) -> str:
    """Everything that the notebook shows."""
    from batch.run.notebook_run import NotebookRun

    watch = NotebookRun(env={"LOTUS_HOME": str(home), **(env or {})})
    done = papermill.execute_notebook(
        str(notebooks()[name]),
        None,
        parameters=parameters,
        engine_name=ENGINE,
        pool=pool,
        watch=watch,
        progress_bar=False,
    )
    return "\n".join(str(output) for cell in done.cells for output in cell.get("outputs", ()))


@pytest.mark.slow
def test_a_row_renders_its_brief_for_its_campaign(pool: KernelPool, home: Path) -> None:
    text = shown(pool, "render", home, {"LOTUS_CAMPAIGN": "c1", "LOTUS_RUN": "r1"}, brief=SHORT)
    assert "completed, 5 s, 720x720" in text
    assert "data:video/mp4;base64," in text
    with Workspace.open().db.begin() as connection:
        found = connection.exec_driver_sql(
            "SELECT campaign, run, status FROM generation_jobs"
        ).all()
    assert [tuple(row) for row in found] == [("c1", "r1", "completed")]
    assert "actual_usd" in shown(pool, "costs", home)


@pytest.mark.slow
def test_styles_are_compared_side_by_side(pool: KernelPool, home: Path) -> None:
    text = shown(pool, "compare", home, prompt=PROMPT, duration_seconds=5.0)
    assert text.count("data:image/jpeg") == 2
    assert text.count("$0.00, 5 s, made in") == 2


@pytest.mark.slow
def test_a_campaign_is_driven_from_a_notebook(pool: KernelPool, home: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text(f'id,prompt,duration_seconds,aspect_ratio,music\na,"{PROMPT}",5,1:1,none\n')
    text = shown(pool, "campaign", home, manifest=str(manifest), workers=1)
    assert "<b>1</b> completed" in text
