"""Two shots -> one picture: the filters of a transition. Pure.

xfade works on full-resolution chroma. Left to itself ffmpeg converts with a blur, and colours would change a
little where a transition begins; doubled and averaged, chroma comes back as it was.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import ffmpeg

from lotus.composition.picture.camera import STILL, corners_between
from lotus.composition.picture.transitions import Way, way

__all__ = ["mixed"]


def mixed(
    shots: list[Any], kind: str, color: str | None, *, frames: int, rate: Fraction, size: tuple[int, int]
) -> Any:
    """The transition from the first shot to the second, `frames` long; a fade goes through `color`."""
    before, after = (shot.filter("scale", flags="neighbor").filter("format", "yuv444p") for shot in shots)
    chosen = way(kind)
    if chosen.through is not None:
        picture = _through(before, after, color or chosen.through, frames, rate, size)
    elif chosen.early:
        both = before.split()
        picture = _first_frame(both[0], _moved(both[1], after, chosen, frames, rate, size))
    else:
        picture = _moved(before, after, chosen, frames, rate, size)
    return picture.filter("scale", flags="area").filter("format", "yuv420p")


def _xfade(before: Any, after: Any, name: str, frames: int, rate: Fraction, at_frame: int = 0) -> Any:
    length, offset = (f"{float(count / rate):.9f}" for count in (frames, at_frame))
    return ffmpeg.filter([before, after], "xfade", transition=name, duration=length, offset=offset)


def _moved(before: Any, after: Any, chosen: Way, frames: int, rate: Fraction, size: tuple[int, int]) -> Any:
    if chosen.zoom != 1:
        before = before.filter("perspective", **corners_between(STILL, (chosen.zoom, 0, 0), 0, frames + 1))
    picture = _xfade(before, after, chosen.xfade, frames, rate)
    if not chosen.blur:
        return picture
    return picture.filter("gblur", sigma=round(size[0] * chosen.blur, 2), sigmaV=0)


def _first_frame(first: Any, picture: Any) -> Any:
    """The picture, with frame 0 of `first`: an opaque overlay in one format copies pixels as they are."""
    return ffmpeg.overlay(picture, first, enable="eq(n,0)", format="yuv444", shortest=1)


def _through(before: Any, after: Any, color: str, frames: int, rate: Fraction, size: tuple[int, int]) -> Any:
    """To the colour and from it: the frame in the middle has nothing else."""
    half = max(1, frames // 2)
    plain = ffmpeg.input(f"color=c=0x{color.lstrip('#')}:s={size[0]}x{size[1]}:r={rate}", f="lavfi")
    plain = plain.video.filter("format", "gbrp").filter(
        "scale", flags="accurate_rnd+full_chroma_int", out_color_matrix="bt709", out_range="tv"
    )
    plain = plain.filter("format", "yuv444p").filter("setsar", 1).filter("trim", end_frame=frames)
    gone = _xfade(before, plain, "fade", half, rate)
    if frames <= half:
        return gone
    rest = after.filter("trim", start_frame=half).filter("setpts", "PTS-STARTPTS")
    return _xfade(gone, rest, "fade", frames - half, rate, half)
