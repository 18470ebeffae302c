"""Pictures over the picture: logos and badges, still or moving, with transparency. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import ffmpeg

from lotus.composition.picture.colour import in_bt709
from lotus.composition.segments import PlacedOverlay
from lotus.media.facts import Media

__all__ = ["corner", "laid_over", "overlay_size"]

MARGIN_FRACTION = 0.05  # of the short side, between an overlay and the edge of the picture


def laid_over(
    picture: Any,
    top: Any,
    overlay: PlacedOverlay,
    media: Media,
    *,
    size: tuple[int, int],
    rate: Fraction,
) -> Any:
    """The picture with another (`top`, endless if it moves) over it, counted from the overlay's own
    start.
    """
    length = overlay.end_frame - overlay.start_frame
    top = _with_frame_clock(_to_rgba(top, media), media, rate)
    top = _scale_to_room(top, overlay, size).filter("colorchannelmixer", aa=overlay.opacity)
    if overlay.fade_frames:
        fade = float(overlay.fade_frames / rate)
        top = top.filter("fade", type="in", st=0, d=fade, alpha=1)
        top = top.filter("fade", type="out", st=float(length / rate) - fade, d=fade, alpha=1)
    top = top.filter("trim", start_frame=max(0, -overlay.start_frame), end_frame=length)
    top = top.filter("setpts", f"PTS+({overlay.start_frame})")
    x, y = _corner(overlay.position, _margin(size))
    return ffmpeg.overlay(picture, top, x=x, y=y, eof_action="pass", format="yuv420")


def _to_rgba(top: Any, media: Media) -> Any:
    """In RGB with transparency."""
    if media.kind == "video" and (media.other_primaries or media.hdr or not media.rgb):
        top = in_bt709(top, media)
    return top.filter("format", "rgba")


def _with_frame_clock(top: Any, media: Media, rate: Fraction) -> Any:
    """By a clock that ticks once a frame, so that no frame is lost to rounding."""
    if media.kind == "video":
        return top.filter("fps", fps=str(rate), start_time=0)
    return top.filter("loop", loop=-1, size=1).filter("settb", str(1 / rate)).filter("setpts", "N")


def _scale_to_room(top: Any, overlay: PlacedOverlay, size: tuple[int, int]) -> Any:
    """As wide as asked for, unless it would then be higher than there is room for."""
    width, room = overlay_size(overlay.width_fraction, size)
    return top.filter("scale", width, room, force_original_aspect_ratio="decrease")


def overlay_size(width_fraction: float, size: tuple[int, int]) -> tuple[int, int]:
    """The most that an overlay may take of a frame: width and height."""
    width = max(2, round(size[0] * width_fraction / 2) * 2)
    room = size[1] if width > size[0] - 2 * _margin(size) else size[1] - 2 * _margin(size)
    return width, room


def _margin(size: tuple[int, int]) -> int:
    return round(min(size) * MARGIN_FRACTION)


def _corner(position: str, margin: int) -> tuple[str, str]:
    x = str(margin) if "left" in position else f"W-w-{margin}" if "right" in position else "(W-w)/2"
    y = str(margin) if "top" in position else f"H-h-{margin}" if "bottom" in position else "(H-h)/2"
    if position == "upper":
        y = "H*0.3-h/2"  # where the end card leaves room for a logo
    return x, y


def corner(position: str, size: tuple[int, int], overlay: tuple[int, int]) -> tuple[int, int]:
    """Where an overlay's upper left corner is, as `laid_over` places it."""
    margin = _margin(size)
    across, down = size[0] - overlay[0], size[1] - overlay[1]
    x = margin if "left" in position else across - margin if "right" in position else across // 2
    y = margin if "top" in position else down - margin if "bottom" in position else down // 2
    return x, round(size[1] * 0.3 - overlay[1] / 2) if position == "upper" else y
