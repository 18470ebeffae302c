"""Jobs of the service on a Dask scheduler that was started by other hands."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.dask_processes import Dask, dask_cluster
from tests.driving import eventually, program, rows
from tests.serving import Served, request_of, serving

pytestmark = pytest.mark.slow  # starts schedulers and workers

API = "/api/v1"
MANY = {"LOTUS_RATE_LIMIT": 10_000}


def queue(served: Served, folder: Path, seed: int) -> str:
    queued = served.post(f"{API}/generations", request_of(served, folder, seed=seed))
    assert queued.status_code == 202, queued.text
    return str(queued.json()["id"])


def done_by(dask: Path) -> dict[str, str]:
    """How jobs ended, by what workers say."""
    lines = (dask / "dask_worker.log").read_text().splitlines()
    said = [json.loads(line) for line in lines if line.startswith('{"at"')]
    return {line["job_id"]: line["ended"] for line in said if line["event"] == "job"}


def owner(home: Path) -> int | None:
    """The process that has the only job."""
    [(said,)] = rows(home, "SELECT owner FROM generation_jobs")
    return int(said.split(":")[1]) if said else None


@contextmanager
def held_in_the_middle(home: Path, folder: Path) -> Iterator[tuple[Dask, Served]]:
    """Two workers and a service; before its third segment a job writes `reached` and waits for
    `go`.
    """
    held = f": > {folder}/reached; while [ ! -e {folder}/go ]; do sleep 0.05; done"
    waiting = program(folder / "ffmpeg", [f'case "$*" in *segment-00002*) {held};; esac'])
    env = {"LOTUS_HOME": str(home), "LOTUS_FFMPEG": str(waiting)}
    with (
        dask_cluster(folder / "dask", env, workers=2) as dask,
        serving(home, "--cluster", dask.address, **MANY) as served,
    ):
        yield dask, served


def test_jobs_run_on_the_workers_of_a_scheduler_and_survive_one(home: Path, tmp_path: Path) -> None:
    with held_in_the_middle(home, tmp_path) as (dask, served):
        first = queue(served, tmp_path, 0)
        eventually((tmp_path / "reached").exists, "a worker is at it")
        [victim] = [one for one in map(dask.worker, range(2)) if one.pid == owner(home)]
        victim.send_signal(signal.SIGKILL)
        (tmp_path / "go").touch()
        jobs = [first, *(queue(served, tmp_path, seed) for seed in (1, 2))]
        assert [served.ended(job)["status"] for job in jobs] == ["completed"] * 3
        assert psutil.Process(served.child.pid).children() == []  # it has no workers of its own
        assert served.stop() == 0
        assert done_by(tmp_path / "dask") == dict.fromkeys(jobs, "completed")
    assert rows(home, "SELECT attempts FROM generation_jobs ORDER BY id") == [(2,), (1,), (1,)]


def test_a_worker_that_is_told_to_end_gives_its_job_back_at_once(
    home: Path, tmp_path: Path
) -> None:
    with held_in_the_middle(home, tmp_path) as (_, served):
        job = queue(served, tmp_path, 0)
        eventually((tmp_path / "reached").exists, "a worker is at it")
        victim = owner(home)
        psutil.Process(victim).send_signal(signal.SIGTERM)
        eventually(lambda: owner(home) not in (victim, None), "another has it")
        (tmp_path / "go").touch()
        assert served.ended(job)["status"] == "completed"
        assert "returned to the queue" in (tmp_path / "dask/dask_worker.log").read_text()
    assert rows(home, "SELECT attempts FROM generation_jobs") == [(1,)], "it was none"


def test_a_worker_of_another_database_and_a_scheduler_that_is_gone_are_named(
    home: Path, tmp_path: Path
) -> None:
    with dask_cluster(tmp_path / "dask", {"LOTUS_HOME": str(tmp_path / "other")}) as dask:
        address = dask.address
        with serving(home, "--cluster", address, **MANY) as served:
            job = queue(served, tmp_path, 0)
            wrong = "has the worker the service's DATABASE_URL"
            eventually(lambda: wrong in str(served.lines), "the log names it")
            dask.stop()
            gone = "Timed out trying to connect"
            eventually(lambda: gone in str(served.lines), "the log says that the scheduler is gone")
            assert served.get("/health/live").status_code == 200
            assert served.get(f"{API}/generations/{job}").json()["status"] == "queued"
