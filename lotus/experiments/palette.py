"""Colour against a brand's palette: the share of the picture near one of its colours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from lotus.errors import InvalidInput
from lotus.experiments.features import Features
from lotus.experiments.metrics import Metric

__all__ = ["palette_metric"]

NEAR = 25.0  # CIE76 in L*a*b*: cells of the histogram are up to 15 wide
HEX = re.compile(r"#[0-9a-fA-F]{6}")


def palette_metric(colors: Sequence[str]) -> Metric:
    """The metric `palette` for colours such as #1b3a4b; raises InvalidInput."""
    for color in colors:
        if not HEX.fullmatch(color):
            raise InvalidInput(
                file="",
                field="palette",
                reason=f"'{color[:20]}' is not a colour",
                remedy="write one such as #1b3a4b",
            )
    if not colors:
        raise InvalidInput(
            file="", field="palette", reason="is empty", remedy="write one such as #1b3a4b"
        )
    near = _near(colors)
    digest = hashlib.sha256(",".join(sorted(color.lower() for color in colors)).encode())

    def palette(features: Features) -> float:
        return float(features.colours[near].sum())

    return Metric(
        "palette",
        palette,
        "share, 0 to 1",
        "The picture near one of the brand's colours.",
        f"CIE76 below {NEAR:g} of a histogram of 512 colours",
        "a palette of greys is near to most pictures",
        better="higher",
        parameters=digest.hexdigest()[:12],
    )


def _near(colors: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which cells of the 8x8x8 cube of RGB have a centre near one of the colours."""
    steps = np.arange(8) * 32 + 16
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    brand = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in colors])
    distance = np.linalg.norm(_lab(cube)[:, None] - _lab(brand)[None], axis=2)
    return np.asarray(distance.min(axis=1) < NEAR)


def _lab(rgb: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    floats = (rgb[None] / 255).astype(np.float32)
    return np.asarray(cv2.cvtColor(floats, cv2.COLOR_RGB2LAB)[0])
