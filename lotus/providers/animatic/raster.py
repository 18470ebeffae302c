"""Pictograms as pixels: graded, lit and shadowed so that they belong to the scene's light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import resvg_py

from lotus.providers.animatic.layers import Image
from lotus.providers.animatic.lexicon import pictogram_svg
from lotus.providers.animatic.palette import Colour, mix, to_hex
from lotus.providers.animatic.treatments import BoardLook

__all__ = ["Cutout", "blurred", "cutout"]

PAD = 0.14  # of the size, around a pictogram, for its shadow and its halo
LUMA = np.array([[0.2126, 0.7152, 0.0722]])
FALL = 200  # what stands for 1 in how the light falls


@dataclass(frozen=True)
class Cutout:
    """Premultiplied RGBA of a pictogram, and the point of it that stands on the ground (or its
    middle).
    """

    image: Image
    hold_x: float
    hold_y: float


def rasterised(svg: str, width: int) -> tuple[Image, Image]:
    """Straight RGB and alpha bytes of an SVG document, `width` pixels wide."""
    png = np.frombuffer(
        resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True), np.uint8
    )
    rgba = cv2.cvtColor(np.asarray(cv2.imdecode(png, cv2.IMREAD_UNCHANGED)), cv2.COLOR_BGRA2RGBA)
    return np.ascontiguousarray(rgba[..., :3]), cv2.extractChannel(rgba, 3)


def blurred(image: Image, radius: float) -> Image:
    """A soft copy; radius in pixels. Large radii are blurred small and enlarged."""
    step = max(1, int(radius / 3))
    small = cv2.resize(
        image,
        (max(1, image.shape[1] // step), max(1, image.shape[0] // step)),
        interpolation=cv2.INTER_AREA,
    )
    soft = cv2.GaussianBlur(small, (0, 0), max(0.3, radius / step))
    return cv2.resize(soft, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)


def three(plane: Image) -> Image:
    """One plane as three channels."""
    return cv2.merge([plane, plane, plane])


def faded(plane: Image, share: float) -> Image:
    """A plane at a share of its strength."""
    return cv2.convertScaleAbs(plane, alpha=share)


def duotone(luma: Image, stops: tuple[Colour, Colour, Colour]) -> Image:
    """Luma recoloured from dark over middle to light."""
    steps = np.linspace(0, 1, 256)
    table = np.stack(
        [np.interp(steps, (0, 0.5, 1), [s[c] for s in stops]) for c in range(3)], axis=-1
    )
    return cv2.LUT(three(luma), (255 * table).astype(np.uint8)[None])


SKIN_SHARE = 0.3  # of how far colours are drawn to the palette, where they are those of a skin


def graded(rgb: Image, look: BoardLook, *, skin: bool = False) -> Image:
    """A pictogram's colours drawn towards the palette, then lit from above left. `skin`: it shows
    people, who would look ill in green or blue.
    """
    share = look.treatment.duotone * (SKIN_SHARE if skin else 1.0)
    tinted = duotone(cv2.transform(rgb, LUMA), (look.near, look.accent, look.glow))
    out = cv2.addWeighted(rgb, 1 - share, tinted, share, 0)
    if look.treatment.chroma < 0.5:
        out = cv2.addWeighted(out, 0.25, three(cv2.transform(out, LUMA)), 0.75, 0)
    down = np.linspace(1.10, 0.82, rgb.shape[0], dtype=np.float32)[:, None]
    light = down + np.linspace(0.05, -0.06, rgb.shape[1], dtype=np.float32)
    return cv2.multiply(out, three((FALL * light).astype(np.uint8)), scale=1 / FALL)


def rim_lit(rgb: Image, alpha: Image, look: BoardLook, size: int) -> Image:
    """Light from above left grazes the edge."""
    step = max(2.0, size * 0.012)
    moved = cv2.warpAffine(alpha, np.array([[1, 0, step], [0, 1, step * 1.3]]), alpha.shape[::-1])
    edge = cv2.GaussianBlur(cv2.subtract(alpha, moved), (0, 0), max(0.3, step * 0.4))
    edge = faded(edge, look.treatment.rim)
    light = np.full_like(rgb, [round(255 * part) for part in look.glow])
    dimmed = cv2.multiply(rgb, three(cv2.bitwise_not(edge)), scale=1 / 255)
    return cv2.add(dimmed, cv2.multiply(light, three(edge), scale=1 / 255))


def paper_edges(rgb: Image, alpha: Image, size: int) -> tuple[Image, Image]:
    """Watercolour: pigment gathers at the edges and thins out within, unevenly."""
    noise = np.random.Generator(np.random.PCG64(7)).random((9, 9), dtype=np.float32)
    cloud = cv2.resize(noise, alpha.shape[::-1], interpolation=cv2.INTER_CUBIC)
    cover = alpha.astype(np.float32) / 255
    edge = np.clip(cover - blurred(cover, size * 0.02), 0, 1) * 1.1
    colour = rgb * (1 - edge[..., None] * 0.5) + 25 * (cloud[..., None] - 0.4)
    thin = cover * np.clip(0.93 + 0.10 * cloud + edge * 0.2, 0, 1)
    return np.clip(colour, 0, 255).astype(np.uint8), (255 * thin).astype(np.uint8)


def under(image: Image, colour: Colour, cover: Image) -> Image:
    """A premultiplied picture over a flat colour with its own cover."""
    visible = cv2.multiply(cover, cv2.bitwise_not(cv2.extractChannel(image, 3)), scale=1 / 255)
    below = cv2.merge([faded(visible, part) for part in colour] + [visible])
    return cv2.add(image, below)


def contact(alpha: Image, hold: tuple[float, float], wide: float) -> Image:
    """The shadow where something stands on the ground."""
    shade = np.zeros_like(alpha)
    middle = (int(hold[0] * 8), int((hold[1] - 0.01 * wide) * 8))
    axes = (int(wide * 0.53 * 8), int(max(2.0, wide * 0.075) * 8))
    cv2.ellipse(shade, middle, axes, 0, 0, 360, (255,), -1, cv2.LINE_AA, 3)
    return blurred(shade, max(1.0, wide * 0.035))


def cutout(
    name: str,
    size: int,
    look: BoardLook,
    *,
    blur: float,
    flip: bool,
    stands: bool,
    bust: bool,
    body: bool = False,
    skin: bool = False,
) -> Cutout:
    """A pictogram in the scene's light; size in pixels without its padding. A `bust` is given
    shoulders.
    """
    pad = int(size * PAD)
    drawing = pictogram_svg(name, to_hex(look.accent) if bust else None, body=body)
    rgb, alpha = (
        cv2.copyMakeBorder(part, pad, pad, pad, pad, cv2.BORDER_CONSTANT)
        for part in rasterised(drawing, size)
    )
    if flip:
        rgb = cv2.flip(rgb, 1)
        alpha = cv2.flip(alpha, 1)
    x, y, w, h = cv2.boundingRect(alpha)
    hold = (x + w / 2, float(y + h) if stands else y + h / 2)
    treatment = look.treatment
    rgb = rim_lit(graded(rgb, look, skin=skin), alpha, look, size)
    if treatment.paper >= 1:
        rgb, alpha = paper_edges(rgb, alpha, size)
    image = cv2.merge([*cv2.split(cv2.multiply(rgb, three(alpha), scale=1 / 255)), alpha])
    if treatment.glow > 0.3:
        halo = faded(blurred(alpha, size * 0.05), treatment.glow * 0.45)
        image = under(image, look.accent, halo)
    image = shadowed(image, look, hold, size, w if stands else 0)
    return Cutout(blurred(image, size * (0.004 + 0.030 * blur)) if blur else image, *hold)


def shadowed(
    image: Image, look: BoardLook, hold: tuple[float, float], size: int, wide: int
) -> Image:
    """With the shadow on the ground of something so wide, or on the backdrop for what floats."""
    strength = look.treatment.shadow
    dark = mix(look.near, (0.0, 0.0, 0.0), 0.5)
    alpha = cv2.extractChannel(image, 3)
    if wide:
        return under(image, dark, faded(contact(alpha, hold, wide), min(1.0, strength * 1.6)))
    shift = np.array([[1, 0, size * 0.025], [0, 1, size * 0.05]])
    cast = cv2.warpAffine(blurred(alpha, size * 0.03), shift, alpha.shape[::-1])
    return under(image, dark, faded(cast, strength * 0.8))
