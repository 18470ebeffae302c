"""Cuts for editing suites: written, read by an independent reader, and read back."""

from __future__ import annotations

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
    slide = {"kind": "slide", "duration_seconds": 6 * frame}
    clips[1] |= {"transition": slide, "volume": 0.5, "duck": True}
    clips[2] |= {"volume": 0}
    for clip in clips:
        clip["source"] = str(folder / str(clip["source"]))
    captions = [
        {"text": 'First & light\nat "dawn"', "start_seconds": 0.5, "end_seconds": 1.25},
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


def composed(source: Any, out: Path, workspace: lotus.Workspace) -> list[int]:
    return numbers(lotus.compose(source, out, workspace=workspace).output)


@pytest.mark.parametrize("suffix", ["otio", "xml"])
def test_a_cut_that_comes_back_shows_the_same_frames(
    suffix: str, folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    """A photo that moves, another speed and a fit that crops are in the files of their clips."""
    ffmpeg("-i", folder / "one.mp4", "-vf", "crop=54:54", tmp_path / "square.mp4")
    clips = [
        {"source": str(folder / "one.mp4"), "start_seconds": 1, "end_seconds": 2},
        {"source": str(folder / "two.mp4"), "duration_seconds": 1, "speed": 2},
        {"source": str(folder / "logo.png"), "duration_seconds": 0.5, "camera": "zoom_in"},
        {"source": str(tmp_path / "square.mp4"), "duration_seconds": 0.5, "fit": "cover"},
    ]
    line = timeline(folder, clips=clips, captions=[])
    done = export(line, tmp_path / f"cut.{suffix}", workspace=workspace)
    before = composed(line, tmp_path / "before.mp4", workspace)
    after = composed(done.output, tmp_path / "after.mp4", workspace)
    assert before[:48] == [*range(24, 48), *range(256, 304, 2)]
    assert after == before
    assert [line.split(":")[0] for line in done.not_held[:3]] == ["clip 2", "clip 3", "clip 4"]


def test_a_cut_of_otio_keeps_what_lotus_alone_reads(
    folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    logo = {"source": str(folder / "logo.png"), "start_seconds": 1, "end_seconds": 2}
    line = timeline(folder, overlays=[logo], background="#1b3a4b")
    done = export(line, tmp_path / "cut.otio", workspace=workspace)
    back, left_out = read_cut(done.output, workspace.cache)
    assert left_out == ()
    assert back.captions == line.captions
    assert back.background == line.background
    assert [(t.volume, t.fade_out_seconds) for t in back.audio] == [(0.8, 0.5)]
    assert [(clip.volume, clip.duck) for clip in back.clips] == [(0, 0), (0.5, True), (0, 0)]
    [over] = back.overlays
    assert (over.start_seconds, over.end_seconds, over.width_fraction) == (1, 2, 1)


@pytest.mark.parametrize("suffix", ["fcpxml", "xml"])
def test_words_levels_and_fades_come_back(
    suffix: str, folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    line = timeline(folder)
    done = export(line, tmp_path / f"cut.{suffix}", workspace=workspace)
    back, _ = read_cut(done.output, workspace.cache)
    assert [caption.text for caption in back.captions] == [c.text for c in line.captions]
    for was, now in zip(line.captions, back.captions, strict=True):
        assert abs(now.start_seconds - was.start_seconds) < 1 / 24
        assert abs(now.end_seconds - was.end_seconds) < 1 / 24
    [music] = back.audio
    assert music.volume == pytest.approx(0.8, abs=0.001)
    assert music.fade_out_seconds == pytest.approx(0.5, abs=0.03)
    assert [clip.volume for clip in back.clips] == pytest.approx([0, 0.5, 0], abs=0.001)


def read_by_others(path: Path) -> Any:
    """A cut as OpenTimelineIO and its adapters read it."""
    how = {"rate": 24} if path.suffix == ".edl" else {}
    return OTIO.adapters.read_from_file(str(path), **how)


@pytest.mark.parametrize("suffix", ["otio", "edl", "xml"])
def test_others_read_the_same_cut(
    suffix: str, folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    line = timeline(folder)
    done = export(line, tmp_path / f"cut.{suffix}", workspace=workspace)
    seen = read_by_others(done.output)
    track = seen.video_tracks()[0]
    assert track.duration().to_frames() == 100
    clips = list(track.find_clips())
    transitions = [one for one in track if isinstance(one, OTIO.schema.Transition)]
    assert [t.in_offset.value + t.out_offset.value for t in transitions] == [9, 6]
    expected = layout(line).clips
    for clip, placed in zip(clips, expected, strict=True):
        at = clip.range_in_parent().start_time.to_frames()
        middle = placed.overlap_before // 2 if suffix != "edl" else 0
        assert at == placed.at_frame + middle
        if suffix != "edl":  # its reader gives a dissolve the file of the clip before
            path = Path(unquote(urlsplit(clip.media_reference.target_url).path))
            assert path.is_file()
            known = clip.media_reference.available_range
            used = clip.source_range
            tail = placed.overlap_after - placed.overlap_after // 2
            assert used.start_time.to_frames() == round(placed.start * 24) + middle
            assert used.start_time.to_frames() - middle >= known.start_time.to_frames()
            end = used.end_time_exclusive().to_frames() + tail
            assert end <= known.end_time_exclusive().to_frames(), "a handle is not there"
    names = [clip.name for clip in clips]
    assert len(set(names)) == len(names)
    assert len(seen.audio_tracks()) == (0 if suffix == "edl" else 2)
    if suffix != "edl":
        marked = [marker.name for marker in seen.tracks.markers]
        assert marked == ['First & light at "dawn"', "Até já, ночь"]


def test_an_edl_counts_as_its_rate_does(
    folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    done = export(timeline(folder, "30000/1001"), tmp_path / "cut.edl", workspace=workspace)
    lines = done.output.read_text().splitlines()
    assert lines[1] == "FCM: DROP FRAME"
    events = [line for line in lines if re.match(r"\d{3} ", line)]
    assert events[0].split()[3:] == [
        "C",
        "00:00:00;10",
        "00:00:01;11",
        "00:00:00;00",
        "00:00:01;01",
    ]
    assert events[2].split()[3:5] == ["D", "009"]
    other = export(timeline(folder), tmp_path / "film.edl", workspace=workspace)
    assert "FCM: NON-DROP FRAME" in other.output.read_text()


def test_timecode_leaves_out_two_numbers_a_minute_but_every_tenth() -> None:
    rate = Fraction(30_000, 1001)
    # SMPTE ST 12-1: an hour of drop-frame timecode is 107,892 frames
    shown = {1799: "00:00:59;29", 1800: "00:01:00;02", 17_982: "00:10:00;00"}
    assert {frame: timecode(frame, rate) for frame in shown} == shown
    assert timecode(107_892, rate) == "01:00:00;00"
    assert timecode(2 * 107_892, 2 * rate) == "01:00:00;00"
    assert timecode(86_400, Fraction(24_000, 1001)) == "01:00:00:00"
    for step in (rate, 2 * rate, Fraction(25)):
        for frame in (0, 1799, 1800, 17_981, 17_982, 123_456):
            assert frame_of(timecode(frame, step), step) == frame


def fcpxml_of(done: Any) -> ET.Element:
    return ET.fromstring(done.output.read_text().split("<!DOCTYPE fcpxml>")[1])


@pytest.mark.parametrize("rate", ["30000/1001", "24"])
def test_fcpxml_stands_on_frames_and_refers_to_what_is_there(
    rate: str, folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    """Final Cut refuses times off its frames, clips beyond their media and ids of nothing."""
    root = fcpxml_of(export(timeline(folder, rate), tmp_path / "c.fcpxml", workspace=workspace))
    ids = {one.get("id") for one in root.iter() if one.get("id")}
    assert {one.get("ref") for one in root.iter() if one.get("ref")} <= ids
    assert {one.get("format") for one in root.iter() if one.get("format")} <= ids
    frame = 1 / Fraction(rate)
    for name in ("offset", "start", "duration", "tcStart"):
        for one in root.iter():
            if (text := one.get(name)) is not None and one.tag not in ("marker", "asset"):
                assert Fraction(text.removesuffix("s")) % frame == 0, (one.tag, name, text)
    sequence = next(root.iter("sequence"))
    assert sequence.get("tcFormat") == ("DF" if rate == "30000/1001" else "NDF")
    assets = {one.get("id"): one for one in root.iter("asset")}
    for asset in assets.values():
        url = str(asset.find("media-rep").get("src"))  # type: ignore[union-attr]
        assert url.startswith("file:///")
        assert " " not in url
    spine = next(root.iter("spine"))
    at = Fraction(0)
    for clip in (one for one in spine if one.tag == "asset-clip"):
        offset, start, length = (
            Fraction(str(clip.get(name)).removesuffix("s"))
            for name in ("offset", "start", "duration")
        )
        assert offset == at
        at += length
        whole = Fraction(str(assets[clip.get("ref")].get("duration")).removesuffix("s"))
        assert 0 <= start < start + length <= whole
        order = [one.tag for one in clip]
        rank = ["conform-rate", "adjust-volume", "asset-clip", "marker"]
        assert order == sorted(order, key=rank.index), "the DTD's order"
    assert at == Fraction(str(sequence.get("duration")).removesuffix("s"))


def test_final_cut_7_s_xml_says_what_resolve_and_premiere_ask_for(
    folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    done = export(timeline(folder, "24000/1001"), tmp_path / "c.xml", workspace=workspace)
    root = ET.fromstring(done.output.read_text().split("<!DOCTYPE xmeml>")[1])
    form = root.find("sequence/media/video/format/samplecharacteristics")
    assert form is not None  # without it Resolve makes no timeline
    assert (form.findtext("width"), form.findtext("height")) == ("96", "54")
    assert root.findtext("sequence/rate/timebase") == "24"
    assert root.findtext("sequence/rate/ntsc") == "TRUE"
    tracks = root.findall("sequence/media/audio/track")
    assert len(tracks) == 4  # two of stereo, a channel each
    whole = [one.get("id") for one in root.iter("file") if len(one)]
    assert len(whole) == len(set(whole)) == 4
    ids = [one.get("id") for one in root.iter("clipitem")]
    assert len(ids) == len(set(ids))


def test_what_a_format_does_not_hold_is_listed(
    folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    line = timeline(folder, audio=[{"source": "bed:calm", "duck": True}])
    lists = {}
    for suffix in FORMATS:
        done = export(line, tmp_path / f"cut.{suffix}", workspace=workspace)
        lists[suffix] = " | ".join(done.not_held)
        assert done.files == 5  # the bed as a file, and captions.srt
    assert "slide" in lists["xml"]
    assert "lotus reads them back" in lists["otio"]
    assert "an EDL has no levels" in lists["edl"]
    assert "ducking" in lists["fcpxml"]
    assert all("-14 LUFS" in text for text in lists.values())
    subtitles = (tmp_path / "cut media" / "captions.srt").read_text()
    assert subtitles.startswith("1\n00:00:00,500 --> 00:00:01,250\nFirst & light\n")


def test_a_cut_whose_sources_are_not_there_leaves_nothing(
    folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    line = timeline(folder)
    lost = line.clips[1].model_copy(update={"source": str(folder / "no.mp4")})
    line = line.model_copy(update={"clips": (line.clips[0], lost, line.clips[2])})
    with pytest.raises(lotus.LotusError, match=r"no\.mp4"):
        export(line, tmp_path / "cut.otio", workspace=workspace)
    assert list(tmp_path.glob("*cut*")) == []
    with pytest.raises(InvalidInput, match=r"'\.aaf' is not a cut format.*\.otio, \.edl"):
        export(timeline(folder), tmp_path / "cut.aaf", workspace=workspace)


def test_a_folder_of_a_cut_can_be_moved(
    folder: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    (tmp_path / "a").mkdir()
    done = export(timeline(folder), tmp_path / "a" / "cut.otio", workspace=workspace)
    (tmp_path / "a").rename(tmp_path / "b")
    back, _ = read_cut(tmp_path / "b" / "cut.otio", workspace.cache)
    assert all(Path(clip.source).parent == tmp_path / "b" / "cut media" for clip in back.clips)
    assert not done.media.exists()
