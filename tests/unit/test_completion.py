"""Completion after Tab: fields, values and names of models, in the call that is being typed."""

from __future__ import annotations

from typing import Any

import pytest

import lotus
from lotus.documents.describing import docstring_of
from lotus.notebook.candidates import completions_at
from lotus.notebook.completion import IDENTIFIER, register_completion

BRIEF = lotus.Brief(prompt="A small coffee roaster opens at dawn")
NAMES = {"lotus": lotus, "brief": BRIEF, "board": lotus.plan(BRIEF), "caption_of": 1, "x": 2}


def texts(code: str) -> list[str]:
    return completions_at(code, NAMES)[1]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("lotus.Brief(asp", ["aspect_ratio="]),
        ('lotus.Brief(prompt="a, (b", aspect_ratio="', ["16:9", "9:16", "1:1"]),
        ("lotus.Brief(aspect_ratio='16:", ["16:9"]),
        ("lotus.Brief(kind=", ["'ad'", "'music_video'"]),
        ('lotus.Brief(scenes=[{"cam', ["camera"]),
        ('lotus.Brief(brand={"', ["name", "colors", "logo", "font"]),
        ('lotus.Brief(\n    # (\n    scenes=[{}, {"camera": "pan', ["pan_left", "pan_right"]),
        ('lotus.Brief(music="', ["bright", "calm", "driving", "none"]),
        ("board.with_scene(2, cap", ["caption=", "caption_of"]),
        ('board.with_scene(2, transition={"kind": "dis', ["dissolve"]),
        ('board.with_scene(2, model="wan-2.7', ["wan-2.7-i2v"]),
        ('brief.replace(resolution="', ["720p", "1080p"]),
        ('lotus.render(board, model="sora', ["sora-2", "sora-2-pro"]),
        ('lotus.render(lotus.plan(brief, planner="', ["llm", "template"]),
        ('lotus.submit(board, provider="anim', ["animatic"]),
        ('lotus.jobs("comp', ["completed", "composing"]),
        ('lotus.costs(by="d', ["day"]),
        ('lotus.make("speech", model="speech', ["speech-02-turbo"]),
        ('lotus.render(board, callbacks=["ml', ["mlflow"]),
        ('lotus.Timeline(clips=[{"fit": "', ["cover", "contain", "blur"]),
        # nothing where lotus knows nothing
        ('lotus.Brief(prompt="', []),
        ('print("', []),
        ("lotus.Brief(seed=x + ", []),
        ('lotus.Brief(kind="ad")', []),
        ("# lotus.Brief(", []),
        ('nobody.Brief(kind="', []),
        ('board.nothing(kind="', []),
        ("lotus.Brief(**{'a", []),
    ],
)
def test_what_can_follow_is_offered(code: str, expected: list[str]) -> None:
    assert sorted(texts(code)) == sorted(expected)


def test_a_provider_of_a_cell_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    from lotus.providers import functions

    monkeypatch.setattr(functions, "_REGISTERED", {})
    lotus.provider("mine_of_a_cell", version="1")(lambda frames: None)
    assert texts('lotus.render(board, provider="mine') == ["mine_of_a_cell"]


def test_ipython_offers_what_lotus_knows() -> None:
    from IPython.core.completer import provisionalcompleter
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = InteractiveShell()
    shell.user_ns.update(NAMES)
    register_completion(shell)
    register_completion(shell)
    names = [getattr(one, "matcher_identifier", "") for one in shell.Completer.custom_matchers]
    assert names.count(IDENTIFIER) == 1
    code = 'lotus.Brief(prompt="x", aspect_ratio="16:'
    with provisionalcompleter():
        completions = list(shell.Completer.completions(code, len(code)))
    assert [(code[one.start : one.end], one.text) for one in completions] == [("16:", "16:9")]


@pytest.mark.parametrize(
    "model", [lotus.Brief, lotus.Brand, lotus.Scene, lotus.Storyboard, lotus.Timeline]
)
def test_each_field_is_explained(model: Any) -> None:
    names = list(model.model_fields)
    assert [name for name in names if not model.model_fields[name].description] == []
    summary, _, fields = (model.__doc__ or "").partition("\nParameters\n----------\n")
    assert summary.strip()
    assert [line.split(" : ")[0] for line in fields.split("\n") if line[:1] not in " "] == names
    schema = model.model_json_schema()
    assert schema["description"] == summary.strip()
    for part in [schema, *schema.get("$defs", {}).values()]:
        for name, field in part.get("properties", {}).items():
            assert field.get("description"), f"{part['title']}.{name}"


def test_types_and_limits_are_in_words() -> None:
    words = lotus.Brief.__doc__ or ""
    assert "prompt : text of at most 2000 characters\n" in words
    assert "aspect_ratio : '16:9', '9:16' or '1:1', default '16:9'\n" in words
    assert "fps : number, default 24\n    Frames a second" in words
    assert docstring_of("A thing.", {}) == "A thing.\n\nParameters\n----------"
