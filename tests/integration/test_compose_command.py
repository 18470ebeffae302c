"""`lotus compose` as an editor uses it: explain, drafts, subtitles, previews, and watching the
files.
"""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import lotus
from lotus.api.timelines import Composition
from lotus.api.watch import watch
from lotus.errors import LotusError
from tests.clips import ffmpeg
from tests.driving import eventually, inside, start, strays

SIZE = {"width": 192, "height": 108, "fps": "24"}


@pytest.fixture
def timeline(tmp_path: Path) -> Path:
    """Two clips with a dissolve, a caption and a bed."""
    for name, hue in (("a.mp4", 0), ("b.mp4", 120)):
        picture = f"testsrc2=s=192x108:r=24:d=3,hue=h={hue}"
        ffmpeg(
            "-f", "lavfi", "-i", picture, "-c:v", "libx264", "-preset", "veryfast", tmp_path / name
        )
    fade = {"kind": "dissolve", "duration_seconds": 0.5}
    clips = [{"source": "a.mp4", "transition": fade}, {"source": "b.mp4"}]
    captions = [{"text": "First light", "start_seconds": 0.5, "end_seconds": 2}]
    document = {**SIZE, "clips": clips, "captions": captions, "audio": [{"source": "bed:calm"}]}
    path = tmp_path / "timeline.json"
    path.write_text(json.dumps(document))
    return path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def explained(timeline: Path, *options: str) -> Any:
    said = inside("compose", timeline, "--explain", "--json", *options)
    assert said.code == 0
    return said.json


def test_explain_says_what_will_be_rendered_and_renders_nothing(timeline: Path, home: Path) -> None:
    document = explained(timeline)
    assert document["to_render"] == {
        "segments": len(document["segments"]),
        "frames": document["frames"],
    }
    assert sum(segment["frames"] for segment in document["segments"]) == document["frames"] == 132
    assert [s["clips"] for s in document["segments"]][-2:] == [["a.mp4", "b.mp4"], ["b.mp4"]]
    assert not (home / "store" / "segments").exists()


def test_explain_names_the_field_that_changed_and_compose_renders_just_that(
    timeline: Path, tmp_path: Path
) -> None:
    assert inside("compose", timeline, "-o", tmp_path / "out.mp4").code == 0
    assert explained(timeline)["to_render"]["segments"] == 0
    edit(timeline, "First light", "Last light")
    edit(timeline, "bed:calm", "bed:bright")
    document = explained(timeline)
    changed = [s["changed"] for s in document["segments"] if s["status"] == "to render"]
    assert changed == [["captions[0].text"]]
    assert document["sound"]["changed"] == ["cues[2].source"]
    made = inside("compose", timeline, "-o", tmp_path / "out.mp4", "--json").json
    assert made["segments"]["rendered"] == document["to_render"]["segments"] == 1
    assert made["segments"]["total"] == len(document["segments"])


def test_explain_is_readable(timeline: Path) -> None:
    said = inside("compose", timeline, "--explain")
    assert "a.mp4 dissolve b.mp4" in said.out
    assert "is new: nothing like it was rendered before" in said.out
    assert "5 of 5 segments to render, 132 frames" in said.out


def test_a_draft_is_explained_as_it_is_made(timeline: Path, tmp_path: Path) -> None:
    inside("compose", timeline, "-o", tmp_path / "out.mp4")
    assert explained(timeline, "--draft")["to_render"]["segments"] == 5
    made = inside("compose", timeline, "-o", tmp_path / "draft.mp4", "--draft", "--json").json
    assert (made["width"], made["height"], made["frames"]) == (96, 54, 132)
    assert explained(timeline)["to_render"]["segments"] == 0


@pytest.mark.parametrize(
    ("name", "starts", "line"),
    [
        ("out.srt", "1\n", "00:00:00,500 --> 00:00:02,000"),
        ("out.vtt", "WEBVTT\n", "00:00:00.500 --> 00:00:02.000"),
    ],
)
def test_captions_are_written_as_subtitles_too(
    name: str, starts: str, line: str, timeline: Path, tmp_path: Path
) -> None:
    said = inside(
        "compose", timeline, "-o", tmp_path / "out.mp4", "--subtitles", tmp_path / name, "--draft"
    )
    assert said.code == 0
    text = (tmp_path / name).read_text()
    assert text.startswith(starts)
    assert line in text
    assert "First light" in text


@pytest.mark.parametrize(("name", "rate"), [("out.gif", 12.5), ("out.webp", 15)])
def test_a_preview_is_a_small_moving_picture_of_the_video(
    name: str, rate: float, timeline: Path, tmp_path: Path
) -> None:
    for out in (tmp_path / name, tmp_path / "out.mp4"):
        assert inside("compose", timeline, "-o", out).code == 0
    with av.open(str(tmp_path / "out.mp4")) as video:
        frames = np.stack(
            [f.to_ndarray(format="rgb24").astype(np.int16) for f in video.decode(video=0)]
        )
    with Image.open(tmp_path / name) as picture:
        assert picture.size == (192, 108)
        assert picture.info["loop"] == 0
        count = picture.n_frames
        lasts = 0.0
        for at in range(count):
            picture.seek(at)
            picture.load()
            if at % 9 == 0:
                off = np.abs(frames - np.asarray(picture.convert("RGB"))).mean(axis=(1, 2, 3))
                assert off.min() < 15
                assert abs(int(off.argmin()) - lasts * 24 / 1000) < 2
            lasts += picture.info["duration"]
    assert abs(count - 5.5 * rate) <= 1.5
    assert abs(lasts - 5500) <= 100


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["timeline.json"], "--out: is missing; say where to write: -o out.mp4"),
        (
            ["timeline.json", "-o", "o.mp4", "--watch", "--json"],
            "--watch: cannot be combined with --json",
        ),
        (
            ["timeline.json", "-o", "o.mp4", "--watch", "--explain"],
            "--watch: cannot be combined with --explain",
        ),
        (
            ["timeline.json", "-o", "o.mp4", "--subtitles", "o.txt"],
            "'.txt' is not a subtitle format that lotus writes; name it .srt or .vtt",
        ),
        (["timeline.json", "-o", "o.avi"], "'.avi' is not a kind of video that lotus writes"),
        (["nowhere.json", "-o", "o.mp4"], "nowhere.json: No such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_refused_in_one_line(
    args: list[str], says: str, timeline: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(timeline.parent)
    said = inside("compose", *args)
    assert said.code == 2
    assert says in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not home.exists()


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"duration_seconds": 0.5', '"duration_seconds": 4', "clips[0].transition"),
        ('"source": "b.mp4"', '"source": "nowhere.mp4"', "clips[1].source"),
        ('"end_seconds": 2', '"end_seconds": 0.1', "captions[0]"),
    ],
)
def test_a_mistake_in_a_timeline_is_named_with_its_file(
    old: str, new: str, field: str, timeline: Path
) -> None:
    edit(timeline, old, new)
    said = inside("compose", timeline, "-o", timeline.parent / "out.mp4")
    assert said.code == 2
    assert said.err.startswith(f"error: {timeline}: {field}")


# watching


class Editor:
    """Somebody who edits while lotus watches: one action each time lotus has nothing to do."""

    def __init__(self, *actions: Callable[[], None]) -> None:
        self.actions = list(actions)
        self.heard: list[Composition | LotusError] = []

    def wait(self) -> None:
        if not self.actions:
            raise KeyboardInterrupt
        self.actions.pop(0)()

    def watch(self, timeline: Path) -> bool:
        out = timeline.parent / "out.mp4"
        return watch(timeline, lambda: lotus.compose(timeline, out), self.heard.append, self.wait)


def nothing() -> None:
    """Look up and wait."""


def test_watching_renders_again_what_an_edit_touches(timeline: Path) -> None:
    editor = Editor(nothing, lambda: edit(timeline, "First light", "Last light"), nothing, nothing)
    assert editor.watch(timeline)
    assert [
        made.segments["rendered"] for made in editor.heard if isinstance(made, Composition)
    ] == [5, 1]


def test_watching_sees_a_source_that_changes(timeline: Path) -> None:
    source = timeline.parent / "b.mp4"
    editor = Editor(
        lambda: source.write_bytes((timeline.parent / "a.mp4").read_bytes()), nothing, nothing
    )
    assert editor.watch(timeline)
    assert len(editor.heard) == 2


def test_an_edit_that_is_still_being_written_is_waited_for(timeline: Path) -> None:
    text = timeline.read_text()
    editor = Editor(
        lambda: timeline.write_text(text[:50]),
        lambda: timeline.write_text(text[:99]),
        lambda: timeline.write_text(text.replace("First", "Last")),
        nothing,
        nothing,
    )
    assert editor.watch(timeline)
    assert not any(isinstance(what, LotusError) for what in editor.heard)
    assert len(editor.heard) == 2


def test_a_mistake_is_told_and_watching_goes_on(timeline: Path) -> None:
    editor = Editor(
        lambda: edit(timeline, "First light", "\\u0007"),
        nothing,
        nothing,
        lambda: edit(timeline, "\\u0007", "Mended"),
        nothing,
        nothing,
    )
    assert editor.watch(timeline)
    assert [isinstance(what, LotusError) for what in editor.heard] == [False, True, False]


def test_watching_that_ends_with_a_mistake_says_so(timeline: Path) -> None:
    timeline.write_text("{")
    assert not Editor(nothing).watch(timeline)


@pytest.mark.parametrize("good", [True, False])
def test_ctrl_c_ends_watching_and_the_exit_code_says_how_it_stands(
    good: bool, timeline: Path, home: Path
) -> None:
    if not good:
        edit(timeline, "b.mp4", "nowhere.mp4")
    child = start("compose", timeline, "-o", timeline.parent / "out.mp4", "--watch", home=home)
    lines: list[str] = []
    stream = child.stdout if good else child.stderr
    assert stream is not None
    reader = threading.Thread(target=lambda: lines.append(stream.readline()))
    reader.start()
    eventually(lambda: lines, "the first rendering is told")
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=30) == (0 if good else 1)
    child.communicate()
    assert ("5 of 5 segments rendered" in lines[0]) == good
    assert ("nowhere.mp4' is not there" in lines[0]) != good
    eventually(lambda: not strays(home), "its processes end")
