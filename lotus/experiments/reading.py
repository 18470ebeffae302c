"""Stray text: words that an OCR reads in frames, which a clip should not have."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.experiments.stills import upright_picture
from lotus.media.opening import OPTIONS
from lotus.system.distribution import import_extra

if TYPE_CHECKING:
    from lotus.experiments.features import Features

__all__ = ["stray_text"]

FRAMES = 5  # that are read, at equal distances
SIDE = 640  # pixels of the longer side
SURE = 0.8  # of the OCR, that a word is one
LETTERS = 2  # of a word
_ONE = threading.Lock()  # an engine reads one picture at a time


def stray_text(features: Features) -> float:
    """The most words in any of a few frames."""
    return float(max(map(_words, _frames(features.path, features.frames)), default=0))


@cache
def _engine() -> Any:
    """PP-OCRv6 small by ONNX Runtime; its weights lie in the wheel of rapidocr."""
    return import_extra("rapidocr").RapidOCR(params={"Global.log_level": "critical"})


def _words(picture: Any) -> int:
    with _ONE:
        result = _engine()(picture, use_cls=False)
    lines = zip(result.txts or (), result.scores or (), strict=False)
    texts = " ".join(text for text, score in lines if score >= SURE)
    return sum(sum(map(str.isalnum, word)) >= LETTERS for word in texts.split())


def _frames(path: Path, total: int) -> list[Any]:
    """A few frames at equal distances, as BGR."""
    import av

    numbers = {round((i + 0.5) * total / FRAMES) for i in range(FRAMES)}
    pictures = []
    with av.open(f"file:{path}", options=OPTIONS, metadata_errors="ignore") as container:
        stream = container.streams.video[0]
        scale = min(1.0, SIDE / max(stream.width, stream.height, 1))
        for number, frame in enumerate(container.decode(stream)):
            if number in numbers:
                pictures.append(upright_picture(frame, "bgr24", scale))
    return pictures
