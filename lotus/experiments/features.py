"""What metrics are computed from: numbers of each frame and of the sound, read in one pass.

Frames are streamed: memory does not grow with the length of the video, only one number a frame and
feature is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lotus.errors import MediaError
from lotus.experiments.sound_features import read_sound_features
from lotus.media.opening import OPTIONS
from lotus.media.probe import probe

__all__ = ["Features", "Vector", "read_features"]

LOOK_SIDE = 320  # pixels of the longer side of the picture that most features look at
FLOW_SIDE = 160
DARK = 0.10  # of full scale: as ffmpeg's blackdetect counts a black pixel
CLIPPED_DARK = 3  # of 255
CLIPPED_BRIGHT = 252
BLOCK = 8  # pixels of a block of MPEG codecs
SHARP_HEIGHT = 720  # sharpness is that of a picture of this height

Vector = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Features:
    """One number a frame in each vector; differences are 0 at the first frame.

    Levels are those of 8-bit luma, 0 to 255, full range.
    """

    path: Path
    fps: float
    width: int
    height: int
    luma: Vector  # mean level
    dark: Vector  # share of pixels that are black
    clipped: Vector  # share of pixels without detail, black or white
    difference: Vector  # mean change of a pixel since the frame before, in levels
    content: Vector  # mean change of hue, saturation and value, 0 to 255
    sharpness: Vector  # variance of the Laplacian of the luma
    blockiness: Vector  # steps at the borders of blocks, over those inside, less 1
    motion: Vector  # mean optical flow, in widths of the picture a second
    warp_error: Vector  # mean change that motion does not explain, in levels
    colours: npt.NDArray[np.float64]  # mean share of the cells of an 8x8x8 cube of RGB, (512,)
    peak: float = 0.0  # of the sound, 1 is full scale
    clipped_samples: float = 0.0  # share of samples at full scale
    has_sound: bool = False
    silence: float = 0.0  # share of the sound below -60 dBFS, by tenths of a second
    loudness: float = -np.inf  # integrated, in LUFS
    sound_levels: Vector = field(default_factory=lambda: np.zeros(0))  # dBFS, one for each 20 ms

    @property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.luma)


def read_features(path: Path) -> Features:
    """Read a video once; raises MediaError for what is no video, or has no frames."""
    import av

    media = probe(path)
    if media.kind != "video":
        raise MediaError(file=str(path), reason="is not a video", remedy="measure a video file")
    rows: list[tuple[float, ...]] = []
    colours = np.zeros(512)
    look: _FrameMeter | None = None
    try:
        with av.open(f"file:{path}", options=OPTIONS, metadata_errors="ignore") as container:
            stream: Any = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                look = look or _FrameMeter(frame, float(media.rate or 24))
                rows.append(look.at(frame))
                colours += look.colours
    except (av.FFmpegError, ValueError) as exc:
        raise MediaError(
            file=str(path), reason="cannot be decoded", remedy="export the file again"
        ) from exc
    if not rows:
        raise MediaError(file=str(path), reason="has no frames", remedy="export the file again")
    columns = np.array(rows).T
    names = (
        *("luma", "dark", "clipped", "difference", "content"),
        *("sharpness", "blockiness", "motion", "warp_error"),
    )
    return Features(
        path=path,
        fps=float(media.rate or 24),
        width=media.width,
        height=media.height,
        colours=colours / len(rows),
        **dict(zip(names, columns, strict=True)),
        **(read_sound_features(path) if media.has_audio else {}),
    )


class _FrameMeter:
    """Looks at one frame after another, and remembers the one before."""

    def __init__(self, frame: Any, fps: float) -> None:
        scale = min(1.0, LOOK_SIDE / max(frame.width, frame.height))
        self._size = _scaled((frame.width, frame.height), scale)
        self._flow_size = _scaled(self._size, min(1.0, FLOW_SIDE / max(self._size)))
        self._fps = fps
        # sides as a player shows them: phones store upright pictures lying, with a turn
        lies = round(frame.rotation) % 180 == 90
        self._sharp = SHARP_HEIGHT / (frame.width if lies else frame.height)
        self._flow_width = self._flow_size[1 if lies else 0]
        self._before: tuple[Picture, Picture, Picture] | None = None
        self._grid = np.stack(
            np.meshgrid(np.arange(self._flow_size[0]), np.arange(self._flow_size[1])), axis=-1
        ).astype(np.float32)
        self.colours = np.zeros(512)

    def at(self, frame: Any) -> tuple[float, ...]:
        """The numbers of one frame, in the order of `Features`."""
        width, height = self._size
        rgb = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
        gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
        small = cv2.resize(gray, self._flow_size, interpolation=cv2.INTER_AREA)
        cells = (rgb >> 5).astype(np.int32)
        places = (cells[..., 0] << 6) + (cells[..., 1] << 3) + cells[..., 2]
        self.colours = np.bincount(places.ravel(), minlength=512) / places.size
        dark = float(np.mean(gray < 255 * DARK))
        clipped = float(np.mean((gray <= CLIPPED_DARK) | (gray >= CLIPPED_BRIGHT)))
        changes = self._changes(gray, hsv, small)
        self._before = (gray, hsv, small)
        full = _luma(frame)
        return (
            float(gray.mean()),
            dark,
            clipped,
            changes[0],
            changes[1],
            _detail(full) * self._sharp,
            _blockiness(full),
            changes[2],
            changes[3],
        )

    def _changes(self, gray: Picture, hsv: Picture, small: Picture) -> tuple[float, ...]:
        """Change of luma, change of content, motion, and what motion does not explain."""
        if self._before is None:
            return (0.0, 0.0, 0.0, 0.0)
        gray_before, hsv_before, small_before = self._before
        difference = float(np.mean(cv2.absdiff(gray, gray_before)))
        content = float(np.mean(cv2.absdiff(hsv, hsv_before)))
        if difference < 0.05:  # no motion to look for
            return (difference, content, 0.0, 0.0)
        empty: Any = None
        flow = cv2.calcOpticalFlowFarneback(small, small_before, empty, 0.5, 3, 15, 2, 5, 1.2, 0)
        there = self._grid + flow
        warp = cv2.remap(
            small_before, there[..., 0], there[..., 1], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
        )
        length = np.sqrt(np.square(flow).sum(axis=-1))
        motion = float(length.mean()) / self._flow_width * self._fps
        return (difference, content, motion, float(np.mean(cv2.absdiff(small, warp))))


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(16, round(size[0] * scale)), max(16, round(size[1] * scale))


def _luma(frame: Any) -> Picture:
    """The luma plane at the size of the video."""
    if frame.format.name != "yuv420p":
        return np.ascontiguousarray(frame.reformat(format="gray8").to_ndarray())
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # no copy of the colours
    return np.ascontiguousarray(rows[: frame.height, : frame.width])


def _blockiness(luma: Picture) -> float:
    """Steps between columns and rows at the borders of blocks, over those inside them, less 1."""
    steps_of = (
        (cv2.absdiff(luma[1:], luma[:-1]), 1),  # from row to row: a mean for each row
        (cv2.absdiff(luma[:, 1:], luma[:, :-1]), 0),
    )
    score = 0.0
    for differences, axis in steps_of:
        sums = cv2.reduce(differences, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
        steps = sums.ravel() / differences.shape[axis]
        borders = steps[BLOCK - 1 :: BLOCK]
        inside = np.delete(steps, np.arange(BLOCK - 1, len(steps), BLOCK))
        if len(borders) and len(inside):
            score += (float(borders.mean()) + 0.5) / (float(inside.mean()) + 0.5) - 1
    return score / 2


def _detail(luma: Picture) -> float:
    """The variance of the Laplacian."""
    deviation = cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))[1]
    return float(deviation[0, 0]) ** 2
