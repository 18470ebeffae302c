"""The documentation's pictures of an experiment: matrix, leaderboard and frontier of a report, and
the rating page on a desk and on a phone. Ratings and costs are made up.

python -m tests.experiment_pictures lotus/docs/images
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from PIL import Image

from lotus.api.experiments import Experiment
from lotus.db import tables as t
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.site import Site, browser, looking, serving

PROMPTS = ["A small coffee roaster opens at dawn", "A dog runs along the beach at sunset"]
LIKED = {"watercolor": 3.0, "anime": 2.0, "noir": 0.5}  # odds of a made-up rater
COSTS = {"noir": "0.01", "anime": "0.05", "watercolor": "0.09"}
SEEDS = 6
DESK = {"width": 1280, "height": 860}


def furnished(home: Path) -> Experiment:
    """Twelve drawn clips a style, with ratings and costs that are made up."""
    workspace = Workspace.open(Settings(LOTUS_HOME=home))
    grid = {"prompt": PROMPTS, "style": list(LIKED), "seed": range(SEEDS)}
    base = {"aspect_ratio": "16:9", "fps": "12"}
    experiment = Experiment("openers", base=base, grid=grid, seconds=1, workspace=workspace)
    experiment.run(workers=2)
    with workspace.db.begin() as connection:
        clips = t.clips
        scenes = t.scenes
        for state in experiment.cells():
            cost = Decimal(COSTS[str(state.factors["style"])])
            mine = scenes.c.job_id == state.job_id
            keys = list(connection.scalars(sa.select(scenes.c.clip_key).where(mine)))
            connection.execute(clips.update().where(clips.c.key.in_(keys)).values(cost_usd=cost))
    experiment.add_ratings(_made_up(experiment))
    return experiment


def _made_up(experiment: Experiment) -> Iterable[dict[str, str]]:
    rng = random.Random(5)
    states = experiment.cells()
    for rater in ("ana", "ben", "eva", "ida", "jan"):
        for a in states:
            for b in states:
                styles = [str(one.factors["style"]) for one in (a, b)]
                if a.block("style") != b.block("style") or styles[0] == styles[1]:
                    continue
                if rng.random() < 0.5:  # each pair once, on either side
                    odds = LIKED[styles[0]] / LIKED[styles[1]]
                    choice = "left" if rng.random() < odds / (1 + odds) else "right"
                    yield {"rater": rater, "left": a.key, "right": b.key, "choice": choice}


def report_picture(running: Any, experiment: Experiment, folder: Path) -> Image.Image:
    """The report down to its frontier."""
    page = experiment.report(folder / "report.html")
    with looking(running) as seen:
        seen.page.set_viewport_size({"width": 1000, "height": 900})
        seen.page.goto(page.as_uri())
        seen.page.wait_for_timeout(500)
        picture = Image.open(io.BytesIO(seen.page.screenshot(full_page=True))).convert("RGB")
        end = seen.page.evaluate("document.querySelector('svg').getBoundingClientRect().bottom")
    return picture.crop((0, 0, picture.width, round(end) + 20))


def rating_picture(running: Any, site: Site, experiment: Experiment) -> Image.Image:
    """The rating page on a desk, and in the dark on a phone."""
    pictures = []
    for name, phone in (("on a desk", False), ("on a phone", True)):
        link = experiment.rate(name)[name]
        with looking(running, phone=phone, dark=phone) as seen:
            seen.page.goto(site.at(urlsplit(link).path.lstrip("/")))
            seen.page.wait_for_selector("#rating[aria-busy=false]")
            seen.page.wait_for_timeout(600)
            pictures.append(Image.open(io.BytesIO(seen.page.screenshot())).convert("RGB"))
    desk, phone_picture = pictures
    small = phone_picture.resize(
        (round(phone_picture.width * desk.height / phone_picture.height), desk.height),
        Image.Resampling.LANCZOS,
    )
    whole = Image.new("RGB", (desk.width + 24 + small.width, desk.height), "#ffffff")
    whole.paste(desk, (0, 0))
    whole.paste(small, (desk.width + 24, 0))
    return whole.resize((whole.width * 2 // 3, whole.height * 2 // 3), Image.Resampling.LANCZOS)


def main(target: Path) -> None:
    """Write both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        experiment = furnished(home)
        with browser() as running, serving(home, "--reviews") as site:
            options: dict[str, Any] = {"format": "JPEG", "quality": 82, "optimize": True}
            report_picture(running, experiment, home).save(target / "experiment.jpg", **options)
            rating_picture(running, site, experiment).save(target / "rating.jpg", **options)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
