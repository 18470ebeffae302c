"""The quickstart in JupyterLab, run from its menu, and the editor of storyboards used by hand."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.driving import eventually
from tests.site import browser, looking

pytestmark = pytest.mark.slow

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
LONG_MS = 90_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab over a folder that holds the quickstart; its address."""
    pytest.importorskip("jupyterlab", reason="pip install -e '.[lab,test]'")
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(QUICKSTART, folder)
    # also cells below the screen
    _set(folder, "notebook-extension/tracker", '{"windowingMode": "none"}')
    _set(folder, "apputils-extension/notification", '{"fetchNews": "false"}')
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root"]
    command += ["--IdentityProvider.token=", f"--notebook-dir={folder}"]
    homes = {
        "LOTUS_HOME": str(folder / "home"),
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
    }
    with (folder / "lab.log").open("w") as log:
        child = subprocess.Popen(command, cwd=folder, env={**os.environ, **homes}, stderr=log)
        url = f"http://127.0.0.1:{port}/"
        try:
            eventually(lambda: _answers(f"{url}api"), "JupyterLab is up")
            yield url
        finally:
            child.terminate()
            child.wait(30)


def _set(folder: Path, name: str, said: str) -> None:
    file = folder / "config/lab/user-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
    file.parent.mkdir(parents=True)
    file.write_text(said)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_the_quickstart_runs_from_the_menu_and_the_editor_is_clicked_through(lab: str) -> None:
    with browser() as running, looking(running) as seen:
        page = seen.page
        page.set_default_timeout(LONG_MS)
        page.goto(f"{lab}lab/tree/quickstart.ipynb")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        # JupyterLab asks which kernel while it starts one
        page.get_by_text("(ipykernel) | Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        caption = page.locator(".jp-OutputArea .widget-text input[type=text]").nth(1)
        caption.wait_for()
        assert page.get_by_text("scenes that differ: 1; it cost $0.00").first.is_visible()
        caption.fill("The first cup")
        caption.press("Tab")
        written = page.locator(".widget-textarea textarea[disabled]")
        expected = "storyboard = storyboard.with_scene(2, caption='The first cup')"
        eventually(lambda: written.input_value() == expected, "the editor says its code")
        page.get_by_role("button", name="↓").first.click()
        eventually(lambda: written.input_value().endswith(".moved(1, 2)"), "the scene moved")
        page.get_by_role("button", name="▶").nth(1).click()
        page.get_by_text("scene 2", exact=True).wait_for()
        preview = page.locator(".jupyter-widgets video")
        eventually(
            lambda: preview.evaluate("video => video.currentTime > 0.2"), "the preview plays"
        )
        page.get_by_role("button", name="Render for $0.00").click()
        page.get_by_text("rendered: editor.job is").wait_for()
        assert written.input_value().endswith("\njob = lotus.render(storyboard)")
        linked = page.locator("video[src*='quickstart.mp4']")
        linked.evaluate("video => { video.muted = true; video.play() }")
        eventually(lambda: linked.evaluate("video => video.currentTime > 0.3"), "the video plays")
        assert page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").count() == 0
