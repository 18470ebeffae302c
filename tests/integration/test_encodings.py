"""Every codec and container: all frames, equal parameters, the right tags, lossless where it says
so.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import lotus
from lotus.documents.timeline import Encoding
from lotus.errors import FFmpegError, InvalidInput, RenderFailed
from lotus.media.encodings import CODECS, encoder_for, works
from lotus.media.ffmpeg import FFmpeg
from lotus.rendering.join import JoinPiece, join
from lotus.settings import Settings
from tests.clips import luma, numbered, numbers
from tests.driving import FFMPEG, program

SIZE = {"width": 192, "height": 108}
COUNTS = (60, 1, 31)
NAMES = {"h264": "h264", "h265": "hevc", "av1": "libdav1d", "prores": "prores", "ffv1": "ffv1"}
COMBINED = [(codec, suffix) for codec, entry in CODECS.items() for suffix in entry.containers]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Cuts of 60, 1 and 31 numbered frames: whole groups of pictures, a single frame,
    and a rest.
    """
    folder = tmp_path_factory.mktemp("clips")
    files = [numbered(folder / f"{i}.mp4", 64, Fraction(24), (192, 108), tag=i) for i in range(3)]
    return [{"source": str(f), "end_seconds": n / 24} for f, n in zip(files, COUNTS, strict=True)]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> lotus.Workspace:
    return lotus.Workspace(Settings.read(LOTUS_HOME=tmp_path_factory.mktemp("home")))


def composed(
    clips: list[dict[str, Any]], out: Path, workspace: lotus.Workspace, **encoding: Any
) -> lotus.Timeline:
    document = {
        **SIZE,
        "fps": "24",
        "clips": clips,
        "audio": [{"source": "bed:calm"}],
        "encoding": encoding,
    }
    line = lotus.Timeline.model_validate(document)
    lotus.compose(line, out, workspace=workspace)
    return line


@pytest.mark.parametrize(("codec", "suffix"), COMBINED)
def test_every_frame_is_there_once_in_every_codec_and_container(
    codec: str, suffix: str, clips: list[dict[str, Any]], workspace: lotus.Workspace, tmp_path: Path
) -> None:
    out = tmp_path / f"out{suffix}"
    composed(clips, out, workspace, codec=codec)
    assert numbers(out) == [tag * 256 + n for tag, count in enumerate(COUNTS) for n in range(count)]
    with av.open(str(out)) as container:
        video = container.streams.video[0]
        audio = container.streams.audio[0]
        assert video.codec_context.name == NAMES[codec]
        assert video.average_rate == 24
        assert audio.codec_context.name == CODECS[codec].sound
        frame = next(container.decode(video))
        assert (frame.colorspace, frame.color_primaries, frame.color_trc) == (1, 1, 1)
    with av.open(str(out)) as container:
        times = [(packet.dts, packet.pts) for packet in container.demux(video=0) if packet.size]
    if suffix != ".mkv":  # Matroska keeps no times of decoding
        assert all(decoded <= shown for decoded, shown in times)
        assert all(a[0] < b[0] for a, b in itertools.pairwise(times))


@pytest.mark.parametrize("codec", CODECS)
def test_the_same_timeline_has_the_same_bytes(
    codec: str, clips: list[dict[str, Any]], tmp_path: Path
) -> None:
    suffix = CODECS[codec].containers[0]
    made = []
    for name in "ab":
        workspace = lotus.Workspace(Settings.read(LOTUS_HOME=tmp_path / name))
        composed(clips[1:], tmp_path / f"{name}{suffix}", workspace, codec=codec, quality="draft")
        made.append((tmp_path / f"{name}{suffix}").read_bytes())
    assert made[0] == made[1]


def test_apple_plays_the_h265(
    clips: list[dict[str, Any]], workspace: lotus.Workspace, tmp_path: Path
) -> None:
    composed(clips, tmp_path / "out.mp4", workspace, codec="h265")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


def test_lossless_encodings_hold_the_same_pixels(
    clips: list[dict[str, Any]], workspace: lotus.Workspace, tmp_path: Path
) -> None:
    asked = {"ffv1": ".mkv", "h264": ".mp4", "h265": ".mp4"}
    pixels = {}
    for codec, suffix in asked.items():
        composed(clips[1:], tmp_path / f"out{suffix}", workspace, codec=codec, quality="lossless")
        pixels[codec] = np.stack(list(luma(tmp_path / f"out{suffix}")))
    assert np.array_equal(pixels["ffv1"], pixels["h264"])
    assert np.array_equal(pixels["ffv1"], pixels["h265"])


def test_a_draft_has_half_the_size_and_all_frames(
    clips: list[dict[str, Any]], workspace: lotus.Workspace, tmp_path: Path
) -> None:
    document = {**SIZE, "fps": "24", "clips": clips, "encoding": {"quality": "draft"}}
    made = lotus.compose(
        lotus.Timeline.model_validate(document), tmp_path / "out.mp4", workspace=workspace
    )
    assert (made.width, made.height, made.frames) == (96, 54, sum(COUNTS))
    assert [picture.shape for picture in luma(tmp_path / "out.mp4")] == [(54, 96)] * sum(COUNTS)


@pytest.mark.parametrize(
    ("codec", "name", "says"),
    [
        ("prores", "out.mp4", "prores does not go into .mp4 files; name it .mov or .mkv"),
        ("av1", "out.mov", "av1 does not go into .mov files; name it .mp4 or .mkv"),
        ("ffv1", "out.MP4", "ffv1 does not go into .mp4 files; name it .mkv"),
        (
            "h264",
            "out.avi",
            "'.avi' is not a kind of video that lotus writes; name it .mp4 or .mov or .mkv",
        ),
        ("h264", "out", "'' is not a kind of video that lotus writes"),
    ],
)
def test_a_container_that_does_not_hold_the_codec_is_refused(
    codec: str, name: str, says: str, clips: list[dict[str, Any]], home: Path, tmp_path: Path
) -> None:
    workspace = lotus.Workspace(Settings.read(LOTUS_HOME=home))
    with pytest.raises(InvalidInput) as refused:
        composed(clips, tmp_path / name, workspace, codec=codec)
    assert says in str(refused.value)
    assert refused.value.exit_code == 2
    assert not home.exists()


def test_a_segment_of_other_parameters_is_not_joined(
    clips: list[dict[str, Any]], tmp_path: Path, workspace: lotus.Workspace
) -> None:
    one = numbered(tmp_path / "one.mp4", 24, Fraction(24), (192, 108))
    other = numbered(tmp_path / "other.mp4", 24, Fraction(24), (96, 54))
    pieces = [JoinPiece(one, 24), JoinPiece(other, 24)]
    with pytest.raises(RenderFailed, match="segment other: was encoded with other parameters"):
        join(pieces, Fraction(24), None, tmp_path / "out.mp4")


# hardware


def stand_in(path: Path, *lines: str) -> Path:
    """An ffmpeg on whose machine NVIDIA's encoder works: x264 does its work."""
    swap = "for a; do shift; case $a in h264_nvenc) a=libx264;; p5) a=fast;; constqp) a=0;; esac; "
    return program(
        path, [*lines, swap + 'case $a in -rc) a=-me_range;; esac; set -- "$@" "$a"; done']
    )


def test_hardware_is_used_where_it_works_and_has_keys_of_its_own(
    clips: list[dict[str, Any]], tmp_path: Path
) -> None:
    made = {}
    for name, path in (("none", FFMPEG), ("nvenc", stand_in(tmp_path / "ffmpeg"))):
        settings = Settings.read(LOTUS_HOME=tmp_path / "home", LOTUS_FFMPEG=path)
        document = {**SIZE, "fps": "24", "clips": clips, "encoding": {"hardware": True}}
        line = lotus.Timeline.model_validate(document)
        made[name] = lotus.compose(line, tmp_path / "out.mp4", workspace=lotus.Workspace(settings))
        assert len(numbers(tmp_path / "out.mp4")) == sum(COUNTS)
    assert (made["none"].encoder, made["nvenc"].encoder) == ("libx264", "h264_nvenc")
    assert made["nvenc"].segments["reused"] == 0


def test_hardware_that_is_there_and_does_not_work_is_not_used() -> None:
    for name in CODECS["h264"].hardware:
        assert not works(name, Encoding(), FFmpeg()), (
            f"{name} works here; the stand-in is not needed"
        )


def test_software_is_used_unless_hardware_is_asked_for(tmp_path: Path) -> None:
    encoder = encoder_for(Encoding(), FFmpeg(stand_in(tmp_path / "ffmpeg")))
    assert encoder == "libx264"


def test_an_ffmpeg_without_an_encoder_is_named(tmp_path: Path) -> None:
    poor = program(
        tmp_path / "ffmpeg", ['case "$*" in *-encoders*) echo " V....D libx264 x"; exit;; esac']
    )
    with pytest.raises(
        FFmpegError, match="codec av1: this ffmpeg has no encoder libsvtav1 or libaom-av1"
    ):
        encoder_for(Encoding(codec="av1"), FFmpeg(poor))


def test_the_second_encoder_serves_where_the_first_is_missing(tmp_path: Path) -> None:
    poor = program(
        tmp_path / "ffmpeg", ['case "$*" in *-encoders*) echo " V....D libaom-av1 x"; exit;; esac']
    )
    assert encoder_for(Encoding(codec="av1"), FFmpeg(poor)) == "libaom-av1"
    assert works("libaom-av1", Encoding(codec="av1"), FFmpeg())
