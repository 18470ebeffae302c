"""Which stretches of a source need no encoding: its packets are taken as they are. Pure.

Copied frames are the source's own, so nothing is lost; the edges of a trim, between a cut point and
the trim, are encoded like everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from lotus.composition.layout import Layout, PlacedClip, grid_frame
from lotus.documents.timeline import Encoding
from lotus.media.facts import CutPoints, Media
from lotus.media.h264 import OWN_ID, Sets, agree, parameter_sets

__all__ = ["choose", "copied_run", "copies", "may_copy", "plain"]

MIN_RUN_FRAMES = 12  # shorter ones are not worth two more pieces
_BT709 = (1, 2)  # or not said, which players take as BT.709 at these sizes


def plain(clip: PlacedClip) -> bool:
    """Whether the clip shows its source's frames as they are."""
    return clip.speed == 1 and clip.camera == "static"


def copies(encoding: Encoding) -> bool:
    """Whether an encoding takes packets as they are: a draft is to be small, and a lossless video
    is another profile of H.264.
    """
    plain_h264 = encoding.codec == "h264" and not encoding.hardware
    return plain_h264 and encoding.quality in ("standard", "high")


def may_copy(media: Media) -> bool:
    """Whether packets of a source that already fits the canvas may stand among encoded ones."""
    same_color = media.transfer in _BT709 and media.primaries in _BT709
    return media.codec == "h264" and same_color and not media.interlaced and not media.rotation


def choose(layout: Layout, cuts: Mapping[str, CutPoints]) -> dict[str, CutPoints]:
    """The sources whose packets can stand in one stream; of those that contradict, the ones shown
    longest.
    """
    frames = dict.fromkeys(cuts, 0)
    for clip in layout.clips:
        if clip.source in frames and plain(clip):
            frames[clip.source] += clip.frames
    weight: dict[str, int] = {}
    for source, count in frames.items():
        weight[cuts[source].parameters] = weight.get(cuts[source].parameters, 0) + count
    agreeing: dict[str, Sets] = {}
    for box in sorted(weight, key=lambda box: (-weight[box], box)):
        sets = parameter_sets(bytes.fromhex(box))
        ours = any(number == OWN_ID for _, number in sets)
        if not ours and agree([*agreeing.values(), sets]):
            agreeing[box] = sets
    return {source: points for source, points in cuts.items() if points.parameters in agreeing}


def copied_run(
    clip: PlacedClip, start: int, stop: int, rate: Fraction, points: CutPoints
) -> tuple[int, int] | None:
    """What of frames [start, stop) of the clip is copied, or nothing."""
    shift = grid_frame(clip.start, rate)
    run = points.within(start + shift, stop + shift)
    if run is None or run[1] - run[0] < MIN_RUN_FRAMES:
        return None
    return run[0] - shift, run[1] - shift
