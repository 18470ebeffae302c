"""What a user hands in: examples are read, and everything wrong is one line that says
what to do.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lotus.cli import _example
from lotus.documents.brief import Brief
from lotus.documents.parsing import load_document, parse_yaml, read_model
from lotus.documents.reading import brief_from, load_request, load_timeline
from lotus.documents.scene import Look, Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput

PROMPT = "A small coffee roaster opens at dawn in a harbour town, steam and warm light everywhere."
BAD = {  # file -> the field that the line names, and a word of the remedy
    "colour.yaml": ("brand.colors[0]", "#rrggbb"),
    "duration.yaml": ("duration_seconds", "5 to 60"),
    "escape.yaml": ("scenes[0].source", "put a file there"),
    "missing-source.yaml": ("scenes[0].source", "put a file there"),
    "not-yaml.yaml": ("line", "close the bracket"),
    "unknown-field.yaml": ("durration_seconds", "did you mean 'duration_seconds'?"),
}


def _write(name: str, document: Any) -> str:
    text = json.dumps(document) if name.endswith(".json") else yaml.safe_dump(document)
    Path(name).write_text(text, encoding="utf-8")
    return name


def _refused(what: str, **overrides: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as raised:
        load_request(what, **overrides)
    line = str(raised.value)
    assert len(line.splitlines()) == 1, line
    assert raised.value.remedy, line
    return raised.value


def _outcome(read: Callable[[], object]) -> InvalidInput | None:
    try:
        read()
    except InvalidInput as error:
        return error
    return None


def _brief(what: str, **overrides: Any) -> Brief:
    found = load_request(what, **overrides)
    assert isinstance(found, Brief)
    return found


@pytest.fixture
def copied(examples: Path, tmp_path: Path) -> Path:
    """The examples, with something in place of every file that they name."""
    folder = tmp_path / "examples"
    shutil.copytree(examples, folder)
    for name in ("logo.png", "riders.mp4", "map.jpg", "track.wav", "a.mp4", "b.mov", "c.jpg"):
        (folder / name).touch()
    for name in ("music.wav", "voice.wav"):
        (folder / name).touch()
    return folder


def test_each_example_reads_as_it_stands(examples: Path) -> None:
    for path in examples.glob("*.yaml"):
        if path.name != "campaign.yaml":
            load_request(str(path))
    assert len(load_timeline(examples / "timeline.json").clips) == 3


def test_the_examples_are_there_without_a_clone(examples: Path) -> None:
    assert _example("lotus/examples/ad.yaml") == str(examples / "ad.yaml")
    assert _example("lotus/examples/mine.yaml") == "lotus/examples/mine.yaml"
    Path("lotus/examples").mkdir(parents=True)
    Path("lotus/examples/ad.yaml").touch()
    assert _example("lotus/examples/ad.yaml") == "lotus/examples/ad.yaml"


def test_the_ad_of_the_examples_is_read(copied: Path) -> None:
    brief = _brief(str(copied / "ad.yaml"))
    assert (brief.kind, brief.duration_seconds, brief.seed) == ("ad", 15, 7)
    assert brief.brand is not None
    assert brief.brand.name == "Aurora Coffee"


def test_paths_are_relative_to_the_file_that_names_them(copied: Path) -> None:
    footage = _brief(str(copied / "footage.yaml"))
    assert [scene.source for scene in footage.scenes] == [
        str(copied / "riders.mp4"),
        str(copied / "map.jpg"),
        None,
    ]
    assert footage.brand is not None
    assert footage.brand.logo == str(copied / "logo.png")
    assert _brief(str(copied / "music.yaml")).audio == str(copied / "track.wav")


def test_the_timeline_of_the_examples_is_read(copied: Path) -> None:
    timeline = load_timeline(copied / "timeline.json")
    assert [Path(clip.source).name for clip in timeline.clips] == ["a.mp4", "b.mov", "c.jpg"]
    assert all(Path(track.source).is_absolute() for track in timeline.audio)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("30s", "write 30"),
        ("3m", "write 180"),
        ("1.5 min", "write 90"),
        ("500ms", "write 0.5"),
        ("3 furlongs", "correct it, then run again"),
    ],
)
def test_a_number_with_a_unit_is_answered_in_seconds(text: str, remedy: str) -> None:
    """Who obeys the remedy must get what was meant."""
    with pytest.raises(InvalidInput) as failure:
        read_model(Brief, {"prompt": PROMPT, "duration_seconds": text}, file="b.yaml")
    assert str(failure.value).endswith(f"; {remedy}")


def test_yaml_needs_no_quotes_around_a_shape_or_a_time(tmp_path: Path) -> None:
    path = tmp_path / "brief.yaml"
    prompt = "prompt: A bakery opens at dawn, and the first customers wait outside in the rain"
    path.write_text(f"{prompt}\naspect_ratio: 9:16\ncta: Open 7:30\n")
    brief = load_request(str(path))
    assert isinstance(brief, Brief)
    assert (brief.aspect_ratio, brief.cta) == ("9:16", "Open 7:30")
    path.write_text(f"{prompt}\nduration_seconds: 0:45\n")
    with pytest.raises(InvalidInput, match="'0:45': should be a valid number; write seconds: 45"):
        load_request(str(path))
    numbers = {"a": 12, "b": -1.5, "c": 16, "d": 0.5, "e": True, "f": None, "g": "1:1"}
    assert parse_yaml("{a: 12, b: -1.5, c: 0x10, d: .5, e: yes, f: ~, g: 1:1}", "x") == numbers


def test_a_sentence_is_a_prompt() -> None:
    assert _brief("A small coffee roaster opens at dawn").prompt.startswith("A small")


def test_a_prompt_in_japanese_says_as_much_in_half_the_characters(tmp_path: Path) -> None:
    prompt = "港町の小さな珈琲店が夜明けに開く。湯気と暖かい光。"
    file = tmp_path / "a.yaml"
    file.write_text(f"prompt: {prompt}")
    assert (len(prompt), load_request(str(file)).prompt) == (25, prompt)  # type: ignore[union-attr]
    assert load_request("夜明けの港町").prompt == "夜明けの港町"  # type: ignore[union-attr]


def test_overrides_win_and_none_does_not_count() -> None:
    path = _write("a.yaml", {"prompt": PROMPT, "seed": 3})
    assert _brief(path, seed=9, style=None).seed == 9
    assert _brief(path, seed=None).seed == 3


def test_a_wrong_override_is_refused_like_a_wrong_field() -> None:
    assert "aspect_ratio" in str(_refused("A small coffee roaster opens", aspect_ratio="4:3"))


def test_a_file_with_a_byte_order_mark_is_read() -> None:
    Path("a.yaml").write_text(f"prompt: {PROMPT}\n", encoding="utf-8-sig")
    assert _brief("a.yaml").prompt == PROMPT


def test_a_storyboard_is_read_back_and_not_changed_from_outside() -> None:
    board = Storyboard(
        brief=Brief(prompt=PROMPT),
        look=Look(style="noir"),
        scenes=(Scene(description="A cup", duration_seconds=5),),
    )
    path = _write("board.json", board.model_dump(mode="json"))
    assert load_request(path) == board
    assert "storyboard's own brief" in str(_refused(path, seed=3))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.yaml", b"\xff\xfe\x00"),
        ("a.yaml", b""),
        ("a.yaml", b"- a\n- b\n"),
        ("a.yaml", b"just words"),
        ("a.yaml", b"a: !!python/object/apply:os.system ['true']"),
        ("a.yaml", b"? {a: b}\n: c"),
        ("a.yaml", b"prompt: 2024-99-99"),
        ("a.yaml", b"a: &a [*a]"),
        ("a.yaml", b"[" * 3_000),
        ("a.json", b"{"),
        ("a.json", b"[]"),
        ("a.json", b"[" * 200_000),
        ("a.json", b'{"seed": ' + b"9" * 5000 + b"}"),
        ("a.json", b'{"prompt": "\\ud800 and ten more characters"}'),
        ("a.json", b'{"prompt": {"a": 1}}'),
        ("a.json", b'{"prompt": null}'),
        ("a.json", b'{"": 1}'),
        ("a.yaml", b"1: 2\nprompt: 3"),
    ],
    ids=lambda part: part[:24].decode("latin-1") if isinstance(part, bytes) else part,
)
def test_whatever_is_in_a_file_is_refused_in_one_line(name: str, content: bytes) -> None:
    Path(name).write_bytes(content)
    assert str(_refused(name)).startswith(f"{name}: ")


@pytest.mark.parametrize(
    "what", ["not-there.yaml", "~nobody-of-that-name/a.yaml", "a\0b.yaml", "folder.yaml"]
)
def test_a_path_that_leads_nowhere_is_refused_in_one_line(what: str) -> None:
    Path("folder.yaml").mkdir()
    assert "check the path" in str(_refused(what))


def test_a_file_that_is_far_too_large_is_not_read() -> None:
    with Path("a.yaml").open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    assert "larger than 10 MiB" in str(_refused("a.yaml"))


def test_a_small_file_that_unfolds_into_a_huge_one_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    Path("a.yaml").write_text("\n".join([*lines, "prompt: *a11"]))
    assert "a0" in str(_refused("a.yaml")) or "prompt" in str(_refused("a.yaml"))


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"prompt": "Dawn at a roaster"}, "prompt: has 17 characters; a brief in a file needs 50"),
        ({"prompt": "港町の小さな珈琲店が夜明け"}, "has 13 characters, of which 13 count twice"),
        ({"prompt": "夜明け"}, "prompt: '夜明け': has fewer than 10 characters"),
        (
            {"prompt": PROMPT, "brand": {"nam": "B"}},
            "brand.nam: is not a field of a brand; did you mean 'name'?",
        ),
        (
            {"prompt": PROMPT, "scenes": [{"description": "a", "sorce": "b"}]},
            "did you mean 'source'?",
        ),
        (
            {"prompt": PROMPT, "zzz": 1},
            "zzz: is not a field of a brief; use one of the fields kind, prompt",
        ),
        (
            {"prompt": PROMPT, "scenes": [{}]},
            "scenes[0].description: field required; add the field",
        ),
        ({"prompt": PROMPT, "audio": "a.wav"}, "audio: belongs to a music video"),
        (
            {"prompt": PROMPT, "brand": {"name": "B", "logo": "no.png"}},
            "brand.logo: 'no.png' is not there",
        ),
        ({"prompt": PROMPT, "music": "no.wav"}, "music: 'no.wav' is not there"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_the_field_and_the_way_out_are_named(document: dict[str, Any], says: str) -> None:
    assert says in str(_refused(_write("a.yaml", document)))


def test_all_wrong_fields_and_all_missing_files_are_told_at_once() -> None:
    wrong = {"promt": PROMPT, "aspect_ratio": "4:5", "seed": -1, "brand": {"nam": "B"}}
    assert [line.split(": ")[1] for line in _refused(_write("a.yaml", wrong)).lines] == [
        "brand.nam",
        "promt",
        "aspect_ratio",
        "seed",
    ]
    gone = {"prompt": PROMPT, "brand": {"name": "B", "logo": "no.png"}, "reference": "gone.png"}
    error = _refused(_write("a.yaml", gone))
    assert [line.partition(" is not there")[0] for line in error.lines] == [
        "a.yaml: brand.logo: 'no.png'",
        "a.yaml: reference: 'gone.png'",
    ]
    assert all(line in str(error) for line in error.lines)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.json", '{"prompt": "A",\n "seed": 3\n', "line 2, column 11: is not JSON: a comma or"),
        ("a.json", '{"prompt": A}', "line 1, column 12: is not JSON: a value is missing"),
        ("a.json", "[1]", 'holds a list, not fields; write an object: {"name": value}'),
        ("a.yaml", "prompt: A small: roaster", 'in quotes, or correct the indentation: prompt: "A'),
        ("a.yaml", "prompt: @home", 'put the text in quotes: prompt: "@home"'),
        ("a.yaml", "prompt: A\n\tseed: 3", "line 2: is not YAML: a tab indents it; indent with"),
        ("a.yaml", 'prompt: "A\n', "line 1: is not YAML: a quote is not closed; close the quote"),
        ("a.yaml", "", "is empty"),
    ],
)
def test_bad_syntax_says_where_and_what_is_missing(name: str, text: str, says: str) -> None:
    Path(name).write_text(text)
    assert says in str(_refused(name))


@pytest.mark.parametrize(
    ("document", "read", "says"),
    [
        ({"brief": {}, "scenes": []}, load_timeline, "a storyboard, not a timeline; `lotus render"),
        ({"prompt": PROMPT}, load_timeline, "is a brief, not a timeline; `lotus render a.json`"),
        ({"clips": [], "fps": 24}, _brief, "is a timeline, not a brief or a storyboard; `lotus co"),
        ({"grid": {"seed": [1]}}, _brief, "is a manifest, not a brief or a storyboard; `lotus ba"),
        ({"unit": "clip", "grid": {}}, _brief, "is an experiment, not a brief or a storyboard"),
    ],
)
def test_a_document_of_another_kind_is_named_with_its_command(
    document: dict[str, Any], read: Callable[[Any], Any], says: str
) -> None:
    path = _write("a.json", document)
    with pytest.raises(InvalidInput, match=re.escape(says)):
        read(Path(path) if read is load_timeline else path)


@pytest.mark.parametrize(
    "source",
    [
        "http://host/a.mp4",
        "file:///etc/hosts",
        "concat:a|b",
        "~nobody-of-that-name/a",
        "folder",
        "a\0b",
        "x" * 5000,
    ],
)
def test_a_source_that_is_no_file_is_refused(source: str) -> None:
    Path("folder").mkdir()
    document = {"prompt": PROMPT, "scenes": [{"description": "a", "source": source}]}
    error = _refused(_write("a.json", document))
    assert error.facts["field"] == "scenes[0].source"
    assert len(str(error)) < 700


def test_a_timeline_may_name_beds_and_objects_of_the_store() -> None:
    document = {
        "fps": 24,
        "clips": [{"source": "store:clips/ab/abcd.mp4", "duration_seconds": 2}],
        "audio": [{"source": "bed:calm"}],
    }
    timeline = load_timeline(Path(_write("t.json", document)))
    assert timeline.clips[0].source == "store:clips/ab/abcd.mp4"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda value: (
        st.lists(value, max_size=3) | st.dictionaries(st.text(max_size=8), value, max_size=3)
    ),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from([*Brief.model_fields, "x"]), json_values, max_size=4))
def test_any_document_is_a_brief_or_one_line(document: dict[str, Any]) -> None:
    error = _outcome(lambda: brief_from({"prompt": PROMPT, **document}, file="a.yaml"))
    assert error is None or (len(error.message.splitlines()) == 1 and error.remedy)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(
    content=st.binary(max_size=60)
    | st.text(st.characters(codec="utf-8"), max_size=60).map(str.encode)
)
@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_any_bytes_are_a_document_or_one_line(name: str, content: bytes) -> None:
    Path(name).write_bytes(content)
    error = _outcome(lambda: load_document(Path(name)))
    assert error is None or len(error.message.splitlines()) == 1


def test_every_bad_example_has_its_line(bad_inputs: Path) -> None:
    assert {path.name for path in bad_inputs.iterdir()} == set(BAD)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_example_names_file_field_and_remedy(name: str, bad_inputs: Path) -> None:
    error = _refused(str(bad_inputs / name))
    field, remedy = BAD[name]
    assert error.facts["field"].startswith(field)
    assert remedy in str(error)
    assert name in str(error)


@pytest.mark.parametrize("command", ["plan", "estimate"])
def test_a_bad_example_leaves_no_trace(command: str, bad_inputs: Path, home: Path) -> None:
    code = "from lotus.cli import main; main()"
    path = bad_inputs / "unknown-field.yaml"
    done = subprocess.run(
        [sys.executable, "-c", code, command, str(path)],
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert not home.exists()
    assert list(Path.cwd().iterdir()) == []
