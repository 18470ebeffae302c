"""Colours that can be read: WCAG contrast, and a brand's colours put to work. Pure.

Formulas: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance and #dfn-contrast-ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["BLACK", "WHITE", "Scheme", "contrast", "luminance", "mix", "readable_on", "scheme"]

BLACK = "#000000"
WHITE = "#ffffff"
# this ink or white has 4.5 to any colour
_INK = "#050506"
_PAPER = "#f5f2ec"
_SCRIM = 9.0  # a brand's own dark colour dims better than black; white stays readable on it
_SHADE = 15.0  # what is made dark may as well be darker
_HIGHLIGHT = "#ffd447"
_VIVID = 0.18  # chroma from which a colour is one
_LEGIBLE = 4.5  # WCAG 1.4.3: text
_VISIBLE = 3.0  # WCAG 1.4.11: what a shape needs against its surroundings


@dataclass(frozen=True)
class Scheme:
    """`accent` for bars and buttons, `on_accent` for text on it, `scrim` for what dims
    the picture.
    """

    accent: str
    on_accent: str
    scrim: str

    @property
    def highlight(self) -> str:
        """Of a word among white ones: the accent, unless that is nearly white or grey itself."""
        return self.accent if _chroma(self.accent) >= _VIVID else _HIGHLIGHT


def _channels(hex_color: str) -> tuple[int, int, int]:
    value = int(hex_color[1:7], 16)
    return value >> 16, value >> 8 & 255, value & 255


def luminance(hex_color: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _unit(hex_color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _unit(hex_color: str) -> list[float]:
    return [c / 255 for c in _channels(hex_color)]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """`share` of the other colour in the first."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable_on(background: str) -> str:
    """Near-black or white, whichever stands out more."""
    return max((WHITE, _INK), key=lambda c: contrast(c, background))


def scheme(colors: Sequence[str]) -> Scheme:
    """The brand's colours in their roles; without any, warm white on near-black.

    The accent is the first vivid colour that shows on the scrim. A brand that has only dark colours
    gets the first that can be read as text on a light button.
    """
    vivid = [c for c in colors if _chroma(c) >= _VIVID]
    scrim = _scrim(colors)
    for color in (*vivid, *colors):
        if contrast(color, scrim) >= _VISIBLE:
            return Scheme(color, readable_on(color), scrim)
    ink = next((c for c in colors if contrast(c, _PAPER) >= _LEGIBLE), _INK)
    return Scheme(_PAPER, ink, scrim)


def _scrim(colors: Sequence[str]) -> str:
    """The brand's first dark colour, or its darkest made darker, until white is read and a colour
    shows.
    """
    darkest = min(colors, key=luminance, default=_INK)
    own = [c for c in colors if contrast(WHITE, c) >= _SCRIM][:1]
    shades = [mix((own or [darkest])[0], _INK, tenth / 10) for tenth in range(11)]
    dark = own + [shade for shade in shades if contrast(WHITE, shade) >= _SHADE]
    return next((s for s in dark if any(contrast(c, s) >= _VISIBLE for c in colors)), dark[0])


def _chroma(hex_color: str) -> float:
    channels = _unit(hex_color)
    return max(channels) - min(channels)
