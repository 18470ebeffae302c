"""Models behind an address that cost nothing a clip: ComfyUI, and endpoints that speak as OpenAI's
`/videos` does.

    lotus.comfyui("mine", "workflow.json", url="http://127.0.0.1:8188")
    lotus.render(brief, provider="mine")

Each becomes a provider of this process, as `@lotus.provider` makes one: its clips are kept by what
made them, it is stopped by the stop button, and a clip that is lost is made again for nothing.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lotus.documents.calls import explained_call
from lotus.documents.document import Rate
from lotus.documents.numbers import fraction
from lotus.errors import InvalidInput, ProviderError
from lotus.providers.functions import (
    ARGUMENTS,
    FOLDER,
    PROGRESS,
    FunctionProvider,
    check_name,
    register_provider,
)

__all__ = ["comfyui", "video_endpoint"]

LOOK_SECONDS = 0.5  # between two looks at a prompt that is being made
CALL_SECONDS = 60.0  # for one answer
PAID_HOSTS = ("api.openai.com", "openai.azure.com")  # a clip of theirs has to be accounted for
VIDEOS = (".mp4", ".webm", ".mkv", ".mov", ".gif", ".webp")
# of a node's inputs, those that its title may mean
INPUTS: dict[str, tuple[str, ...]] = {
    "prompt": ("text", "prompt", "value", "string"),
    "seed": ("seed", "noise_seed", "value"),
    "width": ("width", "value"),
    "height": ("height", "value"),
    "frames": ("length", "num_frames", "frames", "batch_size", "value"),
    "fps": ("fps", "frame_rate", "value"),
}
SIZE = "size"  # the title of a node with width and height, and perhaps a length


@explained_call
def comfyui(
    name: str,
    workflow: str | Path | Mapping[str, Any],
    *,
    url: str = "http://127.0.0.1:8188",
    version: str = "",
    fps: Rate | None = None,
    timeout_seconds: float = 1800,
) -> None:
    """Register a ComfyUI workflow as a provider.

    Parameters
    ----------
    name
        Name of the provider.
    workflow
        A file that ComfyUI exported for its API, or its content. Nodes are found by their titles:
        `prompt` and `seed`; `size` (or `width` and `height`), `frames` and `fps` are optional.
    url
        Address of ComfyUI.
    version
        Raise it when the same workflow would make another clip. The workflow itself is part of each
        clip's key.
    fps
        Frames a second that the workflow makes; default: the video's rate.
    timeout_seconds
        Maximum time for one clip.

    Raises
    ------
    InvalidInput
        If the workflow cannot be read, or has no node titled prompt.
    """
    check_name(name)
    graph = _workflow(workflow)
    places = _places(graph)
    text = json.dumps(graph, sort_keys=True).encode()
    digest = hashlib.sha256(text).hexdigest()[:16]
    address = _address(url)

    def make(progress: Callable[..., None], folder: Path, **values: Any) -> Any:
        server = _ModelServer(name, address, timeout_seconds)
        return _result(server, _comfyui_clip(server, graph, places, values, progress), folder)

    make.__name__ = "comfyui"
    _register(name, make, tuple(places), f"{version}-{digest}".lstrip("-"), fps)


@explained_call
def video_endpoint(
    name: str,
    model: str,
    *,
    url: str,
    token_variable: str = "",
    version: str = "",
    fps: Rate | None = None,
    timeout_seconds: float = 1800,
) -> None:
    """Register a self-hosted endpoint with OpenAI's `/videos` API as a provider.

    Parameters
    ----------
    name
        Name of the provider.
    model
        Name of the model that is sent to the endpoint.
    url
        The address before `/videos`, such as http://127.0.0.1:8000/v1.
    token_variable
        Environment variable that holds the endpoint's token, if it needs one; read at each call.
    version
        Raise it when the same request would make another clip.
    fps
        Frames a second of its videos, if their files do not say it.
    timeout_seconds
        Maximum time for one clip.

    Raises
    ------
    InvalidInput
        If the address is wrong, or belongs to a paid service; see `PredictionProvider` for those.
    """
    check_name(name)
    address = _address(url)
    host = urlsplit(address).hostname or ""
    if host.endswith(PAID_HOSTS):
        remedy = "write a provider that cannot lose what is paid: how-to 'Write a provider'"
        raise _invalid("url", f"{host} costs money for each clip", remedy)

    def make(progress: Callable[..., None], folder: Path, **values: Any) -> Path:
        server = _ModelServer(name, address, timeout_seconds, os.environ.get(token_variable, ""))
        return _file(_endpoint_clip(server, model, values, progress), folder / "made.mp4")

    make.__name__ = model
    names = ("prompt", "seed", "seconds", "width", "height")
    _register(name, make, names, version or "1", fps)


def _register(
    name: str, make: Callable[..., Any], names: tuple[str, ...], version: str, fps: Rate | None
) -> None:
    parameters = tuple(one for one in ARGUMENTS if one in names)
    rate = fraction(fps) if fps is not None else None
    register_provider(FunctionProvider(name, make, (*parameters, PROGRESS, FOLDER), version, rate))


def _comfyui_clip(
    server: _ModelServer,
    graph: Mapping[str, Any],
    places: Mapping[str, list[tuple[str, str]]],
    values: Mapping[str, Any],
    progress: Callable[..., None],
) -> list[dict[str, str]]:
    """Queue the workflow, wait for it, and take what it has saved."""
    workflow = copy.deepcopy(dict(graph))
    for value, targets in places.items():
        for node, field in targets:
            workflow[node]["inputs"][field] = values[value]
    prompt_id = str(server.json("POST", "/prompt", json={"prompt": workflow})["prompt_id"])
    entry: Mapping[str, Any] = {}
    with (
        server.cancelling("POST", "/queue", json={"delete": [prompt_id]}),
        server.cancelling("POST", "/interrupt", json={"prompt_id": prompt_id}),
    ):
        for _ in server.waits(progress):
            entry = server.json("GET", f"/history/{prompt_id}").get(prompt_id, {})
            if entry:
                break
    status = entry.get("status", {})
    if status.get("status_str") == "error":
        raise server.refusal(_comfyui_reason(status), "run the workflow in ComfyUI")
    outputs = [
        file
        for output in entry.get("outputs", {}).values()
        for files in (output.get("videos"), output.get("gifs"), output.get("images"))
        for file in files or ()
        if file.get("type", "output") != "temp"
    ]
    if not outputs:
        raise server.refusal(
            "the workflow saved nothing", "add a node that saves a video or images"
        )
    return [
        {key: str(file.get(key, "")) for key in ("filename", "subfolder", "type")}
        for file in outputs
    ]


def _result(server: _ModelServer, outputs: list[dict[str, str]], folder: Path) -> Any:
    """The video, or the frames, that were saved."""
    from PIL import Image

    video = next((one for one in outputs if one["filename"].lower().endswith(VIDEOS)), None)
    if video is not None:
        suffix = Path(video["filename"]).suffix.lower()
        return _file(server.bytes("/view", params=video), folder / f"made{suffix}")
    pictures = (io.BytesIO(server.bytes("/view", params=query)) for query in outputs)
    return [Image.open(picture).convert("RGB") for picture in pictures]


def _file(content: bytes, path: Path) -> Path:
    path.write_bytes(content)
    return path


def _comfyui_reason(status: Mapping[str, Any]) -> str:
    for kind, data in status.get("messages", ()):
        if kind == "execution_error":
            return f"node {data.get('node_type', '?')}: {data.get('exception_message', '')}".strip()
    return "the workflow failed"


def _endpoint_clip(
    server: _ModelServer, model: str, values: Mapping[str, Any], progress: Callable[..., None]
) -> bytes:
    """Order a video, wait for it, and fetch it."""
    seconds = values["seconds"]
    fields = {
        "model": model,
        "prompt": values["prompt"],
        "seconds": str(int(-(-seconds // 1))),
        "size": f"{values['width']}x{values['height']}",
        "seed": str(values["seed"]),
    }
    order = server.json("POST", "/videos", files={k: (None, v) for k, v in fields.items()})
    order_id = str(order["id"])
    with server.cancelling("DELETE", f"/videos/{order_id}"):
        for _ in server.waits(progress):
            progress(min(99, round(float(order.get("progress") or 0))), 100)
            if order.get("status") in ("completed", "failed", "cancelled"):
                break
            order = server.json("GET", f"/videos/{order_id}")
    if order.get("status") != "completed":
        error = order.get("error") or {}
        reason = error.get("message", "") if isinstance(error, Mapping) else str(error)
        raise server.refusal(reason or f"the video is {order.get('status')}", "change the prompt")
    return server.bytes(f"/videos/{order_id}/content")


class _ModelServer:
    """One service behind an address; its faults are ProviderErrors."""

    def __init__(self, name: str, url: str, timeout_seconds: float, token: str = "") -> None:
        self.name = name
        self.url = url
        self.timeout_seconds = timeout_seconds
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def json(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """The document that the service answers."""
        try:
            document = self._call(method, path, **content).json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise self.refusal(
                f"{path} does not answer with JSON", f"look what listens at {self.url}"
            )
        return document

    def bytes(self, path: str, **content: Any) -> bytes:
        """The file that the service answers."""
        content_bytes: bytes = self._call("GET", path, **content).content
        return content_bytes

    def _call(self, method: str, path: str, **content: Any) -> Any:
        import httpx

        try:
            response = httpx.request(
                method, f"{self.url}{path}", headers=self.headers, timeout=CALL_SECONDS, **content
            )
        except httpx.HTTPError as exc:
            reason = f"{self.url} cannot be reached ({type(exc).__name__})"
            raise self.refusal(reason, "start it, or correct its address") from exc
        if response.is_error:
            raise self.refusal(_refusal(response), f"look what {self.url} says")
        return response

    def waits(self, progress: Callable[..., None]) -> Iterator[None]:
        """Look again and again, until the time is over; the stop button takes effect here."""
        until = time.monotonic() + self.timeout_seconds
        while time.monotonic() < until:
            progress(0, 100)
            yield
            time.sleep(LOOK_SECONDS)
        reason = f"made no clip in {self.timeout_seconds:g} s"
        raise self.refusal(reason, "raise timeout_seconds")

    @contextmanager
    def cancelling(self, method: str, path: str, **content: Any) -> Iterator[None]:
        """End what was ordered, if waiting for it ends otherwise."""
        try:
            yield
        except BaseException:
            with suppress(ProviderError):  # then it ends by itself, and costs nothing
                self._call(method, path, **content)
            raise

    def refusal(self, reason: str, remedy: str) -> ProviderError:
        """The error that names the provider."""
        return ProviderError(provider=self.name, reason=reason, kind="refused", remedy=remedy)


def _refusal(response: Any) -> str:
    """Why a request was refused, in the service's words."""
    try:
        document = response.json()
    except ValueError:
        document = {}
    error = document.get("error", document) if isinstance(document, dict) else {}
    words = error.get("message") if isinstance(error, dict) else str(error)
    return f"{response.status_code}: {str(words or response.reason_phrase)[:300]}"


def _workflow(workflow: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    name = "workflow"
    if isinstance(workflow, str | Path):
        name = str(workflow)
        try:
            workflow = json.loads(Path(workflow).expanduser().read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            remedy = "export it in ComfyUI: Workflow, Export (API)"
            raise InvalidInput(
                file=name, field="", reason="is not readable JSON", remedy=remedy
            ) from exc
    nodes = dict(workflow) if isinstance(workflow, Mapping) else {}
    if not nodes or not all(isinstance(n, Mapping) and "class_type" in n for n in nodes.values()):
        remedy = (
            "export it in ComfyUI with Workflow, Export (API); the ordinary file has another format"
        )
        raise InvalidInput(
            file=name, field="", reason="is not a workflow in API format", remedy=remedy
        )
    return nodes


def _places(graph: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """Which inputs of which nodes take prompt, seed, width, height, frames and fps."""
    places: dict[str, list[tuple[str, str]]] = {}
    for node_id, node in graph.items():
        title = str(node.get("_meta", {}).get("title", "")).strip().lower()
        values = ("width", "height", "frames") if title == SIZE else (title,)
        for value in values:
            inputs = node.get("inputs", {})
            field = next((one for one in INPUTS.get(value, ()) if one in inputs), None)
            if field is not None:
                places.setdefault(value, []).append((node_id, field))
    if "prompt" not in places:
        remedy = "call the node that holds the text 'prompt' in ComfyUI, and export it again"
        raise _invalid("workflow", "has no node called prompt", remedy)
    return places


def _address(url: str) -> str:
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _invalid(
            "url", f"{url!r} is not an address", "write one such as http://127.0.0.1:8188"
        )
    return url.rstrip("/")


def _invalid(field: str, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field=field, reason=reason, remedy=remedy)
