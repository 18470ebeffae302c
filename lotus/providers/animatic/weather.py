"""What falls, rises and glints: luma textures that are scrolled over the frame as light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lotus.providers.animatic.layers import BoardCanvas, Image

__all__ = ["Fall", "Steam", "draw_fall", "draw_steam", "fall_of", "steam_of"]


@dataclass(frozen=True)
class Fall:
    """A texture that repeats downwards every `period` pixels and moves at a speed in pixels a
    second.
    """

    tile: Image
    period: int
    speed: float


def streaks(
    random: np.random.Generator, width: int, height: int, count: int, length: float, bright: int
) -> Image:
    """Slanted rain, light on black, that repeats downwards."""
    image = np.zeros((height, width), np.uint8)
    for x, y, share in random.uniform(size=(count, 3)):
        reach = length * (0.5 + share)
        start = np.array([x * width * 1.1, y * height])
        end = start + np.array([-0.16 * reach, reach])
        for shift in (0, -height):
            points = [tuple(int(8 * n) for n in (p[0], p[1] + shift)) for p in (start, end)]
            level = int(bright * (0.4 + 0.6 * share))
            cv2.line(
                image, points[0], points[1], (level,), 1 + int(share * 2), cv2.LINE_AA, shift=3
            )
    return image


def flakes(
    random: np.random.Generator, width: int, height: int, count: int, radius: float, bright: int
) -> Image:
    """Soft snow, or dust in the light, that repeats downwards."""
    image = np.zeros((height, width), np.uint8)
    for x, y, share in random.uniform(size=(count, 3)):
        for shift in (0, -height, height):
            middle = (int(8 * x * width), int(8 * (y * height + shift)))
            level = (int(bright * (0.35 + 0.65 * share)),)
            cv2.circle(
                image, middle, int(8 * radius * (0.4 + share)), level, -1, cv2.LINE_AA, shift=3
            )
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(0.6, radius * 0.4)))


def fall_of(kind: str, random: np.random.Generator, width: int, height: int) -> Fall:
    """The texture of 'rain', 'snow' or 'dust' for a frame in pixels."""
    unit = min(width, height)
    if kind == "rain":
        tile = streaks(random, width, height, 150, unit * 0.10, 74)
        speed = unit * 1.9
    elif kind == "snow":
        tile = flakes(random, width, height, 110, unit * 0.005, 150)
        speed = unit * 0.13
    else:
        tile = flakes(random, width, height, 34, unit * 0.0028, 66)
        speed = -unit * 0.025
    return Fall(np.vstack([tile, tile]), height, speed)


def draw_fall(canvas: BoardCanvas, fall: Fall, seconds: float) -> None:
    """Add a texture's light to the frame at a moment."""
    height, width = canvas.y.shape
    y = (-fall.speed * seconds) % fall.period
    patch = cv2.getRectSubPix(fall.tile, (width, height), ((width - 1) / 2, y + (height - 1) / 2))
    cv2.add(canvas.y, patch, dst=canvas.y)


@dataclass(frozen=True)
class Steam:
    """Wisps that rise within a soft-edged column; the texture repeats every `period` pixels."""

    tile: Image
    mask: Image
    period: int
    speed: float


def steam_of(random: np.random.Generator, size: float) -> Steam:
    """Steam for something `size` pixels tall."""
    width = max(8, int(size * 0.6)) & ~1
    height = max(8, int(size * 0.75)) & ~1
    noise = random.random((5, 7)).astype(np.float32)
    stacked = cv2.resize(
        np.vstack([noise, noise, noise[:1]]), (width, height * 2), interpolation=cv2.INTER_CUBIC
    )
    rows = np.arange(2 * height, dtype=np.float32)[:, None] * (2 * np.pi / height)
    bend = (np.arange(width, dtype=np.float32)[None, :] + size * 0.035 * np.sin(rows)).astype(
        np.float32
    )
    level = np.repeat(np.arange(2 * height, dtype=np.float32)[:, None], width, axis=1)
    bent = np.asarray(
        cv2.remap(stacked, bend, level, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    )
    wisps = np.clip(1 - np.abs(bent - 0.5) * 3.2, 0, 1) ** 2.2
    y, x = np.mgrid[0 : 1 : height * 1j, -1 : 1 : width * 1j]
    column = np.clip(1 - x * x * (1.2 + 1.0 * y), 0, 1) * np.sin(np.pi * np.clip(y, 0, 1)) ** 0.8
    return Steam(
        (wisps * 255).astype(np.uint8), (column * 72).astype(np.uint8), height, size * 0.22
    )


def draw_steam(canvas: BoardCanvas, steam: Steam, x: float, foot: float, seconds: float) -> None:
    """Add steam that rises from (x, foot), clipped to the frame."""
    height, width = steam.mask.shape
    offset = (steam.speed * seconds) % steam.period
    patch = cv2.getRectSubPix(
        steam.tile, (width, height), ((width - 1) / 2, offset + (height - 1) / 2)
    )
    light = cv2.multiply(patch, steam.mask, scale=1 / 255)
    left = round(x - width / 2)
    top = round(foot - height)
    x0 = max(0, left)
    y0 = max(0, top)
    x1 = min(canvas.y.shape[1], left + width)
    y1 = min(canvas.y.shape[0], top + height)
    if x1 > x0 and y1 > y0:
        place = canvas.y[y0:y1, x0:x1]
        cv2.add(place, light[y0 - top : y1 - top, x0 - left : x1 - left], dst=place)
