"""SVG to pixels, and pictograms graded, lit and shadowed so that they belong to the scene's light."""

from __future__ import annotations

import cv2
import numpy as np
import resvg_py

from lotus.providers.boards.layers import Image
from lotus.providers.boards.palette import Colour
from lotus.providers.boards.pictograms import pictogram_svg
from lotus.providers.boards.treatments import Look

__all__ = ["blurred", "graded_pictogram", "rasterised"]

PAD = 0.12  # of the size, around a pictogram, for its shadow and its halo
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def rasterised(svg: str, width: int) -> Image:
    """Straight RGBA bytes of an SVG document, `width` pixels wide."""
    png = np.frombuffer(
        bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)), np.uint8
    )
    return cv2.cvtColor(np.asarray(cv2.imdecode(png, cv2.IMREAD_UNCHANGED)), cv2.COLOR_BGRA2RGBA)


def blurred(image: Image, radius: float) -> Image:
    """A soft copy; radius in pixels. Large radii are blurred small and enlarged."""
    step = max(1, int(radius / 6))
    small = cv2.resize(
        image, (max(1, image.shape[1] // step), max(1, image.shape[0] // step)), interpolation=cv2.INTER_AREA
    )
    soft = cv2.GaussianBlur(small, (0, 0), max(0.3, radius / step))
    return cv2.resize(soft, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)


def ramp(luma: Image, stops: tuple[Colour, Colour, Colour]) -> Image:
    """A luma image (0..1) recoloured from dark over middle to light."""
    points = np.array([0.0, 0.5, 1.0])
    table = np.stack(
        [np.interp(np.linspace(0, 1, 256), points, [s[c] for s in stops]) for c in range(3)], axis=-1
    )
    recoloured: Image = table.astype(np.float32)[np.clip(luma * 255, 0, 255).astype(np.uint8)]
    return recoloured


def graded(rgb: Image, look: Look) -> Image:
    """Pictogram colours (0..1) drawn towards the palette, then lit from above left."""
    luma = rgb @ LUMA
    duotone = ramp(luma, (look.near, look.accent, look.glow))
    share = look.treatment.duotone
    out = rgb * (1 - share) + duotone * share
    if look.treatment.chroma < 0.5:
        out = out * 0.25 + (out @ LUMA)[..., None] * 0.75
    rows, columns = luma.shape
    fall = np.linspace(1.10, 0.80, rows, dtype=np.float32)[:, None] + np.linspace(
        0.04, -0.05, columns, dtype=np.float32
    )
    return out * fall[..., None]


def rim(alpha: Image, size: int) -> Image:
    """Where light from above left grazes the edge, 0..1."""
    step = max(2.0, size * 0.012)
    shift = np.array([[1, 0, step], [0, 1, step * 1.3]], np.float32)
    moved = cv2.warpAffine(alpha, shift, (alpha.shape[1], alpha.shape[0]))
    return blurred(np.clip(alpha - moved, 0, 1), step * 0.4) * alpha


def paper_edges(rgb: Image, alpha: Image, size: int) -> tuple[Image, Image]:
    """Watercolour: pigment gathers at the edges and thins out within, unevenly."""
    noise = np.random.Generator(np.random.PCG64(7)).random((9, 9), dtype=np.float32)
    cloud = cv2.resize(noise, (alpha.shape[1], alpha.shape[0]), interpolation=cv2.INTER_CUBIC)
    inner = blurred(alpha, size * 0.02)
    edge = np.clip(alpha - inner, 0, 1) * 1.1
    rgb = rgb * (1 - edge[..., None] * 0.5) + 0.10 * (cloud[..., None] - 0.4)
    return np.clip(rgb, 0, 1), alpha * np.clip(0.80 + 0.26 * cloud + edge * 0.3, 0, 0.98)


def under(colour: Colour, cover: Image, rgb: Image, alpha: Image) -> tuple[Image, Image]:
    """Straight colour and alpha of a picture over a flat colour with its own cover."""
    total = alpha + cover * (1 - alpha)
    flat = np.array(colour, np.float32)
    mixed = rgb * alpha[..., None] + flat * (cover * (1 - alpha))[..., None]
    return mixed / np.maximum(total, 1e-4)[..., None], total


def graded_pictogram(name: str, size: int, look: Look, blur: float, flip: bool) -> Image:
    """Straight RGBA bytes of a pictogram in the scene's light; size in pixels without its padding."""
    pad = int(size * PAD)
    image = cv2.copyMakeBorder(rasterised(pictogram_svg(name), size), pad, pad, pad, pad, cv2.BORDER_CONSTANT)
    image = image[:, ::-1] if flip else image
    rgb, alpha = image[..., :3].astype(np.float32) / 255, image[..., 3].astype(np.float32) / 255
    treatment = look.treatment
    edge = rim(alpha, size)
    rgb = graded(rgb, look)
    rgb = rgb + (edge * treatment.rim)[..., None] * (np.array(look.glow, np.float32) - rgb)
    if treatment.paper >= 1:
        rgb, alpha = paper_edges(rgb, alpha, size)
    if treatment.glow > 0.3:
        rgb, alpha = under(look.accent, blurred(alpha, size * 0.05) * treatment.glow * 0.55, rgb, alpha)
    if treatment.shadow:
        shift = np.array([[1, 0, size * 0.025], [0, 1, size * 0.05]], np.float32)
        cast = cv2.warpAffine(blurred(alpha, size * 0.035), shift, (alpha.shape[1], alpha.shape[0]))
        rgb, alpha = under(tuple(0.5 * c for c in look.near), cast * treatment.shadow, rgb, alpha)  # type: ignore[arg-type]
    out = np.dstack([np.clip(rgb, 0, 1), np.clip(alpha, 0, 1)]) * 255
    if blur:
        out[..., :3] *= out[..., 3:] / 255
        out = blurred(out, size * (0.006 + 0.045 * blur))
        out[..., :3] /= np.maximum(out[..., 3:] / 255, 1e-3)
    out[..., 3] *= out[..., 3] > 2.5
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)
