"""Cut -> FCPXML 1.9, which Final Cut Pro and Resolve read. Pure.

Apple's "FCPXML Reference" and the format's DTD say what stands where. Times are exact fractions of
a second, on frames of the sequence. What lies over or under the picture hangs on the clip above
whose beginning it begins, counted on that clip's own clock.
"""

from __future__ import annotations

from fractions import Fraction
from math import log10
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
    gaps,
)

__all__ = ["fcpxml"]

VERSION = "1.9"
REC_709 = "1-1-1 (Rec. 709)"
DISSOLVE_UID = "FxPlug:4731E73A-8DAC-4113-9A30-AE85B1761265"  # Final Cut's Cross Dissolve
CROSSFADE_UID = "FFAudioTransition"
SOURCE_RATES = {  # as `conform-rate` calls them
    Fraction(24_000, 1001): "23.98",
    Fraction(24): "24",
    Fraction(25): "25",
    Fraction(30_000, 1001): "29.97",
    Fraction(30): "30",
    Fraction(50): "50",
    Fraction(60_000, 1001): "59.94",
    Fraction(60): "60",
}


def fcpxml(cut: Cut) -> str:
    """The text of an .fcpxml file."""
    writer = _FcpxmlWriter(cut)
    root = writer.root
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'


class _FcpxmlWriter:
    """One file's elements; formats and assets are numbered as they are first used."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self.root = ET.Element("fcpxml", version=VERSION)
        self._resources = ET.SubElement(self.root, "resources")
        self._formats: dict[tuple[Fraction, int, int], str] = {}
        self._assets: dict[CutMedia, str] = {}
        self._effects: dict[str, str] = {}
        library = ET.SubElement(self.root, "library")
        event = ET.SubElement(library, "event", name=cut.name)
        project = ET.SubElement(event, "project", name=cut.name)
        sequence = ET.SubElement(
            project,
            "sequence",
            format=self._format(cut.rate, cut.width, cut.height),
            duration=self._time(cut.frames),
            tcStart="0s",
            tcFormat=self._counting,
            audioLayout="stereo",
            audioRate="48k",
        )
        self._spine = ET.SubElement(sequence, "spine")
        self._main()

    @property
    def _counting(self) -> str:
        return "DF" if drops_frames(self._cut.rate) else "NDF"

    def _time(self, frames: Fraction | int) -> str:
        return _seconds(frames / self._cut.rate)

    def _id(self) -> str:
        return f"r{len(self._formats) + len(self._assets) + len(self._effects) + 1}"

    def _effect(self, name: str, uid: str) -> str:
        if name not in self._effects:
            self._effects[name] = self._id()
            about = {"id": self._effects[name], "name": name, "uid": uid}
            ET.SubElement(self._resources, "effect", about)
        return self._effects[name]

    def _format(self, rate: Fraction, width: int, height: int) -> str:
        key = (rate, width, height)
        if key not in self._formats:
            name = self._id()
            self._formats[key] = name
            about = {"id": name, "width": str(width), "height": str(height), "colorSpace": REC_709}
            if rate:
                about["frameDuration"] = f"{rate.denominator}/{rate.numerator}s"
            else:
                about["name"] = "FFVideoFormatRateUndefined"
            ET.SubElement(self._resources, "format", about)
        return self._formats[key]

    def _asset(self, media: CutMedia) -> str:
        if media in self._assets:
            return self._assets[media]
        about = {"name": media.name, "start": self._time(media.first)}
        about["duration"] = "0s" if media.still else self._time(media.frames)
        if media.has_picture:
            about |= {"hasVideo": "1", "videoSources": "1"}
            about["format"] = self._format(media.rate, media.width, media.height)
        if media.channels:
            about |= {"hasAudio": "1", "audioSources": "1"}
            about |= {"audioChannels": str(media.channels), "audioRate": str(media.sample_rate)}
        name = self._id()
        self._assets[media] = name
        asset = ET.SubElement(self._resources, "asset", {"id": name, **about})
        ET.SubElement(asset, "media-rep", kind="original-media", src=file_url(media.path))
        return name

    def _main(self) -> None:
        """The lowest track as the spine, with all others hung on it."""
        track, *over = self._cut.of_kind("video")
        sounds = self._cut.of_kind("audio")
        own = next((one for one in sounds if any(c.notes.get("own") for c in one.clips)), None)
        clips = self._spine_clips(track, own)
        under = [one for one in sounds if one is not own]
        for lane, other in [*enumerate(over, 1), *((-n, one) for n, one in enumerate(under, 1))]:
            for clip in other.clips:
                self._connected(clip, lane, clips)
        for marker in self._cut.markers:
            host, element = _holder(clips, marker.at)
            about = {
                "start": self._time(_clock(host) + marker.at - host.at),
                "duration": self._time(marker.frames),
                "value": " ".join(marker.text.split()),
                "note": CAPTION + marker.text,
            }
            ET.SubElement(element, "marker", about)

    def _spine_clips(
        self, track: CutTrack, own: CutTrack | None
    ) -> list[tuple[CutClip, ET.Element]]:
        items: list[tuple[int, int, CutClip | CutTransition]] = []
        items += [(one.cut, 0, one) for one in track.transitions]
        items += [(clip.at, 1, clip) for clip in _filled(track, self._cut.frames)]
        clips = []
        for _, _, item in sorted(items, key=lambda one: one[:2]):
            if isinstance(item, CutTransition):
                self._transition(item, own)
            else:
                clips.append((item, self._primary(item, own)))
        return clips

    def _transition(self, one: CutTransition, own: CutTrack | None) -> None:
        picture = self._effect("Cross Dissolve", DISSOLVE_UID)
        about = {"name": "Cross Dissolve", "offset": self._time(one.at)}
        element = ET.SubElement(self._spine, "transition", about, duration=self._time(one.frames))
        ET.SubElement(element, "filter-video", ref=picture, name="Cross Dissolve")
        if own is not None and any(join.cut == one.cut for join in own.transitions):
            sound = self._effect("Audio Crossfade", CROSSFADE_UID)
            ET.SubElement(element, "filter-audio", ref=sound, name="Audio Crossfade")

    def _primary(self, clip: CutClip, own: CutTrack | None) -> ET.Element:
        """A clip of the spine, with its own sound if that is heard."""
        times = {"offset": self._time(clip.at), "duration": self._time(clip.frames)}
        if clip.media is None:
            about = {"name": "Gap", **times, "start": self._time(_clock(clip))}
            return ET.SubElement(self._spine, "gap", about)
        own_sound = None
        if own is not None:
            own_sound = next((one for one in own.clips if one.at == clip.at), None)
        element = self._asset_clip(self._spine, clip, times, own_sound is not None)
        if own_sound is not None:
            _volume(element, own_sound, self._cut.rate)
        return element

    def _asset_clip(
        self, parent: ET.Element, clip: CutClip, times: dict[str, str], audible: bool
    ) -> ET.Element:
        media = clip.media
        assert media is not None
        about = {"name": clip.name, "ref": self._asset(media), **times}
        about |= {"start": self._time(_clock(clip)), "tcFormat": self._counting}
        if media.still:
            del about["tcFormat"]
            return ET.SubElement(parent, "video", about)
        if media.has_picture and media.channels and not audible:
            about["srcEnable"] = "video"
        element = ET.SubElement(parent, "asset-clip", about)
        if media.rate and media.rate != self._cut.rate and media.rate in SOURCE_RATES:
            rate = SOURCE_RATES[media.rate]
            ET.SubElement(element, "conform-rate", scaleEnabled="0", srcFrameRate=rate)
        return element

    def _connected(self, clip: CutClip, lane: int, clips: list[tuple[CutClip, ET.Element]]) -> None:
        host, element = _holder(clips, clip.at)
        offset = self._time(_clock(host) + clip.at - host.at)
        times = {"offset": offset, "duration": self._time(clip.frames)}
        under = self._asset_clip(element, clip, {"lane": str(lane), **times}, audible=lane < 0)
        if lane < 0 and clip.media is not None:
            if clip.media.has_picture:
                under.set("srcEnable", "audio")
            _volume(under, clip, self._cut.rate)


def _filled(track: CutTrack, frames: int) -> list[CutClip]:
    """The clips of a track, with black where there is none."""
    empty = [CutClip("Gap", None, at, 0, count) for at, count in gaps(track.clips, frames)]
    return [*track.clips, *empty]


def _clock(clip: CutClip) -> Fraction | int:
    """Where a clip begins on its file's own clock."""
    return clip.start + (clip.media.first if clip.media is not None else 0)


def _holder(clips: list[tuple[CutClip, ET.Element]], at: int) -> tuple[CutClip, ET.Element]:
    """The clip of the spine that shows at a frame, or the last."""
    return next(((clip, one) for clip, one in clips if clip.at <= at < clip.end), clips[-1])


def _volume(element: ET.Element, clip: CutClip, rate: Fraction) -> None:
    if clip.gain == 1 and not (clip.fade_in or clip.fade_out):
        return
    decibels = 20 * log10(max(clip.gain, 1e-5))
    volume = ET.SubElement(element, "adjust-volume", amount=f"{decibels:.4g}dB")
    fades = (("fadeIn", "easeIn", clip.fade_in), ("fadeOut", "easeOut", clip.fade_out))
    if any(frames for _, _, frames in fades):
        amount = ET.SubElement(volume, "param", name="amount")
        for name, kind, frames in fades:
            if frames:
                ET.SubElement(amount, name, type=kind, duration=_seconds(frames / rate))


def _seconds(seconds: Fraction) -> str:
    whole = seconds.denominator == 1
    return f"{seconds.numerator}s" if whole else f"{seconds.numerator}/{seconds.denominator}s"
