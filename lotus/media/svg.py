"""SVG pictures as PNG, drawn by resvg: nothing outside the file is read."""

from __future__ import annotations

import re
from pathlib import Path

from lotus.errors import MediaError

__all__ = ["drawn", "is_vector"]

WIDTH_PX = 2048  # scaled down where it is shown
MAX_BYTES = 10 * 1024 * 1024
_OUTSIDE = re.compile(
    r"<(?:\w+:)?(?:image|feImage|use)\b[^>]*?href\s*=\s*[\"']\s*(?!#|data:)", re.I | re.S
)
_TEXT = re.compile(r"<(?:\w+:)?text\b", re.I)


def is_vector(source: str) -> bool:
    """Whether a file is an SVG, by its name."""
    return source.lower().endswith(".svg")


def drawn(path: Path) -> bytes:
    """An SVG as PNG with transparency; raises MediaError in one line."""
    import resvg_py

    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refused(path, "is larger than 10 MiB", "simplify it, or export it as PNG")
        text = path.read_text(encoding="utf-8-sig")
        if _OUTSIDE.search(text):
            raise _refused(path, "names other files", "embed its pictures when exporting")
        if _TEXT.search(text):
            raise _refused(path, "has text, whose fonts may differ", "convert its text to paths")
        return bytes(resvg_py.svg_to_bytes(svg_string=text, width=WIDTH_PX, skip_system_fonts=True))
    except (OSError, ValueError) as exc:
        raise _refused(path, "is not an SVG that can be drawn", "export it as PNG") from exc


def _refused(path: Path, reason: str, remedy: str) -> MediaError:
    return MediaError(file=str(path), reason=reason, remedy=remedy)
