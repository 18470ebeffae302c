"""A database that is large: how quickly it says how things stand, what was spent, and who may have
which row.

    python -m tests.benchmarks.database [status|reports|claims ...] [--jobs 100000] [--seconds 20]

`status`: five clients ask 200 times a second how a job, the newest jobs, or the campaign of tonight
stand. `reports`: each report over the ledger of all jobs (ten entries a job), warm. Both are
written once, by `tests.seeding`. `claims`: 16 processes claim 5,000 rows. On PostgreSQL; `claims`
also on SQLite.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from batch.report.state import read_state
from lotus import reports
from lotus.db import Database
from lotus.db import tables as t
from lotus.pipeline.job import read_job
from lotus.reports import cost_groups as costs
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.benchmarks.dashboards import ask_all
from tests.claiming import claim_all, free_rows
from tests.seeding import seed
from tests.servers import postgres_server, psycopg_url

CLIENTS = 5
EACH_SECOND = 200
STATUS_MUST_MS = 50
REPORT_MUST_MS = 100
PROCESSES = 16
ROWS = 5000
WARM = 7


@contextmanager
def filled(jobs: int) -> Iterator[str]:
    """The address of a PostgreSQL with so many jobs, as it is kept (with fsync and all)."""
    with postgres_server("fsync=on", "synchronous_commit=on") as server:
        db = Database(psycopg_url(server.url))
        db.migrate()
        began = time.perf_counter()
        written = seed(db, jobs)
        took = time.perf_counter() - began
        print(
            f"{written['generation_jobs']} jobs, {sum(written.values())} rows written in "
            f"{took:.0f} s"
        )
        db.close()
        yield server.url


def used(url: str) -> Workspace:
    """A workspace on this database."""
    return Workspace(Settings.read(DATABASE_URL=url, LOTUS_STORE="memory://bench"))


def status(url: str, jobs: int, seconds: float) -> None:
    """Clients in processes of their own; percentiles of what each question took."""
    command = [
        sys.executable,
        "-m",
        __spec__.name if __spec__ else "",
        "--client",
        url,
        str(seconds),
    ]
    clients = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(CLIENTS)
    ]
    took = sorted(float(line) for client in clients for line in client.communicate()[0].split())
    rate = len(took) / seconds
    print(f"\n{CLIENTS} clients, {rate:.0f} questions a second (asked: {EACH_SECOND}), {jobs} jobs")
    print(f"{'p50':>8} {'p95':>8} {'p99':>8} {'most':>8}   p99 must be under {STATUS_MUST_MS} ms")
    shown = (took[int(len(took) * part)] for part in (0.5, 0.95, 0.99))
    print(" ".join(f"{value * 1000:>5.1f} ms" for value in (*shown, took[-1])))


def client(url: str, seconds: float, number: int) -> None:
    """Ask at a steady rate, and print the seconds until each answer, waiting for its
    turn included.
    """
    workspace = used(url)
    rng = random.Random(number)
    with workspace.db.read() as connection:
        query = sa.select(t.generation_jobs.c.id).order_by(t.generation_jobs.c.created_at.desc())
        ids = list(connection.scalars(query.limit(5000)))
        campaign = connection.scalar(sa.select(sa.func.max(t.campaigns.c.id)))
    questions: list[Callable[[], object]] = [
        lambda: read_job(workspace, rng.choice(ids)),
        lambda: read_job(workspace, rng.choice(ids)),
        lambda: reports.jobs(workspace, limit=20),
        lambda: reports.jobs(workspace, status=rng.choice(t.JOB_STATUSES), limit=20),
        lambda: read_state(workspace, str(campaign)),
    ]
    for question in questions:  # connections and statements are there
        question()
    between = CLIENTS / EACH_SECOND
    began = time.perf_counter()
    for turn in range(int(seconds / between)):
        due = began + turn * between
        time.sleep(max(0.0, due - time.perf_counter()))
        questions[turn % len(questions)]()
        print(time.perf_counter() - due)


def report_queries(url: str) -> None:
    """Each grouping of the ledger, warm."""
    workspace = used(url)
    with workspace.db.read() as connection:
        entries = connection.scalar(sa.select(sa.func.count()).select_from(t.cost_entries))
    print(
        f"\nreports over {entries} entries of the ledger, median of {WARM}, warm; must "
        f"{REPORT_MUST_MS} ms"
    )
    print(f"{'by':<10} {'median':>9} {'most':>9} {'rows':>7}")
    for by in costs.BY_DAY:
        rows = 0
        took = []
        for _ in range(WARM + 1):
            began = time.perf_counter()
            rows = len(costs.costs_by(workspace, by)["rows"])
            took.append((time.perf_counter() - began) * 1000)
        print(f"{by:<10} {statistics.median(took[1:]):>6.1f} ms {max(took[1:]):>6.1f} ms {rows:>7}")
    with workspace.db.read() as connection:
        ids = connection.scalars(sa.select(t.generation_jobs.c.id).limit(1)).all()
    ask_all(workspace, ids[0], WARM)


def claims() -> None:
    """Rows a second, each claimed once, by processes that all want all of them."""
    print(
        f"\n{PROCESSES} processes claim {ROWS} rows\n{'':<12} {'claimed':>8} {'twice':>6} "
        f"{'rows/s':>8}"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres_server("fsync=on", "synchronous_commit=on") as own,
    ):
        for name, url in {
            "sqlite": f"sqlite:///{folder}/a.db",
            "postgresql": psycopg_url(own.url),
        }.items():
            db = Database(url)
            db.migrate()
            free_rows(db, ROWS)
            db.close()
            found, seconds = claim_all(url, PROCESSES)
            rows = [row for mine in found for row in mine]
            twice = len(rows) - len(set(rows))
            print(f"{name:<12} {len(set(rows)):>8} {twice:>6} {len(rows) / seconds:>8.0f}")


def main() -> None:
    """Run what is named, or all."""
    if sys.argv[1:2] == ["--client"]:
        client(sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=["status", "reports", "claims"])
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    if {"status", "reports"} & set(asked.what):
        with filled(asked.jobs) as url:
            if "status" in asked.what:
                status(url, asked.jobs, asked.seconds)
            if "reports" in asked.what:
                report_queries(url)
    if "claims" in asked.what:
        claims()


if __name__ == "__main__":
    main()
