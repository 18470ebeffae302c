"""A campaign of paid clips under fire: whatever is killed, each clip is paid once, each row is
complete.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from batch import Campaign
from tests.dask_processes import Dask, dask_cluster, descendants, kernels_of
from tests.driving import ended, eventually, leftovers, patient, rows, start, strays
from tests.paying import balanced, workspace_for
from tests.replicate_account import Made
from tests.replicate_server import Replicate, serving

PROMPT = "Patterns one after another, counted frame by frame, with nothing else to see."
PAID = (
    "-p",
    "provider=replicate",
    "-p",
    "model=p-video",
    "--retries",
    "9",
    "--budget",
    "90",
    "--json",
)
PATIENCE_SECONDS = 150.0  # a campaign is many processes, and the machine may be busy
VICTIMS = ("worker", "nanny", "scheduler", "driver", "kernel", "ffmpeg")


@pytest.fixture
def server() -> Iterator[Replicate]:
    with serving() as running:
        running.account.run_seconds = 0.4
        yield running


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    """Where all processes of a test put their temporary files."""
    folder = tmp_path / "temp"
    folder.mkdir()
    return folder


def manifest(folder: Path, count: int) -> Path:
    """Rows of two scenes; the first is that of the row beside it too, so that some clips are
    shared.
    """

    def row(number: int) -> dict[str, Any]:
        lengths = {number // 2: 2, 1000 + number: 3}
        scenes = [
            {"description": f"Pattern {n}", "camera": "static", "duration_seconds": seconds}
            for n, seconds in lengths.items()
        ]
        shape = {"duration_seconds": 5, "aspect_ratio": "1:1", "fps": "4", "music": "none"}
        return {"id": f"r{number}", "prompt": PROMPT, "scenes": scenes, **shape}

    path = folder / "m.jsonl"
    path.write_text("".join(json.dumps(row(number)) + "\n" for number in range(count)))
    return path


def clips_of(count: int) -> int:
    """How many clips differ in such a manifest."""
    return count + (count + 1) // 2


def environment(server: Replicate, temp: Path) -> dict[str, str]:
    return {**server.environment(), "TMPDIR": str(temp)}


def check(server: Replicate, home: Path, temp: Path, count: int) -> None:
    """Every row once complete; one prediction a distinct clip; the ledger is the bill; nothing is
    left.
    """
    assert rows(
        home, "SELECT count(*), count(DISTINCT name) FROM runs WHERE status = 'completed'"
    ) == [(count, count)]
    distinct = {json.dumps(made.input, sort_keys=True) for made in server.account.made.values()}
    assert server.created == len(distinct) == clips_of(count)
    assert balanced(workspace_for(server, home), server)
    unfinished = (
        "SELECT id FROM generation_jobs WHERE status NOT IN ('completed', 'failed', 'cancelled')"
    )
    assert rows(home, unfinished) == []
    eventually(lambda: not strays(home), "no process is left")
    assert leftovers(home) == []
    assert [path.name for path in temp.rglob("*") if "dask-scratch-space" not in str(path)] == []


def campaign_id(home: Path) -> str:
    return str(rows(home, "SELECT id FROM campaigns")[0][0])


@pytest.mark.slow
@pytest.mark.parametrize("place", ["defaults", "servers"], indirect=True)
def test_a_kernel_and_then_the_driver_are_killed_while_an_answer_is_on_its_way(
    place: str, server: Replicate, home: Path, temp: Path, tmp_path: Path
) -> None:
    env = environment(server, temp)
    port = urlsplit(server.url).port or 0
    path = manifest(tmp_path, 3)
    driver: list[subprocess.Popen[str]] = []

    def kill(made: Made) -> None:
        number = list(server.account.made).index(made.id) + 1
        if number == 1:
            for kernel in kernels_of([driver[0].pid], port):
                kernel.kill()
        elif number == 3:
            driver[0].kill()

    server.on_created = kill
    driver.append(start("batch", "run", path, "--workers", 1, *PAID, home=home, **env))
    assert ended(driver[0], PATIENCE_SECONDS).code == -signal.SIGKILL
    server.on_created = lambda made: None
    eventually(lambda: not strays(home), "what the driver had started ends with it")
    assert Campaign.open(campaign_id(home)).state.status == "queued"  # it does not seem to run
    again = ("batch", "resume", campaign_id(home), "--workers", 1, "--json")
    said = ended(start(*again, home=home, **env), PATIENCE_SECONDS)
    assert (said.code, said.json["status"]) == (0, "completed"), said.err
    assert rows(home, "SELECT attempts FROM runs WHERE name = 'r0'") == [(2,)]
    check(server, home, temp, 3)


class Siege:
    """A campaign on a cluster of processes; each victim is killed once, at a moment of its own."""

    def __init__(
        self, server: Replicate, home: Path, cluster: Dask, env: dict[str, str], clips: int
    ) -> None:
        self.server = server
        self.home = home
        self.cluster = cluster
        self.env = env
        self.clips = clips
        self.port = urlsplit(server.url).port or 0
        self.driver: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    def drive(self, *command: object) -> None:
        """A driver works, if none does."""
        if self.driver is None or self.driver.poll() is not None:
            where = ("--cluster", self.cluster.address)
            self.driver = start("batch", *command, *where, home=self.home, **self.env)
            threading.Thread(target=self._listen, args=(self.driver,), daemon=True).start()

    def _listen(self, driver: subprocess.Popen[str]) -> None:
        assert driver.stderr is not None
        self.said += driver.stderr.readlines()

    def kill(self, victim: str, rng: random.Random) -> None:
        """When work has gone on for two predictions, and as soon as there is one."""
        enough = min(self.server.created + 2, self.clips)
        eventually(lambda: self.server.created >= enough, "work goes on", PATIENCE_SECONDS)
        eventually(lambda: self._killed(victim, rng), f"there is a {victim} to kill")

    def _killed(self, victim: str, rng: random.Random) -> bool:
        assert self.driver is not None
        assert self.cluster.scheduler is not None
        nannies = [nanny.pid for nanny in self.cluster.nannies]
        number = rng.randrange(len(nannies))
        below = descendants([nannies[number]])
        pids = {
            "nanny": lambda: [nannies[number]],
            "worker": lambda: [self.cluster.worker(number).pid],
            "scheduler": lambda: [self.cluster.scheduler.pid],  # type: ignore[union-attr]
            "driver": lambda: [self.driver.pid],  # type: ignore[union-attr]
            "kernel": lambda: [one.pid for one in kernels_of([nannies[number]], self.port)],
            "ffmpeg": lambda: [one.pid for one in below if _name(one).startswith("ffmpeg")],
        }[victim]()
        for pid in pids[:1]:
            os.kill(pid, signal.SIGKILL)
        return bool(pids)


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:
        return ""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_killed_each_clip_is_paid_once(
    seed: int, server: Replicate, home: Path, temp: Path, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    count = 30
    env = environment(server, temp)
    with dask_cluster(tmp_path / "dask", {**env, "LOTUS_HOME": str(home)}, workers=2) as cluster:
        siege = Siege(server, home, cluster, env, clips_of(count))
        siege.drive("run", manifest(tmp_path, count), *PAID)
        for victim in rng.sample(VICTIMS, len(VICTIMS)):
            siege.kill(victim, rng)
            if victim in ("scheduler", "driver"):
                assert siege.driver is not None
                siege.driver.wait(patient(60))
            cluster.mend()
            siege.drive("resume", campaign_id(home), "--json")
        assert siege.driver is not None
        siege.driver.wait(patient(PATIENCE_SECONDS))
        again = ("batch", "resume", campaign_id(home), "--cluster", cluster.address, "--json")
        said = ended(start(*again, home=home, **env), PATIENCE_SECONDS)
        facts = (said.json["failures"], said.err, siege.said)
        assert (said.code, said.json["runs"]["completed"]) == (0, count), facts
    check(server, home, temp, count)
