"""Fills a database with months of a studio's work, quickly: jobs, scenes, clips, videos, campaigns,
ledger.

A job has about ten entries in the ledger, so `seed(db, 100_000)` makes a million of them.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from lotus.db import Database, rollups
from lotus.db import tables as t
from lotus.documents.brief import Brand
from tests import seeded_rows as rows
from tests.bulk import load
from tests.seeded_rows import UNDER_WAY, By, Story

__all__ = ["BRANDS", "MODELS", "seed"]

Row = dict[str, Any]
Rows = Iterator[tuple[str, Row]]  # each with its table
AT_ONCE = 50_000  # rows in one transaction
BRANDS = {
    "North Pier Coffee": "A small coffee roaster opens at dawn in a harbour town and the first "
    "guests come.",
    "Velo Verde": "A bicycle workshop mends a courier's wheel before the rain comes down on the "
    "city.",
    "Atlas Bank": "A young baker opens her first account and, a year later, the door of her own "
    "shop.",
    "Kumo Outdoor": "Two friends climb above the clouds with a tent that fits into one small bag.",
    "Lumen Glass": "A glassblower turns sand and fire into a lamp that lights a family's table.",
    "Hearth & Rye": "A loaf of rye rises overnight in a stone oven and is shared by a whole "
    "street.",
    "Sonora Audio": "A pianist finds the sound of an old hall again in a pair of headphones at "
    "night.",
    "Blue Kite Travel": "A grandmother sees the sea for the first time and flies a kite on the "
    "beach.",
}
MODELS = {  # share of the jobs, and who makes their clips
    By("animatic", "boards", Decimal(0)): 35,
    By("replicate", "p-video", Decimal("0.08")): 30,
    By("replicate", "p-video-draft", Decimal("0.02")): 13,
    By("replicate", "kling-v2.6", Decimal("0.35")): 9,
    By("replicate", "wan-2.2-t2v-fast", Decimal("0.05")): 8,
    By("replicate", "veo-3-fast", Decimal("0.80")): 5,
}
KINDS = {"ad": (85, 4), "music_video": (15, 6)}  # share of the jobs, scenes
ENDINGS = {"completed": 94, "failed": 4, "cancelled": 2}
DAY = timedelta(days=1)
NIGHT = timedelta(hours=10)  # the end of each day, in which a campaign runs
IN_CAMPAIGNS = 0.6
KNOWN_CLIPS = 1000  # that others reuse
LEDGER = ("generation_jobs", "campaigns", "runs", "cost_entries")


def seed(
    db: Database,
    jobs: int,
    *,
    days: int = 90,
    until: datetime | None = None,
    details: bool = True,
    number: int = 0,
) -> Counter[str]:
    """Write so many jobs of the days before `until` (default: now) into an empty, migrated
    database.

    Work grows over time and rests at weekends; most of it is campaigns, one a night, of which the
    last still runs. Without `details` there are only jobs, campaigns, runs and the ledger. The same
    `number` and `until` give the same rows. Days that are over are summed. Returns how many rows
    each table got.
    """
    written: Counter[str] = Counter()
    waiting: dict[str, list[Row]] = {}
    maker = _Maker(random.Random(number))
    for table, row in maker.all(jobs, days, until or t.now()):
        if details or table in LEDGER:
            if table == "generation_jobs" and sum(map(len, waiting.values())) > AT_ONCE:
                _write(db, waiting)
            waiting.setdefault(table, []).append(row)
            written[table] += 1
    _write(db, waiting)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # as it does itself
        connection.exec_driver_sql("ANALYZE" if db.dialect == "sqlite" else "VACUUM ANALYZE")
    with db.begin() as connection:
        rollups.roll_up(connection)
    return written


def _write(db: Database, waiting: dict[str, list[Row]]) -> None:
    spent: Counter[str] = Counter()
    for entry in waiting.get("cost_entries", ()):
        spent[entry["job_id"]] += entry["amount_usd"] if entry["kind"] == "settled" else 0
    videos = waiting.get("compositions", ())
    lengths = {row["job_id"]: row["frames"] / int(row["fps"]) for row in videos}
    for job in waiting.get("generation_jobs", ()):
        job["spent_usd"] = Decimal(spent[job["id"]])
        job["length_seconds"] = lengths.get(job["id"], 0.0)
    with db.begin() as connection:
        for table in t.metadata.sorted_tables:  # whom others refer to, first
            load(connection, table, waiting.pop(table.name, []))


class _Maker:
    """Makes the rows of one day after another."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.stories: list[Story] = []
        self.shares: list[int] = []
        for name, prompt in BRANDS.items():
            brand = Brand(name=name, colors=tuple(f"#{rng.getrandbits(24):06x}" for _ in range(2)))
            for kind, (share, scenes) in KINDS.items():
                self.stories.append(rows.story_of(kind, brand, prompt, scenes))
                self.shares.append(share)
        self.known = deque([rows.new_key(rng)], KNOWN_CLIPS)

    def all(self, jobs: int, days: int, until: datetime) -> Rows:
        """All rows, oldest first; a job comes before what belongs to it."""
        ends = [until - DAY * (days - day - 1) for day in range(days)]
        weights = [
            (1 + 2 * day / days) * (0.3 if end.weekday() > 4 else 1) for day, end in enumerate(ends)
        ]
        for day, end in enumerate(ends):
            first, last = (round(jobs * sum(weights[:n]) / sum(weights)) for n in (day, day + 1))
            yield from self._day(end, last - first, running=end == until)

    def _day(self, end: datetime, jobs: int, *, running: bool) -> Rows:
        """People's jobs, then a campaign."""
        by_night = round(jobs * IN_CAMPAIGNS)
        by_day = jobs - by_night
        for n in range(by_day):
            at = end - DAY + (DAY - NIGHT) * ((n + self.rng.random()) / by_day)
            yield from self._job(at, self._ending())
        if by_night:
            yield from self._campaign(end - NIGHT, by_night, running=running)

    def _campaign(self, at: datetime, jobs: int, *, running: bool) -> Rows:
        """A row a job; of one that runs, some jobs are under way and as many rows again wait."""
        campaign = self._id(at)
        moving = min(jobs, len(UNDER_WAY)) if running else 0
        over = None if running else at + NIGHT
        yield "campaigns", rows.campaign_row(campaign, rows.new_key(self.rng), at, over)
        for n in range(jobs + moving):
            begins = at + NIGHT * min(1.0, (n + self.rng.random()) / (jobs + 1))
            run = self._id(at)
            ended = n < jobs - moving
            waits = n >= jobs
            status = "waits" if waits else self._ending() if ended else UNDER_WAY[n - jobs + moving]
            yield "runs", {"id": run, **rows.run_row(self.rng, campaign, n, status, begins)}
            if not waits:
                yield from self._job(begins, status, campaign, run)

    def _job(
        self, at: datetime, status: str, campaign: str | None = None, run: str | None = None
    ) -> Rows:
        """A job with all that belongs to it."""
        [story] = self.rng.choices(self.stories, self.shares)
        [by] = self.rng.choices(list(MODELS), list(MODELS.values()))
        job = self._id(at)
        over = at + timedelta(seconds=self.rng.uniform(20, 400))
        row = rows.job_row(job, story, status, by, at, over)
        yield "generation_jobs", {**row, "campaign": campaign, "run": run}
        for position in range(len(story.scenes)):
            yield from self._scene(job, campaign, story, position, by, at)
        yield from self._events(job, story, status, over)
        if status == "completed":
            yield "compositions", rows.video_row(self.rng, job, story, over)

    def _scene(
        self, job: str, campaign: str | None, story: Story, position: int, by: By, at: datetime
    ) -> Rows:
        scene = story.scenes[position]
        cached = self.rng.random() < 0.25
        key = self.rng.choice(self.known) if cached else rows.new_key(self.rng)
        if not cached:
            self.known.append(key)
            yield "clips", rows.clip_row(self.rng, key, scene, by, at)
        made = {"job_id": job, "clip_key": key, "provider": by.provider, "model": by.model}
        words = {"description": scene.description, "caption": scene.caption}
        yield "scenes", {**made, **words, "position": position, "cached": cached}
        for kind, amount in self._costs(by, cached):
            entry = {"id": self._id(at), "kind": kind, "amount_usd": amount, "created_at": at}
            yield "cost_entries", {**made, **entry, "campaign": campaign, "scene": position}

    def _costs(self, by: By, cached: bool) -> list[tuple[str, Decimal]]:
        price = by.price_usd
        nothing = Decimal(0)
        if cached:
            return [("saved", price)]
        if not price:
            return [("estimated", price), ("settled", price)]
        if self.rng.random() < 0.05:  # it failed, and is not billed
            return [
                ("estimated", price),
                ("reserved", price),
                ("settled", nothing),
                ("refunded", price),
            ]
        return [("estimated", price), ("reserved", price), ("settled", price)]

    def _events(self, job: str, story: Story, status: str, at: datetime) -> Rows:
        """The stages that it has come to, and how it ended."""
        stages = {"queued": (), "planning": (), "composing": ("generating", "composing")}
        stages |= {"completed": ("generating", "composing")}
        for stage in stages.get(status, ("generating",)):
            data = {"stage": stage, "clips": len(story.scenes)}
            yield "events", {"job_id": job, "kind": "stage", "data": data, "created_at": at}
        if status not in UNDER_WAY:
            said = {"error": rows.SAID} if status == "failed" else {}
            yield "events", {"job_id": job, "kind": status, "data": said, "created_at": at}

    def _ending(self) -> str:
        return self.rng.choices(list(ENDINGS), list(ENDINGS.values()))[0]

    def _id(self, at: datetime) -> str:
        """A UUIDv7 as `new_id` makes it, of another time."""
        head = f"{int(at.timestamp() * 1000):012x}"
        tail = f"{self.rng.getrandbits(72):018x}"
        return f"{head[:8]}-{head[8:]}-7{tail[:3]}-8{tail[3:6]}-{tail[6:]}"
