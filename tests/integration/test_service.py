"""The service as a process: a video by HTTP, followed, downloaded, edited; its answers and its
refusals.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import lotus as lotus_package
import lotus.server.app as server_app
from lotus.dev import free_port
from lotus.errors import LotusError
from lotus.media.probe import probe
from tests import documents
from tests.driving import DEADLINE_SECONDS, LOTUS, done, eventually, inside, rows
from tests.serving import Served, pattern, request_of, serving

API = "/api/v1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    env = {"LOTUS_MAX_CONCURRENT_JOBS": 1, "LOTUS_RATE_LIMIT": 10_000}
    with serving(folder / "home", forked=False, **env) as one:
        yield one


@pytest.fixture(scope="module")
def made(served: Served, folder: Path) -> dict[str, Any]:
    """A generation that is complete."""
    queued = served.post(f"{API}/generations", request_of(served, folder))
    assert queued.status_code == 202, queued.text
    return served.ended(queued.json()["id"])


def test_a_video_is_made_by_http_alone(served: Served, made: dict[str, Any]) -> None:
    assert (made["status"], made["percent"], made["error"]) == ("completed", 100.0, None)
    assert [scene["index"] for scene in made["scenes"]] == [0, 1, 2]
    video = served.get(made["links"]["download"])
    assert video.status_code == 200
    assert video.headers["Content-Type"] == "video/mp4"
    assert video.content[4:8] == b"ftyp"
    composition = served.get(f"{API}/compositions/{made['id']}").json()
    assert composition["size_bytes"] == len(video.content)
    assert composition["duration_seconds"] == 5.0
    assert [kept["name"] for kept in composition["files"]] == [
        "final.mp4",
        "poster.jpg",
        "captions.srt",
    ]


def test_documents_of_the_service_keep_their_shape(
    served: Served, made: dict[str, Any], folder: Path
) -> None:
    answers = documents.of_service(served, made["id"], folder)
    assert documents.lost("service", answers) == []


def test_a_download_is_served_in_ranges(served: Served, made: dict[str, Any]) -> None:
    address = made["links"]["download"]
    whole = served.get(address)
    part = served.get(address, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole.content)}"
    beyond = served.get(address, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    assert beyond.json()["error"]["code"] == "range_not_satisfiable"
    assert "max-age=86400" in whole.headers["Cache-Control"]
    assert served.get(address, headers={"If-None-Match": whole.headers["Etag"]}).status_code == 304
    head = served.client.head(address)
    assert (head.headers["Content-Length"], head.content) == (str(len(whole.content)), b"")
    tag, day = whole.headers["Etag"], whole.headers["Last-Modified"]
    for condition, status in (
        *((tag, 206), (day, 206), ('"another"', 200), (f"W/{tag}", 200)),
        *(("Wed, 21 Oct 2015 07:28:00 GMT", 200), ("noon", 200)),
    ):
        again = served.get(address, headers={"Range": "bytes=0-9", "If-Range": condition})
        assert again.status_code == status, condition


def test_what_the_service_keeps_names_assets_and_no_folder_of_its_machine(
    served: Served, made: dict[str, Any]
) -> None:
    [(storyboard,)] = rows(
        served.home, "SELECT storyboard FROM generation_jobs WHERE id = ?", made["id"]
    )
    assert str(served.home) not in storyboard
    sources = {scene["source"] for scene in made["storyboard"]["scenes"]}
    assert all(source.startswith("asset:") for source in sources)
    assert str(served.home) not in json.dumps(made)


def test_a_job_of_the_service_is_one_of_the_command_line_too(
    served: Served, made: dict[str, Any]
) -> None:
    shown = done("jobs", "show", made["id"], "--json", home=served.home).json
    assert shown["status"] == "completed"
    kinds = [event["kind"] for event in shown["events"]]
    assert kinds[0] == "queued"
    assert kinds[-1] == "completed"
    assert "clip" in kinds
    assert Path(shown["output"]).read_bytes() == served.get(made["links"]["download"]).content


def test_an_edit_reuses_what_did_not_change(served: Served, made: dict[str, Any]) -> None:
    change = {"scenes": [{"index": 1, "caption": "Changed"}], "order": [1, 0, 2]}
    edit = served.post(f"{API}/generations/{made['id']}/edits", change)
    assert edit.status_code == 202, edit.text
    ended = served.ended(edit.json()["id"])
    assert (ended["status"], ended["parent"]) == ("completed", made["id"])
    assert ended["scenes"][0]["caption"] == "Changed"
    assert all(scene["cached"] for scene in ended["scenes"])
    both = [made["id"], ended["id"]]
    versions = served.get(ended["links"]["versions"]).json()
    assert [one["id"] for one in versions["items"]] == both
    with lotus_package.Client(served.url) as client:
        assert [one.id for one in client.versions(made["id"])] == both
        with pytest.raises(LotusError, match="the generation is completed"):
            client.retry(made["id"])
    listed = served.get(f"{API}/generations", params={"parent": made["id"]}).json()
    assert [one["id"] for one in listed["items"]] == [ended["id"]]


def test_the_same_idempotency_key_is_the_same_generation(
    served: Served, made: dict[str, Any], folder: Path
) -> None:
    body = request_of(served, folder)
    key = {"Idempotency-Key": "once"}
    first = served.post(f"{API}/generations", body, headers=key).json()
    assert served.post(f"{API}/generations", body, headers=key).json()["id"] == first["id"]
    other = served.post(f"{API}/generations", {**body, "budget_usd": "1"}, headers=key)
    assert other.status_code == 409
    assert first["id"] in other.json()["error"]["message"]
    served.ended(first["id"])


def test_lists_come_in_pages_and_lose_nothing(served: Served, made: dict[str, Any]) -> None:
    whole = [
        one["id"] for one in served.get(f"{API}/generations", params={"limit": 100}).json()["items"]
    ]
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = served.get(f"{API}/generations", params={"limit": 1, **cursor}).json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == whole == sorted(whole, reverse=True)
    done_ones = served.get(f"{API}/generations", params={"status": "completed"}).json()["items"]
    assert made["id"] in [one["id"] for one in done_ones]
    assert served.get(f"{API}/generations", params={"status": "failed"}).json()["items"] == []


def test_an_estimate_agrees_with_the_command_line(served: Served, examples: Path) -> None:
    body = {"brief": {"prompt": "A small coffee roaster opens at dawn in a harbour town."}}
    asked = served.post(f"{API}/estimates", body)
    assert asked.status_code == 200, asked.text
    said = inside("estimate", body["brief"]["prompt"], "--json").json
    assert {**asked.json(), "budget_usd": None} == said


def test_a_generation_says_what_it_would_cost_again(served: Served, made: dict[str, Any]) -> None:
    found = served.get(f"{API}/generations/{made['id']}/estimate").json()
    assert found["total_usd"] == "0.00"
    assert all(scene["cached"] for scene in found["scenes"])


def test_what_is_over_cannot_be_cancelled(served: Served, made: dict[str, Any]) -> None:
    refused = served.post(f"{API}/generations/{made['id']}/cancel")
    assert refused.status_code == 409
    assert refused.json()["error"]["message"] == "the generation is completed already"


def test_models_costs_and_campaigns_are_listed(served: Served, made: dict[str, Any]) -> None:
    names = [model["name"] for model in served.get(f"{API}/models").json()["items"]]
    assert "p-video" in names
    assert "tasks" in served.get(f"{API}/models", params={"task": "music"}).json()["items"][0]
    costs = served.get(f"{API}/costs", params={"by": "job"}).json()
    assert costs["total_usd"] == "0.00"
    assert served.get(f"{API}/campaigns").json() == {"items": [], "next": None}


def test_an_upload_is_kept_once_under_its_hash(served: Served, folder: Path) -> None:
    first = served.upload(pattern(folder), "a.mp4")
    second = served.upload(pattern(folder), "b.mp4")
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"]
    assert (first.json()["kind"], first.json()["width"], first.json()["seconds"]) == (
        "video",
        160,
        4.0,
    )
    back = served.get(first.json()["href"])
    assert back.content == pattern(folder)
    assert back.headers["Content-Disposition"] == "attachment"
    assert served.get(f"{API}/assets/{first.json()['id']}").json() == first.json()
    assert served.get(f"{API}/assets", params={"kind": "audio"}).json()["items"] == []


def test_health_says_what_was_found_and_when(served: Served) -> None:
    ready = served.get("/health/ready")
    assert ready.status_code == 200, ready.text
    checks = {check["name"]: check for check in ready.json()["checks"]}
    assert set(checks) == {"database", "store", "disk", "queue", "ffmpeg", "replicate"}
    assert checks["database"]["status"] == "ok"
    assert checks["replicate"]["status"] == "skip"
    assert all(check["age_seconds"] is not None for check in checks.values())
    assert served.get("/health/live").json() == {"status": "ok", "checks": []}


def test_the_api_describes_itself(served: Served) -> None:
    described = served.get("/api/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    page = served.get("/api")
    assert page.headers["Content-Type"].startswith("text/html")
    for path in described["paths"]:
        assert path.replace("{", "{") in page.text
    assert "<script" not in page.text
    assert {"GenerationPage", "AssetPage"} < set(described["components"]["schemas"])
    begin = served.get("/")
    assert (begin.status_code, begin.headers["Location"]) == (302, "/api")
    assert f"open {served.url}/ for the description of the API" in served.log.read_text()
    assert served.post("/").json()["error"]["code"] == "method_not_allowed"


def test_every_answer_has_strict_headers_and_an_id(served: Served) -> None:
    for path in ("/health", f"{API}/models", "/api", "/nothing", "/", f"{API}/generations?x=1"):
        found = served.get(path, headers={"X-Request-ID": "mine-1"})
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        assert found.headers["X-Request-ID"] == "mine-1"
        assert "default-src 'none'" in found.headers["Content-Security-Policy"]
        assert found.headers["Server"] == "lotus"


def test_a_request_is_one_line_of_the_log_without_its_query(served: Served) -> None:
    served.get(f"{API}/models", params={"task": "music"}, headers={"X-Request-ID": "logged-1"})
    eventually(lambda: _logged(served, "logged-1"), "the line is written, after the answer")
    [line] = _logged(served, "logged-1")
    assert (line["event"], line["method"], line["path"], line["status"]) == (
        "request",
        "GET",
        f"{API}/models",
        200,
    )
    assert "music" not in json.dumps(line)


def _logged(served: Served, request_id: str) -> list[dict[str, Any]]:
    return [line for line in served.lines if line.get("request_id") == request_id]


def test_a_video_that_has_expired_is_gone_and_not_a_fault(served: Served, folder: Path) -> None:
    made = served.ended(
        served.post(f"{API}/generations", request_of(served, folder, seed=7)).json()["id"]
    )
    (served.home / "store" / "compositions" / made["id"] / "final.mp4").unlink()
    gone = served.get(made["links"]["download"])
    assert gone.status_code == 404
    assert gone.json()["error"]["message"] == "final.mp4 has expired"


def events_of(served: Served, job_id: str, after: int = 0) -> list[dict[str, Any]]:
    """Server-sent events until the stream ends."""
    headers = {"Last-Event-ID": str(after)} if after else {}
    found = []
    path = f"{API}/generations/{job_id}/events"
    with served.client.stream("GET", path, headers=headers) as stream:
        if stream.status_code == 204:
            return []
        assert stream.headers["Content-Type"] == "text/event-stream"
        for line in stream.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
    return found


def test_events_are_streamed_to_the_end_and_go_on_after_any(served: Served, folder: Path) -> None:
    queued = served.post(f"{API}/generations", request_of(served, folder)).json()
    found = events_of(served, queued["id"])
    assert found[0]["kind"] == "queued"
    assert found[-1]["kind"] == "completed"
    assert found[-1]["data"]["cost"]["actual_usd"] == "0.00"
    ids = [event["id"] for event in found]
    assert ids == sorted(set(ids))
    stages = [event["data"]["stage"] for event in found if event["kind"] == "stage"]
    assert stages == ["planning", "generating", "composing"]
    middle = ids[len(ids) // 2]
    # of steps of progress that are past, the last is enough
    again = events_of(served, queued["id"], middle)
    assert [event for event in again if event["kind"] != "progress"] == [
        event for event in found if event["kind"] != "progress" and event["id"] > middle
    ]
    assert {event["id"] for event in again} <= {i for i in ids if i > middle}
    assert events_of(served, queued["id"], ids[-1]) == []


def test_events_of_nobody_are_refused(served: Served) -> None:
    nobody = "0" * 8 + "-0000-7000-8000-" + "0" * 12
    assert served.get(f"{API}/generations/{nobody}/events").status_code == 404
    known = served.get(f"{API}/generations").json()["items"]
    if known:
        path = f"{API}/generations/{known[0]['id']}/events"
        assert served.get(path, headers={"Last-Event-ID": "x"}).status_code == 422


def test_two_services_on_one_port_is_one_line(served: Served) -> None:
    said = inside("serve", "--port", served.port)
    assert said.code == 2
    assert "use another port" in said.error


def test_a_service_for_others_needs_tokens(home: Path) -> None:
    said = inside("serve", "--host", "0.0.0.0", "--no-tokens")
    assert said.code == 2
    assert "can be reached by others" in said.error
    assert not home.exists()


def test_the_client_gives_the_librarys_own_objects(
    served: Served, folder: Path, tmp_path: Path
) -> None:
    with lotus_package.Client(served.url) as client:
        pattern(folder)
        asset = client.upload(folder / "pattern.mp4")
        brief = lotus_package.Brief.model_validate(request_of(served, folder)["brief"])
        heard: list[str] = []
        queued = client.submit(brief, idempotency_key="client-1")
        assert client.submit(brief, idempotency_key="client-1").id == queued.id
        job = client.wait(queued, lambda event: heard.append(event["kind"]))
        assert (job.status, heard[-1]) == ("completed", "completed")
        assert isinstance(job.storyboard, lotus_package.Storyboard)
        assert asset.id in str(job.storyboard)
        saved = client.save(job, tmp_path / "out.mp4")
        assert saved.stat().st_size == client.composition(job).size_bytes
        assert queued.id in [one.id for one in client.generations(status="completed")]
        assert asset.id in [one.id for one in client.assets()]
        assert client.estimate(brief).total_usd == Decimal("0.00")
        assert client.costs("day").currency == "USD"
        assert client.health().status == "ok"
        with pytest.raises(LotusError, match="the generation is completed already") as refused:
            client.cancel(job)
        assert refused.value.facts["status"] == 409


def test_a_client_of_nothing_says_so_in_one_line() -> None:
    with (
        lotus_package.Client(f"http://127.0.0.1:{free_port()}") as client,
        pytest.raises(LotusError, match=r"does not answer.*lotus serve"),
    ):
        client.costs()


def page_example() -> str:
    page = (Path(lotus_package.__file__).parent / "docs/how-to/serve.md").read_text()
    [script] = re.findall(r"<!-- service -->\n```sh\n(.*?)```", page, re.S)
    return str(script)


def test_the_addresses_of_the_pages_example_are_those_of_the_api(served: Served) -> None:
    known = served.get("/api/openapi.json").json()["paths"]
    patterns = [re.sub(r"{\w+}", "[^/]+", path) for path in known]
    named = re.findall(r"\$api(/[^\s\"?]+)", page_example())
    assert len(named) >= 4
    assert [
        path for path in named if not any(re.fullmatch(one, API + path) for one in patterns)
    ] == []


@pytest.mark.slow
def test_the_example_of_the_page_makes_a_video_as_it_is_written(tmp_path: Path, home: Path) -> None:
    script = page_example()
    Image.new("RGBA", (64, 64), "#c0392b").save(tmp_path / "logo.png")
    script = script.replace("8000", str(free_port()))
    path = f"{LOTUS.parent}:{os.environ['PATH']}"
    child = subprocess.Popen(
        ["bash", "-euc", f"{script}\nkill %1; wait"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "LOTUS_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said = child.communicate(timeout=DEADLINE_SECONDS)[0]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    assert (tmp_path / "ad.mp4").is_file(), said
    assert probe(tmp_path / "ad.mp4").seconds == 5
    assert (tmp_path / "job.json").read_text().startswith('{"id"')
    assert b"event: completed" in said


def test_a_timeline_of_assets_is_rendered(served: Served, folder: Path) -> None:
    asset = f"asset:{served.upload(pattern(folder)).json()['id']}"
    timeline = {
        "width": 160,
        "height": 160,
        "fps": "4",
        "clips": [{"source": asset, "end_seconds": 2}],
    }
    queued = served.post(f"{API}/compositions", {"timeline": timeline})
    assert queued.status_code == 202, queued.text
    made = served.ended(queued.json()["id"])
    assert (made["status"], made["kind"], made["storyboard"]) == ("completed", "timeline", None)
    assert served.get(f"{API}/compositions/{made['id']}").json()["frames"] == 8
    assert served.get(made["links"]["download"]).content[4:8] == b"ftyp"
    kept = served.home / "store" / "compositions" / made["id"] / "timeline.json"
    assert json.loads(kept.read_text())["clips"][0]["source"] == asset
    assert served.get(f"{API}/generations/{made['id']}/estimate").status_code == 409
    prores = served.post(
        f"{API}/compositions", {"timeline": {**timeline, "encoding": {"codec": "prores"}}}
    )
    assert prores.status_code == 422
    outside = served.post(
        f"{API}/compositions", {"timeline": {**timeline, "clips": [{"source": "/etc/passwd"}]}}
    )
    assert outside.json()["error"]["details"]["field"] == "timeline.clips[0].source"


@pytest.mark.parametrize(
    ("name", "options", "extra"),
    [("dashboards", ["--pages"], "dashboards"), ("dask", ["--cluster", "tcp://h:1"], "batch")],
)
def test_an_option_that_lacks_its_extra_is_one_line(
    name: str, options: list[str], extra: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    missing = EntryPoint(name, "no_such_package.pages:made", "lotus.any")
    monkeypatch.setattr(server_app, "entry_points", lambda group: [missing])
    said = inside("serve", "--port", free_port(), *options)
    assert said.code == 2
    assert said.error.startswith(f"{options[0]}: needs the extra {extra} (No module named")
    assert f"[{extra}]'" in said.error
