"""Where a video comes from: tags of its file, a bundle, and the same bytes again elsewhere."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lotus
from lotus.errors import InvalidInput
from lotus.media.ffmpeg import FFmpeg
from lotus.providers.functions import _REGISTERED
from tests.driving import inside, patterns

SMALL = {"prompt": "Two colours, one after the other", "fps": "2", "duration_seconds": 5}
SCENES = [{"description": "A red field at dawn"}, {"description": "A blue field at night"}]
SECRET = "r8_thisisasecrettokenofsomebodyelse"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Fields of one colour by a function: no other machine can make its clips."""

    @lotus.provider("colours", version="3")
    def colours(seed: int, frames: int) -> Any:
        return np.full((frames, 36, 64, 3), seed * 40 % 256, np.uint8)

    yield
    _REGISTERED.clear()


def board(**fields: Any) -> lotus.Storyboard:
    return lotus.plan(lotus.Brief(**{**SMALL, "scenes": SCENES, "aspect_ratio": "1:1", **fields}))


def test_a_video_says_what_made_it_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", SECRET)
    brief = patterns(tmp_path)
    job = lotus.render(brief)
    job.save("ad.mp4")
    origin = lotus.provenance("ad.mp4")
    assert origin.lotus == lotus.__version__
    assert origin.ffmpeg == lotus.environment()["ffmpeg"]
    assert origin.prompt == json.loads(brief.read_text())["prompt"]
    digest = hashlib.sha256((tmp_path / "pattern.mp4").read_bytes()).hexdigest()
    assert origin.files == (f"{digest}.mp4",)
    assert [(clip.scene, clip.provider, clip.hosted) for clip in origin.clips] == [
        (1, "footage", False),
        (2, "footage", False),
        (3, "footage", False),
    ]
    content = Path("ad.mp4").read_bytes()
    assert SECRET.encode() not in content
    assert str(tmp_path).encode() not in content
    listing = FFmpeg().ask("-hide_banner", "-i", "ad.mp4", "-f", "ffmetadata", "-")
    assert f"description=Made with lotus {lotus.__version__}" in listing
    shown = inside("show", "ad.mp4")
    assert shown.code == 0
    assert origin.prompt in shown.out
    assert json.loads(inside("show", "ad.mp4", "--json").out)["lotus"] == lotus.__version__


def test_what_is_drawn_is_drawn_again_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = lotus.render(board())
    job.save("ad.mp4")
    monkeypatch.setenv("LOTUS_HOME", str(tmp_path / "another machine"))
    again = lotus.reproduce("ad.mp4")
    assert (again.identical, again.same_media, again.differences) == (True, True, ())
    assert again.output.name == "ad-again.mp4"
    assert Path("ad-again.mp4").read_bytes() == Path("ad.mp4").read_bytes()
    assert str(again) == "ad-again.mp4: the same bytes"
    assert list(lotus.jobs().job_id) == []  # it was made apart from all jobs


def test_equal_pictures_of_another_prompt_say_their_own(tmp_path: Path) -> None:
    brief = json.loads(patterns(tmp_path).read_text())
    brief["scenes"] = [
        {**scene, "source": str(tmp_path / "pattern.mp4")} for scene in brief["scenes"]
    ]
    first = lotus.plan(brief)
    prompt = "Another prompt over the very same test patterns"
    second = first.model_copy(update={"brief": first.brief.model_copy(update={"prompt": prompt})})
    job, other = lotus.render(first), lotus.render(second)
    assert other.segments["rendered"] == 0
    assert other.output is not None
    assert lotus.provenance(other.output).prompt.startswith("Another prompt")
    assert job.output is not None
    assert lotus.provenance(job.output).prompt == brief["prompt"]


def test_a_bundle_holds_the_files_and_the_clips_that_nobody_else_can_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: None
) -> None:
    source = json.loads(patterns(tmp_path).read_text())["scenes"][0]
    mixed = [{**source, "source": str(tmp_path / "pattern.mp4")}, *SCENES]
    job = lotus.render(board(scenes=mixed), provider="colours")
    job.save("ad.mp4")
    bundle = job.bundle("ad.zip")
    assert job.bundle("same.zip").read_bytes() == bundle.read_bytes()
    with pytest.raises(InvalidInput, match=r"scene 2: its clip is by colours colours 3, which"):
        lotus.reproduce("ad.mp4")
    (tmp_path / "pattern.mp4").unlink()
    _REGISTERED.clear()
    monkeypatch.setenv("LOTUS_HOME", str(tmp_path / "another machine"))
    again = lotus.reproduce("ad.zip", out="again.mp4")
    assert again.identical
    assert Path("again.mp4").read_bytes() == Path("ad.mp4").read_bytes()
    assert lotus.provenance("ad.zip") == lotus.provenance("again.mp4")


@pytest.mark.slow
def test_a_reproduction_says_what_is_not_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    job = lotus.render(board())
    job.save("ad.mp4")
    monkeypatch.setattr(lotus, "__version__", "9.9")
    again = lotus.reproduce("ad.mp4")
    assert (again.identical, again.same_media) == (False, True)
    assert str(again) == (
        "ad-again.mp4: the same pictures and sound in another file; "
        f"lotus is '9.9' instead of '{job_version(job)}'"
    )


def job_version(job: lotus.Job) -> str:
    assert job.output is not None
    return lotus.provenance(job.output).lotus


def test_a_bundle_of_a_stranger_opens_no_file_of_this_machine(
    tmp_path: Path, elsewhere: None
) -> None:
    job = lotus.render(board(), provider="colours")
    assert job.output is not None
    private = tmp_path / "private.png"
    private.write_bytes(b"mine")
    document = lotus.provenance(job.output).model_dump(mode="json")
    document["storyboard"]["scenes"][0]["source"] = str(private)
    forged = lotus.provenance(job.output).model_validate(document)
    with pytest.raises(InvalidInput, match="names a file of another machine"):
        forged.document(lambda name: name)
    with zipfile.ZipFile("bad.zip", "w") as archive:
        archive.write(job.output, "video.mp4")
        archive.writestr("../../escaped.txt", "out")
        archive.writestr(f"files/{'0' * 64}.png", "not what its name says")
    with pytest.raises(InvalidInput, match="is not the file that its name says"):
        lotus.reproduce("bad.zip")
    assert not list(tmp_path.rglob("escaped.txt"))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("none.mp4", "none.mp4: is not a file; name a video that lotus made, or its bundle"),
        ("note.mp4", "note.mp4: is not a readable video; name a video that lotus made"),
        ("other.zip", "other.zip: cannot be read as a .zip; write it again: job.bundle('ad.zip')"),
    ],
)
def test_files_that_say_nothing_are_named(name: str, line: str) -> None:
    Path("note.mp4").write_text("a note")
    Path("other.zip").write_text("no zip")
    with pytest.raises(InvalidInput) as failure:
        lotus.reproduce(name)
    assert failure.value.python_text == line
