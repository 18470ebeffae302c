"""Where a caption stands so that it covers no face. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lotus.composition.captions.styles import Box, CaptionStyle, caption_style, safe_area, shape_of
from lotus.documents.timeline import Caption, Position

__all__ = ["clear_position", "may_move"]

MOVABLE = ("text", "spoken")  # layouts that stand at an edge; cards belong to the middle
ELSEWHERE: tuple[Position, ...] = ("bottom", "top")
COVERED = 0.06  # of a face's area that text may touch: hair and chin are no face


def may_move(caption: Caption) -> bool:
    """Whether a caption stands at an edge of the picture, and so may stand at another one."""
    layout = caption_style(caption.style).layout
    return layout in MOVABLE and caption.position in ELSEWHERE


def clear_position(caption: Caption, width: int, height: int, faces: Sequence[Box]) -> Position:
    """Where a caption covers least of any face; where it is, if nothing is better. `faces` are in
    pixels of the picture.
    """
    style = caption_style(caption.style)

    def cover(position: Position) -> float:
        zone = _zone(position, style, width, height)
        return max((_share(face, zone) for face in faces), default=0.0)

    if cover(caption.position) <= COVERED:
        return caption.position
    return min((caption.position, *ELSEWHERE), key=cover)


def _zone(position: Position, style: CaptionStyle, width: int, height: int) -> Box:
    """What a caption of all its lines takes of the picture at an edge."""
    safe = safe_area(width, height)
    em = style.size(shape_of(width, height)) * min(width, height)
    tall = style.max_lines * style.leading * em
    margin = safe.width * (1 - style.measure) / 2
    top = safe.top if position == "top" else safe.bottom - tall
    return Box(safe.left + margin, top, safe.right - margin, top + tall)


def _share(face: Box, zone: Box) -> float:
    """The share of a face that lies in a zone."""
    wide = min(face.right, zone.right) - max(face.left, zone.left)
    tall = min(face.bottom, zone.bottom) - max(face.top, zone.top)
    area = max(1.0, face.width * face.height)
    return max(0.0, wide) * max(0.0, tall) / area
