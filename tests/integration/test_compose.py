"""Timelines, rendered in pieces: exact to the frame, and only what changed is rendered again."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import lotus
from lotus.composition.audio import plan_mix
from lotus.composition.layout import lay_out
from lotus.documents.timeline import AudioTrack
from lotus.rendering import pieces
from lotus.rendering.mixer import blocks
from lotus.settings import Settings
from tests.benchmarks.single_pass import single_pass
from tests.clips import ffmpeg, luma, numbered, numbers

SIZE = {"width": 320, "height": 180}
SMALL = {"width": 160, "height": 90}


@pytest.fixture
def workspace(tmp_path: Path) -> lotus.Workspace:
    return lotus.Workspace(Settings.read(LOTUS_HOME=tmp_path / "home"))


def timeline(clips: list[dict], rate: str = "24", **more: object) -> lotus.Timeline:
    return lotus.Timeline.model_validate({**SIZE, "fps": rate, "clips": clips, **more})


def rendered(line: lotus.Timeline, out: Path, workspace: lotus.Workspace) -> dict[str, int]:
    return lotus.compose(line, out, workspace=workspace).segments


@pytest.mark.parametrize("rate", ["24", "25", "30000/1001"])
def test_every_frame_of_hard_cuts_is_there_once(
    rate: str, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    files = [numbered(tmp_path / f"{i}.mp4", 100, Fraction(rate), tag=i) for i in range(3)]
    clips = [
        {"source": str(file), "end_seconds": float(n / Fraction(rate)), "volume": 0}
        for file, n in zip(files, (100, 61, 33), strict=True)
    ]
    rendered(timeline(clips, rate), tmp_path / "out.mp4", workspace)
    expected = [tag * 256 + n for tag, count in enumerate((100, 61, 33)) for n in range(count)]
    assert numbers(tmp_path / "out.mp4") == expected


def test_a_trim_starts_at_its_very_frame(tmp_path: Path, workspace: lotus.Workspace) -> None:
    file = numbered(tmp_path / "a.mp4", 200, Fraction(24))
    clips = [{"source": str(file), "start_seconds": 77 / 24, "end_seconds": 177 / 24}]
    rendered(timeline(clips), tmp_path / "out.mp4", workspace)
    assert numbers(tmp_path / "out.mp4") == list(range(77, 177))


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "30", "50", "60"])
def test_a_source_of_another_rate_shows_the_frame_of_its_time(
    rate: str, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    file = numbered(tmp_path / "a.mp4", 240, Fraction(rate))
    seconds = 90 / 24
    rendered(
        timeline([{"source": str(file), "end_seconds": seconds}]), tmp_path / "out.mp4", workspace
    )
    found = numbers(tmp_path / "out.mp4")
    assert len(found) == 90
    ideal = [n * Fraction(rate) / 24 for n in range(90)]
    assert max(abs(seen - at) for seen, at in zip(found, ideal, strict=True)) <= 1
    assert found == sorted(found)


def test_speed_changes_take_every_second_frame(tmp_path: Path, workspace: lotus.Workspace) -> None:
    file = numbered(tmp_path / "a.mp4", 200, Fraction(24))
    rendered(timeline([{"source": str(file), "speed": 2.0}]), tmp_path / "out.mp4", workspace)
    found = numbers(tmp_path / "out.mp4")
    assert len(found) == 100
    assert max(abs(seen - 2 * n) for n, seen in enumerate(found)) <= 1


def test_sound_ends_with_the_picture_to_the_sample(
    tmp_path: Path, workspace: lotus.Workspace
) -> None:
    file = numbered(tmp_path / "a.mp4", 100, Fraction(30000, 1001))
    audio = [{"source": "bed:calm", "fade_out_seconds": 0.5}]
    line = timeline([{"source": str(file)}], "30000/1001", audio=audio)
    rendered(line, tmp_path / "out.mp4", workspace)
    with av.open(str(tmp_path / "out.mp4")) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
        shown = container.streams.audio[0].duration * container.streams.audio[0].time_base
    assert abs(samples - round(100 * 48_000 * 1001 / 30_000)) <= 1024
    assert abs(shown - Fraction(100 * 1001, 30_000)) < Fraction(1, 1000)


def test_of_many_clips_only_those_that_sound_are_open(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=5", file)
    clips = [{"source": str(file), "duration_seconds": 1} for _ in range(20)]
    line = timeline(clips)
    mix = plan_mix(line, lay_out(line, {}))
    held = [len(open_files(file)) for _ in blocks(mix, lambda source: (Path(source), None))]
    assert sum(1 for cue in mix.cues) == 20
    assert max(held) <= 2


def test_a_track_of_sound_begins_and_ends_where_its_times_say(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    ffmpeg("-f", "lavfi", "-i", "aevalsrc=sin(440*2*PI*t)*gte(t\\,1):d=3", file)
    track = {"source": str(file), "start_seconds": 0.25, "in_seconds": 0.75}
    line = timeline([{"source": str(file), "duration_seconds": 2, "volume": 0}])
    line = line.model_copy(
        update={"audio": (AudioTrack(**track, duration_seconds=0.75), AudioTrack(**track))}
    )
    mix = plan_mix(line, lay_out(line, {}))
    alone = replace(mix, cues=mix.cues[:1])
    heard = np.abs(np.concatenate([*blocks(alone, lambda source: (Path(source), None))])[:, 0])
    loud = np.flatnonzero(heard > 0.01)
    assert abs(loud[0] - 0.5 * 48_000) < 500  # a quarter of a second of silence comes first
    assert abs(loud[-1] - 1.0 * 48_000) < 500
    assert mix.cues[1].samples == 1.75 * 48_000  # without an end: to the end of the video


def open_files(path: Path) -> list[Path]:
    """This process's descriptors of a file."""
    links = Path("/proc/self/fd").iterdir()
    return [link for link in links if link.is_symlink() and link.resolve() == path.resolve()]


def test_pieces_equal_a_single_pass_pixel_for_pixel(
    tmp_path: Path, workspace: lotus.Workspace
) -> None:
    files = [tmp_path / f"{i}.mp4" for i in range(3)]
    for i, file in enumerate(files):
        pattern = f"testsrc2=s=240x136:r=30:d=6,hue=h={i * 90}"
        ffmpeg(
            "-f", "lavfi", "-i", pattern, "-c:v", "libx264", "-preset", "veryfast", "-g", 90, file
        )
    clips = [
        {"source": str(file), "start_seconds": 0.5, "end_seconds": 5.5, "transition": transition}
        for file, transition in zip(
            files,
            (
                {"kind": "dissolve", "duration_seconds": 0.5},
                {"kind": "slide", "duration_seconds": 1},
                {"kind": "cut"},
            ),
            strict=True,
        )
    ]
    captions = [{"text": "First light: 100% fresh", "start_seconds": 1.0, "end_seconds": 4.0}]
    line = timeline(clips, captions=captions, encoding={"quality": "lossless"}, **SMALL)
    rendered(line, tmp_path / "pieces.mp4", workspace)
    single_pass(line, tmp_path / "whole.mp4", tmp_path / "scratch")
    pairs = list(zip(luma(tmp_path / "pieces.mp4"), luma(tmp_path / "whole.mp4"), strict=True))
    assert len(pairs) == 3 * 120 - 12 - 24
    assert max(int(np.abs(a.astype(int) - b).max()) for a, b in pairs) == 0


def test_a_segment_has_the_same_bytes_alone_and_in_a_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = ("-f", "lavfi", "-i", "testsrc2=s=160x96:r=30000/1001", "-t", 7, "-c:v", "libx264")
    moving = (*moving, "-preset", "veryfast")
    ffmpeg(*moving, tmp_path / "a.mp4")
    ffmpeg(*moving, "-flags", "+ilme+ildct", "-x264-params", "tff=1", tmp_path / "b.mp4")
    fade = {"kind": "dissolve", "duration_seconds": 0.5}
    clips = [
        {"source": str(tmp_path / name), "start_seconds": at, "speed": speed, "transition": fade}
        for name, at, speed in (("a.mp4", 1.3, 1.0), ("b.mp4", 0, 1.25), ("a.mp4", 0.2, 1.0))
    ]
    captions = [{"text": "Half way", "start_seconds": 2, "end_seconds": 4}]
    line = timeline(clips, captions=captions, **SMALL)
    kept = []
    for name, most in (("grouped", pieces.GROUP_BYTES), ("alone", 0)):
        monkeypatch.setattr(pieces, "GROUP_BYTES", most)
        home = tmp_path / name
        rendered(line, tmp_path / "out.mp4", lotus.Workspace(Settings.read(LOTUS_HOME=home)))
        files = sorted((home / "store" / "segments").rglob("*.mp4"))
        kept.append({file.name: file.read_bytes() for file in files})
    assert len(kept[0]) > 6
    assert kept[0] == kept[1]


def test_an_edit_renders_only_what_it_touches(tmp_path: Path, workspace: lotus.Workspace) -> None:
    files = [numbered(tmp_path / f"{i}.mp4", 100, Fraction(24), (160, 90), tag=i) for i in range(4)]
    fade = {"kind": "dissolve", "duration_seconds": 0.5}
    clips = [{"source": str(f), "end_seconds": 4, "transition": fade, "volume": 0} for f in files]
    captions = [{"text": "one", "start_seconds": 1, "end_seconds": 3}]
    audio = [{"source": "bed:calm"}]
    line = timeline(clips, captions=captions, audio=audio, **SMALL)
    out = tmp_path / "out.mp4"
    first = rendered(line, out, workspace)
    assert first["reused"] == 0
    assert rendered(line, out, workspace)["rendered"] == 0

    other = line.model_copy(
        update={"captions": (line.captions[0].model_copy(update={"text": "two"}),)}
    )
    assert rendered(other, out, workspace)["rendered"] == 1

    louder = line.model_copy(update={"audio": (line.audio[0].model_copy(update={"volume": 0.5}),)})
    assert rendered(louder, out, workspace)["rendered"] == 0

    order = (line.clips[0], line.clips[2], line.clips[1], line.clips[3])
    assert rendered(line.model_copy(update={"clips": order}), out, workspace)["rendered"] == 3


def test_a_dissolve_mixes_both_sides_and_nothing_is_lost(
    tmp_path: Path, workspace: lotus.Workspace
) -> None:
    files = [numbered(tmp_path / f"{i}.mp4", 60, Fraction(24), tag=i) for i in range(2)]
    fade = {"kind": "dissolve", "duration_seconds": 0.5}
    clips = [{"source": str(f), "transition": fade} for f in files]
    rendered(timeline(clips), tmp_path / "out.mp4", workspace)
    found = numbers(tmp_path / "out.mp4")
    assert len(found) == 108
    assert found[:48] == list(range(48))
    assert found[60:] == [256 + n for n in range(12, 60)]


def test_photos_odd_sizes_and_rotation_fill_the_frame(
    tmp_path: Path, workspace: lotus.Workspace
) -> None:
    still = tmp_path / "a.jpg"
    turned = tmp_path / "turned.mp4"
    tall = tmp_path / "tall.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=601x401:d=1", "-frames:v", 1, still)
    ffmpeg("-f", "lavfi", "-i", "mandelbrot=s=202x358:r=24", "-t", 2, "-c:v", "libx264", tall)
    ffmpeg("-display_rotation", 90, "-i", tall, "-c", "copy", turned)
    clips = [
        {"source": str(still), "duration_seconds": 1, "camera": "zoom_in"},
        {"source": str(turned), "end_seconds": 1},
        {"source": str(tall), "end_seconds": 1, "fit": "blur"},
        {"source": str(tall), "end_seconds": 1, "fit": "contain"},
    ]
    rendered(timeline(clips), tmp_path / "out.mp4", workspace)
    frames = list(luma(tmp_path / "out.mp4"))
    assert len(frames) == 96
    assert frames[0].shape == (180, 320)
    assert frames[50][:, :20].std() > 10  # turned upright it is wide, so it reaches the edges
    assert frames[90][:, :20].std() < 2  # contained, it leaves bars


def test_the_timeline_of_the_examples_composes(tmp_path: Path, workspace: lotus.Workspace) -> None:
    example = Path(lotus.__file__).parent / "examples" / "timeline.json"
    line = tmp_path / "timeline.json"
    line.write_text(example.read_text())
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=6", "-c:v", "libx264", tmp_path / "a.mp4"
    )
    moving = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=320x180:r=30",
        "-f",
        "lavfi",
        "-i",
        "sine=440:d=8",
        "-t",
        8,
    ]
    ffmpeg(*moving, "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", tmp_path / "b.mov")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=801x601", "-frames:v", 1, tmp_path / "c.jpg")
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "color=red@0.5:s=64x64,format=rgba",
        "-frames:v",
        1,
        tmp_path / "logo.png",
    )
    ffmpeg("-f", "lavfi", "-i", "sine=220:d=3", tmp_path / "music.wav")
    ffmpeg("-f", "lavfi", "-i", "sine=880:d=4", tmp_path / "voice.wav")
    made = lotus.compose(line, tmp_path / "out.mp4", draft=True, workspace=workspace)
    assert made.frames == round(13.5 * 24)
    document = json.loads(json.dumps(made.model_dump(mode="json")))
    assert {"output", "duration_seconds", "width", "height", "fps", "frames", "segments"} <= set(
        document
    )
