"""Sources that already fit are not encoded again: their packets are taken, where that is exact."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import lotus
from lotus.media.probe import cut_points
from lotus.rendering.renderer import Renderer
from lotus.settings import Settings
from tests.clips import ffmpeg, luma, numbered, numbers

RATE = Fraction(24)
SIZE = (320, 180)


@pytest.fixture
def workspace(tmp_path: Path) -> lotus.Workspace:
    return lotus.Workspace(Settings.read(LOTUS_HOME=tmp_path / "home"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """240 frames with cut points every 40, tagged as the canvas is."""
    plain = numbered(tmp_path / "plain.mp4", 240, RATE, SIZE)
    return tagged(plain, tmp_path / "file.mp4")


def tagged(plain: Path, file: Path, *options: object) -> Path:
    color = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
    ffmpeg(
        "-i",
        plain,
        "-c:v",
        "libx264",
        "-crf",
        8,
        "-g",
        40,
        "-sc_threshold",
        0,
        *color,
        *options,
        file,
    )
    return file


def line(*clips: tuple[Path, int, int], **more: object) -> lotus.Timeline:
    """Hard cuts; each clip is a file with its first frame and its end."""
    placed = [
        {"source": str(file), "start_seconds": first / 24, "end_seconds": end / 24, "volume": 0}
        for file, first, end in clips
    ]
    shape = {"width": SIZE[0], "height": SIZE[1], "fps": "24"}
    return lotus.Timeline.model_validate({**shape, "clips": placed, **more})


def copied(timeline: lotus.Timeline, workspace: lotus.Workspace) -> list[tuple[int, int]]:
    """First frame and end, on the timeline, of what is copied."""
    renderer = Renderer(workspace.store, workspace.ffmpeg, cache=workspace.cache)
    pieces = [piece for piece in renderer.plan(timeline).segments if piece.copied]
    return [(piece.at_frame, piece.at_frame + piece.frames) for piece in pieces]


def test_a_trim_is_copied_from_cut_point_to_cut_point(
    file: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    timeline = line((file, 13, 215), (file, 40, 120), (file, 41, 79))
    (begin, end), whole = copied(timeline, workspace)
    assert (begin, whole) == (40 - 13, (202, 282))
    assert 200 - 13 < end <= 215 - 13  # a few frames may be needed later only
    lotus.compose(timeline, tmp_path / "out.mp4", workspace=workspace)
    assert numbers(tmp_path / "out.mp4") == [*range(13, 215), *range(40, 120), *range(41, 79)]


def test_copied_frames_are_the_very_pixels_of_the_source(
    file: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    lotus.compose(line((file, 13, 215)), tmp_path / "out.mp4", workspace=workspace)
    source = list(luma(file))[40:211]
    made = list(luma(tmp_path / "out.mp4"))[27:198]
    assert all(np.array_equal(a, b) for a, b in zip(source, made, strict=True))


def test_nothing_under_a_caption_or_in_a_transition_is_copied(
    file: Path, workspace: lotus.Workspace
) -> None:
    captions = [{"text": "one", "start_seconds": 50 / 24, "end_seconds": 90 / 24}]
    (begin, end), rest = copied(line((file, 0, 240), captions=captions), workspace)
    assert (begin, rest) == (0, (120, 240))
    assert 40 < end <= 50
    fade = {"kind": "dissolve", "duration_seconds": 0.5}
    clips = [{"source": str(file), "end_seconds": 5, "transition": fade}] * 2
    faded = lotus.Timeline.model_validate({**line((file, 0, 1)).model_dump(), "clips": clips})
    (begin, end), rest = copied(faded, workspace)
    assert (begin, rest) == (0, (148, 228))
    assert 80 < end <= 108


@pytest.mark.parametrize(
    ("clip", "encoding"),
    [
        ({"speed": 2.0}, {}),
        ({"camera": "zoom_in"}, {}),
        ({}, {"quality": "lossless"}),
        ({}, {"quality": "draft"}),
    ],
)
def test_what_changes_pixels_is_never_copied(
    clip: dict, encoding: dict, file: Path, workspace: lotus.Workspace
) -> None:
    data = line((file, 0, 240), encoding=encoding).model_dump()
    data["clips"] = [{**data["clips"][0], **clip}]
    assert copied(lotus.Timeline.model_validate(data), workspace) == []


def test_a_source_of_another_size_rate_or_colour_is_never_copied(
    file: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    other = numbered(tmp_path / "25.mp4", 100, Fraction(25), SIZE)
    small = numbered(tmp_path / "small.mp4", 100, RATE, (160, 90))
    # so small it is taken as BT.601
    untagged = numbered(tmp_path / "untagged.mp4", 100, RATE, SIZE)
    for source in (other, small, untagged):
        assert copied(line((source, 0, 90)), workspace) == []


def test_open_groups_of_pictures_are_not_cut_where_frames_reach_across(
    file: Path, tmp_path: Path
) -> None:
    opened = tagged(file, tmp_path / "open.mp4", "-x264-params", "open-gop=1:bframes=3:b-adapt=0")
    found = cut_points(opened, RATE)
    closed = cut_points(file, RATE)
    assert found is not None
    assert closed is not None
    assert found.keys == (0,)
    assert found.ends[-1] == 240
    # frames before these are decoded after what shows there
    assert not {40, 80, 120} & {*found.ends}
    assert closed.keys == (0, 40, 80, 120, 160, 200)
    assert {*closed.keys[1:], 240} <= {*closed.ends}


def test_every_end_of_a_trim_is_exact(
    file: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    """Clips of one group of pictures, as models make them, lose their last frames one by one."""
    alone = tagged(
        file, tmp_path / "alone.mp4", "-g", 300, "-bf", 3, "-x264-params", "b-pyramid=normal"
    )
    points = cut_points(alone, RATE)
    assert points is not None
    assert points.keys == (0,)
    assert 40 < len(points.ends) < 240
    timeline = line(*((alone, 0, end) for end in range(24, 40)))
    assert len(copied(timeline, workspace)) == 16
    lotus.compose(timeline, tmp_path / "out.mp4", workspace=workspace)
    assert numbers(tmp_path / "out.mp4") == [
        number for end in range(24, 40) for number in range(end)
    ]


def test_a_source_with_a_missing_frame_is_never_copied(file: Path, tmp_path: Path) -> None:
    with av.open(str(file)) as source, av.open(str(tmp_path / "holed.mp4"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size and number != 100:
                packet.stream = stream
                target.mux(packet)
    assert cut_points(tmp_path / "holed.mp4", RATE) is None


def test_sources_of_different_encoders_stand_in_one_stream(
    file: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    other = tagged(file, tmp_path / "other.mp4", "-preset", "ultrafast", "-g", 30)
    numbered_otherwise = tagged(file, tmp_path / "third.mp4", "-bf", 1, "-x264-params", "sps-id=3")
    timeline = line((file, 0, 240), (other, 0, 100), (numbered_otherwise, 10, 240), (file, 7, 120))
    runs = copied(timeline, workspace)
    # `other` contradicts
    assert runs == [(0, 240), (240 + 100 + 30, 240 + 100 + 230), (570 + 33, 570 + 113)]
    lotus.compose(timeline, tmp_path / "out.mp4", workspace=workspace)
    expected = [*range(240), *range(100), *range(10, 240), *range(7, 120)]
    assert numbers(tmp_path / "out.mp4") == expected


def test_a_file_that_changes_is_seen_anew(
    file: Path, tmp_path: Path, workspace: lotus.Workspace
) -> None:
    os.utime(file, (1_700_000_000, 1_700_000_000))
    timeline = line((file, 0, 48))
    lotus.compose(timeline, tmp_path / "out.mp4", workspace=workspace)
    assert (
        lotus.compose(timeline, tmp_path / "out.mp4", workspace=workspace).segments["rendered"] == 0
    )
    assert list((workspace.cache / "sources").rglob("*.json"))
    numbered(file, 240, RATE, SIZE, tag=2)
    os.utime(file, (1_700_000_001, 1_700_000_001))
    lotus.compose(timeline, tmp_path / "out.mp4", workspace=workspace)
    assert numbers(tmp_path / "out.mp4") == [512 + n for n in range(48)]
