"""Experiments whose cells have videos that nobody had to make: rows and small files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from lotus.api.experiments import Experiment
from lotus.db import records
from lotus.db import tables as t
from lotus.experiments.design import DesignCell
from lotus.experiments.records import reserve_job
from lotus.experiments.running import save
from lotus.generation.plan import clip_object
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.replicate_videos import video

__all__ = ["rated", "seeded"]


def seeded(
    home: Path,
    grid: dict[str, Any],
    *,
    name: str = "seeded",
    clip: Callable[[DesignCell], bytes] = lambda cell: video(1, "16:9", 8),
    cost_usd: Callable[[DesignCell], str] = lambda cell: "0.01",
) -> Experiment:
    """An experiment that has been run; `clip` gives the bytes of a cell's video."""
    workspace = Workspace.open(Settings(LOTUS_HOME=home))  # type: ignore[call-arg]
    base = {"prompt": "A dog runs along the beach"} if "prompt" not in grid else {}
    experiment = Experiment(name, base=base, grid=grid, seconds=1, workspace=workspace)
    known = save(workspace, experiment.design)
    with workspace.db.begin() as connection, workspace.folder() as folder:
        for cell in experiment.design.cells():
            job = reserve_job(connection, known, cell.key)
            facts = {"kind": "ad", "prompt": "p", "provider": "p", "planner": "t", "brief": {}}
            records.create_job(connection, job_id=job, campaign=known, **facts)
            paid = {"job_id": job, "campaign": known, "kind": "settled", "provider": "p"}
            entry = {**paid, "model": "m", "amount_usd": Decimal(cost_usd(cell))}
            connection.execute(t.cost_entries.insert().values(entry))
            done = {"status": "completed", "spent_usd": Decimal(cost_usd(cell))}
            records.update_job(connection, job, **done, finished_at=t.now())
            key = hashlib.sha256(b"clip" + cell.key.encode()).hexdigest()
            scene = {"position": 0, "description": "d", "caption": None, "clip_key": key}
            more = {"provider": "p", "model": "m", "cached": False}
            records.save_scenes(connection, job, [{**scene, **more}])
            (folder / key).write_bytes(clip(cell))
            workspace.store.put(folder / key, clip_object(key))
    return experiment


def rated(home: Path, metrics: Sequence[str] = ()) -> Experiment:
    """Style a wins by two raters; one of the six cells has lost its video."""
    experiment = seeded(home, {"style": ["a", "b"], "seed": [1, 2, 3]})
    if metrics:
        experiment.measure(metrics)
    cells = experiment.cells()
    for left, right in zip(cells[::2], cells[1::2], strict=True):
        row = {"left": left.key, "right": right.key, "choice": "left"}
        experiment.add_ratings([{"rater": rater, **row} for rater in ("ana", "ben")])
    experiment.workspace.store.delete(str(cells[3].object_key))
    return experiment
