"""Tokens of the service: who sees what, how much one may ask for; and what integrators rely on."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

import lotus
from tests.driving import inside_home, rows
from tests.serving import Served, serving
from tests.walking import schemathesis

API = "/api/v1"
PROMPT = "A small coffee roaster opens at dawn in a harbour town."
ORIGIN = "https://studio.example"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("tokens") / "home"
    token = inside_home(home, "tokens", "create", "all", "--scope", "all")["secret"]
    settings = {"LOTUS_RATE_LIMIT": 100_000, "LOTUS_CORS_ORIGINS": ORIGIN}
    with serving(home, "--tokens", token=token, LOTUS_MAX_CONCURRENT_JOBS=0, **settings) as one:
        yield one


def bearer(served: Served, name: str, *options: object) -> dict[str, Any]:
    """Headers of a new token."""
    made = inside_home(served.home, "tokens", "create", name, *options)
    return {"headers": {"Authorization": f"Bearer {made['secret']}"}}


def queue(served: Served, who: dict[str, Any], **more: Any) -> httpx.Response:
    body = {"brief": {"prompt": PROMPT, "duration_seconds": 5}, **more}
    return served.post(f"{API}/generations", body, **who)


def error_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json()["error"])


def test_what_one_token_made_another_sees_only_with_a_scope_for_it(served: Served) -> None:
    ada, bob = bearer(served, "ada"), bearer(served, "bob")
    reader = bearer(served, "reader", "--scope", "read")
    made = queue(served, ada).json()
    address = f"{API}/generations/{made['id']}"
    for who in (ada, reader, {}):
        assert served.get(address, **who).json()["id"] == made["id"]
        listed = served.get(f"{API}/generations", **who).json()["items"]
        assert made["id"] in [one["id"] for one in listed]
    assert served.get(f"{API}/generations", **bob).json()["items"] == []
    plain = error_of(served.get(f"/ws/{made['id']}", **ada), 400)
    assert "this address is a WebSocket" in plain["message"]
    days = {"since": "0001-01-01", "until": "9999-12-31"}
    assert served.get(f"{API}/costs", params=days).status_code == 200
    for path in (
        *(address, f"{address}/events", f"{address}/estimate", f"{address}/versions"),
        f"/ws/{made['id']}",
    ):
        error_of(served.get(path, **bob), 404)
    for path in (f"{address}/cancel", f"{address}/edits"):
        error_of(served.post(path, {"order": [0]} if "edits" in path else None, **bob), 404)
    error_of(served.client.delete(address, **bob), 404)
    for path in ("costs", "campaigns", "assets"):
        error_of(served.get(f"{API}/{path}", **bob), 403)
        assert served.get(f"{API}/{path}", **reader).status_code == 200
    error_of(queue(served, reader), 403)


def test_what_one_token_uploaded_another_neither_sees_nor_uses_without_a_scope(
    served: Served, tmp_path: Path
) -> None:
    ada, bob = bearer(served, "ada"), bearer(served, "bob")
    reader = bearer(served, "reader", "--scope", "read")
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(content, "PNG")

    def upload(name: str, who: dict[str, Any]) -> dict[str, Any]:
        answer = served.client.post(
            f"{API}/assets", params={"name": name}, content=content.getvalue(), **who
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    asset = upload("secret-launch.png", ada)["id"]
    logo = {"name": "Harbour", "logo": f"asset:{asset}"}
    scenes = [{"description": "A", "source": f"asset:{asset}"}] * 3
    brief = {"prompt": PROMPT, "duration_seconds": 5}
    own = queue(served, bob).json()["links"]["self"]
    clip = {"source": f"asset:{asset}", "duration_seconds": 2}
    timeline = {"width": 160, "height": 160, "fps": "8", "clips": [clip]}
    uses = {
        "generations": {"brief": {**brief, "brand": logo}},
        "estimates": {"brief": {**brief, "scenes": scenes}},
        "compositions": {"timeline": timeline},
    }
    for path in (f"{API}/assets/{asset}", f"{API}/assets/{asset}/content"):
        error_of(served.get(path, **bob), 404)
        assert served.client.head(path, **bob).status_code == 404
        for who in (ada, reader, {}):
            assert served.get(path, **who).status_code == 200
    absent = f"asset:{'0' * 64}.png"
    for path, body in uses.items():
        message = error_of(served.post(f"{API}/{path}", body, **bob), 422)["message"]
        other = json.loads(json.dumps(body).replace(f"asset:{asset}", absent))
        same = error_of(served.post(f"{API}/{path}", other, **bob), 422)["message"]
        assert message.replace(asset, "X") == same.replace(absent.removeprefix("asset:"), "X"), (
            "whether somebody else has it is not told"
        )
    change = {"scenes": [{"index": 0, "source": f"asset:{asset}"}]}
    error_of(served.post(f"{own}/edits", change, **bob), 422)
    for who in (ada, {}):
        assert served.post(f"{API}/estimates", uses["estimates"], **who).status_code == 200
    again = upload("my-own-logo.png", bob)
    assert (again["id"], again["name"]) == (asset, "my-own-logo.png"), "no name of another's"
    assert served.get(f"{API}/assets/{asset}", **ada).json()["name"] == "secret-launch.png"
    assert served.get(f"{API}/assets/{asset}/content", **bob).content == content.getvalue()
    assert served.post(f"{API}/estimates", uses["estimates"], **bob).status_code == 200


def test_a_file_is_put_to_a_signed_address_and_becomes_its_owners_asset(served: Served) -> None:
    ada, bob = bearer(served, "ada"), bearer(served, "bob")
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(content, "PNG")
    data = content.getvalue()

    def begin(size_bytes: int, who: dict[str, Any]) -> dict[str, Any]:
        body = {"name": "logo.png", "size_bytes": size_bytes}
        answer = served.post(f"{API}/assets/uploads", body, **who)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    upload = begin(len(data), ada)
    error_of(served.post(upload["complete"], **ada), 409)
    assert httpx.put(upload["url"] + "x", content=data).status_code in (403, 429)
    assert httpx.put(upload["url"], content=data + b"x").status_code == 422
    assert httpx.put(upload["url"], content=data).status_code == 204, "without a token"
    error_of(served.post(upload["complete"], **bob), 404)
    asset = served.post(upload["complete"], **ada)
    assert asset.status_code == 201, asset.text
    assert asset.json()["name"] == "logo.png"
    address = f"{API}/assets/{asset.json()['id']}"
    assert served.get(f"{address}/content", **ada).content == data
    error_of(served.get(address, **bob), 404)
    error_of(served.post(upload["complete"], **ada), 404)
    key = upload["url"].rpartition("=")[2]
    assert key not in served.log.read_text()
    assert key not in str(rows(served.home, "SELECT * FROM uploads"))
    bomb = b"<!doctype html><script>alert(1)</script>"
    upload = begin(len(bomb), ada)
    assert httpx.put(upload["url"], content=bomb).status_code == 204
    error_of(served.post(upload["complete"], **ada), 415)
    assert not list((served.home / "store" / "temp").rglob("*-*")), "nothing is left of it"
    error_of(served.post(f"{API}/assets/uploads", {"size_bytes": 10**12}, **ada), 422)


def test_a_token_asks_for_no_more_jobs_and_dollars_than_it_may(served: Served) -> None:
    few = bearer(served, "few", "--jobs", 1, "--budget", "2.00")
    error_of(queue(served, few, budget_usd="2.01"), 422)
    first = queue(served, few, budget_usd="1.50")
    assert first.status_code == 202, first.text
    busy = error_of(queue(served, few), 429)
    assert "1 queued and running jobs, which is its limit" in busy["message"]
    cancelled = served.post(f"{API}/generations/{first.json()['id']}/cancel", **few)
    assert cancelled.status_code == 200, cancelled.text
    second = queue(served, few, budget_usd="2.00")
    assert second.status_code == 202, "what was cancelled before it spent is free again"
    limits = rows(served.home, "SELECT limit_usd FROM budgets ORDER BY id")
    assert limits == [(1_500_000,), (2_000_000,)]


def test_what_integrators_call_a_video_finds_it_again(served: Served) -> None:
    shop = bearer(served, "shop")
    named = queue(served, shop, external_id="order/42", metadata={"customer": "Harbour"})
    queue(served, shop)
    assert named.headers["Location"] == named.json()["links"]["self"]
    assert named.json()["metadata"] == {"customer": "Harbour"}

    def found(**filters: str) -> list[str]:
        answer = served.get(f"{API}/generations", params=filters, **shop)
        assert answer.status_code == 200, answer.text
        return [one["external_id"] for one in answer.json()["items"]]

    assert found(external_id="order/42") == ["order/42"]
    assert found() == [None, "order/42"]
    assert found(text="ROASTER") == [None, "order/42"]
    assert found(text="50%") == []
    assert found(until="2020-01-01") == []
    assert len(found(since="2020-01-01", status="queued")) == 2
    assert found(campaign="0" * 8 + "-0000-0000-0000-" + "0" * 12) == []
    error_of(queue(served, shop, external_id="with space"), 422)
    error_of(queue(served, shop, metadata={"x": "y" * 501}), 422)
    error_of(served.get(f"{API}/generations?since=9999999999-01-01", **shop), 422)


def test_a_template_is_filled_in_by_each_request(served: Served) -> None:
    shop = bearer(served, "shop")
    storyboard = lotus.plan(lotus.Brief(prompt=PROMPT)).model_dump(mode="json")
    storyboard["scenes"][0] |= {"description": "{{product}} at dawn", "caption": "{{ product }}"}
    request = {"storyboard": storyboard, "merge": {"product": "Velo Verde"}}
    queued = served.post(f"{API}/generations", request, **shop)
    assert queued.status_code == 202, queued.text
    stored = served.get(queued.headers["Location"], **shop).json()["storyboard"]["scenes"][0]
    assert stored["description"] == "Velo Verde at dawn"
    assert stored["caption"] == "Velo Verde"
    refused = error_of(
        served.post(f"{API}/estimates", {**request, "merge": {"x": "y"}}, **shop), 422
    )
    assert refused["details"]["field"] == "merge"


def test_a_video_that_is_over_can_be_removed(served: Served) -> None:
    made = queue(served, {}).json()
    address = made["links"]["self"]
    assert "cancel first" in error_of(served.client.delete(address), 409)["remedy"]
    served.post(f"{address}/cancel")
    gone = served.client.delete(address)
    assert (gone.status_code, gone.content) == (204, b"")
    error_of(served.get(address), 404)
    error_of(served.client.delete(address), 404)


def test_an_answer_is_asked_for_again_only_if_it_changed(served: Served) -> None:
    address = queue(served, {}).json()["links"]["self"]
    whole = served.get(address)
    head = served.client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Etag"] == whole.headers["Etag"]
    same = served.get(address, headers={"If-None-Match": whole.headers["Etag"]})
    assert same.status_code == 304
    assert served.client.head(f"{API}/generations/{'0' * 8}").status_code == 404


def test_headers_that_are_too_large_are_said_to_be(served: Served) -> None:
    for size, statuses in ((20_000, {431}), (100_000, {0})):
        try:
            answer = served.get(f"{API}/models", headers={"X-Filler": "x" * size})
        except httpx.TransportError:
            assert statuses == {0}, "the connection was closed"
            continue
        assert answer.status_code in statuses
        assert answer.json()["error"]["code"] == "headers_too_large"


def test_pages_of_named_origins_may_call_the_api_and_no_others(served: Served) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}
    preflight = httpx.options(f"{served.url}{API}/generations", headers={"Origin": ORIGIN, **asks})
    assert preflight.status_code == 204, preflight.text
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    answer = served.get(f"{API}/models", headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    refused = httpx.get(f"{served.url}{API}/models", headers={"Origin": ORIGIN})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN, "the page may read why"
    for origin in ("https://evil.example", f"{ORIGIN}.evil.example", "null"):
        other = served.get(f"{API}/models", headers={"Origin": origin})
        error_of(other, 403)
        assert "Access-Control-Allow-Origin" not in other.headers
        unknown = httpx.options(
            f"{served.url}{API}/generations", headers={"Origin": origin, **asks}
        )
        assert unknown.status_code in (403, 405)


def test_the_description_says_where_and_in_which_media(served: Served, tmp_path: Path) -> None:
    described = served.get("/api/openapi.json").json()
    assert described["servers"] == [{"url": "/"}]
    video = described["paths"][f"{API}/compositions/{{id}}/{{file}}"]["get"]
    assert "video/mp4" in video["responses"]["200"]["content"]
    tags = {tag["name"] for tag in described["tags"]}
    for operations in described["paths"].values():
        for operation in operations.values():
            assert set(operation.get("tags", [])) <= tags


def test_a_generated_client_builds_and_runs(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openapi.json").write_bytes(served.get("/api/openapi.json").content)
    (tmp_path / "config.yaml").write_text("post_hooks: []\n")
    command = [
        Path(sys.executable).with_name("openapi-python-client"),
        "generate",
        "--meta",
        "none",
    ]
    command += ["--path", "openapi.json", "--config", "config.yaml", "--fail-on-warning"]
    made = subprocess.run(
        [*command, "--output-path", "generated_client"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout[-3000:]
    monkeypatch.syspath_prepend(tmp_path)
    models: Any = importlib.import_module("generated_client.models")
    client: Any = importlib.import_module("generated_client")
    post = importlib.import_module("generated_client.api.generations.post_generations")
    find = importlib.import_module("generated_client.api.generations.get_generations")
    brief = models.Brief(prompt=PROMPT, duration_seconds=5.0)
    body = models.GenerationRequest(brief=brief, external_id="made/1")
    with client.AuthenticatedClient(base_url=served.url, token=served.token) as session:
        queued = post.sync(client=session, body=body)
        assert queued.status == "queued", queued
        found = find.sync(client=session, external_id="made/1")
        assert [one.id for one in found.items] == [queued.id]


PRIVATE = (
    "http://127.0.0.1/a.png",
    "http://localhost/a.png",
    "http://[::1]/a.png",
    "http://[::ffff:127.0.0.1]/a.png",
    "http://2130706433/a.png",
    "http://0x7f.1/a.png",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/a.png",
    "http://0.0.0.0/a.png",
    "https://user:secret@example.com/a.png",
    "http://example.com:8080/a.png",
    "http://example.com:99999999/a.png",
    "file:///etc/passwd",
    "ftp://example.com/a.png",
    "gopher://127.0.0.1/",
    "http://",
    "http://a\\b/",
    "//example.com/a.png",
    "http://" + "a" * 300 + ".example/",
    "http://no-such-host.invalid/a.png",
)


def test_no_address_inside_is_downloaded(served: Served) -> None:
    for url in PRIVATE:
        error_of(served.post(f"{API}/assets/downloads", {"url": url}), 422)


def test_a_short_walk_through_the_document_finds_nothing(served: Served, tmp_path: Path) -> None:
    schemathesis(served, tmp_path, "--phases", "fuzzing", "--max-examples", "2", "--max-time", "4")
