"""Cut -> CMX 3600 edit decision list: the picture as events of timecode (SMPTE ST 258). Pure.

Suites find a file by `FROM CLIP NAME`, the reel being AX. A dissolve begins where its second event
begins: the first clip is seen alone until then.
"""

from __future__ import annotations

from collections.abc import Iterator

from lotus.interchange.cut import Cut, CutClip, CutMarker, CutTransition, drops_frames, timecode

__all__ = ["MOST_EVENTS", "edl"]

MOST_EVENTS = 999  # events are numbered by three digits
_LINE = 180  # characters of a comment that suites read


def edl(cut: Cut) -> str:
    """The text of an .edl file: one track of pictures, and captions as locators."""
    mode = "DROP FRAME" if drops_frames(cut.rate) else "NON-DROP FRAME"
    lines = [f"TITLE: {_line(cut.name)}", f"FCM: {mode}"]
    track = cut.of_kind("video")[0]
    before: CutClip | None = None
    for number, clip in enumerate(track.clips, 1):
        into = track.into(clip)
        away = track.out_of(clip)
        end = away.at if away is not None else clip.end
        lines += _event(number, clip, end, into, before, cut)
        if before is None:  # some readers take a comment only below an event
            lines.append(f"* FRAME RATE: {cut.rate}")
        lines += [_locator(marker, cut) for marker in _begin_in(cut, clip)]
        before = clip
    return "\n".join(lines) + "\n"


def _event(
    number: int,
    clip: CutClip,
    end: int,
    into: CutTransition | None,
    before: CutClip | None,
    cut: Cut,
) -> Iterator[str]:
    at = into.at if into is not None else clip.at
    reel = "BL" if clip.media is None else "AX"
    if into is not None and before is not None:
        outgoing = _times(before, into.at, into.at, cut)
        yield f"{number:03}  {'AX' if before.media else 'BL':8} V     C        {outgoing}"
        yield f"{number:03}  {reel:8} V     D    {into.frames:03} {_times(clip, at, end, cut)}"
        yield from _names("FROM", before)
        yield from _names("TO", clip)
    else:
        yield f"{number:03}  {reel:8} V     C        {_times(clip, at, end, cut)}"
        yield from _names("FROM", clip)


def _times(clip: CutClip, at: int, end: int, cut: Cut) -> str:
    """In and out of the source, then of the record."""
    first = clip.media.first if clip.media is not None else 0
    start = first + clip.start + at - clip.at
    frames = (start, start + end - at, at, end)
    return " ".join(timecode(max(0, int(frame)), cut.rate) for frame in frames)


def _names(side: str, clip: CutClip) -> Iterator[str]:
    if clip.media is not None:
        yield f"* {side} CLIP NAME:  {_line(clip.media.path.name)}"
        yield f"* {side} CLIP: {clip.media.path.absolute()}"


def _begin_in(cut: Cut, clip: CutClip) -> Iterator[CutMarker]:
    return (marker for marker in cut.markers if clip.at <= marker.at < clip.end)


def _locator(marker: CutMarker, cut: Cut) -> str:
    return f"* LOC: {timecode(marker.at, cut.rate)} GREEN   {_line(marker.text)}"


def _line(text: str) -> str:
    return " ".join(text.split())[:_LINE]
