"""Clips with planted faults: a camera that pans over a texture, and one thing that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["FAULTS", "FPS", "LIMITS", "alarms", "clean", "detected", "sound", "write"]

FPS = 24
SIZE = (320, 180)
FRAMES = 48
Frames = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.float32]


def clean(seed: int) -> Frames:
    """Frames (n, height, width, 3) of a pan over soft shapes with some detail."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    wide = width + 160
    coarse = rng.integers(40, 215, (6, 14, 3), np.uint8)
    fine = rng.integers(90, 165, (height // 4, wide // 4, 3), np.uint8)
    scene = 0.75 * cv2.resize(coarse, (wide, height), interpolation=cv2.INTER_CUBIC).astype(float)
    scene += 0.25 * cv2.resize(fine, (wide, height), interpolation=cv2.INTER_CUBIC)
    speed = float(rng.uniform(0.8, 2.0))
    frames = []
    for i in range(FRAMES):
        shift = np.float32([[1, 0, -i * speed], [0, 1, 0]])
        moved = cv2.warpAffine(scene, shift, (width, height), flags=cv2.INTER_LINEAR)
        frames.append(np.clip(moved, 0, 255).astype(np.uint8))
    return np.stack(frames)


def sound(seed: int, seconds: float = FRAMES / FPS) -> Sound:
    """A chord at -12 dBFS, shape (n,), 48 kHz."""
    t = np.arange(round(48_000 * seconds)) / 48_000
    hz = 180 + 20 * (seed % 7)
    return (0.12 * sum(np.sin(2 * np.pi * hz * k * t) for k in (1, 1.25, 1.5))).astype(np.float32)


def _black(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    at = int(rng.integers(5, 30))
    frames[at : at + 12] = 4
    return frames, wave


def _frozen(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    at = int(rng.integers(5, 20))
    frames[at : at + 24] = frames[at]
    return frames, wave


def _on_twos(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    frames[1::2] = frames[::2]
    return frames, wave


def _cut(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    at = int(rng.integers(10, 40))
    other = clean(int(rng.integers(1000, 9999)))
    frames[at:] = 255 - other[at:]
    return frames, wave


def _flicker(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    gains = 1 + 0.09 * (-1.0) ** np.arange(len(frames))
    lit = frames.astype(float) * gains[:, None, None, None]
    return np.clip(lit, 0, 255).astype(np.uint8), wave


def _blurred(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    return np.stack([cv2.GaussianBlur(frame, (0, 0), 4) for frame in frames]), wave


def _blocky(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    squares = []
    for frame in frames:
        quality = [cv2.IMWRITE_JPEG_QUALITY, 4]
        squares.append(cv2.imdecode(cv2.imencode(".jpg", frame, quality)[1], cv2.IMREAD_COLOR))
    return np.stack(squares), wave


def _overexposed(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    return np.clip(frames.astype(float) * 2.6 + 40, 0, 255).astype(np.uint8), wave


def _boiling(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    noise = rng.normal(0, 22, (len(frames), SIZE[1] // 3, SIZE[0] // 3, 3))
    grown = np.stack([cv2.resize(part, SIZE) for part in noise])
    return np.clip(frames + grown, 0, 255).astype(np.uint8), wave


def _jerky(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    order = np.clip(np.arange(len(frames)) + rng.integers(-4, 5, len(frames)), 0, len(frames) - 1)
    return frames[order], wave


def _distorted(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    return frames, np.clip(wave * 12, -1, 1)


def _mute(frames: Frames, wave: Sound, rng: np.random.Generator) -> tuple[Frames, Sound]:
    begin = len(wave) // 3
    return frames, np.concatenate([wave[:begin], np.zeros(len(wave) - begin, np.float32)])


Fault = Callable[[Frames, Sound, np.random.Generator], tuple[Frames, Sound]]

FAULTS: Mapping[str, tuple[Fault, str]] = {  # how it is made, and the metric that has to see it
    "black": (_black, "black"),
    "frozen": (_frozen, "frozen"),
    "on twos": (_on_twos, "duplicated"),
    "cut": (_cut, "cuts"),
    "flicker": (_flicker, "flicker"),
    "blurred": (_blurred, "sharpness"),
    "blocky": (_blocky, "blockiness"),
    "overexposed": (_overexposed, "clipped"),
    "boiling": (_boiling, "warp_error"),
    "jerky": (_jerky, "jerk"),
    "distorted": (_distorted, "sound_clipping"),
    "mute": (_mute, "sound_silence"),
}


LIMITS: Mapping[str, float] = {  # a clip of one shot stays below these
    "black": 0.05,
    "frozen": 0.15,
    "duplicated": 0.25,
    "cuts": 1,
    "flicker": 3.0,
    "blockiness": 0.6,
    "clipped": 0.3,
    "warp_error": 4.0,
    "jerk": 0.5,
    "sound_clipping": 0.01,
    "sound_silence": 0.5,
}
BLURRED = 0.7  # of the sharpness of the same clip before: sharpness has no limit of its own


def detected(fault: str, values: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether the fault's own metric tells the clip from the same clip without the fault."""
    metric = FAULTS[fault][1]
    if metric == "sharpness":
        return bool(values[metric] < BLURRED * before[metric])
    return bool(values[metric] >= LIMITS[metric])


def alarms(values: Mapping[str, Any]) -> list[str]:
    """The metrics that are over their limit."""
    return [name for name, most in LIMITS.items() if (values[name] or 0.0) >= most]


def write(path: Path, frames: Frames, wave: Sound) -> Path:
    """An MP4 of frames (n, height, width, 3) and mono sound at 48 kHz."""
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=Fraction(FPS))
        video.width, video.height = SIZE
        video.pix_fmt = "yuv420p"
        video.options = {"crf": "14", "preset": "veryfast"}
        audio: Any = container.add_stream("aac", rate=48_000, layout="mono")
        for picture in frames:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for at in range(0, len(wave), 1024):
            block = av.AudioFrame.from_ndarray(wave[None, at : at + 1024], "fltp", "mono")
            block.sample_rate = 48_000
            block.pts = at
            container.mux(audio.encode(block))
        container.mux(audio.encode(None))
    return path
