"""Where in a picture the subject is: what stands out against its surroundings.

Two measures are multiplied. One is what is unlike the rest in colour and light (frequency-tuned
saliency, Achanta et al., CVPR 2009); one is the spectral residual (Hou and Zhang, CVPR 2007), which
finds what breaks the pattern of a picture. What moves between frames counts as well, and so does
the middle, where pictures are composed. A crop that would cut through something counts for less.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Map = NDArray[np.float64]

__all__ = ["best_crop", "salient", "subject_of"]

SIDE = 64  # pixels of the longer side of what is looked at
FRAMES = 8  # looked at of a clip
MOVING = 0.3  # how much what moves most counts beside what stands still
MIDDLE = 0.6  # how much the middle counts against all that stands out
WIDTH = 0.45  # of the middle: standard deviation, the picture reaching from -1 to 1
CUT = 0.5  # how much it counts against a crop that it cuts through something
BORDER = 0.03  # of the picture: the edges of frames, vignettes and letterboxes are no subject


def subject_of(
    path: Path, start_seconds: float, seconds: float, shape: float
) -> tuple[float, float]:
    """Where to centre a crop of `shape` (width by height) of a clip: x, y from 0 to 1."""
    return best_crop(salient(_frames(path, start_seconds, seconds)), shape)


def _frames(path: Path, start_seconds: float, seconds: float) -> list[NDArray[np.uint8]]:
    """Small frames, spread over the stretch."""
    import numpy as np

    from lotus.media.opening import open_media

    step = seconds / FRAMES
    moments = [start_seconds + step * (n + 0.5) for n in range(FRAMES)]
    frames: list[Any] = []

    def small(frame: Any) -> Any:
        picture = frame.reformat(*size, format="rgb24", interpolation="AREA").to_ndarray()
        return np.rot90(picture, round(frame.rotation / 90) % 4)

    with open_media(path) as container:
        stream = container.streams.video[0]
        width, height = stream.codec_context.width, stream.codec_context.height
        scale = SIDE / max(width, height)
        size = (max(8, round(width * scale)), max(8, round(height * scale)))
        begin = float((stream.start_time or 0) * stream.time_base)
        for frame in container.decode(stream):
            if len(frames) == FRAMES:
                break
            if frame.time is not None and frame.time - begin >= moments[len(frames)]:
                frames.append(small(frame))
            last = frame
        if not frames:
            frames.append(small(last))
    return frames


def salient(frames: Sequence[NDArray[np.uint8]]) -> Map:
    """How much each place of these frames stands out; shape (height, width), its sum 1."""
    import numpy as np

    maps = [_unlike(frame) * np.sqrt(_residual(frame)) for frame in frames]
    whole = sum((one / max(1e-9, one.max()) for one in maps), np.zeros(frames[0].shape[:2]))
    whole /= len(frames)
    if len(frames) > 1:
        stack = np.stack([frame.astype(np.float64).mean(axis=2) for frame in frames])
        moving = _smooth(stack.std(axis=0))
        whole = whole * (1 + MOVING * moving / max(1e-9, float(moving.max())))
    height, width = whole.shape
    edge = (max(1, round(height * BORDER)), max(1, round(width * BORDER)))
    inner = np.zeros_like(whole)
    inner[edge[0] : -edge[0], edge[1] : -edge[1]] = 1
    whole = whole * inner
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    middle = np.exp(-(down**2 + across**2) / (2 * WIDTH**2))
    whole = whole / max(1e-9, float(whole.sum())) + MIDDLE * middle / middle.sum()
    total: Map = whole / whole.sum()
    return total


def _unlike(frame: NDArray[np.uint8]) -> Map:
    """How far each place is from the picture's mean in Lab."""
    import cv2
    import numpy as np

    lab = cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float64)
    apart = lab - lab.mean(axis=(0, 1))
    far: Map = np.sqrt((apart**2).sum(axis=2))
    return _smooth(far)


def _residual(frame: NDArray[np.uint8]) -> Map:
    """What the logarithm of the spectrum has beyond its local mean."""
    import cv2
    import numpy as np

    grey = frame.astype(np.float64).mean(axis=2)
    spectrum = np.fft.fft2(grey)
    level = np.log(np.abs(spectrum) + 1e-6)
    rest = level - cv2.blur(level, (3, 3))
    back: Any = np.abs(np.fft.ifft2(np.exp(rest + 1j * np.angle(spectrum)))) ** 2
    return _smooth(back)


def _smooth(values: Map) -> Map:
    import cv2
    import numpy as np

    return np.asarray(cv2.GaussianBlur(values, (0, 0), max(values.shape) / 24), np.float64)


def best_crop(standing_out: Map, shape: float) -> tuple[float, float]:
    """Where the crop of `shape` that keeps most of what stands out has its middle.

    The sides that the crop keeps whole stay in their middle.
    """
    height, width = standing_out.shape
    sides = standing_out.sum(axis=0), standing_out.sum(axis=1)
    if width / height > shape:
        return _window(sides[0], height * shape), 0.5
    if width / height < shape:
        return 0.5, _window(sides[1], width / shape)
    return 0.5, 0.5


def _window(line: Map, length: float) -> float:
    """The middle of the window of a length that holds most of a line, as a part of the line.

    Windows that hold nearly the same are one: their mean is taken, so that nothing is at an edge.
    """
    import numpy as np

    count = len(line)
    most = max(1, min(count, round(length)))
    scores = np.convolve(line, np.ones(most), "valid")
    first = np.concatenate([[0.0], line[1 : count - most + 1]])  # nothing is cut at a border
    last = np.concatenate([line[most - 1 : -1], [0.0]])
    scores = scores - CUT * most / 8 * (first + last)
    good = np.flatnonzero(scores >= scores.max() * 0.98)
    return float((good.mean() + most / 2) / count)
