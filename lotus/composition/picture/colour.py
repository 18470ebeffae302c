"""The colours of a source as BT.709, which is what a composition is in. Pure."""

from __future__ import annotations

from typing import Any

from lotus.media.facts import Media

__all__ = ["in_bt709"]


def in_bt709(picture: Any, media: Media) -> Any:
    """The picture with BT.709's primaries; its matrix and range are said aloud, or each graph would
    guess for itself.
    """
    if media.hdr:
        return _tone_mapped(_whole_chroma(picture, media), media)
    if media.other_primaries:
        return _converted(_whole_chroma(picture, media), media)
    if media.alpha and media.rgb:
        return picture
    tags = {"colorspace": media.colorspace, "range": "pc" if media.full_range else "tv"}
    return picture.filter("setparams", **tags)


def _odd(media: Media) -> bool:
    return bool(media.width % 2 or media.height % 2)


def _whole_chroma(picture: Any, media: Media) -> Any:
    """Colours at each pixel, where zscale cannot halve the sides."""
    if media.rgb or not _odd(media):
        return picture
    deep = "yuv444p12le" if media.hdr else "yuv444p16le"
    return picture.filter("format", "yuva444p16le" if media.alpha else deep)


def _tone_mapped(picture: Any, media: Media) -> Any:
    """HDR to BT.709, by way of linear light (ffmpeg-filters, section tonemap)."""
    linear = picture.filter("zscale", transfer="linear", npl=100).filter("format", "gbrpf32le")
    mapped = linear.filter("zscale", primaries="bt709").filter("tonemap", tonemap="hable", desat=0)
    sdr = mapped.filter("zscale", transfer="bt709", matrix="bt709", range="tv")
    return sdr.filter("format", "yuv444p" if _odd(media) else "yuv420p")


def _converted(picture: Any, media: Media) -> Any:
    """Other primaries as BT.709, by the curve that the picture has: grey stays as it is."""
    matrix = {9: "2020_ncl", 10: "2020_cl"}.get(media.matrix, _ZSCALE.get(media.colorspace, "709"))
    curve = "iec61966-2-1" if media.transfer == 13 else "709"
    picture = picture.filter(
        "zscale",
        primariesin=_PRIMARIES.get(media.primaries, "2020"),
        transferin=curve,
        matrixin="gbr" if media.rgb else matrix,
        rangein="full" if media.full_range or media.rgb else "limited",
        primaries="709",
        transfer=curve,
        matrix="709",
        range="limited",
    )
    return picture.filter("format", "yuva444p" if media.alpha else "yuv444p")


_PRIMARIES = {5: "bt470bg", 6: "170m", 7: "240m", 11: "smpte431", 12: "smpte432"}
_ZSCALE = {"smpte170m": "170m", "bt470bg": "470bg", "smpte240m": "240m", "fcc": "fcc"}
