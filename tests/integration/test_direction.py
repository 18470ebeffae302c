"""Storyboards of version 2: what each model is sent, and what is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import lotus
from lotus.composition.assemble import assemble, clip_frames
from lotus.display.html import storyboard_bundle
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput
from lotus.generation.plan import plan_clips
from lotus.providers.replicate.provider import Replicate as ReplicateProvider
from lotus.store.uploads import replace_names, sources_in
from lotus.system.stop import Stop
from lotus.workspace import Workspace
from tests.driving import inside
from tests.replicate_server import Replicate

BRIEF = {"prompt": "A baker opens her shop before dawn", "duration_seconds": 8}
MODELS = ("p-video", "kling-v2.6", "kling-v3", "kling-v3-omni", "veo-3.1", "seedance-2.0-fast")


def board(folder: Path) -> Storyboard:
    """Two scenes, of which the first says all that a scene can say."""
    for i, name in enumerate(("begin.png", "end.png", "mara.png", "oven.png")):
        Image.new("RGB", (64, 36), (40 * i, 90, 120)).save(folder / name)
    directed = {
        "description": "Mara opens the oven",
        "duration_seconds": 4,
        "shots": [
            {"size": "medium_close_up", "angle": "low", "lens": "35mm", "seconds": 2},
            {"size": "close_up", "move": "slow dolly in", "description": "steam on her hands"},
        ],
        "cast": ["Mara"],
        "continuity": "same apron, now white with flour",
        "first_frame": str(folder / "begin.png"),
        "last_frame": str(folder / "end.png"),
        "references": [str(folder / "oven.png")],
        "dialogue": [{"speaker": "Mara", "text": "Five o'clock. They are ready."}],
        "sound": "a fire crackles",
        "narration": "Every morning begins here.",
        "avoid": ["mirrors", "phones"],
    }
    plain = {"description": "A street at dawn", "duration_seconds": 4}
    mara = {"name": "Mara", "description": "a baker of sixty, grey braid, blue apron"}
    return Storyboard.model_validate(
        {
            "brief": BRIEF,
            "look": {"style": "cinematic"},
            "cast": [{**mara, "references": [str(folder / "mara.png")]}],
            "scenes": [directed, plain],
        }
    )


def test_each_fact_reaches_each_model_or_is_said_to_be_left_out(
    replicate: Replicate, tmp_path: Path
) -> None:
    workspace = Workspace.open()
    storyboard = board(tmp_path)
    scene = storyboard.scenes[0]
    words = ("Mara: a baker of sixty", "Continuity: same apron", "Shot 1 (2 s): medium close up")
    words += ("low angle", "35mm lens", "slow dolly in: steam on her hands", "Sound: a fire")
    words += ("Mara says: \"Five o'clock",)
    for name in MODELS:
        provider = workspace.providers.get("replicate", name)
        assert isinstance(provider, ReplicateProvider)
        request = provider.request(scene, storyboard, 96, lambda path: path.name)
        provider.create(request, Stop())
        sent = list(replicate.account.made.values())[-1].input
        assert [part for part in words if part not in sent["prompt"]] == []
        assert "Every morning begins" not in sent["prompt"]
        facts = {one.fact: key for key, one in provider.model.takes.items()}
        lost = " ".join(provider.untaken(scene, storyboard))
        assert ("sound" in facts and sent[facts["sound"]] is True) != ("sound" in lost), name
        assert (facts.get("last_frame") in sent) != ("last_frame" in lost), name
        begun = facts.get("first_frame") in sent
        followed = len(sent.get(facts.get("reference_images"), ()))
        assert begun or followed == 2, name
        assert ("first_frame" in lost) == (not begun), name
        assert ("references" in lost) == ("cast" in lost) == (followed == 0), name
        apart = facts.get("negative")
        assert "mirrors, phones" in (sent[apart] if apart else sent["prompt"]), name


def test_an_estimate_says_what_a_model_cannot_take(replicate: Replicate, tmp_path: Path) -> None:
    path = tmp_path / "board.json"
    path.write_text(board(tmp_path).model_dump_json())
    said = inside("estimate", path, "--model", "kling-v2.6")
    assert "scene 1: kling-v2.6 does not take last_frame: it ends on no picture" in said.out
    found = inside("estimate", path, "--model", "veo-3.1", "--json").json["scenes"]
    assert found[0]["amount_usd"] == "1.60"  # four seconds with sound
    assert [line.split(":")[0] for line in found[0]["untaken"]] == ["references", "cast"]
    assert "untaken" not in found[1]


def test_a_directed_scene_is_heard_and_others_are_silent(tmp_path: Path) -> None:
    timeline = assemble(board(tmp_path), ["a.mp4", "b.mp4"])
    assert [clip.volume for clip in timeline.clips] == [1.0, 0.0]


def test_pictures_of_a_storyboard_are_found_beside_its_file(tmp_path: Path) -> None:
    document = json.loads(board(tmp_path).model_dump_json())
    relative = replace_names(document, lambda text: Path(text).name)
    assert len([field for field, text in sources_in(relative) if text.endswith(".png")]) == 4
    path = tmp_path / "board.json"
    path.write_text(json.dumps(relative))
    from lotus.documents.reading import load_request

    read = load_request(str(path))
    assert isinstance(read, Storyboard)
    assert read == board(tmp_path)
    relative["scenes"][0]["references"] = ["gone.png"]
    path.write_text(json.dumps(relative))
    with pytest.raises(InvalidInput, match=r"scenes\[0\].references\[0\]"):
        load_request(str(path))


def test_version_2_begins_with_the_first_fact_of_it(tmp_path: Path) -> None:
    plain: dict[str, Any] = {
        "brief": BRIEF,
        "look": {"style": "noir"},
        "scenes": [{"description": "A street", "duration_seconds": 8}],
    }
    storyboard = Storyboard.model_validate(plain)
    assert storyboard.version == 1
    assert set(storyboard.model_dump()) == {"version", "brief", "look", "scenes"}
    told = storyboard.with_scene(1, sound="rain on tin")
    assert told.version == 2
    assert Storyboard.model_validate_json(told.model_dump_json()) == told
    with pytest.raises(InvalidInput, match="'Otto' is not in the storyboard's cast"):
        storyboard.with_scene(1, cast=["Otto"])


def test_what_people_and_voices_say_in_a_prompt_is_dialogue_and_narration() -> None:
    prompt = 'Anna: "Are you coming?" Ben: "Five minutes!" Anna closes the door. Narrator: So late.'
    scenes = lotus.plan(lotus.Brief(prompt=prompt)).scenes
    lines = [(line.speaker, line.text) for scene in scenes for line in scene.dialogue]
    assert lines == [("Anna", "Are you coming?"), ("Ben", "Five minutes!")]
    assert [scene.narration for scene in scenes if scene.narration] == ["So late"]
    assert scenes[0].description == "Anna"


def test_boards_of_a_directed_scene_are_the_boards_of_its_words(
    workspace: Workspace, tmp_path: Path
) -> None:
    storyboard = board(tmp_path)
    plain = storyboard.model_copy(
        update={
            "scenes": tuple(
                s.model_copy(update={"shots": (), "sound": None}) for s in storyboard.scenes
            )
        }
    )
    plans = plan_clips(storyboard, workspace.store, workspace.providers)
    assert [p.key for p in plans] == [
        p.key for p in plan_clips(plain, workspace.store, workspace.providers)
    ]
    assert any("dialogue" in line for line in plans[0].untaken)
    assert len(clip_frames(storyboard)) == 2
    assert "Mara: Five o" in storyboard_bundle(storyboard)["text/html"]
