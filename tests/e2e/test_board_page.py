"""The board in a page that has only what front ends of anywidget give it, as VS Code and Colab do:
dark without a colour behind it, and in a frame without rights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import lotus
from lotus.notebook.editor import StoryboardEditor
from tests.board_page import BoardPage
from tests.site import browser, looking

PAGES = {
    "light": "<body><div id=out></div></body>",
    "VS Code, dark": "<body class='vscode-dark' style='color:#ddd'><div id=out></div></body>",
    "Colab": "<iframe sandbox='allow-scripts' width=1200 height=900 "
    "srcdoc='<body><div id=out></div></body>'></iframe>",
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as running:
        yield running


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch) -> StoryboardEditor:
    monkeypatch.setattr(StoryboardEditor, "_paint", lambda self, board: None)
    scenes = [{"description": "A red field"}, {"description": "A blue field"}]
    brief = {"prompt": "Two fields, one after the other", "duration_seconds": 5, "fps": 4}
    return lotus.edit(lotus.plan({**brief, "scenes": scenes}), model="p-video")


@pytest.mark.parametrize("kind", PAGES)
def test_the_board_needs_no_more_than_its_model(
    kind: str, editor: StoryboardEditor, chromium: Any
) -> None:
    with looking(chromium) as seen:
        seen.page.set_content(PAGES[kind])
        frame = seen.page.frames[-1]
        board = BoardPage(frame, editor)
        assert frame.locator(".lotus-board").count() == 1
        assert frame.locator(".lotus-dark").count() == (kind == "VS Code, dark")
        _people_and_words(frame, board)
        _model_of_a_scene(frame, board)
        assert seen.said == []


def _people_and_words(frame: Any, board: BoardPage) -> None:
    frame.get_by_text("People, products and places").click()
    frame.get_by_role("button", name="Add one").click()
    board.turn()
    _type(frame, board, "name of member 1", "Mara")
    frame.get_by_text("people, words, references").first.click()
    frame.get_by_label("Mara in scene 1").check()
    board.turn()
    assert board.editor.storyboard.scenes[0].cast == ("Mara",)
    assert frame.get_by_label("Mara in scene 1").is_checked()
    _type(frame, board, "dialogue of scene 1", "Good morning")
    assert frame.locator(".lotus-card .lotus-wrong").inner_text().startswith("dialogue: 'Good")
    _type(frame, board, "dialogue of scene 1", "Mara: Good morning")
    assert frame.locator(".lotus-card .lotus-wrong").count() == 0
    _type(frame, board, "narration of scene 1", "It is morning")
    _type(frame, board, "avoid of scene 1", "crowds, text")
    scene = board.editor.storyboard.scenes[0]
    assert (scene.narration, scene.avoid) == ("It is morning", ("crowds", "text"))
    assert scene.dialogue[0].text == "Good morning"
    assert frame.get_by_text("people, words, references (4)").is_visible()


def _model_of_a_scene(frame: Any, board: BoardPage) -> None:
    before = frame.locator(".lotus-primary").inner_text()
    frame.get_by_label("model of scene 2").select_option("seedance-2.0")
    board.turn()
    assert board.editor.storyboard.scenes[1].model == "seedance-2.0"
    assert frame.locator(".lotus-primary").inner_text() != before


def _type(frame: Any, board: BoardPage, label: str, text: str) -> None:
    field = frame.get_by_label(label, exact=True)
    field.fill(text)
    field.blur()
    board.turn()
