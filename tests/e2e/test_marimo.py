"""The storyboard editor in marimo, a second front end of anywidget: edited, undone, rendered."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driving import eventually
from tests.notebooks_lab import answers
from tests.site import browser, looking

pytestmark = pytest.mark.slow

APP = """
import marimo

app = marimo.App()


@app.cell
def _():
    import lotus
    import marimo as mo

    brief = lotus.Brief(prompt="Two fields, one after the other", duration_seconds=5, fps=4,
                        aspect_ratio="1:1", scenes=[{"description": "A red field"}])
    editor = lotus.edit(lotus.plan(brief))
    mo.ui.anywidget(editor.widget)
    return


if __name__ == "__main__":
    app.run()
"""


def test_the_board_is_edited_in_marimo(tmp_path: Path) -> None:
    pytest.importorskip("marimo", reason="pip install -e '.[test]'")
    (tmp_path / "board.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "marimo", "run", "board.py", "--headless", "--no-token"]
    command += ["--port", str(port)]
    env = {**os.environ, "HOME": str(tmp_path), "LOTUS_HOME": str(tmp_path / "home")}
    with (tmp_path / "marimo.log").open("w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}/"
            eventually(lambda: answers(f"{url}health"), "marimo is up")
            with browser() as running, looking(running) as seen:
                page = seen.page
                page.set_default_timeout(90_000)
                page.goto(url)
                cards = page.locator(".lotus-card")
                cards.nth(1).wait_for()
                pictures = page.locator(".lotus-picture img")
                eventually(
                    lambda: pictures.first.evaluate("image => image.naturalWidth > 10"), "pictures"
                )
                assert page.locator(".lotus-dark").count() == 0, "marimo is light by default"
                count = cards.count()
                caption = page.get_by_label("caption of scene 1", exact=True)
                caption.fill("Open from six")
                caption.press("Tab")
                code = page.locator(".lotus-code pre")
                expected = "storyboard = storyboard.with_scene(1, caption='Open from six')"
                eventually(lambda: code.text_content() == expected, "the editor says its code")
                page.get_by_role("button", name="split scene 1").click()
                eventually(lambda: cards.count() == count + 1, "the scene is split")
                page.get_by_role("button", name="Undo").click()
                eventually(lambda: cards.count() == count, "the change is taken back")
                page.get_by_role("button", name="Render for $0.00").click()
                page.locator("[data-video=video] video").wait_for()
        finally:
            server.terminate()
            server.wait(30)
