"""Days of the ledger by brand, and jobs by what they cost"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotus.db.tables import Money

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEYS = ["day", "campaign", "provider", "model", "kind"]
BY_STATUS = "ix_generation_jobs_status_created_at_id_spent_usd"
SPENT = (
    "UPDATE generation_jobs SET spent_usd = s.usd FROM (SELECT job_id, sum(amount_usd) AS usd "
    "FROM cost_entries WHERE kind = 'settled' GROUP BY job_id) AS s WHERE s.job_id = generation_jobs.id"
)


def upgrade() -> None:
    op.add_column(
        "generation_jobs", sa.Column("spent_usd", Money(), server_default="0", nullable=False)
    )
    op.execute(SPENT)
    op.create_index(op.f("ix_generation_jobs_spent_usd_id"), "generation_jobs", ["spent_usd", "id"])
    op.drop_index(op.f("ix_generation_jobs_status_created_at"), table_name="generation_jobs")
    op.create_index(op.f(BY_STATUS), "generation_jobs", ["status", "created_at", "id", "spent_usd"])
    _days_of([*KEYS, "brand"])
    _sum_the_days_so_far("brand")


def _days_of(keys: list[str]) -> None:
    """The table anew, empty: rights that were given on it stay where there are any."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DELETE FROM cost_days")
        op.drop_constraint(op.f("pk_cost_days"), "cost_days")
        if "brand" in keys:
            op.add_column("cost_days", sa.Column("brand", sa.String(length=80), nullable=False))
        else:
            op.drop_column("cost_days", "brand")
        op.create_primary_key(op.f("pk_cost_days"), "cost_days", keys)
        return
    op.drop_table("cost_days")
    lengths = {"day": 10, "campaign": 36, "provider": 64, "model": 128, "kind": 16, "brand": 80}
    op.create_table(
        "cost_days",
        *(sa.Column(name, sa.String(length=lengths[name]), nullable=False) for name in keys),
        sa.Column("amount_usd", Money(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_cost_days")),
    )


def _sum_the_days_so_far(brand: str = "") -> None:
    """In SQL of its own, since later versions of lotus may sum otherwise."""
    postgres = op.get_bind().dialect.name == "postgresql"
    day = (
        "to_char(timezone('UTC', c.created_at), 'YYYY-MM-DD')" if postgres else "date(c.created_at)"
    )
    over = "to_char(timezone('UTC', now() - interval '1 hour'), 'YYYY-MM-DD')"
    today = over if postgres else "date('now', '-1 hour')"
    name = "j.brief #>> '{brand,name}'" if postgres else "json_extract(j.brief, '$.brand.name')"
    more = (
        {"into": ", brand", "from": f", coalesce({name}, '')", "by": ", 8"}
        if brand
        else dict.fromkeys(("into", "from", "by"), "")
    )
    op.execute(
        "INSERT INTO cost_days (day, campaign, provider, model, kind, amount_usd, entries"
        f"{more['into']}) SELECT {day}, coalesce(c.campaign, ''), c.provider, c.model, c.kind, "
        f"sum(c.amount_usd), count(*){more['from']} FROM cost_entries c "
        "LEFT JOIN generation_jobs j ON j.id = c.job_id "
        f"WHERE {day} < {today} GROUP BY 1, 2, 3, 4, 5{more['by']}"
    )


def downgrade() -> None:
    _days_of(KEYS)
    _sum_the_days_so_far()
    op.drop_index(op.f(BY_STATUS), table_name="generation_jobs")
    op.create_index(
        op.f("ix_generation_jobs_status_created_at"), "generation_jobs", ["status", "created_at"]
    )
    op.drop_index(op.f("ix_generation_jobs_spent_usd_id"), table_name="generation_jobs")
    op.drop_column("generation_jobs", "spent_usd")
