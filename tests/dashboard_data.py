"""A database as a stakeholder meets it: videos of two brands, a campaign, failures, two weeks of
costs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lotus.db import Database, records
from lotus.db import tables as t
from lotus.db.rollups import rebuild

__all__ = ["HOSTILE", "NIGHT", "NOW", "asked", "fill", "seed"]

AT_ONCE = 5000  # rows of one insert
MODELS = ("p-video", "kling-v2.6", "wan-2.2", "seedance-1")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NIGHT = timedelta(hours=9)  # before NOW: when the campaign ran
HOSTILE = (
    "<script>window.hacked = true</script><img src=x onerror='window.hacked = true'> \u202eevil "
    + "long " * 90
)
REFUSED = {
    "code": "provider_error",
    "message": "scene 2: replicate refused: the prompt was flagged as sensitive",
    "remedy": "change the description of the scene",
    "details": {"provider": "replicate", "scene": 1},
}
FULL = {
    "code": "store_error",
    "message": "store: no space left",
    "remedy": "free some space",
    "details": {},
}
JOBS = [  # name, status, hours ago, brand, model, campaign, error, dollars spent
    ("Aurora opens at dawn", "completed", 9, "Aurora", "p-video", "spring", None, "0.30"),
    ("Aurora, the second cup", "failed", 9, "Aurora", "kling-v2.6", "spring", REFUSED, "2.75"),
    ("Aurora by the harbour", "failed", 8, "Aurora", "p-video", "spring", REFUSED, "0.04"),
    ("A bicycle on the quay", "failed", 30, "Velo", "p-video", None, FULL, "9.00"),
    ("A bicycle in the rain", "cancelled", 200, "Velo", None, None, None, "0"),
    (HOSTILE, "completed", 20, "Velo", None, None, None, "0"),
    ("Waiting for its turn", "queued", 0, "Velo", "p-video", None, None, "0"),
    ("On its way", "generating", 0, "Velo", "p-video", None, None, "0.02"),
]


def seed(db: Database, *, now: datetime = NOW) -> dict[str, str]:
    """Write it; the ids of the jobs by their prompts, and of the campaign as `spring`."""
    with db.begin() as connection:
        campaign = _campaign(connection, now)
        ids = {"spring": campaign}
        for n, (prompt, status, hours, *rest) in enumerate(JOBS):
            moment = now - timedelta(hours=hours, seconds=n + 1)
            ids[prompt] = _job(connection, prompt, status, moment, campaign, *rest)
        _days(connection, now)
    return ids


def _campaign(connection: Any, now: datetime) -> str:
    campaign = t.new_id()
    begun = now - NIGHT
    row = {"id": campaign, "name": "spring.csv", "manifest": "0" * 64, "notebook": "render"}
    row |= {"source": "runs/x/notebook.ipynb", "parameters": {}, "options": {}, "status": "running"}
    connection.execute(t.campaigns.insert().values(**row, created_at=begun, started_at=begun))
    for n, status in enumerate(("completed", "failed", "failed", "queued")):
        run = {"campaign_id": campaign, "position": n + 1, "name": f"row-{n}", "parameters": {}}
        connection.execute(t.runs.insert().values(**run, status=status))
    limit = {"scope": "campaign", "subject": campaign, "limit_usd": Decimal(4)}
    connection.execute(t.budgets.insert().values(**limit))
    return campaign


def _job(
    connection: Any,
    prompt: str,
    status: str,
    moment: datetime,
    campaign: str,
    brand: str,
    model: str | None,
    of: str | None,
    error: Any,
    dollars: str,
) -> str:
    brief = {
        "prompt": prompt,
        "aspect_ratio": "16:9",
        "brand": {"name": brand},
        "style": "cinematic",
    }
    job = records.create_job(
        connection,
        kind="ad",
        prompt=prompt,
        provider="replicate" if model else "animatic",
        model=model,
        planner="template",
        campaign=campaign if of else None,
        run=None,
        brief=brief,
        storyboard=None,
    )
    over = status in ("completed", "failed", "cancelled")
    values = {"status": status, "created_at": moment, "error": error}
    values |= {"finished_at": moment + timedelta(minutes=2) if over else None, "updated_at": moment}
    records.update_job(connection, job, **values)
    scenes = [("Steam over a cup", "Good morning"), ("A harbour in fog", None)]
    records.save_scenes(
        connection,
        job,
        [
            {
                "position": n,
                "description": text,
                "caption": caption,
                "provider": "replicate",
                "model": model or "board",
                "clip_key": f"{n}" * 64,
                "cached": n == 0,
            }
            for n, (text, caption) in enumerate(scenes)
        ],
    )
    records.add_event(
        connection, job, "stage", {"stage": "generating", "clips": 2, "to_make": 1, "frames": 48}
    )
    if status == "generating":
        for percent in (20.0, 35.0):
            records.add_event(connection, job, "progress", {"stage": status, "percent": percent})
    if model:
        of_it = {
            "key": job,
            "job_id": job,
            "campaign": campaign if of else None,
            "provider": "replicate",
        }
        asked(connection, {**of_it, "model": model}, dollars, moment)
        entry = {
            "job_id": job,
            "campaign": campaign if of else None,
            "scene": 1,
            "provider": "replicate",
        }
        entry |= {"model": model, "created_at": moment}
        amounts = {"estimated": dollars, "reserved": dollars, "settled": dollars}
        rows = [{**entry, "kind": k, "amount_usd": Decimal(a)} for k, a in amounts.items()]
        records.add_costs(
            connection, [*rows, {**entry, "kind": "saved", "amount_usd": Decimal("0.10")}]
        )
    return job


def asked(connection: Any, row: dict[str, Any], dollars: str | Decimal, moment: datetime) -> None:
    """The prediction that was paid for: what budgets look at."""
    paid = {"reserved_usd": Decimal(dollars), "settled_usd": Decimal(dollars), "settled_at": moment}
    connection.execute(t.predictions.insert().values(**row, **paid, request={}, created_at=moment))


def _days(connection: Any, now: datetime) -> None:
    """Two weeks of the ledger: a dollar a day, and one day of twenty."""
    for day in range(2, 15):
        entry = {
            "job_id": "earlier",
            "scene": 0,
            "provider": "replicate",
            "model": "p-video",
            "kind": "settled",
        }
        amount = Decimal(20) if day == 5 else Decimal(1) + Decimal(day % 3) / 10
        moment = now - timedelta(days=day)
        records.add_costs(connection, [{**entry, "amount_usd": amount, "created_at": moment}])
        of_it = {
            "key": f"day {day}",
            "job_id": "earlier",
            "provider": "replicate",
            "model": "p-video",
        }
        asked(connection, of_it, amount, moment)


def fill(db: Database, jobs: int, entries: int) -> str:
    """Many jobs and ledger entries of the last year; one of the ids."""
    moment = t.now()
    ids = [t.new_id() for _ in range(jobs)]
    brief = {"aspect_ratio": "16:9", "brand": {"name": "Aurora"}}
    common = {
        "kind": "ad",
        "provider": "replicate",
        "planner": "template",
        "brief": brief,
        "cancel_requested": False,
    }
    year = 365 * 86400
    for begin in range(0, jobs, AT_ONCE):
        rows = [
            {
                **common,
                "id": ids[n],
                "prompt": f"Video {n} of a coffee roaster",
                "model": MODELS[n % 4],
                "status": "failed" if n % 50 == 0 else "completed",
                "updated_at": moment,
                "created_at": moment - timedelta(seconds=year * n // jobs),
                "finished_at": moment,
            }
            for n in range(begin, min(jobs, begin + AT_ONCE))
        ]
        with db.begin() as connection:
            connection.execute(t.generation_jobs.insert(), rows)
    kinds = ("estimated", "reserved", "settled", "refunded")
    for begin in range(0, entries, AT_ONCE):
        rows = [
            {
                "job_id": ids[n % jobs],
                "provider": "replicate",
                "model": MODELS[n % 4],
                "kind": kinds[n // jobs % 4],
                "scene": n % 5,
                "amount_usd": Decimal(n % 100) / 100,
                "created_at": moment - timedelta(seconds=year * (n % jobs) // jobs),
            }
            for n in range(begin, min(entries, begin + AT_ONCE))
        ]
        with db.begin() as connection:
            records.add_costs(connection, rows)
    with db.begin() as connection:
        rebuild(connection)
    return ids[0]
