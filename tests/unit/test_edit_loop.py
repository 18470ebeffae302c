"""The edit loop of a notebook: another scene, what is different, and how things show themselves."""

from __future__ import annotations

import sys
import types
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import lotus
from lotus.display import mime_bundle
from lotus.display.progress import NotebookProgress
from lotus.documents.storyboard import Storyboard
from lotus.errors import Cancelled, InvalidInput, WorkError
from lotus.money.ledger import Cost
from lotus.notebook.editor import StoryboardEditor
from lotus.pipeline.attempt import Event
from lotus.pipeline.job import Job, SceneResult
from tests import documents

PROMPT = "A small coffee roaster opens at dawn in a harbour town. Steam, warm light, the first cup."
HOSTILE = "<script>alert(1)</script> & 'quoted'"


@pytest.fixture(scope="module")
def storyboard() -> Storyboard:
    brief = lotus.Brief(prompt=PROMPT, duration_seconds=15, brand=lotus.Brand(name=HOSTILE))
    return lotus.plan(brief)


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """No editor draws pictures of scenes: they are looked at in tests of their own."""
    monkeypatch.setattr(StoryboardEditor, "_paint", lambda self, board: None)


def _job(storyboard: Storyboard | None, keys: str = "", **more: Any) -> Job:
    scenes = tuple(
        SceneResult(
            index=n,
            description=HOSTILE,
            caption=HOSTILE,
            clip_key=key,
            provider="animatic",
            model="board",
            cached=key == "b",
            cost_usd=Decimal("0.05"),
            seconds=1.0,
        )
        for n, key in enumerate(keys)
    )
    cost = Cost(estimated_usd="0.2", actual_usd="0.1", saved_usd=0)
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    facts: dict[str, Any] = {
        "status": "completed",
        "kind": "ad",
        "prompt": PROMPT,
        "provider": "animatic",
    }
    facts |= {"storyboard": storyboard, "scenes": scenes, "cost": cost, "created_at": moment}
    return Job(**{"id": "job-1", **facts, "finished_at": moment, "error": None, **more})


def test_one_scene_changes_and_all_else_stays(storyboard: Storyboard) -> None:
    edited = _job(storyboard).with_scene(3, caption="Open from six", camera="orbit")
    assert (edited.scenes[2].caption, edited.scenes[2].camera) == ("Open from six", "orbit")
    assert [s for n, s in enumerate(edited.scenes) if n != 2] == [
        s for n, s in enumerate(storyboard.scenes) if n != 2
    ]
    assert edited.brief == storyboard.brief
    assert storyboard.scenes[2].caption != "Open from six"


@pytest.mark.parametrize("number", [0, -1, 99])
def test_a_scene_that_is_not_there_is_refused(storyboard: Storyboard, number: int) -> None:
    with pytest.raises(
        InvalidInput, match=rf"no scene {number}; scenes count from 1 to {len(storyboard.scenes)}"
    ):
        storyboard.with_scene(number, caption="x")


def test_a_wrong_change_names_the_field(storyboard: Storyboard) -> None:
    with pytest.raises(
        InvalidInput,
        match=r"scenes\[0\]\.captoin: is not a field of a scene; did you mean 'caption'",
    ):
        storyboard.with_scene(1, captoin="x")
    with pytest.raises(InvalidInput, match=r"scenes\[0\]\.camera"):
        storyboard.with_scene(1, camera="upside_down")
    with pytest.raises(WorkError, match="has no storyboard"):
        _job(None).with_scene(1, caption="x")


def test_a_difference_says_what_changed_what_was_made_and_what_it_cost(
    storyboard: Storyboard,
) -> None:
    before = _job(storyboard, "acde")
    edited = storyboard.with_scene(2, description="Rain on the quay").with_scene(
        1, caption="Six o'clock"
    )
    found = lotus.diff(
        before, _job(edited, "abde", segments={"total": 9, "rendered": 2, "reused": 7})
    )
    assert [(scene.number, scene.clip) for scene in found.changed] == [(1, "same"), (2, "cached")]
    assert found.changed[0].changed == {"caption": (storyboard.scenes[0].caption, "Six o'clock")}
    assert str(found) == "scenes that differ: 1, 2; it cost $0.10; 2 of 9 segments rendered"
    assert found.model_dump(mode="json")["scenes"][1]["cost_usd"] == "0.05"


def test_added_and_removed_scenes_are_differences(storyboard: Storyboard) -> None:
    shorter = storyboard.model_copy(update={"scenes": storyboard.scenes[:-1]})
    found = lotus.diff(_job(storyboard, "acde"), _job(shorter, "acd"))
    assert found.scenes[3].clip == "gone"
    assert found.scenes[len(storyboard.scenes) - 1].changed["description"][1] is None
    assert lotus.diff(_job(storyboard, "acde"), _job(storyboard, "acde")).changed == ()


def test_everything_shows_itself_small_escaped_and_without_scripts(storyboard: Storyboard) -> None:
    timeline = lotus.Timeline.model_validate(
        {"fps": "24", "clips": [{"source": HOSTILE, "end_seconds": 2}]}
    )
    failed = _job(storyboard, "abc", error={"message": HOSTILE, "remedy": "wait"})
    shown = {
        "brief": storyboard.brief,
        "storyboard": storyboard.with_scene(1, description=HOSTILE),
        "timeline": timeline,
        "estimate": lotus.estimate(storyboard),
        "job": failed,
        "diff": lotus.diff(failed, _job(storyboard.with_scene(1, caption=HOSTILE), "xbc")),
    }
    for name, thing in shown.items():
        bundle = mime_bundle(thing)
        assert set(bundle) == {"text/plain", "text/html"}, name
        assert "<script" not in bundle["text/html"], name
        assert "\n" not in bundle["text/plain"], name
        assert len(bundle["text/html"]) < 20_000, name
        assert bundle["text/html"].startswith('<div class="lotus mathjax_ignore'), name
    assert "&lt;script&gt;" in mime_bundle(shown["job"])["text/html"]
    assert "wait" in mime_bundle(shown["job"])["text/html"]


def test_progress_in_a_notebook_is_one_line_that_says_how_it_ended() -> None:
    shown: list[tuple[str, str]] = []

    def rendering(error: type[BaseException] | None) -> str:
        with (
            suppress(KeyboardInterrupt, Cancelled, ValueError),
            NotebookProgress(lambda *both: shown.append(both)) as hear,
        ):
            hear(Event("stage", {"stage": "generating", "frames": 100}))
            hear(Event("expired", {"scene": 1, "amount_usd": "0.30"}))
            for frames in range(100):
                hear(Event("clip", {"scene": 0, "frames": frames, "of_frames": 100}))
            if error is not None:
                raise error
        return shown[-1][1]

    expired = "; scene 2: its clip has expired in the store, and is made again, for $0.30"
    assert rendering(None).removesuffix(expired).startswith("done in ")
    assert rendering(KeyboardInterrupt) == f"stopped while generating, at 50 %{expired}"
    assert rendering(Cancelled).startswith("stopped while generating")
    assert rendering(ValueError).startswith("failed while generating")
    assert shown[0] == (
        "<p><progress max='100' value='0'></progress> generating, 0 %</p>",
        "generating, 0 %",
    )
    assert len(shown) < 20, "a picture for each frame"


def test_scenes_change_places(storyboard: Storyboard) -> None:
    moved = storyboard.moved(1, 3)
    assert moved.scenes[2] == storyboard.scenes[0]
    assert moved.moved(3, 1) == storyboard
    with pytest.raises(InvalidInput, match="no scene 9"):
        storyboard.moved(1, 9)


@pytest.mark.usefixtures("unpainted")
def test_the_editor_does_what_its_code_does(storyboard: Storyboard) -> None:
    editor = lotus.edit(storyboard)
    editor.set(2, "caption", "Open")
    editor.set(2, "caption", "Open from six")
    editor.set(1, "camera", "orbit")
    editor.move(1, 2)
    assert editor.code.splitlines() == [
        "storyboard = storyboard.with_scene(2, caption='Open from six')",
        "storyboard = storyboard.with_scene(1, camera='orbit')",
        "storyboard = storyboard.moved(1, 2)",
    ]
    editor.split(2)
    editor.add(3)
    editor.remove(1)
    editor.set(1, "transition", "wipe")
    editor.set(1, "transition_seconds", 0.25)
    editor.set(1, "duration_seconds", 1.5)
    scope = {"storyboard": storyboard}
    exec(editor.code, scope)
    assert scope["storyboard"] == editor.storyboard
    cards = editor.widget.state["scenes"]
    assert [card["description"] for card in cards] == [
        scene.description for scene in editor.storyboard.scenes
    ]
    assert (cards[0]["transition"], cards[0]["transition_seconds"]) == ("wipe", 0.25)
    count = len(editor.storyboard.scenes)
    assert editor.status == f"{count} of {count} clips to make"
    assert editor.widget.state["price"] == "$0.00"


@pytest.mark.usefixtures("unpainted")
def test_people_words_and_references_are_edited_too(storyboard: Storyboard) -> None:
    editor = lotus.edit(storyboard)
    editor.add_member()
    editor.set(1, "cast.name", "Mara")
    editor.set(1, "cast.description", "a baker of sixty")
    editor.set(2, "cast", ["Mara"])
    editor.set(2, "dialogue", "Mara: Good morning\nGuest: One coffee, please")
    editor.set(2, "narration", "The first cup of the day")
    editor.set(2, "references", "mara.png\n\ncup.png")
    editor.set(2, "avoid", "crowds, neon; text")
    editor.set(2, "sound", "rain")
    scene = editor.storyboard.scenes[1]
    assert [(line.speaker, line.text) for line in scene.dialogue] == [
        ("Mara", "Good morning"),
        ("Guest", "One coffee, please"),
    ]
    assert (scene.references, scene.avoid) == (("mara.png", "cup.png"), ("crowds", "neon", "text"))
    assert (scene.narration, scene.sound) == ("The first cup of the day", "rain")
    card = editor.widget.state["scenes"][1]
    assert card["dialogue"] == "Mara: Good morning\nGuest: One coffee, please"
    assert (card["cast"], card["avoid"]) == (["Mara"], "crowds, neon, text")
    editor.set(2, "dialogue", "Good morning")
    assert "'Good morning' does not name a speaker; write each line as NAME: words" in editor.status
    editor.undo()
    editor.set(1, "cast.name", "Nora")
    named = editor.storyboard.scenes[1]
    assert (named.cast, named.dialogue[0].speaker) == (("Nora",), "Nora")
    scope = {"storyboard": storyboard}
    exec(editor.code, scope)
    assert scope["storyboard"] == editor.storyboard
    editor.remove_member(1)
    assert (editor.storyboard.cast, editor.storyboard.scenes[1].cast) == ((), ())
    with pytest.raises(InvalidInput, match=r"'Mara' is not in it; the cast is: nobody is"):
        editor.storyboard.without_member("Mara")


@pytest.mark.usefixtures("unpainted")
def test_a_scene_has_a_model_of_its_own(storyboard: Storyboard) -> None:
    editor = lotus.edit(storyboard, model="p-video")
    assert "seedance-2.0" in editor.widget.state["models"]
    before = editor.widget.state["price"]
    editor.set(2, "model", "seedance-2.0")
    assert editor.storyboard.scenes[1].model == "seedance-2.0"
    assert editor.widget.state["price"] != before
    assert editor.code == "storyboard = storyboard.with_scene(2, model='seedance-2.0')"
    editor.set(2, "model", "")
    assert editor.storyboard.scenes[1].model is None
    assert lotus.edit(storyboard).widget.state["models"] == []


@pytest.mark.usefixtures("unpainted")
def test_each_edit_is_taken_back_and_done_again(storyboard: Storyboard) -> None:
    editor = lotus.edit(storyboard)
    seen = [editor.storyboard]
    for act in (
        lambda: editor.set(1, "caption", "One"),
        lambda: editor.split(1),
        lambda: editor.remove(3),
    ):
        act()
        seen.append(editor.storyboard)
    for before in reversed(seen[:-1]):
        editor.undo()
        assert editor.storyboard == before
    editor.undo()  # nothing is left to take back
    assert (editor.code, editor.widget.state["can_undo"]) == ("", False)
    for after in seen[1:]:
        editor.redo()
        assert editor.storyboard == after
    assert editor.widget.state["can_redo"] is False


@pytest.mark.usefixtures("unpainted")
def test_what_the_page_sends_is_done_and_answered(storyboard: Storyboard) -> None:
    editor = lotus.edit(storyboard)
    change = {"scene": 1, "field": "caption", "value": "From the page"}
    editor.widget.command = {"action": "set", **change, "n": 7}
    assert editor.storyboard.scenes[0].caption == "From the page"
    assert editor.widget.status["answered"] == 7
    editor.widget.command = {"action": "set", **change, "value": "", "n": 8}
    assert editor.storyboard.scenes[0].caption is None
    editor.widget.command = {"action": "__class__", "n": 9}
    assert editor.widget.status["answered"] == 9


@pytest.mark.slow
def test_the_editor_previews_and_renders(tmp_path: Path) -> None:
    from lotus.media.probe import probe

    workspace = lotus.Workspace.open()
    board = lotus.plan(lotus.Brief(prompt=PROMPT, duration_seconds=5, fps="6", aspect_ratio="9:16"))
    editor = lotus.edit(board, workspace=workspace)
    for cached in (False, True):
        editor.preview(2)
        (tmp_path / "preview.mp4").write_bytes(editor.widget.preview)
        seen = probe(tmp_path / "preview.mp4")
        assert (seen.width, seen.height, editor.status) == (270, 480, "scene 2")
        assert float(seen.seconds) == pytest.approx(board.scenes[1].duration_seconds, abs=0.5)
        if not cached:
            editor.wait()
            assert not list(workspace.store.list("clips/")), "a look keeps nothing"
            editor.render()
            assert "rendered: editor.job is " in editor.status
    assert editor.job is not None
    assert editor.job.status == "completed"
    assert editor.code == "job = lotus.render(storyboard)"
    assert editor.widget.video == editor.job.output.read_bytes()
    assert editor.widget.status["rendering"] is False


@pytest.mark.usefixtures("unpainted")
def test_the_editor_says_what_cannot_be_and_keeps_what_was(storyboard: Storyboard) -> None:
    editor = lotus.edit(storyboard)
    editor.set(1, "description", "")
    assert "scene 1, description" in editor.status
    editor.move(1, 0)
    assert editor.storyboard == storyboard
    assert editor.code == ""
    with pytest.raises(InvalidInput, match=r"plan it first: lotus\.edit\(lotus\.plan\(brief\)\)"):
        lotus.edit(storyboard.brief)  # type: ignore[arg-type]


def test_documents_of_commands_keep_their_shape(tmp_path: Path) -> None:
    assert documents.lost("commands", documents.of_commands(tmp_path)) == []


@pytest.mark.usefixtures("unpainted")
def test_what_is_not_valid_stays_in_sight_and_is_not_rendered(storyboard: Storyboard) -> None:
    editor = lotus.edit(storyboard)
    editor.set(2, "caption", "Open from six")
    editor.set(2, "caption", "x" * 201)
    [wrong] = editor.widget.state["invalid"]
    assert (wrong["scene"], wrong["field"], wrong["value"]) == (2, "caption", "x" * 201)
    assert editor.storyboard.scenes[1].caption == "Open from six"
    assert "scene 2, caption: has more than 200 characters" in editor.status
    assert "scenes[" not in editor.status
    editor.set(1, "camera", "orbit")
    assert "scene 2, caption" in editor.status, "an error stays until it is mended"
    editor.render()
    assert editor.job is None
    editor.set(2, "caption", "Open from six")
    assert editor.widget.state["invalid"] == []
    assert "has more" not in editor.status, "an error that was mended goes away"
    editor.set(2, "duration_seconds", "long")
    editor.undo()
    assert editor.widget.state["invalid"] == [], "to undo takes back what is not valid first"
    assert editor.storyboard.scenes[0].camera == "orbit"


def test_a_saved_notebook_shows_the_board_and_how_to_revive_it(storyboard: Storyboard) -> None:
    editor = lotus.edit(storyboard.with_scene(1, description=HOSTILE))
    editor.wait()
    shown = editor._picture()
    assert shown["text/html"].count("<img alt='scene ") == len(storyboard.scenes)
    assert "To edit it again, run this cell." in shown["text/html"]
    assert "<script" not in shown["text/html"]
    assert shown["text/plain"] == repr(editor)


@pytest.mark.usefixtures("unpainted")
def test_colab_shows_the_board_and_without_widgets_there_is_html(
    storyboard: Storyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    from anywidget import _util

    calls: list[str] = []
    colab = types.ModuleType("google.colab.output")
    vars(colab)["enable_custom_widget_manager"] = lambda: calls.append("enabled")
    monkeypatch.setitem(sys.modules, "google.colab.output", colab)
    _util.enable_custom_widget_manager_once.cache_clear()
    editor = lotus.edit(storyboard)
    _util.enable_custom_widget_manager_once.cache_clear()
    assert calls == ["enabled"], "Colab shows widgets of others only if somebody asks for it"
    html = editor._picture()["text/html"]
    for forbidden in ("<script", "<style", "<link", "<iframe", "http:", "https:", " on"):
        assert forbidden not in html.split("<p>A storyboard")[0], forbidden
