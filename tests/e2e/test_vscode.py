"""The storyboard editor in the widget manager of VS Code, with a real kernel behind it.

It needs npm's registry, so it is skipped where that cannot be reached.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.driving import DEADLINE_SECONDS, patient
from tests.site import browser, looking

pytestmark = pytest.mark.slow
PACKAGES = ("@vscode/jupyter-ipywidgets8@1.0.9", "requirejs@2.3.7")
KERNEL = Path(__file__).parents[1] / "data" / "vscode_kernel.js"
URL = "http://vscode.test/"
PAGE = "<!doctype html><body class='vscode-dark' style='color:#ddd'><div id=out></div></body>"
SETUP = """
import lotus
brief = lotus.Brief(prompt="Two fields, one after the other", duration_seconds=5, fps=4,
                    aspect_ratio="1:1", music="none", scenes=[{"description": "A red field"}])
editor = lotus.edit(lotus.plan(brief))
editor.widget.model_id
"""


@pytest.fixture
def scripts(tmp_path: Path) -> dict[str, str]:
    """VS Code's widget manager, RequireJS and anywidget's module for it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    command = ["npm", "pack", "--json", *PACKAGES]
    packed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    if packed.returncode:
        pytest.skip(f"npm's registry cannot be reached: {packed.stderr[-300:]}")
    for archive in tmp_path.glob("*.tgz"):
        with tarfile.open(archive) as tar:
            tar.extractall(tmp_path / archive.stem, filter="data")
    modules = Path(sys.prefix) / "share/jupyter/nbextensions/anywidget/index.js"
    [manager] = tmp_path.glob("vscode*/package/dist/ipywidgets.js")
    [require] = tmp_path.glob("requirejs*/package/require.js")
    files = {"ipywidgets.js": manager, "require.js": require, "anywidget.js": modules}
    return {name: path.read_text() for name, path in files.items()}


class _Wire:
    """Messages between a page and a kernel."""

    def __init__(self, page: Any, client: Any) -> None:
        self.page = page
        self.client = client
        self.result = ""
        self._outgoing: list[str] = []
        page.expose_function("toKernel", lambda text: self._outgoing.append(text))

    def until(self, look: Callable[[], Any], what: str) -> Any:
        """Carry messages until `look` answers."""
        began = time.monotonic()
        while time.monotonic() < began + patient(DEADLINE_SECONDS):
            self._carry()
            answer = look()
            if answer:
                return answer
        raise AssertionError(f"never happened: {what}")

    def _carry(self) -> None:
        self.page.wait_for_timeout(10)
        while self._outgoing:
            message = json.loads(self._outgoing.pop(0))
            content = {"comm_id": message["comm_id"], "data": message["data"]}
            request = self.client.session.msg("comm_msg", content)
            request["msg_id"] = request["header"]["msg_id"] = message["msg_id"]
            buffers = [base64.b64decode(text) for text in message["buffers"]]
            self.client.session.send(self.client.shell_channel.socket, request, buffers=buffers)
        try:
            message = self.client.get_iopub_msg(timeout=0.01)
        except queue.Empty:
            return
        kind = message["header"]["msg_type"]
        assert kind != "error", message["content"]
        if kind == "execute_result":
            self.result = message["content"]["data"]["text/plain"].strip("'")
        if kind in ("comm_open", "comm_msg", "status"):
            names = ("header", "parent_header", "metadata", "content")
            plain = json.loads(json.dumps({name: message[name] for name in names}, default=str))
            buffers = [base64.b64encode(bytes(one)).decode() for one in message["buffers"]]
            self.page.evaluate("message => fromKernel(message)", {**plain, "buffers": buffers})


def test_the_board_is_edited_and_rendered_in_vs_codes_widgets(
    scripts: dict[str, str], tmp_path: Path
) -> None:
    from jupyter_client.manager import start_new_kernel

    env = {**os.environ, "LOTUS_HOME": str(tmp_path / "home")}
    manager, client = start_new_kernel(kernel_name="python3", env=env)
    try:
        with browser() as running, looking(running, dark=True) as seen:
            page = seen.page
            page.route(f"{URL}**", lambda route: _answer(route, scripts))
            page.goto(URL)
            wire = _Wire(page, client)
            page.add_script_tag(content=scripts["require.js"])
            page.add_script_tag(content=KERNEL.read_text())
            page.evaluate(
                """async (url) => {
                  (await import(`${url}ipywidgets.js`)).activate();
                  window.vscIPyWidgets8.load();
                  window.makeManager(window.makeKernel(), `${url}anywidget`);
                }""",
                URL,
            )
            client.execute(SETUP)
            wire.until(lambda: wire.result, "the editor is made")
            page.evaluate("id => { window.shown = window.show(id); }", wire.result)
            _edit_and_render(page, wire)
            assert page.evaluate("failures") == []
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _answer(route: Any, scripts: dict[str, str]) -> None:
    name = route.request.url.removeprefix(URL)
    kind = "text/javascript" if name in scripts else "text/html"
    route.fulfill(body=scripts.get(name, PAGE), content_type=kind)


def _edit_and_render(page: Any, wire: _Wire) -> None:
    cards = page.locator(".lotus-card")
    count = wire.until(cards.count, "the board is there")
    assert page.locator(".lotus-dark").count() == 1
    loaded = "[...document.querySelectorAll('.lotus-picture img')].some(i => i.naturalWidth > 10)"
    wire.until(lambda: page.evaluate(loaded), "pictures")
    caption = page.get_by_label("caption of scene 1", exact=True)
    caption.fill("Open from six")
    caption.press("Tab")
    code = page.locator(".lotus-code pre")
    expected = "storyboard = storyboard.with_scene(1, caption='Open from six')"
    wire.until(lambda: code.text_content() == expected, "the editor says its code")
    page.get_by_role("button", name="split scene 1").click()
    wire.until(lambda: cards.count() == count + 1, "the scene is split")
    page.get_by_role("button", name="Undo").click()
    wire.until(lambda: cards.count() == count, "the change is taken back")
    page.get_by_role("button", name="Render for $0.00").click()
    video = page.locator("[data-video=video] video")
    wire.until(video.count, "the video is there")
    wire.until(lambda: video.evaluate("video => video.duration > 4"), "it can be played")
