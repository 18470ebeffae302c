"""Odd files that once failed or came out wrong: odd sides, coarse clocks, bare streams."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lotus.media.probe import probe
from lotus.media.sound import decoded_sound
from tests.clips import ffmpeg, numbered, numbers
from tests.integration.test_sources import Bench, off

AT_25 = {"fps": "25", "size": (160, 90)}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    ("pixels", "tags"),
    [
        ("yuv420p", ("smpte170m", "smpte170m", "smpte170m")),
        ("yuv420p", ("bt2020", "bt709", "bt2020nc")),
        ("yuv420p10le", ("bt2020", "smpte2084", "bt2020nc")),
        ("yuv420p10le", ("bt2020", "arib-std-b67", "bt2020nc")),
    ],
)
@pytest.mark.parametrize("overlay", [False, True])
def test_colours_of_pictures_with_odd_sides_are_converted(
    pixels: str, tags: tuple[str, str, str], overlay: bool, bench: Bench
) -> None:
    path = bench.folder / "odd.mkv"
    primaries, curve, matrix = tags
    tagged = f"setparams=color_primaries={primaries}:color_trc={curve}:colorspace={matrix}"
    source = ("-f", "lavfi", "-i", "color=0x808080:s=161x91:r=25:d=0.2")
    ffmpeg(*source, "-vf", f"format={pixels},{tagged}", "-c:v", "ffv1", path)
    clip = {"source": path, "end_seconds": 0.2}
    over = [{"source": str(path), "start_seconds": 0, "end_seconds": 0.2, "position": "center"}]
    frame = bench.seen(clip, **AT_25, **({"overlays": over} if overlay else {}))[2]
    middle = frame[45, 80]
    assert middle.max() - middle.min() <= 2
    if curve in ("smpte170m", "bt709"):
        assert off(middle, (128, 128, 128)) <= 3


@pytest.mark.parametrize("name", ["take.h264", "take.hevc", "take.y4m", "take.m1v", "take.ivf"])
def test_a_stream_without_a_container_has_its_length(name: str, bench: Bench) -> None:
    source = numbered(bench.folder / "source.mp4", 80, Fraction(25), (160, 90))
    quality = {"h264": ("-crf", 8), "hevc": ("-crf", 8), "ivf": ("-c:v", "libvpx", "-crf", 4)}
    path = bench.folder / name
    ffmpeg("-i", source, *quality.get(name.split(".")[1], ("-q:v", 2)), "-b:v", "2M", path)
    assert float(probe(path).seconds) == pytest.approx(3.2, abs=0.1)
    clip = {"source": path, "start_seconds": 2.2, "end_seconds": 3}
    assert numbers(bench.compose(clip, **AT_25)) == list(range(55, 75))


@pytest.mark.parametrize(("start", "speed"), [(0.3, 1), (0.3, 1.3), (0, 0.7)])
def test_a_clock_that_ticks_once_a_frame_is_as_exact_as_others(
    start: float, speed: float, bench: Bench
) -> None:
    fine = numbered(bench.folder / "fine.mp4", 60, Fraction(24), (160, 90))
    coarse = bench.folder / "coarse.avi"
    ffmpeg("-i", fine, "-c:v", "mpeg4", "-q:v", 2, coarse)
    assert probe(coarse).coarse
    assert not probe(fine).coarse
    cut = {"start_seconds": start, "end_seconds": start + speed, "speed": speed}
    one, other = (numbers(bench.compose({"source": p, **cut}, **AT_25)) for p in (fine, coarse))
    assert one == other


@pytest.mark.parametrize("suffix", ["psd", "ppm", "ico"])
def test_pictures_of_rare_kinds_are_photos(suffix: str, bench: Bench) -> None:
    path = bench.folder / f"photo.{suffix}"
    if suffix == "psd":
        path.write_bytes(_psd((192, 64, 32), 64, 36))
    else:
        Image.new("RGB", (64, 36), (192, 64, 32)).save(path)
    frame = bench.seen({"source": path, "duration_seconds": 0.2}, **AT_25)[2]
    assert off(frame[45, 80], (192, 64, 32)) <= 3


def _psd(color: tuple[int, int, int], width: int, height: int) -> bytes:
    """A flat picture of Photoshop, by its file format's specification."""
    head = b"8BPS\0\1" + bytes(6) + (3).to_bytes(2)
    head += height.to_bytes(4) + width.to_bytes(4) + (8).to_bytes(2) + (3).to_bytes(2)
    planes = b"".join(bytes([level]) * (width * height) for level in color)
    return head + bytes(12) + bytes(2) + planes


def test_where_a_stream_is_sought_no_packet_counts_as_damaged(bench: Bench) -> None:
    """Programme streams are cut anywhere: the first packet after a seek is the rest of one."""
    path: Any = bench.folder / "disc.mpg"
    ffmpeg("-f", "lavfi", "-i", "sine=440:d=8", "-c:a", "mp2", path)
    for start in np.arange(2, 6, 0.37):
        blocks = decoded_sound(path, float(start), on_damage=pytest.fail)
        assert sum(map(len, blocks)) > 48_000
