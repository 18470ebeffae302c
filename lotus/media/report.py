"""A file as lotus sees it: streams, clock, picture and sound, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lotus.errors import MediaError
from lotus.media.facts import FrameTimes, Media
from lotus.media.opening import file_start, is_cover, open_media
from lotus.media.probe import frame_times, probe

__all__ = ["left_out", "media_report", "treatment"]

_TRANSFERS = {1: "BT.709", 13: "sRGB", 14: "BT.2020", 15: "BT.2020", 16: "PQ", 18: "HLG"}
_PRIMARIES = {
    1: "BT.709",
    5: "BT.601",
    6: "BT.601",
    7: "SMPTE 240M",
    9: "BT.2020",
    11: "DCI-P3",
    12: "Display P3",
}


def media_report(path: Path) -> dict[str, Any]:
    """The document that `lotus probe` prints; `refused` says why a file cannot be used."""
    try:
        media = probe(path)
        times = (
            frame_times(path, media) if media.kind == "video" and media.reader == "ffmpeg" else None
        )
    except MediaError as error:
        refusal = {"reason": error.facts["reason"], "remedy": error.remedy}
        return {"file": str(path), "refused": refusal}
    return {
        "file": str(path),
        "kind": media.kind,
        "container": media.container,
        "seconds": round(float(media.seconds), 3),
        "streams": _streams(path, media),
        "picture": _picture(media) if media.kind != "audio" else None,
        "sound": _sound(media),
        "treatment": [*treatment(media, times)],
        "refused": None,
    }


def _streams(path: Path, media: Media) -> list[dict[str, Any]]:
    """All streams, also those that lotus leaves out; a photo has none."""
    if media.kind == "image" or media.reader == "pillow":
        return []
    with open_media(path) as container:
        return [
            {
                "index": stream.index,
                "kind": stream.type,
                "codec": getattr(stream.codec_context, "name", None),
                "starts_seconds": _starts(container, stream),
                "default": bool(int(stream.disposition) & 1),
                "used": _is_used(container, stream, media),
            }
            for stream in container.streams
        ]


def _starts(container: Any, stream: Any) -> float:
    if stream.start_time is None or not stream.time_base:
        return 0.0
    return round(float(stream.start_time * stream.time_base - file_start(container)), 3)


def _is_used(container: Any, stream: Any, media: Media) -> bool:
    if stream.type == "video" and media.kind == "video":
        return [*container.streams.video].index(stream) == media.stream and not is_cover(stream)
    if stream.type == "audio" and media.sound is not None:
        return [*container.streams.audio].index(stream) == media.sound.index
    return False


def _picture(media: Media) -> dict[str, Any]:
    return {
        "width": media.width,
        "height": media.height,
        "fps": str(media.rate),
        "codec": media.codec,
        "pixel_format": media.pixel_format,
        "rotation_degrees": media.rotation,
        "sample_aspect": str(media.sample_aspect),
        "primaries": _PRIMARIES.get(media.primaries, "not said"),
        "transfer": _TRANSFERS.get(media.transfer, "not said"),
        "matrix": media.colorspace if not media.rgb else "RGB",
        "range": "full" if media.full_range or media.rgb else "limited",
        "profile": media.profile,
        "transparent": media.alpha,
        "interlaced": media.interlaced,
        "starts_seconds": round(float(media.start), 3),
    }


def _sound(media: Media) -> dict[str, Any] | None:
    sound = media.sound
    if sound is None:
        return None
    return {
        "stream": sound.index,
        "codec": sound.codec,
        "sample_rate": sound.sample_rate,
        "channels": sound.channels,
        "starts_seconds": round(float(sound.start), 3),
        "ends_seconds": round(float(sound.end), 3),
        "decodes": sound.decodes,
    }


def treatment(media: Media, times: FrameTimes | None = None) -> Iterator[str]:
    """What lotus does about a file, a line each."""
    if media.kind != "audio":
        yield from _of_picture(media)
        yield from _of_clock(media, times)
    yield from _of_sound(media)


def _of_picture(media: Media) -> Iterator[str]:
    if media.kind == "image":
        yield "a picture that stands still: give the clip duration_seconds"
    if media.reader == "svg":
        yield "drawn at a width of 2048 pixels"
    if media.reader == "pillow" and media.kind == "video":
        yield "its frames are decoded to lossless video first"
    if media.profile:
        yield f"colours are converted from {media.profile} to sRGB"
    if media.bits > 8:
        yield f"{media.bits} bits a channel are shown in 8"
    if media.hdr:
        yield f"HDR ({_TRANSFERS[media.transfer]}) is tone-mapped to BT.709"
    if media.other_primaries:
        yield f"colours are converted from {_PRIMARIES.get(media.primaries, 'BT.2020')} to BT.709"
    if media.alpha:
        yield "what is transparent shows the timeline's background, or as an overlay the clip"
    if media.interlaced:
        yield "deinterlaced"
    if media.rotation:
        yield f"turned upright by {abs(media.rotation)} degrees"
    if media.sample_aspect not in (0, 1):
        yield f"pixels of {media.sample_aspect} are stretched to squares"
    if media.resized:
        yield "its frames change their size: all are scaled to that of the first"


def _of_clock(media: Media, times: FrameTimes | None) -> Iterator[str]:
    if media.reader == "rewrapped":
        yield "its timestamps start again within the file; packets are copied onto one clock first"
    if media.start > 0.001:
        yield f"the picture begins at {float(media.start):.2f} s: its first frame stands until then"
    pauses = [end - begin for begin, end in times.held[:-1]] if times is not None else []
    if pauses:
        yield f"{len(pauses)} frames stand longer than 0.5 s (up to {float(max(pauses)):.1f} s)"
    if times is not None and not times.exact:
        yield "its container has no index: decoding begins at the key frame before a clip"


def _of_sound(media: Media) -> Iterator[str]:
    sound = media.sound
    if sound is None:
        if media.kind == "video":
            yield "has no sound: the clip is silent"
    elif not sound.decodes:
        yield f"its sound ({sound.codec}) is refused unless the clip has volume 0"
    else:
        yield f"sound stream {sound.index} is heard, in 48 kHz stereo"
        if sound.start > 0.001:
            yield f"the sound begins at {float(sound.start):.2f} s: it is silent until then"


def left_out(source: str, what: str, packets: int) -> str:
    """The warning that a source's damaged packets were left out; `what` is sound or pictures."""
    several = packets > 1
    return (
        f"{Path(source).name}: {packets} damaged packet{'s' if several else ''} of {what} "
        f"{'were' if several else 'was'} left out; what follows keeps its time"
    )
