"""Clips that tests make: frames that carry their number, sounds, and what comes out again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
BITS = 12  # frame numbers up to 4095


def ffmpeg(*args: object) -> None:
    """Run ffmpeg; its last lines are the failure's message."""
    done = subprocess.run(
        [FFMPEG, "-v", "error", "-y", *map(str, args)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def said(*args: object, cwd: Path) -> str:
    """Run ffmpeg; what it said."""
    command = [FFMPEG, "-hide_banner", "-nostats", "-y", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


def numbered(
    path: Path, frames: int, rate: Fraction, size: tuple[int, int] = (320, 180), tag: int = 0
) -> Path:
    """A clip whose frame n shows `tag * 256 + n` as black and white bars, encoded so that they
    survive.
    """
    width, height = size
    command = [
        FFMPEG,
        "-v",
        "error",
        "-y",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
        "-s",
        f"{width}x{height}",
    ]
    command += ["-r", str(rate), "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", "10"]
    command += ["-pix_fmt", "yuv420p", "-g", "60", "-bf", "2", str(path)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert child.stdin is not None
    for n in range(frames):
        child.stdin.write(bars(tag * 256 + n, size).tobytes())
    child.stdin.close()
    assert child.wait() == 0
    return path


def bars(number: int, size: tuple[int, int]) -> np.ndarray:
    """The number in binary: twelve upright bars, white for one."""
    width, height = size
    picture = np.full((height, width), 40, np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            picture[:, bit * width // BITS : (bit + 1) * width // BITS] = 210
    return picture


def luma(path: Path) -> Iterator[np.ndarray]:
    """The luma of every frame."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="gray")


def numbers(path: Path) -> list[int]:
    """What the frames of a video carry."""
    return [read_bars(picture) for picture in luma(path)]


def frame_count(path: Path) -> int:
    """How many frames a video decodes to."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def read_bars(picture: np.ndarray) -> int:
    """The number that a frame carries."""
    height, width = picture.shape
    middle = picture[height // 3 : height // 2]
    centres = [(2 * bit + 1) * width // (2 * BITS) for bit in range(BITS)]
    return sum(1 << bit for bit, x in enumerate(centres) if middle[:, x - 2 : x + 3].mean() > 125)
