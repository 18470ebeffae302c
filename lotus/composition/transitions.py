"""How one clip becomes the next: one entry per transition. Adding one is one line here and one test."""

from __future__ import annotations

from collections.abc import Mapping

from lotus.errors import UnknownName

__all__ = ["CUT", "TRANSITIONS", "xfade_name"]

CUT = "cut"  # no overlap, so no filter

# name -> ffmpeg's `xfade` transition (ffmpeg-filters, section xfade)
TRANSITIONS: Mapping[str, str] = {
    CUT: "",
    "dissolve": "fade",
    "fade": "fadeblack",
    "fade_white": "fadewhite",
    "slide": "smoothleft",
    "push": "slideleft",
    "push_up": "slideup",
    "wipe": "wipeleft",
    "wipe_down": "wipedown",
    "zoom": "zoomin",
    "whip": "hblur",
    "circle": "circleopen",
    "circle_close": "circleclose",
    "clock": "radial",
    "pixelize": "pixelize",
    "grain": "dissolve",
    "squeeze": "squeezev",
    "cover": "coverleft",
    "reveal": "revealleft",
}


def xfade_name(kind: str) -> str:
    """ffmpeg's name of a transition; raises UnknownName with the choices."""
    try:
        return TRANSITIONS[kind]
    except KeyError:
        raise UnknownName("transition", kind, TRANSITIONS) from None
