"""What of a timeline a format does not hold: a line each. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from lotus.documents.timeline import Timeline
from lotus.interchange.cut import DISSOLVE, Cut
from lotus.interchange.write_edl import MOST_EVENTS

__all__ = ["losses"]

HOLDS_OWN = (".otio",)  # what lotus alone reads comes back from it
HOLDS_LEVELS = (".fcpxml", ".xml")
UNREAD = {  # kinds of files that a suite does not read
    ".mkv": "Premiere Pro and Final Cut Pro",
    ".webm": "Premiere Pro and Final Cut Pro",
    ".avi": "Final Cut Pro",
}


def losses(timeline: Timeline, cut: Cut, suffix: str) -> tuple[str, ...]:
    """What stays behind when a cut is written as `suffix`."""
    return (*_picture(cut, suffix), *_words(timeline, suffix), *_sound(timeline, cut, suffix))


def _picture(cut: Cut, suffix: str) -> Iterator[str]:
    transitions = [one for track in cut.of_kind("video") for one in track.transitions]
    other = sorted({one.kind for one in transitions if one.kind != DISSOLVE})
    if other:
        back = "; lotus reads them back" if suffix in HOLDS_OWN else ""
        yield f"transitions {', '.join(other)}: editors show dissolves{back}"
    tracks = cut.of_kind("video")
    if suffix == ".edl" and len(tracks) > 1:
        yield "overlays: an EDL holds one track of pictures"
    if suffix == ".edl" and len(tracks[0].clips) > MOST_EVENTS:
        yield f"clips after the first {MOST_EVENTS}: older machines read no more events from an EDL"
    for media in cut.media:
        if media.path.suffix.lower() in UNREAD:
            yield f"{media.path.name}: {UNREAD[media.path.suffix.lower()]} read no such file"


def _words(timeline: Timeline, suffix: str) -> Iterator[str]:
    if not timeline.captions:
        return
    if suffix == ".edl":
        yield "captions: locators without length; captions.srt has them in full"
    elif suffix not in HOLDS_OWN:
        yield "captions: markers, and captions.srt; their style and position are not exported"
    else:
        yield "captions: editors show markers, and read captions.srt"


def _sound(timeline: Timeline, cut: Cut, suffix: str) -> Iterator[str]:
    clips = [clip for track in cut.of_kind("audio") for clip in track.clips]
    if not clips:
        return
    yield (
        f"loudness: the mix is brought to {timeline.encoding.loudness_lufs:g} LUFS when lotus "
        "renders; the editor's export is as loud as its own mix"
    )
    if suffix == ".edl":
        yield "sound: an EDL has no levels; lay the exported files under the picture"
        return
    faded = any(clip.gain != 1 or clip.fade_in or clip.fade_out for clip in clips)
    if faded and suffix not in HOLDS_LEVELS:
        yield "volumes and fades of sound: lotus reads them back, other editors do not"
    if any(track.duck for track in timeline.audio) or any(clip.duck for clip in timeline.clips):
        back = "; lotus reads it back" if suffix in HOLDS_OWN else ""
        yield f"ducking: other sound does not step back for a voice{back}"
