"""The README's picture of the dashboards, with videos that lotus makes for it.

python -m tests.dashboard_picture lotus/docs/images/dashboards.jpg
"""

from __future__ import annotations

import io
import sys
import tempfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from PIL import Image

import lotus
from lotus.db import records
from lotus.db import tables as t
from lotus.db.rollups import rebuild
from lotus.documents.brief import Brand, Brief
from lotus.money.budgets import set_budget
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.dashboard_data import REFUSED, asked
from tests.site import browser, looking, serving

AURORA = Brand(name="Aurora", colors=("#1b3a4b", "#e0a458"))
VELO = Brand(name="Velo", colors=("#2f5d50", "#f2c14e"))
BRIEFS = [
    ("A bicycle shop in the rain, a bell, a wet street at night", VELO, "p-video", "0.30"),
    ("A mountain path in autumn, leaves, a bicycle, a friend", VELO, "p-video", "0.30"),
    ("Bread from the oven, a warm kitchen, a family at the table", AURORA, "p-video", "0.24"),
    ("A boat leaves the harbour at dawn, gulls, fog, a light tower", AURORA, "kling-v2.6", "1.40"),
    ("A garden in spring, tulips, bees, a child with a kite", AURORA, "p-video", "0.30"),
    (
        "A coffee roaster opens at dawn in a harbour town. Steam, the first cup",
        AURORA,
        "p-video",
        "0.36",
    ),
]
KINDS = ("estimated", "reserved", "settled")
WIDTH = 1500
SIZE = {"width": 1240, "height": 930}


def furnish(workspace: Workspace) -> None:
    """Six videos, one that failed, and what they cost."""
    moment = t.now()
    for n, (prompt, brand, model, dollars) in enumerate(BRIEFS):
        brief = Brief(prompt=prompt, duration_seconds=5, fps="6", brand=brand)
        job = lotus.render(brief, workspace=workspace, listener=lambda event: None)
        _pay(workspace, job.id, model, dollars, 20 - n)
        if n == 3:
            _failed(workspace, 17)
    with workspace.db.begin() as connection:
        set_budget(connection, "month", "", Decimal(120))
        for day in range(1, 24):
            dollars = Decimal(9 if day == 6 else 2) + Decimal(day % 5) / 3
            for model, share in (("p-video", Decimal("0.7")), ("kling-v2.6", Decimal("0.3"))):
                row = {"job_id": "earlier", "provider": "replicate", "model": model}
                _paid(connection, row, round(dollars * share, 2), moment - timedelta(days=day))

        rebuild(connection)  # days that were summed up already have got new entries


def _pay(workspace: Workspace, job_id: str, model: str, dollars: str, hours: int) -> None:
    moment = t.now() - timedelta(hours=hours)
    row = {"job_id": job_id, "provider": "replicate", "model": model}
    with workspace.db.begin() as connection:
        _paid(connection, row, Decimal(dollars), moment)
        records.update_job(connection, job_id, model=model, created_at=moment)


def _paid(connection: Any, row: dict[str, Any], amount: Decimal, moment: datetime) -> None:
    entry = {**row, "amount_usd": amount, "created_at": moment}
    records.add_costs(connection, [{**entry, "kind": kind} for kind in KINDS])
    asked(connection, {**row, "key": t.new_id()}, amount, moment)


def _failed(workspace: Workspace, hours: int) -> None:
    brief = {"aspect_ratio": "16:9", "brand": {"name": "Velo"}}
    with workspace.db.begin() as connection:
        job = records.create_job(
            connection,
            kind="ad",
            prompt="A race through the old town, crowds, a finish line",
            provider="replicate",
            model="kling-v2.6",
            planner="template",
            campaign=None,
            run=None,
            brief=brief,
            storyboard=None,
        )
        records.update_job(connection, job, status="failed", error=REFUSED)
    _pay(workspace, job, "kling-v2.6", "2.75", hours)


def main(target: Path) -> None:
    """Take two pages, put them side by side, write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        workspace = Workspace.open(Settings(LOTUS_HOME=home))
        furnish(workspace)
        with browser() as running, serving(home, "--warm", "0") as site, looking(running) as seen:
            pictures = []
            for name in ("results", "costs"):
                seen.page.set_viewport_size(SIZE)
                seen.page.goto(site.at(name))
                seen.page.wait_for_timeout(1500)  # posters and charts
                pictures.append(Image.open(io.BytesIO(seen.page.screenshot())).convert("RGB"))
    half = (WIDTH // 2 - 5, round((WIDTH // 2 - 5) * SIZE["height"] / SIZE["width"]))
    whole = Image.new("RGB", (WIDTH, half[1]), "#d0d3d6")
    for n, picture in enumerate(pictures):
        whole.paste(picture.resize(half, Image.Resampling.LANCZOS), (n * (WIDTH - half[0]), 0))
    whole.save(target, "JPEG", quality=82, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
