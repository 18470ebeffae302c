"""How one clip becomes the next: one entry per transition. Adding one is one line here and one
test. Pure.

Frame 0 of a transition is the outgoing clip as it is, and the frame after its last the incoming
one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ffmpeg

from lotus.composition.picture.camera import STILL, corners_between
from lotus.errors import UnknownName

__all__ = ["CUT", "TRANSITIONS", "Way", "mix_shots", "way", "xfade_name"]


def mix_shots(
    shots: list[Any],
    kind: str,
    color: str | None,
    *,
    frames: int,
    rate: Fraction,
    size: tuple[int, int],
) -> Any:
    """The transition from the first shot to the second, `frames` long; a fade goes
    through `color`.
    """
    before, after = (
        shot.filter("scale", flags="neighbor").filter("format", "yuv444p") for shot in shots
    )
    transition = way(kind)
    if transition.through is not None:
        picture = _through(before, after, color or transition.through, frames, rate, size)
    elif transition.early:
        both = before.split()
        picture = _first_frame(both[0], _move(both[1], after, transition, frames, rate, size))
    else:
        picture = _move(before, after, transition, frames, rate, size)
    return picture.filter("scale", flags="area").filter("format", "yuv420p")


def _xfade(
    before: Any, after: Any, name: str, frames: int, rate: Fraction, at_frame: int = 0
) -> Any:
    length, offset = (f"{float(count / rate):.9f}" for count in (frames, at_frame))
    return ffmpeg.filter([before, after], "xfade", transition=name, duration=length, offset=offset)


def _move(
    before: Any, after: Any, way: Way, frames: int, rate: Fraction, size: tuple[int, int]
) -> Any:
    if way.zoom != 1:
        before = before.filter(
            "perspective", **corners_between(STILL, (way.zoom, 0, 0), 0, frames + 1)
        )
    picture = _xfade(before, after, way.xfade, frames, rate)
    if not way.blur:
        return picture
    return picture.filter("gblur", sigma=round(size[0] * way.blur, 2), sigmaV=0)


def _first_frame(first: Any, picture: Any) -> Any:
    """The picture, with frame 0 of `first`: an opaque overlay in one format copies pixels as they
    are.
    """
    return ffmpeg.overlay(picture, first, enable="eq(n,0)", format="yuv444", shortest=1)


def _through(
    before: Any, after: Any, color: str, frames: int, rate: Fraction, size: tuple[int, int]
) -> Any:
    """To the colour and from it: the frame in the middle has nothing else."""
    half = max(1, frames // 2)
    plain = ffmpeg.input(f"color=c=0x{color.lstrip('#')}:s={size[0]}x{size[1]}:r={rate}", f="lavfi")
    plain = plain.video.filter("format", "gbrp").filter(
        "scale", flags="accurate_rnd+full_chroma_int", out_color_matrix="bt709", out_range="tv"
    )
    plain = plain.filter("format", "yuv444p").filter("setsar", 1).filter("trim", end_frame=frames)
    out = _xfade(before, plain, "fade", half, rate)
    if frames <= half:
        return out
    rest = after.filter("trim", start_frame=half).filter("setpts", "PTS-STARTPTS")
    return _xfade(out, rest, "fade", frames - half, rate, half)


CUT = "cut"  # no overlap, so no filter


@dataclass(frozen=True)
class Way:
    """`xfade` is ffmpeg's name of the transition (ffmpeg-filters, section xfade).

    `through`: the colour that the picture fades through, unless the timeline names another;
    `early`: ffmpeg lets something of the incoming clip be seen in frame 0 already; `blur`: how far
    the moving pictures are smeared sideways, as a fraction of the width; `zoom`: how much the
    outgoing clip has grown at the end.
    """

    xfade: str
    through: str | None = None
    early: bool = False
    blur: float = 0.0
    zoom: float = 1.0


TRANSITIONS: Mapping[str, Way] = {
    CUT: Way(""),
    "dissolve": Way("fade"),
    "fade": Way("fade", through="#000000"),
    "fade_white": Way("fade", through="#ffffff"),
    # the incoming clip slides over the outgoing one: from the right, unless the name says where to
    "slide": Way("coverleft"),
    "slide_right": Way("coverright"),
    "slide_up": Way("coverup"),
    "slide_down": Way("coverdown"),
    # both move together
    "push": Way("slideleft", early=True),
    "push_right": Way("slideright"),
    "push_up": Way("slideup", early=True),
    "push_down": Way("slidedown"),
    "whip": Way("slideleft", early=True, blur=0.04),
    # the outgoing clip leaves, the incoming one lies under it
    "reveal": Way("revealleft", early=True),
    # neither moves
    "wipe": Way("wipeleft"),
    "wipe_right": Way("wiperight", early=True),
    "wipe_up": Way("wipeup"),
    "wipe_down": Way("wipedown", early=True),
    "soft_wipe": Way("smoothleft"),
    "diagonal": Way("diagtl"),
    "clock": Way("radial"),
    "circle": Way("circleopen"),
    "circle_close": Way("circleclose"),
    "doors": Way("vertopen"),
    "doors_close": Way("vertclose"),
    "blinds": Way("hlslice"),
    "zoom": Way("fade", early=True, zoom=2.5),
    "blur": Way("hblur"),
    "squeeze": Way("squeezev", early=True),
    "pixelize": Way("pixelize"),
    "grain": Way("dissolve"),
}


def way(kind: str, field: str = "") -> Way:
    """A transition by name; raises UnknownName with the choices, and the field that names it."""
    try:
        return TRANSITIONS[kind]
    except KeyError:
        raise UnknownName("transition", kind, TRANSITIONS, field=field) from None


def xfade_name(kind: str, field: str = "") -> str:
    """ffmpeg's name of a transition; raises UnknownName with the choices."""
    return way(kind, field).xfade
