"""The storyboard editor in JupyterLab, used by hand: a board of cards and a bar to scale."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.driving import eventually
from tests.notebooks_lab import DARK, broken_rules, run_all, themed, write_notebook
from tests.site import looking

pytestmark = pytest.mark.slow  # the quickstart's test uses the board in the ordinary suite

SHOW = """
import lotus
scenes = [{"description": "A red field"}, {"description": "A blue field"}]
brief = lotus.Brief(prompt="Two fields, one after the other", duration_seconds=5, fps=4,
                    aspect_ratio="1:1", music="calm", scenes=scenes)
board = lotus.plan(brief).with_scene(1, caption="Field one")
editor = lotus.edit(board)
editor
"""
LOADED = "[...document.querySelectorAll('.lotus-picture img')].every(i => i.naturalWidth > 10)"


def test_a_storyboard_is_edited_rendered_and_saved(lab: str, folder: Path, chromium: Any) -> None:
    write_notebook([SHOW], folder / "board.ipynb")
    with looking(chromium) as seen:
        page = seen.page
        run_all(page, f"{lab}lab/tree/board.ipynb")
        page.locator(".lotus-card").nth(2).wait_for()
        page.wait_for_function(LOADED)
        assert low_contrast(page) == []
        _refuses_and_mends(page)
        _adds_and_takes_back(page)
        _reorders_and_retimes(page)
        _renders_twice(page)
        _is_saved_with_a_picture(page, lab)
        assert seen.said == []


def code(page: Any) -> str:
    return str(page.locator(".lotus-code pre").inner_text() or "")


def _refuses_and_mends(page: Any) -> None:
    """What is not valid stays in sight with its reason, and nothing is rendered meanwhile."""
    button = page.locator(".lotus-primary")
    caption = page.get_by_label("caption of scene 1", exact=True)
    caption.fill("x" * 201)
    caption.press("Tab")
    page.locator(".lotus-card .lotus-wrong").wait_for()
    assert "scene 1, caption: has more than 200" in page.locator(".lotus-status").inner_text()
    assert caption.input_value() == "x" * 201
    assert button.is_disabled()
    caption.fill("Open from six")
    caption.press("Tab")
    page.locator(".lotus-card .lotus-wrong").wait_for(state="detached")
    assert button.is_enabled()
    assert "200" not in page.locator(".lotus-status").inner_text()


def _adds_and_takes_back(page: Any) -> None:
    page.locator(".lotus-code summary").click()
    cards = page.locator(".lotus-card")
    page.get_by_role("button", name="split scene 1").click()
    eventually(lambda: cards.count() == 4, "the scene is split")
    page.get_by_role("button", name="add a scene behind scene 4").click()
    eventually(lambda: cards.count() == 5, "a scene is added")
    page.get_by_role("button", name="remove scene 5").click()
    eventually(lambda: cards.count() == 4, "it is removed")
    for count in (5, 4, 3):
        page.get_by_role("button", name="Undo").click()
        eventually(lambda: cards.count() == count, "a change is taken back")
    assert code(page) == "storyboard = storyboard.with_scene(1, caption='Open from six')"
    page.get_by_role("button", name="Redo").click()
    eventually(lambda: cards.count() == 4, "it is done again")
    page.get_by_role("button", name="Undo").click()
    eventually(lambda: cards.count() == 3, "and taken back")


def _reorders_and_retimes(page: Any) -> None:
    handle = page.locator(".lotus-card").nth(0).locator(".lotus-handle")
    handle.drag_to(page.locator(".lotus-card").nth(1))
    eventually(lambda: code(page).endswith("storyboard.moved(1, 2)"), "the cards are in order")
    page.get_by_label("camera of scene 1").select_option("tilt_up")
    eventually(lambda: "camera='tilt_up'" in code(page), "the camera changes")
    page.get_by_label("to the next of scene 2").select_option("wipe")
    eventually(lambda: "'kind': 'wipe'" in code(page), "the transition changes")
    edge = page.get_by_role("slider", name="seconds of scene 1")
    before = float(edge.get_attribute("aria-valuenow"))
    box = edge.bounding_box()
    page.mouse.move(box["x"] + 6, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 66, box["y"] + 10, steps=4)
    page.mouse.up()
    eventually(lambda: float(edge.get_attribute("aria-valuenow")) > before, "the scene is longer")
    widths = page.locator(".lotus-block").evaluate_all("all => all.map(one => one.offsetWidth)")
    seconds = page.get_by_role("slider").evaluate_all("all => all.map(one => +one.ariaValueNow)")
    scale = [width / second for width, second in zip(widths, seconds, strict=True)]
    assert max(scale) / min(scale) < 1.05, "the bar is to scale"


def _renders_twice(page: Any) -> None:
    """The new video plays in place, beside the one before."""
    status = page.locator(".lotus-status")
    page.get_by_role("button", name="Render for $0.00").click()
    eventually(lambda: "rendered: editor.job is" in status.inner_text(), "it is rendered")
    assert code(page).endswith("job = lotus.render(storyboard)")
    caption = page.get_by_label("caption of scene 1", exact=True)
    caption.fill("Another one")
    caption.press("Tab")
    eventually(lambda: "'Another one'" in code(page), "the caption changes")
    page.get_by_role("button", name="Render for $0.00").click()
    page.locator("[data-video=before] video").wait_for()
    newest = page.locator("[data-video=video] video")
    eventually(lambda: newest.evaluate("video => video.currentTime > 0.2"), "the new one plays")


def _is_saved_with_a_picture(page: Any, lab: str) -> None:
    """Where no kernel runs the board, the notebook shows its pictures and how to revive it."""
    hint = page.get_by_text("To edit it again, run this cell.")
    assert not hint.is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    page.get_by_text("Saving completed").wait_for()
    page.request.delete(
        f"{lab}api/sessions/{page.request.get(f'{lab}api/sessions').json()[0]['id']}"
    )
    page.goto(f"{lab}lab/tree/board.ipynb?reset")
    hint.wait_for()
    strip = page.locator("img[alt^='scene ']")
    assert strip.count() == 3
    assert strip.first.evaluate("image => image.naturalWidth") > 40


def test_both_themes_have_contrast(lab: str, folder: Path, chromium: Any) -> None:
    write_notebook([SHOW], folder / "dark.ipynb")
    themed(folder, DARK)
    with looking(chromium, dark=True) as seen:
        run_all(seen.page, f"{lab}lab/tree/dark.ipynb")
        seen.page.locator(".lotus-dark .lotus-card").first.wait_for()
        assert low_contrast(seen.page) == []
        caption = seen.page.get_by_label("caption of scene 1", exact=True)
        caption.fill("x" * 201)
        caption.press("Tab")
        seen.page.locator(".lotus-card .lotus-wrong").wait_for()
        assert low_contrast(seen.page) == []
    shutil.rmtree(folder / "config/lab/user-settings/@jupyterlab/apputils-extension/themes", True)


def low_contrast(page: Any) -> list[str]:
    """Parts of the board that cannot be read or have no label."""
    assert page.locator(".lotus-board").count(), "nothing was looked at"
    return broken_rules(page, ".lotus-board", "label", "button-name", "select-name")
