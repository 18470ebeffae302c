"""What paying costs in time and in cents, against a Replicate on this machine.

    python -m tests.benchmarks.predictions [--clips 20] [--seconds 2] [--at-once 8] [--briefs 100]

Prints three tables: how long clips take beside the ideal, and beside the official client in bare
threads, if each takes the model so long and so many are made side by side; what a clip that is
cached costs in a database of 10,000; and for random briefs and models whether the estimate was the
bill.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path

import httpx
import replicate

from lotus.db import records
from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.generation.plan import plan_clips
from lotus.generation.predictions.leases import (
    PredictionContext,
    PredictionLeases,
    PredictionRequest,
)
from lotus.generation.predictions.life import obtain
from lotus.pipeline.payment import clip_prices
from lotus.pipeline.pipeline import make_storyboard
from lotus.providers.prediction import PredictionProvider
from lotus.system.stop import Stop
from lotus.workspace import Workspace
from tests.paying import make_clips, sums, video_of, workspace_for
from tests.replicate_server import Replicate, serving
from tests.replicate_videos import video

CLIPS_MUST = 1.25
CACHED_MUST_MS = 5.0
ROWS = 10_000
RUNS = 3


def many_clips(server: Replicate, home: Path, clips: int, seconds: float, at_once: int) -> None:
    """The wall beside the ideal, and beside the official client in threads, which keeps
    no records.
    """
    server.account.run_seconds = seconds
    video(1.0, "1:1")  # is made beforehand, as Replicate would
    walls: dict[str, list[float]] = {"lotus": [], "official client": []}
    for run in range(RUNS + 1):
        workspace = workspace_for(server, home / f"many{run}", LOTUS_MAX_CONCURRENT_CLIPS=at_once)
        workspace.db.ready()
        walls["lotus"].append(timed(partial(make_clips, workspace, video_of(clips, seed=run))))
        walls["official client"].append(timed(partial(_bare, server, clips, at_once)))
    ideal = math.ceil(clips / at_once) * seconds
    print(
        f"\n{clips} clips of {seconds:g} s, {at_once} at once, median of {RUNS}: ideal {ideal:.2f} "
        "s"
    )
    print(f"{'':<16} {'wall':>10} {'ratio':>8} {'must':>8}")
    for name, took in walls.items():
        wall = statistics.median(took[1:])  # the first one imports
        must = f"{CLIPS_MUST:.2f}" if name == "lotus" else ""
        print(f"{name:<16} {wall:>8.2f} s {wall / ideal:>8.2f} {must:>8}")


def _bare(server: Replicate, clips: int, at_once: int) -> None:
    """Create, wait and download with the official client: no row, no check, no frames that fit."""
    client = replicate.Client(server.account.token, base_url=server.url)

    def one(n: int) -> int:
        sent = {"prompt": f"clip {n}", "duration": 1, "aspect_ratio": "1:1"}
        made = client.predictions.create(model="prunaai/p-video", input=sent)
        made.wait()
        return len(httpx.get(made.output).content)

    with ThreadPoolExecutor(at_once) as pool:
        assert all(pool.map(one, range(clips)))


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def cached_clips(server: Replicate, home: Path, clips: int = 40) -> None:
    """What a clip costs that is there already, in a database that has seen many."""
    server.account.run_seconds = 0.0
    workspace = workspace_for(server, home / "cached")
    storyboard = video_of(clips)
    make_clips(workspace, storyboard)
    _fill(workspace)
    took = []
    for _ in range(7):
        took.append(timed(partial(make_clips, workspace, storyboard)) * 1000 / clips)
    print(f"\na cached clip, with {ROWS} clips in the database (planned, looked up, accounted for)")
    print(f"{'median':>10} {'worst':>10} {'must':>8}")
    print(f"{statistics.median(took):>7.2f} ms {max(took):>7.2f} ms {CACHED_MUST_MS:>5.0f} ms")


def _fill(workspace: Workspace) -> None:
    with workspace.db.begin() as connection:
        for n in range(ROWS):
            row = {
                "key": f"{n:064x}",
                "provider": "replicate",
                "model": "p-video",
                "request": {"n": n},
            }
            row |= {"frames": 24, "size_bytes": 9, "cost_usd": Decimal("0.02"), "seconds": 1.0}
            records.record_clip(connection, row)
            facts = {
                "scene": 0,
                "clip_key": row["key"],
                "provider": "replicate",
                "model": "p-video",
            }
            facts |= {"job_id": f"job{n // 5}", "amount_usd": Decimal("0.02")}
            kinds = ("estimated", "reserved", "settled")
            records.add_costs(connection, [{**facts, "kind": kind} for kind in kinds])


SUBJECTS = (
    "harbour",
    "bakery",
    "bicycle workshop",
    "greenhouse",
    "night train",
    "lighthouse",
    "chess club",
)
MODELS = (
    "p-video",
    "p-video-draft",
    "wan-2.2-t2v-fast",
    "kling-v2.6",
    "seedance-2.0-fast",
    "veo-3-fast",
)


def random_brief(rng: random.Random, model: str) -> Brief:
    """A brief that the model can make."""
    wide_only = model.startswith(("wan", "veo"))
    small_only = model.startswith("seedance")
    words = " and ".join(rng.sample(SUBJECTS, 3))
    return Brief(
        prompt=f"An advertisement about a {words}, told in a few calm shots from dawn to dusk.",
        duration_seconds=rng.randint(8, 30),
        aspect_ratio=rng.choice(("16:9", "9:16") if wide_only else ("16:9", "9:16", "1:1")),
        resolution="720p" if small_only else rng.choice(("720p", "1080p")),
        fps=rng.choice(("24", "25", "30000/1001")),
        music="none",
        seed=rng.randrange(1000),
    )


def estimates(server: Replicate, home: Path, briefs: int) -> None:
    """Random briefs: what was estimated, what the ledger says, what the server bills."""
    rng = random.Random(5)
    wrong = 0
    total = Decimal(0)
    server.account.run_seconds = 0.0
    for n in range(briefs):
        model = rng.choice(MODELS)
        workspace = workspace_for(server, home / f"brief{n}")
        before = server.account.bill
        estimated = _pay(workspace, random_brief(rng, model), model)
        billed = server.account.bill - before
        settled = sums(workspace)["settled"]
        wrong += not estimated == settled == billed
        total += billed
    print(f"\n{briefs} random briefs: is the estimate the bill, and the ledger both?")
    print(f"{'billed':>12} {'differ':>8} {'must':>8}")
    print(f"{'$' + str(total.quantize(Decimal('0.01'))):>12} {wrong:>8} {0:>8}")


def _pay(workspace: Workspace, brief: Brief, model: str) -> Decimal:
    """Have all predictions made, without fitting what they made; returns the estimate."""
    maker = workspace.providers.get("replicate", model)
    assert isinstance(maker, PredictionProvider)
    storyboard: Storyboard = make_storyboard(brief, prices=clip_prices(maker, brief))
    plans = plan_clips(storyboard, workspace.store, workspace.providers, "replicate", model)
    with tempfile.TemporaryDirectory() as folder:
        work = PredictionContext(
            PredictionLeases(workspace.db), workspace.store, maker, Path(folder), Stop()
        )
        for plan in plans:
            obtain(work, PredictionRequest("job", None, plan.index, plan.request, plan.amount_usd))
    return sum((plan.amount_usd for plan in plans), Decimal(0))


def main() -> None:
    """Run all three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--briefs", type=int, default=100)
    asked = parser.parse_args()
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        many_clips(server, home, asked.clips, asked.seconds, asked.at_once)
        cached_clips(server, home)
        estimates(server, home, asked.briefs)


if __name__ == "__main__":
    main()
