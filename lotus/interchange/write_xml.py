"""Cut -> Final Cut Pro XML (xmeml 5), which Premiere and Resolve read. Pure.

Apple's "Final Cut Pro XML Interchange Format" says what each element means. Times are frames of the
sequence, also in sources: suites read `in` and `out` so whatever rate the file has. Each channel of
a stereo file is a track of its own; suites want a `format`, and an id for each thing, said once.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from xml.etree import ElementTree as ET

from lotus.interchange.cut import (
    CAPTION,
    Cut,
    CutClip,
    CutMedia,
    CutTrack,
    CutTransition,
    drops_frames,
    file_url,
    timecode,
    whole_rate,
)

__all__ = ["fcp_xml"]

LOUDEST = 3.98109  # +12 dB, the most that Audio Levels does


def fcp_xml(cut: Cut) -> str:
    """The text of an .xml file."""
    root = ET.Element("xmeml", version="5")
    sequence = ET.SubElement(root, "sequence", id="sequence-1")
    _text(sequence, name=cut.name, duration=cut.frames)
    _rate(sequence, cut.rate)
    _timecode(sequence, 0, cut.rate)
    media = ET.SubElement(sequence, "media")
    writer = _XmemlWriter(cut)
    writer.pictures(ET.SubElement(media, "video"))
    writer.sounds(ET.SubElement(media, "audio"))
    for marker in cut.markers:
        element = ET.SubElement(sequence, "marker")
        name = " ".join(marker.text.split())
        _text(element, comment=CAPTION + marker.text, name=name)
        _text(element, **{"in": marker.at, "out": marker.at + marker.frames})
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{text}\n'


def _text(parent: ET.Element, **values: str | int | float | Fraction) -> None:
    for name, value in values.items():
        ET.SubElement(parent, name).text = str(value)


def _rate(parent: ET.Element, rate: Fraction) -> None:
    element = ET.SubElement(parent, "rate")
    whole = whole_rate(rate)
    _text(element, timebase=whole, ntsc="FALSE" if rate == whole else "TRUE")


def _timecode(parent: ET.Element, frame: int, rate: Fraction) -> None:
    element = ET.SubElement(parent, "timecode")
    _rate(element, rate)
    display = "DF" if drops_frames(rate) else "NDF"
    _text(element, string=timecode(frame, rate), frame=frame, displayformat=display)


class _XmemlWriter:
    """One file's elements; each file and each clip is numbered."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._files: dict[CutMedia, str] = {}
        self._clips = 0

    def pictures(self, video: ET.Element) -> None:
        """The tracks of pictures."""
        characteristics = ET.SubElement(ET.SubElement(video, "format"), "samplecharacteristics")
        _rate(characteristics, self._cut.rate)
        self._size(characteristics, self._cut.width, self._cut.height)
        for track in self._cut.of_kind("video"):
            element = ET.SubElement(video, "track")
            for item in _in_order(track):
                if isinstance(item, CutTransition):
                    self._transition(element, item, "video")
                elif item.media is not None:
                    self._picture(element, item, track)

    def sounds(self, audio: ET.Element) -> None:
        """The tracks of sound: one a channel, linked to its neighbour."""
        _text(audio, numOutputChannels=2)
        characteristics = ET.SubElement(ET.SubElement(audio, "format"), "samplecharacteristics")
        _text(characteristics, depth=16, samplerate=48_000)
        for track in self._cut.of_kind("audio"):
            channels = max((clip.media.channels for clip in track.clips if clip.media), default=0)
            pair = min(2, channels)
            for channel in range(1, pair + 1):
                about = {"currentExplodedTrackIndex": str(channel - 1)}
                about["totalExplodedTrackCount"] = str(pair)
                about["premiereTrackType"] = "Stereo" if pair == 2 else "Mono"
                element = ET.SubElement(audio, "track", about)
                for item in _in_order(track):
                    if isinstance(item, CutTransition):
                        self._transition(element, item, "audio")
                    elif item.media is not None and item.media.channels >= channel:
                        self._sound(element, item, track, channel)
                _text(element, outputchannelindex=channel)

    def _picture(self, parent: ET.Element, clip: CutClip, track: CutTrack) -> None:
        element = self._clip(parent, clip, track)
        media = clip.media
        assert media is not None
        if (media.width, media.height) != (self._cut.width, self._cut.height):
            across = self._cut.width / media.width
            down = self._cut.height / media.height
            _effect(
                element, "Basic Motion", "basic", "motion", "video", scale=100 * max(across, down)
            )

    def _sound(self, parent: ET.Element, clip: CutClip, track: CutTrack, channel: int) -> None:
        element = self._clip(parent, clip, track)
        source = ET.SubElement(element, "sourcetrack")
        _text(source, mediatype="audio", trackindex=channel)
        levels = _levels(clip)
        if levels != [(0, 1.0)]:
            _effect(element, "Audio Levels", "audiolevels", "audiolevels", "audio", level=levels)

    def _clip(self, parent: ET.Element, clip: CutClip, track: CutTrack) -> ET.Element:
        """A clip; beside a transition its end stands in the transition, and is written as -1."""
        assert clip.media is not None
        self._clips += 1
        into, away = track.into(clip), track.out_of(clip)
        element = ET.SubElement(parent, "clipitem", id=f"clipitem-{self._clips}")
        _text(element, name=clip.name, enabled="TRUE", duration=clip.media.frames)
        _rate(element, self._cut.rate)
        start = clip.start - (into.before if into is not None else 0)
        end = clip.start + clip.frames + (away.after if away is not None else 0)
        _text(element, start=clip.at if into is None else -1, end=clip.end if away is None else -1)
        _text(element, **{"in": start, "out": end})
        self._file(element, clip.media)
        return element

    def _file(self, parent: ET.Element, media: CutMedia) -> None:
        """A file: all of it the first time, its id alone after that."""
        if media in self._files:
            ET.SubElement(parent, "file", id=self._files[media])
            return
        self._files[media] = name = f"file-{len(self._files) + 1}"
        element = ET.SubElement(parent, "file", id=name)
        _text(element, name=media.path.name, pathurl=file_url(media.path))
        _rate(element, self._cut.rate)
        _text(element, duration=media.frames)
        _timecode(element, media.first, self._cut.rate)
        kinds = ET.SubElement(element, "media")
        if media.has_picture:
            video = ET.SubElement(ET.SubElement(kinds, "video"), "samplecharacteristics")
            _rate(video, media.rate or self._cut.rate)
            self._size(video, media.width, media.height)
        if media.channels:
            audio = ET.SubElement(kinds, "audio")
            _text(
                ET.SubElement(audio, "samplecharacteristics"),
                depth=16,
                samplerate=media.sample_rate,
            )
            _text(audio, channelcount=media.channels)

    @staticmethod
    def _size(parent: ET.Element, width: int, height: int) -> None:
        _text(parent, width=width, height=height, anamorphic="FALSE")
        _text(parent, pixelaspectratio="square", fielddominance="none")

    def _transition(self, parent: ET.Element, one: CutTransition, kind: str) -> None:
        element = ET.SubElement(parent, "transitionitem")
        middle = one.before == one.frames // 2
        alignment = "center" if middle else "start-black" if not one.before else "end-black"
        _text(element, start=one.at, end=one.at + one.frames, alignment=alignment)
        _rate(element, self._cut.rate)
        effect = ET.SubElement(element, "effect")
        name = "Cross Dissolve" if kind == "video" else "Cross Fade (+3dB)"
        _text(effect, name=name, effectid=name, effecttype="transition", mediatype=kind)


def _in_order(track: CutTrack) -> Sequence[CutClip | CutTransition]:
    """Clips, and transitions between those that they join."""
    items: list[CutClip | CutTransition] = [*track.clips, *track.transitions]
    return sorted(items, key=_place)


def _place(item: CutClip | CutTransition) -> tuple[int, int]:
    return (item.cut, 0) if isinstance(item, CutTransition) else (item.at, 1)


def _levels(clip: CutClip) -> list[tuple[int, float]]:
    """Volume at frames of the clip's source: its gain, and its fades."""
    gain = min(clip.gain, LOUDEST)
    first, end = int(clip.start), int(clip.start) + clip.frames
    rise = [(first, 0.0), (first + clip.fade_in, gain)] if clip.fade_in else []
    fall = [(end - clip.fade_out, gain), (end, 0.0)] if clip.fade_out else []
    if rise and fall and rise[1][0] >= fall[0][0]:
        fall = fall[1:]
    return [*rise, *fall] or [(0, gain)]


def _effect(
    parent: ET.Element,
    name: str,
    effect_id: str,
    category: str,
    kind: str,
    **parameters: float | list[tuple[int, float]],
) -> None:
    effect = ET.SubElement(ET.SubElement(parent, "filter"), "effect")
    _text(effect, name=name, effectid=effect_id, effectcategory=category)
    _text(effect, effecttype=category, mediatype=kind)
    for parameter, value in parameters.items():
        element = ET.SubElement(effect, "parameter")
        _text(element, parameterid=parameter, name=parameter.capitalize())
        points = value if isinstance(value, list) else [(0, value)]
        if parameter == "level":
            _text(element, valuemin=0, valuemax=LOUDEST)
        _text(element, value=f"{max(level for _, level in points):.6g}")
        for when, level in points if len(points) > 1 else ():
            _text(ET.SubElement(element, "keyframe"), when=when, value=f"{level:.6g}")
