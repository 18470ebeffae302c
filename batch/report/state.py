"""How a campaign stands: rows, stages, money, rate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, field_serializer

from batch.rows import runs
from batch.rows import totals as tallies
from lotus.db import tables as t
from lotus.display import kit
from lotus.money.ledger import money
from lotus.system.owner import alive
from lotus.workspace import Workspace

__all__ = ["CampaignState", "duration", "read_state"]

RUNNING = 8  # rows that are named
STAGES = ("planning", "generating", "composing")


def duration(seconds: float) -> str:
    """A length of time in whole seconds: 45 s, 2 min 5 s, 3 h 20 min."""
    return kit.duration(round(seconds))


class CampaignState(BaseModel):
    """One look at a campaign; in JSON what `lotus batch run --json` and `status --json` print."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    id: str = Field(serialization_alias="campaign_id")
    status: str
    name: str
    notebook: str
    stopping: str | None
    counts: Mapping[str, int] = Field(serialization_alias="runs")
    budget_usd: Decimal | None = Field(exclude=True)
    costs: Mapping[str, Decimal] = Field(
        serialization_alias="cost", description="by kind of ledger entry"
    )
    elapsed_seconds: Annotated[
        float, PlainSerializer(lambda seconds: round(seconds, 3), float, when_used="json")
    ]
    failures: tuple[tuple[str, str], ...]  # some rows that failed, and why
    stages: Mapping[str, int] = Field(exclude=True, description="jobs of rows that run")
    running: tuple[str, ...] = Field(
        default=(), exclude=True, description="some rows that run, and their cells"
    )
    drafted: int = Field(
        default=0,
        exclude=True,
        description="rows whose drafts were made since the campaign was started last",
    )

    @field_serializer("costs", when_used="json")
    def _amounts(self, costs: Mapping[str, Decimal]) -> dict[str, str | None]:
        return {
            "budget_usd": money(self.budget_usd) if self.budget_usd is not None else None,
            "estimated_usd": money(costs["estimated"]),
            "actual_usd": money(costs["settled"]),
            "saved_usd": money(costs["saved"]),
        }

    @field_serializer("failures", when_used="json")
    def _rows(self, failures: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
        return [{"row": name, "reason": reason} for name, reason in failures]

    @property
    def over(self) -> int:
        """Rows that ended since the campaign was started last."""
        count = self.counts["completed"] + self.counts["failed"] + self.counts["cancelled"]
        return count - self.counts["reused"] + self.drafted

    @property
    def eta_seconds(self) -> float | None:
        """How long the rest takes, if it goes on like this."""
        remaining = self.counts["queued"] - self.counts["waiting"] + self.counts["running"]
        return self.elapsed_seconds / self.over * remaining if self.over else None

    @property
    def counts_by_status(self) -> dict[str, int]:
        """How many rows are how, in words; those of which there are none are left out."""
        counts = {**self.counts, "queued": self.counts["queued"] - self.counts["waiting"]}
        names = {"waiting": "waiting for approval"}
        return {
            names.get(n, n): count
            for n, count in counts.items()
            if count and n not in ("total", "reused")
        }

    @property
    def spent(self) -> str:
        """What it cost so far, in words."""
        limit = f" of ${money(self.budget_usd)}" if self.budget_usd is not None else ""
        return f"spent ${money(self.costs['settled'])}{limit}, saved ${money(self.costs['saved'])}"

    @property
    def advice(self) -> tuple[tuple[str, str], ...]:
        """What is to be done next, each with the command that does it; nothing while it runs."""
        counts = self.counts
        steps = []
        if self.status == "running":
            return ()
        if counts["failed"]:
            steps.append(("run failed rows again", f"lotus batch retry {self.id} --failed"))
        if counts["queued"] > counts["waiting"] or counts["cancelled"]:
            more = " --budget USD" if self.stopping == "budget" else ""
            steps.append(("go on with the rest", f"lotus batch resume {self.id}{more}"))
        if counts["waiting"]:
            steps.append(("see the drafts", f"lotus batch report {self.id}"))
            steps.append(
                ("make those that you like", f"lotus batch approve {self.id} [ROW]..., or --all")
            )
        return tuple(steps)

    def __str__(self) -> str:
        before = (
            {"completed": f" ({self.counts['reused']} before)"} if self.counts["reused"] else {}
        )
        parts = [
            f"{count} {name}{before.get(name, '')}" for name, count in self.counts_by_status.items()
        ]
        why = f" ({self.stopping})" if self.stopping else ""
        return (
            f"campaign {self.id} ({self.name}): {self.status}{why}; {', '.join(parts) or 'no rows'}"
        )


def read_state(workspace: Workspace, campaign_id: str) -> CampaignState:
    """Look at a campaign; costs a few indexed queries, however many rows it has."""
    return workspace.db.ask(_state, campaign_id)


def _state(connection: sa.Connection, campaign_id: str) -> CampaignState:
    r = t.runs.c
    b = t.budgets.c
    row = runs.get_campaign(connection, campaign_id)
    counts = tallies.counts(connection, row["id"], row["started_at"])
    query = sa.select(r.name, r.reason).where(r.campaign_id == row["id"], r.status == "failed")
    query = query.order_by(r.position).limit(20)
    failures = connection.execute(query).all() if counts["failed"] else ()
    limit = sa.select(b.limit_usd).where(b.scope == "campaign", b.subject == row["id"])
    return CampaignState(
        id=row["id"],
        name=row["name"],
        notebook=row["notebook"],
        status=_status(row),
        stopping=row["stopping"],
        counts=counts,
        stages=_stages(connection, row["id"]) if counts["running"] else {},
        budget_usd=connection.scalar(limit),
        costs=tallies.costs_of(connection, row["id"]),
        elapsed_seconds=_duration(row).total_seconds(),
        failures=tuple((name, reason or "") for name, reason in failures),
        running=_running(connection, row["id"]) if counts["running"] else (),
        drafted=tallies.count_drafts(connection, row["id"], row["started_at"])
        if counts["waiting"]
        else 0,
    )


def _status(row: runs.Row) -> str:
    """Nothing runs whose driver is dead: it waits to be resumed."""
    dead = row["status"] == "running" and not alive(row["owner"])
    return "queued" if dead else str(row["status"])


def _stages(connection: sa.Connection, campaign_id: str) -> dict[str, int]:
    j = t.generation_jobs.c
    mine = (j.campaign == campaign_id) & j.status.in_(STAGES) & (j.run == t.runs.c.id)
    query = (
        sa.select(j.status, sa.func.count())
        .where(mine, t.runs.c.status == "running")
        .group_by(j.status)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _running(connection: sa.Connection, campaign_id: str) -> tuple[str, ...]:
    """Names of some rows that run, each with its cell: `a: cell 4 of 9`."""
    rows = runs.under_way(connection, campaign_id, RUNNING)
    return tuple(
        f"{row['name']}: cell {row['cell']} of {row['cells']}" if row["cell"] else row["name"]
        for row in rows
    )


def _duration(row: runs.Row) -> timedelta:
    if row["started_at"] is None:
        return timedelta()
    over = row["finished_at"] or t.now()
    return over - row["started_at"] if over > row["started_at"] else timedelta()
