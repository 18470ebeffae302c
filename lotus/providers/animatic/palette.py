"""Colours as the eye sees them: mixing, lightness and hue in OKLab."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

__all__ = ["Colour", "from_hex", "mix", "rotate", "to_hex", "tone"]

Colour = tuple[float, float, float]  # sRGB, each 0..1
HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")


@dataclass(frozen=True)
class Lch:
    """A colour in OKLCH: lightness 0..1, chroma 0..~0.35, hue in radians."""

    light: float
    chroma: float
    hue: float


def from_hex(text: str, default: Colour = (0.5, 0.5, 0.5)) -> Colour:
    """'#rrggbb' or '#rgb' as a colour; anything else is `default`."""
    match = HEX.fullmatch(text.strip())
    if match is None:
        return default
    digits = match[1] if len(match[1]) == 6 else "".join(d * 2 for d in match[1])
    return int(digits[:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:], 16) / 255


def to_hex(colour: Colour) -> str:
    """A colour as '#rrggbb', clipped to what a screen shows."""
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, part))):02x}" for part in colour)


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def to_oklab(colour: Colour) -> Colour:
    """sRGB to OKLab (B. Ottosson, 2020)."""
    r, g, b = (linear(part) for part in colour)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    middle = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def from_oklab(lab: Colour) -> Colour:
    """OKLab to sRGB, clipped."""
    light, a, b = lab
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    parts = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    r, g, b_ = (encoded(min(1.0, max(0.0, part))) for part in parts)
    return r, g, b_


def to_lch(colour: Colour) -> Lch:
    light, a, b = to_oklab(colour)
    return Lch(light, math.hypot(a, b), math.atan2(b, a))


def from_lch(lch: Lch) -> Colour:
    return from_oklab((lch.light, lch.chroma * math.cos(lch.hue), lch.chroma * math.sin(lch.hue)))


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` 0..1 of `second`, mixed as the eye sees it."""
    one = to_oklab(first)
    two = to_oklab(second)
    light, a, b = (p + (q - p) * share for p, q in zip(one, two, strict=True))
    return from_oklab((light, a, b))


def tone(colour: Colour, light: float, chroma: float = 1.0) -> Colour:
    """The colour at lightness 0..1, its chroma scaled, and held back near black and white."""
    lch = to_lch(colour)
    room = min(1.0, 2.6 * min(light, 1.02 - light) + 0.12)
    limit = 0.24 * room
    if 0.35 < lch.hue < 1.95 and light < 0.5:  # a dark orange that kept its chroma would be a red
        limit = min(limit, 0.035 + 0.15 * light)
    return from_lch(Lch(light, min(lch.chroma * chroma, limit), lch.hue))


def rotate(colour: Colour, degrees: float) -> Colour:
    """The colour with its hue turned."""
    lch = to_lch(colour)
    return from_lch(Lch(lch.light, lch.chroma, lch.hue + math.radians(degrees)))


def saturation(colour: Colour) -> float:
    """OKLCH chroma, 0..~0.35."""
    return to_lch(colour).chroma


def lightness(colour: Colour) -> float:
    """OKLab lightness, 0..1."""
    return to_oklab(colour)[0]
