"""The edit loop of a notebook: another scene, what is different, and how things show themselves."""

from __future__ import annotations

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
from lotus.pipeline.attempt import Event
from lotus.pipeline.job import Job, SceneResult
from tests import documents

PROMPT = "A small coffee roaster opens at dawn in a harbour town. Steam, warm light, the first cup."
HOSTILE = "<script>alert(1)</script> & 'quoted'"


@pytest.fixture(scope="module")
def storyboard() -> Storyboard:
    brief = lotus.Brief(prompt=PROMPT, duration_seconds=15, brand=lotus.Brand(name=HOSTILE))
    return lotus.plan(brief)


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
        InvalidInput, match=r"scenes\[0\]\.captoin: is not a field; did you mean 'caption'"
    ):
        storyboard.with_scene(1, captoin="x")
    with pytest.raises(InvalidInput, match=r"scenes\[0\]\.camera"):
        storyboard.with_scene(1, camera="upside_down")
    with pytest.raises(WorkError, match="was not planned"):
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


def test_the_editor_does_what_its_code_does(storyboard: Storyboard) -> None:
    from lotus.notebook.editor import edit

    editor = edit(storyboard)
    caption = editor.rows.children[1].children[2]
    caption.value = "Open"
    caption.value = "Open from six"
    editor.rows.children[0].children[3].value = "orbit"
    editor.rows.children[0].children[5].click()
    scope = {"storyboard": storyboard}
    exec(editor.code, scope)
    assert scope["storyboard"] == editor.storyboard
    assert editor.code.splitlines() == [
        "storyboard = storyboard.with_scene(2, caption='Open from six')",
        "storyboard = storyboard.with_scene(1, camera='orbit')",
        "storyboard = storyboard.moved(1, 2)",
    ]
    assert editor.rows.children[0].children[2].value == "Open from six"
    assert (
        f"{len(storyboard.scenes)} of {len(storyboard.scenes)} clips to make" in editor.status.value
    )
    assert editor.button.description == "Render for $0.00"


@pytest.mark.slow
def test_the_editor_previews_and_renders(tmp_path: Path) -> None:
    from lotus.media.probe import probe
    from lotus.notebook.editor import edit

    workspace = lotus.Workspace.open()
    board = lotus.plan(lotus.Brief(prompt=PROMPT, duration_seconds=5, fps="6", aspect_ratio="9:16"))
    editor = edit(board, workspace=workspace)
    for cached in (False, True):
        editor.preview(2)
        video, label = editor.look.children
        (tmp_path / "preview.mp4").write_bytes(video.value)
        seen = probe(tmp_path / "preview.mp4")
        assert (seen.width, seen.height, label.value) == (270, 480, "scene 2")
        assert float(seen.seconds) == pytest.approx(board.scenes[1].duration_seconds, abs=0.5)
        if not cached:
            assert not list(workspace.store.list("clips/")), "a look keeps nothing"
            editor.button.click()
            assert "rendered: editor.job is " in editor.status.value
    assert editor.job is not None
    assert editor.job.status == "completed"
    assert editor.code == "job = lotus.render(storyboard)"
    assert editor.button.disabled is False


def test_the_editor_says_what_cannot_be_and_keeps_what_was(storyboard: Storyboard) -> None:
    from lotus.notebook.editor import edit

    editor = edit(storyboard)
    editor.set(1, "description", "")
    assert "scene 1, description" in editor.status.value
    editor.move(1, 0)
    assert editor.storyboard == storyboard
    assert editor.code == ""


def test_documents_of_commands_keep_their_shape(tmp_path: Path) -> None:
    assert documents.lost("commands", documents.of_commands(tmp_path)) == []


def test_the_editor_shows_what_will_be_rendered(storyboard: Storyboard) -> None:
    from lotus.notebook.editor import edit

    editor = edit(storyboard)
    caption = editor.rows.children[1].children[2]
    caption.value = "Open from six"
    caption.value = "x" * 201
    assert caption.value == "Open from six", "an invalid text does not stay"
    assert editor.storyboard.scenes[1].caption == "Open from six"
    assert "scene 2, caption: has more than 200 characters" in editor.status.value
    assert "scenes[" not in editor.status.value
    editor.set(2, "caption", "Open from six")
    assert "has more" not in editor.status.value, "an error that was mended goes away"
