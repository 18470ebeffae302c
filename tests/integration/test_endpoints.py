"""Models behind an address: ComfyUI, and endpoints that speak as OpenAI's /videos does."""

from __future__ import annotations

import io
import json
import threading
import urllib.parse
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import lotus
from lotus.errors import Cancelled, InvalidInput, LotusError
from lotus.providers import endpoints
from lotus.providers.functions import _REGISTERED
from tests.replicate_videos import video

BRIEF = {"prompt": "A small coffee roaster opens at dawn", "duration_seconds": 5, "fps": 4}
WORKFLOW: dict[str, Any] = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 0}, "_meta": {"title": "Seed"}},
    "5": {
        "class_type": "EmptyHunyuanLatentVideo",
        "inputs": {"width": 1, "height": 1, "length": 1, "batch_size": 1},
        "_meta": {"title": "size"},
    },
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}, "_meta": {"title": "prompt"}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}, "_meta": {"title": "save"}},
}


class Service:
    """A small server that answers as both kinds do: at the second look, a thing is made."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.looks = 0
        self.calls: list[str] = []
        self.saves = "images"  # or video, or nothing
        self.fault: str = ""
        self.never = False

    def answer(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, bytes]:
        self.calls.append(f"{method} {path.partition('?')[0]}")
        if path == "/prompt":
            return self._queue(json.loads(body)["prompt"])
        if path.startswith("/history/"):
            return 200, json.dumps(self._history(path.rpartition("/")[2])).encode()
        if path.startswith("/view"):
            query = dict(urllib.parse.parse_qsl(path.partition("?")[2]))
            return 200, _file(query["filename"])
        if path == "/v1/videos":
            return self._order(body, kind)
        if path.endswith("/content"):
            return 200, video(5.0, "16:9")
        if path.startswith("/v1/videos/"):
            return 200, json.dumps(self._order_now()).encode()
        return 200, b"{}"

    def _queue(self, graph: dict[str, Any]) -> tuple[int, bytes]:
        if self.fault == "refuse":
            error = {"type": "prompt_outputs_failed", "message": "Prompt outputs failed validation"}
            return 400, json.dumps({"error": error, "node_errors": {}}).encode()
        self.orders.append(graph)
        self.looks = 0
        return 200, json.dumps({"prompt_id": f"p{len(self.orders)}", "number": 1}).encode()

    def _history(self, prompt_id: str) -> dict[str, Any]:
        self.looks += 1
        if self.looks < 2 or self.never:
            return {}
        if self.fault == "execute":
            data = {"node_type": "KSampler", "exception_message": "out of memory"}
            return {
                prompt_id: {
                    "status": {"status_str": "error", "messages": [["execution_error", data]]}
                }
            }
        count = self.orders[-1]["5"]["inputs"]["length"]
        files = {
            "images": [{"filename": f"{n:05}.png", "type": "output"} for n in range(count)],
            "video": [{"filename": "made.mp4", "subfolder": "video", "type": "output"}],
            "nothing": [],
        }
        outputs = {"9": {"images": files[self.saves]}}
        return {prompt_id: {"outputs": outputs, "status": {"status_str": "success"}}}

    def _order(self, body: bytes, kind: str) -> tuple[int, bytes]:
        if self.fault == "refuse":
            return 422, json.dumps({"error": {"message": "size is not supported"}}).encode()
        parts = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body).get_payload()
        fields = {p.get_param("name", header="content-disposition"): p.get_payload() for p in parts}  # type: ignore[union-attr]
        self.orders.append(fields)
        self.looks = 0
        return 200, json.dumps({"id": "video_1", "status": "queued", "progress": 0}).encode()

    def _order_now(self) -> dict[str, Any]:
        self.looks += 1
        if self.fault == "execute":
            return {"id": "video_1", "status": "failed", "error": {"message": "moderated"}}
        done = self.looks >= 2 and not self.never
        return {"id": "video_1", "status": "completed" if done else "in_progress", "progress": 50}


def _file(name: str) -> bytes:
    if name.endswith(".mp4"):
        return video(5.0, "16:9")
    picture = io.BytesIO()
    Image.new("RGB", (64, 36), (int(name[:5]) * 5 % 256, 0, 90)).save(picture, "PNG")
    return picture.getvalue()


@pytest.fixture
def service() -> Iterator[tuple[Service, str]]:
    """The server and its address."""
    state = Service()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind = self.headers.get("Content-Type", "")
            code, content = state.answer(self.command, self.path, body, kind)
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _any  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield state, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
    _REGISTERED.clear()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "LOOK_SECONDS", 0.01)


@pytest.mark.parametrize("saves", ["images", "video"])
def test_a_workflow_of_comfyui_makes_the_clips(service: tuple[Service, str], saves: str) -> None:
    state, url = service
    state.saves = saves
    Path("workflow.json").write_text(json.dumps(WORKFLOW))
    lotus.comfyui("mine", "workflow.json", url=url)
    board = lotus.plan(BRIEF)
    job = lotus.render(board, provider="mine")
    assert job.status == "completed"
    graphs = sorted(state.orders, key=lambda graph: graph["6"]["inputs"]["text"])
    assert len(graphs) == len(board.scenes)
    for graph in graphs:
        size = graph["5"]["inputs"]
        assert (size["width"], size["height"], size["batch_size"]) == (1280, 720, 1)
        assert size["length"] > 1
        assert isinstance(graph["3"]["inputs"]["seed"], int)
    assert any(board.scenes[0].description in g["6"]["inputs"]["text"] for g in graphs)
    assert WORKFLOW["6"]["inputs"]["text"] == ""
    count = len(state.orders)
    assert lotus.render(board, provider="mine").scenes[0].cached
    assert len(state.orders) == count, "a clip is made once"
    changed = {**WORKFLOW, "7": {"class_type": "Other", "inputs": {}}}
    lotus.comfyui("mine", changed, url=url)
    assert not any(scene.cached for scene in lotus.estimate(board, provider="mine").scenes)


def test_an_endpoint_makes_the_clips(
    service: tuple[Service, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state, url = service
    monkeypatch.setenv("MY_TOKEN", "secret-token")
    lotus.video_endpoint("wan", "wan-2.2", url=f"{url}/v1/", token_variable="MY_TOKEN")
    board = lotus.plan(BRIEF)
    job = lotus.render(board, provider="wan")
    assert job.status == "completed"
    assert {order["model"] for order in state.orders} == {"wan-2.2"}
    assert {order["size"] for order in state.orders} == {"1280x720"}
    assert all(order["seconds"].isdigit() and order["seed"].isdigit() for order in state.orders)
    assert job.scenes[0].model == "wan-2.2"


@pytest.mark.parametrize(
    ("fault", "comfy", "endpoint"),
    [
        ("refuse", "400: Prompt outputs failed validation", "422: size is not supported"),
        ("execute", "node KSampler: out of memory", "moderated"),
    ],
)
def test_what_a_service_refuses_is_one_line(
    service: tuple[Service, str], fault: str, comfy: str, endpoint: str
) -> None:
    state, url = service
    state.fault = fault
    lotus.comfyui("mine", WORKFLOW, url=url)
    with pytest.raises(LotusError, match=comfy):
        lotus.render(BRIEF, provider="mine")
    lotus.video_endpoint("wan", "wan", url=f"{url}/v1")
    with pytest.raises(LotusError, match=endpoint):
        lotus.render(BRIEF, provider="wan")


def test_what_was_ordered_is_cancelled_when_the_render_stops(service: tuple[Service, str]) -> None:
    state, url = service
    state.never = True
    for register, path in (
        (lambda: lotus.comfyui("mine", WORKFLOW, url=url), "POST /interrupt"),
        (lambda: lotus.video_endpoint("mine", "m", url=f"{url}/v1"), "DELETE /v1/videos/video_1"),
    ):
        register()
        handle = lotus.submit(BRIEF, provider="mine")
        while state.looks < 2:
            assert not handle.done()
        handle.cancel()
        with pytest.raises(Cancelled):
            handle.result(30)
        assert path in state.calls
        state.looks = 0


def test_a_service_that_is_not_there_or_too_slow_is_named(service: tuple[Service, str]) -> None:
    state, url = service
    lotus.comfyui("mine", WORKFLOW, url="http://127.0.0.1:9")
    with pytest.raises(LotusError, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        lotus.render(BRIEF, provider="mine")
    state.never = True
    lotus.comfyui("mine", WORKFLOW, url=url, timeout_seconds=0.05)
    with pytest.raises(LotusError, match=r"made no clip in 0\.05 s; raise timeout_seconds"):
        lotus.render(BRIEF, provider="mine")
    state.never, state.saves = False, "nothing"
    lotus.comfyui("mine", WORKFLOW, url=url)
    with pytest.raises(LotusError, match="the workflow saved nothing"):
        lotus.render(BRIEF, provider="mine")


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: lotus.comfyui("mine", "none.json"), "none.json: is not readable JSON"),
        (lambda: lotus.comfyui("mine", {"nodes": []}), "workflow: is not a workflow in API format"),
        (lambda: lotus.comfyui("mine", {"1": {"class_type": "A"}}), "has no node called prompt"),
        (lambda: lotus.comfyui("replicate", WORKFLOW), "'replicate' is one of lotus' own"),
        (lambda: lotus.comfyui("mine", WORKFLOW, url="127.0.0.1"), "'127.0.0.1' is not an address"),
        (
            lambda: lotus.video_endpoint("sora", "sora-2", url="https://api.openai.com/v1"),
            "api.openai.com costs money for each clip",
        ),
    ],
)
def test_a_wrong_registration_is_one_line(call: Any, line: str) -> None:
    with pytest.raises(InvalidInput) as failure:
        call()
    assert line in failure.value.python_text
