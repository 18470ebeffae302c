"""A service that is killed, drained, shared and slow to be read: no job is lost, none is done
twice.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

import lotus
from lotus.db import Database
from tests import servers
from tests.clips import ffmpeg
from tests.driving import FFMPEG, eventually, leftovers, program, rows, strays
from tests.serving import Served, request_of, serving

API = "/api/v1"
MANY = {"LOTUS_RATE_LIMIT": 10_000, "LOTUS_WORKER_NICE": 0}
HELD = {"LOTUS_DRAIN_SECONDS": 0, **MANY}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """An ffmpeg that waits in the third segment until a file is there; its marks are beside it."""
    return waits_in(tmp_path, "segment-00002")


def waits_in(folder: Path, segment: str) -> Path:
    held = f": > {folder}/reached; while [ ! -e {folder}/go ]; do sleep 0.05; done"
    return program(folder / "ffmpeg", [f'case "$*" in *{segment}*) {held};; esac'])


def queue(served: Served, folder: Path, **brief: Any) -> str:
    queued = served.post(f"{API}/generations", request_of(served, folder, **brief))
    assert queued.status_code == 202, queued.text
    return str(queued.json()["id"])


def status(served: Served, job_id: str) -> str:
    return str(served.get(f"{API}/generations/{job_id}").json()["status"])


def test_a_killed_service_loses_no_job(folder: Path, home: Path, tmp_path: Path) -> None:
    with serving(home, LOTUS_MAX_CONCURRENT_JOBS=1, **MANY) as first:
        jobs = [queue(first, folder, seed=seed) for seed in range(2)]
        working = "SELECT id FROM generation_jobs WHERE status IN ('generating', 'composing')"
        eventually(lambda: rows(home, working), "a job is under way")
        first.stop(signal.SIGKILL)
        eventually(lambda: not strays(home), "its workers end with it")
    states = dict(rows(home, "SELECT id, status FROM generation_jobs"))
    assert set(states) == set(jobs)
    assert set(states.values()) - {"completed"} != set()
    with serving(home, LOTUS_MAX_CONCURRENT_JOBS=2, **MANY) as second:
        ended = [second.ended(job_id) for job_id in jobs]
        assert [one["status"] for one in ended] == ["completed"] * 2
        assert all(second.get(one["links"]["download"]).status_code == 200 for one in ended)
    assert [n for (n,) in rows(home, "SELECT attempts FROM generation_jobs") if n > 2] == []
    assert leftovers(home) == []


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced_and_its_job_goes_on(
    folder: Path, home: Path, waiting: Path
) -> None:
    with serving(home, LOTUS_FFMPEG=waiting, LOTUS_MAX_CONCURRENT_JOBS=1, **MANY) as served:
        job_id = queue(served, folder)
        eventually((waiting.parent / "reached").exists, "the third segment begins")
        [(owner,)] = rows(home, "SELECT owner FROM generation_jobs")
        pid = int(owner.split(":")[1])
        (waiting.parent / "go").touch()
        os.kill(pid, signal.SIGKILL)
        assert served.ended(job_id)["status"] == "completed"
        assert rows(home, "SELECT attempts FROM generation_jobs") == [(2,)]
        assert [line["code"] for line in served.lines if line["event"] == "worker"] == [-9]


@pytest.mark.slow
def test_sigterm_gives_back_what_does_not_finish_in_time(
    folder: Path, home: Path, waiting: Path
) -> None:
    with serving(home, LOTUS_FFMPEG=waiting, LOTUS_MAX_CONCURRENT_JOBS=1, **HELD) as served:
        job_id = queue(served, folder)
        later = queue(served, folder, seed=1)
        eventually((waiting.parent / "reached").exists, "the third segment begins")
        assert served.stop(signal.SIGTERM) == 0
    look = "SELECT id, status, owner, attempts FROM generation_jobs ORDER BY id"
    assert rows(home, look) == [(job_id, "queued", None, 0), (later, "queued", None, 0)]
    assert strays(home) == []
    assert leftovers(home) == []
    with serving(home, **MANY) as again:
        assert again.ended(job_id)["status"] == again.ended(later)["status"] == "completed"
        clips = again.get(f"{API}/generations/{job_id}").json()["scenes"]
        assert all(scene["cached"] for scene in clips), "what was made before is not made again"


@pytest.mark.slow
def test_sigterm_lets_a_job_finish_and_begins_no_other(
    folder: Path, home: Path, waiting: Path
) -> None:
    with serving(home, LOTUS_FFMPEG=waiting, LOTUS_MAX_CONCURRENT_JOBS=1, **MANY) as served:
        job_id = queue(served, folder)
        later = queue(served, folder, seed=1)
        eventually((waiting.parent / "reached").exists, "the third segment begins")
        served.child.send_signal(signal.SIGTERM)
        eventually(lambda: served.get("/health/ready").status_code == 503, "it says that it ends")
        assert served.get("/health/ready").json()["status"] == "draining"
        refused = served.post(
            f"{API}/generations", {"brief": {"prompt": "One more that comes answer too late."}}
        )
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        (waiting.parent / "go").touch()
        assert served.child.wait(60) == 0
    states = dict(rows(home, "SELECT id, status FROM generation_jobs"))
    assert states == {job_id: "completed", later: "queued"}


@pytest.mark.slow
def test_an_upload_of_a_hundred_megabytes_takes_no_memory(home: Path, tmp_path: Path) -> None:
    sound = tmp_path / "long.wav"
    rate = 48_000
    ffmpeg("-f", "lavfi", "-i", f"sine=r={rate}:d=1040", "-c:a", "pcm_s16le", sound)
    assert 95e6 < sound.stat().st_size < 100 * 2**20
    with serving(home, LOTUS_MAX_CONCURRENT_JOBS=0, **MANY) as served:
        process = psutil.Process(served.child.pid)
        served.get(f"{API}/models")
        before = process.memory_info().rss
        peak = 0
        over = threading.Event()

        def look() -> None:
            nonlocal peak
            while not over.wait(0.01):
                peak = max(peak, process.memory_info().rss)

        looking = threading.Thread(target=look)
        looking.start()
        with lotus.Client(served.url) as client:
            assets = {client.upload(sound).id for _ in range(3)}
        over.set()
        looking.join()
        assert len(assets) == 1
        assert peak - before < 20e6, f"{before / 1e6:.0f} MB became {peak / 1e6:.0f} MB"
        eventually(lambda: leftovers(home) == [], "nothing is left of them")


class Crowd:
    """People who want a video each and ask until it is queued, and others who only look."""

    def __init__(self, bodies: list[dict[str, Any]], lookers: int) -> None:
        self.url = ""
        self.faults = Counter[str]()
        self.queued: dict[int, str] = {}
        self._over = threading.Event()
        work = [(self._want, (n, body)) for n, body in enumerate(bodies)] + [
            (self._look, ())
        ] * lookers
        self._threads = [threading.Thread(target=one, args=args) for one, args in work]

    def __enter__(self) -> Crowd:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for one in self._threads:
            one.join()

    def _asked(self, ask: Callable[[], httpx.Response]) -> httpx.Response | None:
        """What is answered; nothing while no service is there, or it has no time."""
        try:
            found = ask()
        except httpx.TransportError:
            found = None
        if found is not None and found.status_code < 400:
            return found
        if found is not None:
            self.faults[f"{found.status_code}"] += 1
        self._over.wait(0.1)
        return None

    def _want(self, n: int, body: dict[str, Any]) -> None:
        key = {"Idempotency-Key": f"crowd-{n}"}
        path = f"{API}/generations"
        with httpx.Client(timeout=30) as client:
            while n not in self.queued and not self._over.is_set():
                found = self._asked(lambda: client.post(self.url + path, json=body, headers=key))
                if found is not None:
                    self.queued[n] = found.json()["id"]

    def _look(self) -> None:
        with httpx.Client(timeout=30) as client:
            while not self._over.is_set():
                self._asked(lambda: client.get(f"{self.url}{API}/generations?limit=20"))


@pytest.mark.slow
def test_kills_and_restarts_under_load_lose_no_job_and_make_none_twice(
    folder: Path, home: Path
) -> None:
    """Thirty who want a video at once, of a service with a limit on how often one may ask, killed
    twice.
    """
    how = {"LOTUS_MAX_CONCURRENT_JOBS": 2, "LOTUS_RATE_LIMIT": 40}
    with serving(home, LOTUS_MAX_CONCURRENT_JOBS=0) as first:
        bodies = [request_of(first, folder, seed=seed) for seed in range(30)]
    with Crowd(bodies, lookers=10) as crowd:
        for kill in (1, 2):
            with serving(home, **how) as one:
                crowd.url = one.url
                made = "SELECT id FROM generation_jobs WHERE status = 'completed'"
                eventually(lambda: len(rows(home, made)) >= 2 * kill, "some are made")
                one.stop(signal.SIGKILL)
            eventually(lambda: not strays(home), "its workers end with it")
        with serving(home, **how) as last:
            crowd.url = last.url
            eventually(lambda: len(crowd.queued) == 30, "everybody has been told")
            left = "SELECT id FROM generation_jobs WHERE finished_at IS NULL"
            eventually(lambda: not rows(home, left), "all are over")
    assert rows(home, "SELECT DISTINCT status FROM generation_jobs") == [("completed",)]
    assert len(set(crowd.queued.values())) == 30
    assert set(crowd.faults) <= {"429"}, crowd.faults
    assert crowd.faults["429"], "it was never too much for it"
    assert rows(home, "SELECT count(*) FROM generation_jobs") == [(30,)]
    assert rows(home, "SELECT count(*) FROM compositions") == [(30,)]
    assert leftovers(home) == []


HALF_AN_HOUR = 1800 * 10  # questions: ten a second


@pytest.mark.slow
@pytest.mark.parametrize("place", ["servers"], indirect=True)
def test_a_service_that_has_served_much_holds_no_more_than_before(
    place: str, folder: Path, home: Path
) -> None:
    with serving(home, LOTUS_MAX_CONCURRENT_JOBS=1, **MANY) as served:
        process = psutil.Process(served.child.pid)
        connected = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"

        def round_of(n: int, questions: int) -> None:
            job_id = queue(served, folder, seed=n)
            with connect(f"ws://127.0.0.1:{served.port}/ws/{job_id}") as socket:
                assert messages(socket)[-1]["kind"] == "completed"
            for _ in range(questions // 3):
                assert served.get(f"{API}/generations/{job_id}").status_code == 200
                assert served.get(f"{API}/costs").status_code == 200
                assert served.get("/nothing").status_code == 404

        def held() -> tuple[int, int, int]:
            return process.num_fds(), process.num_threads(), rows(home, connected)[0][0]

        for n in range(2):
            round_of(n, 900)
        memory = process.memory_info().rss
        before = held()
        for n in range(2, 10):
            round_of(n, HALF_AN_HOUR // 8)
        assert all(now <= then + 3 for now, then in zip(held(), before, strict=True)), (
            before,
            held(),
        )
        grown = process.memory_info().rss - memory
        assert grown < 15e6, f"{grown / 1e6:.1f} MB more"


def messages(socket: ClientConnection) -> list[dict[str, Any]]:
    """All that comes until the service closes."""
    found = []
    try:
        while True:
            found.append(json.loads(socket.recv(timeout=60)))
    except ConnectionClosed:
        return found


@pytest.mark.slow
def test_a_job_is_followed_through_another_service_and_after_a_reconnect(
    folder: Path, home: Path, waiting: Path
) -> None:
    with (
        serving(home, LOTUS_MAX_CONCURRENT_JOBS=0, **MANY) as front,
        serving(home, LOTUS_FFMPEG=waiting, LOTUS_MAX_CONCURRENT_JOBS=1, **MANY),
    ):
        job_id = queue(front, folder)
        address = f"ws://127.0.0.1:{front.port}/ws/{job_id}"
        with connect(address) as socket:
            eventually((waiting.parent / "reached").exists, "the other service works on it")
            seen = [json.loads(socket.recv(timeout=60)) for _ in range(3)]
        (waiting.parent / "go").touch()
        with connect(f"{address}?last_event_id={seen[-1]['id']}") as socket:
            rest = messages(socket)
            assert socket.close_code == 1000
        events = [event for event in [*seen, *rest] if event["kind"] != "heartbeat"]
        kinds = [event["kind"] for event in events]
        assert kinds[0] == "queued"
        assert kinds[-1] == "completed"
        ids = [event["id"] for event in events]
        assert ids == sorted(set(ids))
        kept = [
            n for (n,) in rows(home, "SELECT id FROM events WHERE kind != 'progress' ORDER BY id")
        ]
        assert [event["id"] for event in events if event["kind"] != "progress"] == kept
        percents = [event["data"]["percent"] for event in events if event["kind"] == "progress"]
        assert percents == sorted(percents)


@pytest.mark.slow
def test_who_does_not_read_holds_up_nobody(folder: Path, home: Path, waiting: Path) -> None:
    with serving(home, LOTUS_FFMPEG=waiting, LOTUS_MAX_CONCURRENT_JOBS=1, **MANY) as served:
        job_id = queue(served, folder)
        address = f"ws://127.0.0.1:{served.port}/ws/{job_id}"
        # who does not read answers no pings either: after forty seconds without it is let go
        with connect(address, max_queue=1, ping_interval=None) as idle:
            eventually((waiting.parent / "reached").exists, "the third segment begins")
            (waiting.parent / "go").touch()
            assert served.ended(job_id)["status"] == "completed"
            events = messages(idle)
        if not events or events[-1]["kind"] != "completed":  # let go, and comes again
            last = max((event.get("id", 0) for event in events), default=0)
            with connect(f"{address}?last_event_id={last}") as again:
                events += messages(again)
        assert events[-1]["kind"] == "completed"
        assert [event["kind"] for event in events].count("completed") == 1


def niceness(served: Served) -> list[tuple[str, int]]:
    """Those whom the service has started, and how far each steps back on the processors."""
    children = psutil.Process(served.child.pid).children(recursive=True)
    return sorted((one.name(), one.nice()) for one in children if one.name() != "sleep")


@pytest.mark.slow
def test_workers_and_their_children_step_back_for_answers(
    folder: Path, home: Path, waiting: Path
) -> None:
    env = {**MANY, "LOTUS_WORKER_NICE": 5, "LOTUS_MAX_CONCURRENT_JOBS": 1}
    with serving(home, LOTUS_FFMPEG=waiting, **env) as served:
        queue(served, folder)
        eventually((waiting.parent / "reached").exists, "the third segment begins")
        names, steps = zip(*niceness(served), strict=True)
        own = psutil.Process(served.child.pid).nice()
        assert {"ffmpeg"} < set(names)
        assert set(steps) == {min(19, own + 5)}


def test_a_running_job_is_cancelled_by_http(folder: Path, home: Path, tmp_path: Path) -> None:
    waiting = waits_in(tmp_path, "segment-00000")
    with serving(home, LOTUS_FFMPEG=waiting, LOTUS_MAX_CONCURRENT_JOBS=1, **MANY) as served:
        job_id = queue(served, folder)
        later = queue(served, folder, seed=1)
        eventually((waiting.parent / "reached").exists, "the first segment begins")
        assert served.post(f"{API}/generations/{later}/cancel").json()["status"] == "cancelled"
        assert served.post(f"{API}/generations/{job_id}/cancel").status_code == 200
        ended = served.ended(job_id)
        assert (ended["status"], ended["error"]["code"]) == ("cancelled", "cancelled")
        assert str(home) not in json.dumps(ended)


@pytest.mark.slow
def test_a_database_that_hangs_holds_up_no_word_of_health_and_comes_back(home: Path) -> None:
    with servers.postgres_server() as server:
        db = Database(servers.psycopg_url(server.url))
        db.migrate()
        db.close()
        everybody = [psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))]
        everybody += everybody[0].children()
        with serving(home, DATABASE_URL=server.url, LOTUS_MAX_CONCURRENT_JOBS=1, **MANY) as served:
            eventually(lambda: served.get("/health/ready").status_code == 200, "it is ready")
            everybody += everybody[0].children()
            for one in everybody:
                one.suspend()
            try:
                eventually(lambda: served.get("/health/ready").status_code == 503, "it says so")
                said = {
                    check["name"]: check["detail"]
                    for check in served.get("/health").json()["checks"]
                }
                assert said["database"].startswith("no answer for"), said
                assert served.get("/health/live").status_code == 200
                late = served.get(f"{API}/generations")
                assert (late.status_code, late.json()["error"]["code"]) == (503, "unavailable")
            finally:
                for one in everybody:
                    one.resume()
            eventually(lambda: served.get("/health/ready").status_code == 200, "it is ready again")
            assert served.get(f"{API}/costs").status_code == 200


@pytest.mark.slow
def test_a_failed_job_says_why_and_names_no_folder(
    folder: Path, home: Path, tmp_path: Path
) -> None:
    broken = program(
        tmp_path / "ffmpeg", ['case "$*" in *segment-*) echo "no good" >&2; exit 1;; esac']
    )
    with serving(home, LOTUS_FFMPEG=broken, **MANY) as served:
        ended = served.ended(queue(served, folder))
        assert ended["status"] == "failed"
        assert ended["error"]["code"] in ("render_failed", "ffmpeg")
        assert str(tmp_path) not in json.dumps(ended)
        assert FFMPEG.name not in json.dumps(ended)
