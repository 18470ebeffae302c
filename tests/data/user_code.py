"""Code as users write it: type checkers must accept every line. Nothing runs it."""

from pathlib import Path
from typing import Any

import lotus

row: dict[str, Any] = {"prompt": "A small coffee roaster opens at dawn", "seed": 7}

brief = lotus.Brief(
    prompt="A small coffee roaster opens at dawn",
    duration_seconds=15,
    aspect_ratio="9:16",
    fps=24,
    brand={"name": "Aurora", "colors": ["#1b3a4b"]},
    scenes=[{"description": "The roaster", "camera": "zoom_in", "duration_seconds": 3}],
    seed=7,
    plan_seed=0,
)
other = lotus.Brief(
    prompt="A harbour at dawn, slowly",
    fps="30000/1001",
    brand=lotus.Brand(name="Aurora", colors=["#1b3a4b", "#ffffff"]),
)
rows = [lotus.Brief(**row), brief.replace(fps=29.97)]

board = lotus.plan(brief)
board = board.with_scene(1, caption="Open from six", transition={"kind": "fade"}).moved(1, 2)
grid = [board.with_seed(seed) for seed in range(3)]
prices = [lotus.estimate(request).total_usd for request in (board, brief, row, "brief.yaml")]
job: lotus.Job = lotus.render(board, budget_usd=2.5, out=Path("ad.mp4"))
changed = lotus.diff(job, lotus.render(job.with_scene(2, camera="orbit")))

timeline = lotus.Timeline(
    fps=25,
    clips=[{"source": "a.mp4", "end_seconds": 2, "transition": {"kind": "fade"}}],
    captions=[{"text": "Open", "end_seconds": 2.0}],
)
seconds: float = lotus.compose(timeline, "out.mp4", draft=True).duration_seconds
