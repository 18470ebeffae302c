"""Rows as a studio's work leaves them, for `tests.seeding`: what is not random about each table."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from lotus.documents.brief import Brand, Brief
from lotus.documents.scene import Look, Scene
from lotus.documents.storyboard import Storyboard

__all__ = [
    "SAID",
    "UNDER_WAY",
    "By",
    "Story",
    "campaign_row",
    "clip_row",
    "job_row",
    "new_key",
    "run_row",
    "story_of",
    "video_row",
]

Row = dict[str, Any]
UNDER_WAY = ("composing", "generating", "planning", "queued")  # the oldest is the furthest
OWNER = "studio:4242:5eed"
SAID = {
    "code": "clip",
    "message": "scene 2: timed out after 600 s",
    "remedy": "run again",
    "details": {},
}


class Story(NamedTuple):
    """What all jobs of one brand and kind share; JSON that is ready to be written."""

    kind: str
    prompt: str
    brief: str
    storyboard: str
    scenes: tuple[Scene, ...]


class By(NamedTuple):
    """Who makes a job's clips, and for how much each."""

    provider: str
    model: str
    price_usd: Decimal


def story_of(kind: str, brand: Brand, prompt: str, scenes: int) -> Story:
    """A brief and its storyboard."""
    more = {"audio": "track.wav"} if kind == "music_video" else {"cta": "Come and see"}
    brief = Brief(kind=kind, prompt=prompt, brand=brand, **more)  # type: ignore[arg-type]
    words = prompt.split()
    shots = tuple(
        Scene(description=f"{' '.join(words[n:])} Shot {n + 1}", duration_seconds=4)
        for n in range(scenes)
    )
    board = Storyboard(brief=brief, look=Look(style=brief.style), scenes=shots)
    return Story(kind, prompt, brief.model_dump_json(), board.model_dump_json(), shots)


def new_key(rng: random.Random) -> str:
    """As the hash of something."""
    return f"{rng.getrandbits(256):064x}"


def job_row(job: str, story: Story, status: str, by: By, at: datetime, over: datetime) -> Row:
    """A job that began at a time, and was over at another unless it is under way."""
    moving = status in UNDER_WAY
    return {
        "id": job,
        "status": status,
        "kind": story.kind,
        "prompt": story.prompt,
        "provider": by.provider,
        "model": by.model if by.price_usd else None,
        "planner": "template",
        "brief": story.brief,
        "storyboard": story.storyboard,
        "error": SAID if status == "failed" else None,
        "owner": OWNER if moving and status != "queued" else None,
        "cancel_requested": False,
        "created_at": at,
        "updated_at": at if moving else over,
        "finished_at": None if moving else over,
    }


def campaign_row(campaign: str, digest: str, at: datetime, over: datetime | None) -> Row:
    """A campaign that is over, or still runs."""
    return {
        "id": campaign,
        "name": f"{at:%B-%d}.csv".lower(),
        "manifest": digest,
        "notebook": "render.ipynb",
        "source": f"runs/{campaign}/source.ipynb",
        "parameters": {},
        "options": {"retries": 1},
        "status": "completed" if over else "running",
        "stopping": None,
        "owner": None if over else OWNER,
        "created_at": at,
        "started_at": at,
        "finished_at": over,
    }


def run_row(rng: random.Random, campaign: str, number: int, status: str, at: datetime) -> Row:
    """A row of a campaign; `status` is its job's, or `waits` if it has none yet."""
    waits = status == "waits"
    runs = status in UNDER_WAY
    seconds = None if waits or runs else rng.uniform(20, 400)
    return {
        "campaign_id": campaign,
        "position": number,
        "name": f"row-{number}",
        "parameters": {"seed": number},
        "status": "queued" if waits else "running" if runs else status,
        "attempts": 0 if waits else 1,
        "reason": "ClipFailed: scene 2: timed out after 600 s" if status == "failed" else None,
        "notebook": f"runs/{campaign}/row-{number}/notebook-1.ipynb" if seconds else None,
        "seconds": seconds,
        "cpu_seconds": seconds and seconds * 0.2,
        "peak_bytes": rng.randrange(10**8, 10**9) if seconds else None,
        "owner": OWNER if runs else None,
        "lease_until": at + timedelta(days=1) if runs else None,
        "started_at": None if waits else at,
        "finished_at": at + timedelta(seconds=seconds) if seconds else None,
    }


def clip_row(rng: random.Random, key: str, scene: Scene, by: By, at: datetime) -> Row:
    """A clip that was made."""
    return {
        "key": key,
        "provider": by.provider,
        "model": by.model,
        "request": {"inputs": {"prompt": scene.description}},
        "frames": 96,
        "size_bytes": rng.randrange(10**5, 10**7),
        "cost_usd": by.price_usd,
        "seconds": rng.uniform(1, 90),
        "hits": 0,
        "created_at": at,
        "used_at": at,
        "expired_at": None,
    }


def video_row(rng: random.Random, job: str, story: Story, at: datetime) -> Row:
    """A finished video."""
    segments = 3 * len(story.scenes)
    return {
        "job_id": job,
        "key": new_key(rng),
        "object_key": f"compositions/{job}/final.mp4",
        "width": 1280,
        "height": 720,
        "fps": "24",
        "frames": 96 * len(story.scenes),
        "size_bytes": rng.randrange(10**6, 10**8),
        "segments_total": segments,
        "segments_rendered": rng.randrange(segments),
        "elapsed_seconds": rng.uniform(5, 60),
        "created_at": at,
    }
