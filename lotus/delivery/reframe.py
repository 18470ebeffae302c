"""A timeline in the shape, rate and loudness of a platform; its clips stay the same. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from lotus.delivery.platforms import Platform
from lotus.documents.timeline import Encoding, Overlay, Timeline

__all__ = ["CARDS", "for_platform", "is_another_shape", "rate_for"]

CARDS = ("cta", "title", "lower_third")  # captions that are a part of the picture
Captions = Literal["burned", "beside", "both"]


def rate_for(rate: Fraction, platform: Platform) -> Fraction:
    """The frame rate to deliver at: the video's own, unless the platform takes no such one."""
    if platform.rates and rate not in platform.rates:
        return Fraction(min(platform.rates, key=lambda one: (abs(one - rate), one)))
    if rate > platform.fps_most:
        halves = [rate / n for n in range(2, 9) if rate / n <= platform.fps_most]
        return halves[0]
    return rate


def is_another_shape(timeline: Timeline, platform: Platform) -> bool:
    """Whether the platform's picture is wider or higher than the timeline's by more than 1%."""
    own = Fraction(timeline.width, timeline.height)
    return abs(own * platform.height / platform.width - 1) > Fraction(1, 100)


def for_platform(
    timeline: Timeline,
    platform: Platform,
    captions: Captions,
    focus: Mapping[int, tuple[float, float]],
) -> Timeline:
    """The timeline as a platform takes it; `focus` says what a crop keeps of each clip."""
    clips = tuple(
        clip.model_copy(update={"focus": focus[i]}) if i in focus and clip.focus is None else clip
        for i, clip in enumerate(timeline.clips)
    )
    remaining = timeline.captions
    if captions == "beside":
        remaining = tuple(caption for caption in remaining if caption.style in CARDS)
    encoding = Encoding(
        codec=platform.codec,
        quality=platform.quality,
        loudness_lufs=platform.loudness_lufs,
        max_kbps=platform.max_kbps,
    )
    changes = {
        "width": platform.width,
        "height": platform.height,
        "fps": rate_for(timeline.fps, platform),
        "clips": clips,
        "captions": remaining,
        "overlays": tuple(_scaled(one, timeline, platform) for one in timeline.overlays),
        "encoding": encoding,
    }
    return timeline.model_copy(update=changes)


def _scaled(overlay: Overlay, timeline: Timeline, platform: Platform) -> Overlay:
    """An overlay as large beside the short side of the picture as it was."""
    before = timeline.width / min(timeline.width, timeline.height)
    after = platform.width / min(platform.width, platform.height)
    width = min(1.0, overlay.width_fraction * before / after)
    return overlay.model_copy(update={"width_fraction": width})
