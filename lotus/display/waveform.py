"""A track as a picture: its waveform, with beats, sections and cuts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lotus.music.grid import BeatGrid

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["waveform_png"]

WIDTH, HEIGHT = 1000, 220
TOP, FOOT = 26, 20  # for the cuts' numbers, and for the seconds
WAVE = (96, 125, 160)
BEAT = (190, 198, 208)
BAR = (120, 130, 142)
CUT = (214, 60, 50)
INK = (60, 66, 74)
CALM_SECTION, LOUD_SECTION = (244, 246, 249), (253, 228, 196)


def waveform_png(mono: NDArray[Any], grid: BeatGrid, cuts: Sequence[float]) -> bytes:
    """Sections are shaded, the louder the warmer; bars are darker than beats; cuts are red."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(11)
    scale = WIDTH / max(grid.seconds, 0.1)
    floor = HEIGHT - FOOT
    for section in grid.sections:
        left_edge, right = section.start_seconds * scale, section.end_seconds * scale
        draw.rectangle(
            (left_edge, TOP, max(left_edge, right - 1), floor), fill=_colour(section.energy)
        )
    bars = set(grid.downbeats)
    for i, beat in enumerate(grid.beats):
        top = TOP if i in bars else TOP + 60
        draw.line((beat * scale, top, beat * scale, floor), fill=BAR if i in bars else BEAT)
    _draw_wave(draw, mono, (TOP + floor) / 2, (floor - TOP) / 2 - 4)
    for number, cut in enumerate(cuts, 2):
        draw.line((cut * scale, TOP - 8, cut * scale, floor), fill=CUT, width=2)
        draw.text((cut * scale + 3, 6), f"scene {number}", fill=CUT, font=font)
    step = next(s for s in (1, 2, 5, 10, 30, 60, 600, 36_000) if grid.seconds / s <= 20)
    for second in range(0, int(grid.seconds) + 1, step):
        draw.text((second * scale + 2, floor + 4), f"{second} s", fill=INK, font=font)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def _draw_wave(draw: Any, mono: NDArray[Any], middle: float, reach: float) -> None:
    """The loudest sample of each column, up and down."""
    import numpy as np

    if not len(mono):
        return
    edges = np.linspace(0, len(mono), WIDTH + 1).astype(int)
    loudest = float(np.abs(mono).max()) or 1.0
    for x in range(WIDTH):
        column = mono[edges[x] : max(edges[x + 1], edges[x] + 1)]
        high, low = float(column.max()) / loudest, float(column.min()) / loudest
        draw.line((x, middle - reach * high, x, middle - reach * low), fill=WAVE)


def _colour(energy: float) -> tuple[int, int, int]:
    """The colour of a section."""
    red, green, blue = (
        round(a + (b - a) * energy) for a, b in zip(CALM_SECTION, LOUD_SECTION, strict=True)
    )
    return red, green, blue
