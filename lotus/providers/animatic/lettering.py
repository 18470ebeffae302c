"""One key word as a large layer of type, shaped for its script; nothing where no font
can shape it.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont, features

from lotus.providers.animatic.layers import Image
from lotus.providers.animatic.palette import Colour

__all__ = ["word_image"]

SOURCE = ("weblate_fonts", "static/weblate_fonts/source-sans/ttf/SourceSans3-Black.ttf")
KURINTO = "static/weblate_fonts/kurinto/ttf/KurintoSans{}-Bd.ttf"
# Script -> package and file of its font; the first whose letters hold the whole word is used.
FONTS: tuple[tuple[re.Pattern[str], tuple[str, str]], ...] = (
    (re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0370-\u03ff\u0400-\u04ff]+"), SOURCE),
    (
        re.compile("[\u3041-\u30ff\u4e00-\u9fff]*[\u3041-\u30ff][\u3041-\u30ff\u4e00-\u9fffー]*"),
        ("weblate_fonts", KURINTO.format("JP")),
    ),
    (re.compile("[\u4e00-\u9fff]+"), ("weblate_fonts", KURINTO.format("SC"))),
    (re.compile("[\uac00-\ud7a3]+"), ("weblate_fonts", KURINTO.format("KR"))),
    (re.compile("[\u0621-\u065f\u0670-\u06d3]+"), ("manimgx_fonts", "NotoSansArabic[wght].ttf")),
    (re.compile("[\u05d0-\u05ea]+"), ("manimgx_fonts", "NotoSansHebrew[wght].ttf")),
    (re.compile("[\u0900-\u097f]+"), ("manimgx_fonts", "NotoSansDevanagari[wght].ttf")),
    (re.compile("[\u0e01-\u0e4e]+"), ("manimgx_fonts", "NotoSansThai[wght].ttf")),
)


def font_path(word: str) -> Path | None:
    """The font file for a word of one script; None when there is none."""
    for letters, (package, name) in FONTS:
        if letters.fullmatch(word):
            path = Path(str(files(package).joinpath(name)))
            return path if path.exists() else None
    return None


def word_image(word: str, width: int, height: int, colour: Colour) -> Image | None:
    """Premultiplied RGBA bytes of the word, as large as fits the box; None for no word
    or no font.
    """
    path = font_path(word) if word and features.check("raqm") else None
    if path is None:
        return None
    text = word.upper() if "SourceSans" in path.name else word
    font = ImageFont.truetype(str(path), 200, layout_engine=ImageFont.Layout.RAQM)
    left, top, right, bottom = font.getbbox(text)
    if right - left < 1 or bottom - top < 1:
        return None
    size = int(200 * min(width / (right - left), height / (bottom - top)))
    font = ImageFont.truetype(str(path), max(8, size), layout_engine=ImageFont.Layout.RAQM)
    left, top, right, bottom = font.getbbox(text)
    pad = 6
    mask = Picture.new("L", (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad))
    ImageDraw.Draw(mask).text((pad - left, pad - top), text, fill=255, font=font)
    alpha = np.asarray(mask)
    planes = [alpha * part for part in colour]
    return np.dstack([*planes, alpha]).astype(np.uint8)
