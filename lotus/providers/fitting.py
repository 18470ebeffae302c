"""A clip that a hosted model made, fitted to the video: cropped, and retimed if it is short."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from lotus.errors import ClipFailed
from lotus.media.facts import Media
from lotus.providers.base import ClipRequest, Tools
from lotus.providers.footage import Footage, cut_request, look_at

__all__ = ["fit_clip", "speed_for"]

SLOWEST = Fraction(4, 5)  # slower than this is seen
SHAPE_FRACTION = 0.12  # more than this is cropped away only with a warning


def speed_for(seconds: Fraction, length: Fraction) -> Fraction | None:
    """The speed at which a clip lasts as long as its scene; None if that is too slow to be shown.

    A clip that is too long is cut, not hurried.
    """
    speed = min(Fraction(1), seconds / length)
    return speed if speed >= SLOWEST else None


def fit_clip(request: ClipRequest, output: Path, tools: Tools) -> None:
    """Write `request.source` as a clip of the video's size, rate and frames.

    Raises ClipFailed for a clip that is much too short, which stays where it is kept.
    """
    assert request.source is not None
    media = look_at(request.source)
    length = Fraction(request.frames) / request.fps
    seconds = media.seconds + Fraction(1) / (media.rate or request.fps)  # headers round it down
    speed = speed_for(seconds, length)
    if speed is None:
        raise _too_short(request, media, length)
    if speed < 1:
        tools.warn(
            f"the model made {float(media.seconds):.2f} s of the {float(length):.2f} s that the "
            f"scene needs; it is shown at {float(speed):.2f} times its speed"
        )
    _warn_of_shape(request, media, tools)
    cut = {"start_seconds": 0.0, "camera": "static", "fit": "cover"}
    if speed < 1:
        cut["speed"] = str(speed)
    size = (request.width, request.height)
    request_of_cut = cut_request(
        request.source, request.key, cut, size, request.fps, request.frames
    )
    Footage().make(request_of_cut, output, tools)


def _warn_of_shape(request: ClipRequest, media: Media, tools: Tools) -> None:
    shape = Fraction(media.width, media.height) * media.sample_aspect
    if abs(shape / Fraction(request.width, request.height) - 1) > SHAPE_FRACTION:
        tools.warn(
            f"the model made {media.width}x{media.height}, which is another shape than the "
            "video's; its edges are cropped away"
        )


def _too_short(request: ClipRequest, media: Media, length: Fraction) -> ClipFailed:
    assert request.source is not None
    seconds = float(media.seconds)
    where = "/".join(request.source.parts[-3:])
    return ClipFailed(
        scene="-",
        provider=request.provider,
        reason=f"the model made {seconds:.2f} s of the {float(length):.2f} s that the scene needs; "
        f"the clip is kept as {where} in the store",
        remedy=f"shorten the scene to {seconds:.2f} s, or give it another seed to pay for a new "
        "clip",
    )
