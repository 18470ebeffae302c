"""Cuts for editing suites: written, read by an independent reader, and read back."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

import lotus
from lotus.api.interchange import export
from lotus.composition.layout import Layout, lay_out
from lotus.errors import InvalidInput
from lotus.interchange.cut import frame_of, timecode
from lotus.interchange.reading import read_cut
from lotus.rendering.renderer import Renderer
from lotus.settings import Settings
from tests.clips import ffmpeg, numbered, numbers

SIZE = (96, 54)
FORMATS = ("otio", "edl", "fcpxml", "xml")
RATES = ("24", "24000/1001", "30000/1001", "60000/1001")
OTIO = pytest.importorskip("opentimelineio", reason="it has no build for this Python")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of numbered frames at 24 a second, one with sound, music, and a logo."""
    place = tmp_path_factory.mktemp("cut sources")  # a space, as people's folders have
    for tag, name in enumerate(("one", "two", "three")):
        numbered(place / f"{name}.mp4", 120, Fraction(24), SIZE, tag=tag)
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=8", "-ac", 2, place / "music.wav")
    tone = ("-f", "lavfi", "-i", "sine=880:d=5", "-ac", 2, "-c:v", "copy", "-c:a", "aac")
    ffmpeg("-i", place / "two.mp4", *tone, place / "loud.mp4")
    Image.new("RGBA", (64, 32), (224, 142, 69, 255)).save(place / "logo.png")
    return place


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> lotus.Workspace:
    home = tmp_path_factory.mktemp("home")
    return lotus.Workspace(Settings.read(LOTUS_HOME=home))


def timeline(folder: Path, rate: str = "24", **more: Any) -> lotus.Timeline:
    """Three clips with a dissolve, a slide, handles, captions, music and a clip's own sound."""
    frame = float(1 / Fraction(rate))
    clips = [
        {"source": "one.mp4", "start_seconds": 10 * frame, "duration_seconds": 40 * frame},
        {"source": "loud.mp4", "start_seconds": 12 * frame, "duration_seconds": 45 * frame},
        {"source": "three.mp4", "start_seconds": 6 * frame, "duration_seconds": 30 * frame},
    ]
    clips[0] |= {"transition": {"kind": "dissolve", "duration_seconds": 9 * frame}, "volume": 0}
    clips[1] |= {"transition": {"kind": "slide", "duration_seconds": 6 * frame}, "volume": 0.5}
    clips[2] |= {"volume": 0}
    for clip in clips:
        clip["source"] = str(folder / str(clip["source"]))
    captions = [
        {"text": "First & light\nat \"dawn\"", "start_seconds": 0.5, "end_seconds": 1.25},
        {"text": "Até já, ночь", "start_seconds": 1.5, "end_seconds": 2.5, "style": "title"},
    ]
    music = {"source": str(folder / "music.wav"), "volume": 0.8, "fade_out_seconds": 0.5}
    document = {
        "width": SIZE[0],
        "height": SIZE[1],
        "fps": rate,
        "clips": clips,
        "captions": captions,
        "audio": [music],
        **more,
    }
    return lotus.Timeline.model_validate(document)


def layout(line: lotus.Timeline) -> Layout:
    return lay_out(line, {})


def places(line: lotus.Timeline) -> list[tuple[int, int, int, int, int]]:
    """Where each clip stands and where it begins in its file, in frames."""
    placed = layout(line)
    return [
        (
            clip.at_frame,
            clip.frames,
            clip.overlap_before,
            clip.overlap_after,
            round(clip.start * placed.rate),
        )
        for clip in placed.clips
    ]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_cut_comes_back_with_every_clip_at_its_frame(
    suffix: str, rate: str, folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    line = timeline(folder, rate)
    done = export(line, tmp_path / f"cut.{suffix}", workspace=workspace)
    assert done.frames == layout(line).frames == 100
    back, _ = read_cut(done.output, workspace.cache)
    assert back.fps == Fraction(rate)
    assert places(back) == places(line)
    assert (back.width, back.height) == SIZE
    assert all(Path(clip.source).parent == done.media for clip in back.clips)
    assert [clip.transition.kind for clip in back.clips[:2]] == [
        "dissolve",
        "slide" if suffix == "otio" else "dissolve",
    ]
