"""How one clip becomes the next: one entry per transition. Adding one is one line here and one test. Pure.

Frame 0 of a transition is the outgoing clip as it is, and the frame after its last the incoming one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lotus.errors import UnknownName

__all__ = ["CUT", "TRANSITIONS", "Way", "way", "xfade_name"]

CUT = "cut"  # no overlap, so no filter


@dataclass(frozen=True)
class Way:
    """`xfade` is ffmpeg's name of the transition (ffmpeg-filters, section xfade).

    `through`: the colour that the picture fades through, unless the timeline names another; `early`: ffmpeg
    lets something of the incoming clip be seen in frame 0 already; `blur`: how far the moving pictures are
    smeared sideways, as a fraction of the width; `zoom`: how much the outgoing clip has grown at the end.
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


def way(kind: str) -> Way:
    """A transition by name; raises UnknownName with the choices."""
    try:
        return TRANSITIONS[kind]
    except KeyError:
        raise UnknownName("transition", kind, TRANSITIONS) from None


def xfade_name(kind: str) -> str:
    """ffmpeg's name of a transition; raises UnknownName with the choices."""
    return way(kind).xfade
