"""Photos and drawings: what a picture file is by its bytes, and its pixels upright in sRGB."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.errors import MediaError
from lotus.media.colour import in_srgb, profile_name
from lotus.media.facts import MAX_PIXELS, Media
from lotus.media.svg import is_vector, svg_to_png

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["describe_picture", "open_cut_out", "open_photo", "picture_kind", "write_animation"]

# What decoding a picture may take. A phone's 200 megapixels fit; a bomb of a few kilobytes does
# not.
MAX_DECODED_BYTES = 640 << 20
MAX_JPEG_PIXELS = 1 << 30  # JPEG is decoded at an eighth of its size, but must be read whole
MAX_ANIMATION_PIXELS = 1 << 34  # of all frames
ANIMATED = ("GIF", "WEBP", "AVIF", "PNG")  # of other kinds, pages or bursts follow each other
QUICKEST_MS = 10  # browsers show a frame that is to stand no longer than this for 100 ms
_SIGNS = (  # bytes at a place -> kind
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF8", "gif"),
    (8, b"WEBP", "webp"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"BM", "bmp"),
    (0, b"8BPS", "psd"),
    (0, b"P5\n", "ppm"),
    (0, b"P6\n", "ppm"),
    (0, b"\0\0\1\0", "ico"),
    (0, b"\xff\x0a", "jxl"),
    (0, b"\0\0\0\x0cJXL ", "jxl"),
    (0, b"\0\0\0\x0cjP  ", "jpeg2000"),
)
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avif", b"avis")
# what Pillow raises for files that are damaged, or odd
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, MemoryError)
_RAW_SIGNS = ((8, b"CR\x02"), (0, b"IIRO"), (0, b"IIU\0"), (0, b"FUJIFILMCCD-RAW"))
_DNG_VERSION = 50706  # a tag of TIFF: what is in such a file first is a thumbnail


def picture_kind(path: Path) -> str | None:
    """What kind of picture a file is, by its first bytes whatever its name; None if it is none."""
    if is_vector(str(path)):
        return "svg"
    with path.open("rb") as file:
        head = file.read(64)
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "avif" if b"avi" in head[8:32] else "heif"
    return next((kind for at, sign, kind in _SIGNS if head[at : at + len(sign)] == sign), None)


def describe_picture(path: Path, kind: str) -> Media | None:
    """What a picture file holds, decoded once; None for an animation that ffmpeg reads itself.

    Raises MediaError in one line for what cannot be decoded, or takes too much.
    """
    if kind == "svg":
        return _described(_drawing(path), path, "svg", "svg")
    if kind == "jxl":
        raise MediaError(
            file=str(path),
            reason="is JPEG XL, which lotus does not read",
            remedy=f"convert it: ffmpeg -i '{path.name}' '{path.stem}.png'",
        )
    with _open(path) as photo:
        if getattr(photo, "n_frames", 1) > 1 and photo.format in ANIMATED:
            return _animation(photo, path) if photo.format in ("WEBP", "AVIF") else None
        return _described(_load(photo, path), path, (photo.format or "").lower(), "pillow")


def open_photo(path: Path, background: str = "white") -> Image.Image:
    """The picture upright, in sRGB, without transparency: JPEG, PNG, WebP, TIFF, HEIC, SVG ...

    Raises MediaError in one line.
    """
    from PIL import Image

    picture = open_cut_out(path)
    if picture.mode == "RGB":
        return picture
    behind = Image.new("RGBA", picture.size, background)
    behind.alpha_composite(picture)
    return behind.convert("RGB")


def open_cut_out(path: Path) -> Image.Image:
    """The picture upright, in sRGB: RGB, or RGBA where something of it is transparent."""
    from PIL import ImageOps

    if is_vector(str(path)):
        return _drawing(path)
    with _open(path) as photo:
        picture = ImageOps.exif_transpose(_load(photo, path))
        try:
            return _cut_out(in_srgb(picture, path, picture_kind(path)))
        except _BROKEN as exc:
            raise _unreadable(path) from exc


def write_animation(path: Path, output: Path) -> None:
    """Write the frames of an animated WebP or AVIF as lossless video, each at its own time."""
    import av
    import numpy as np
    from PIL import ImageSequence

    with _open(path) as photo, av.open(str(output), "w", format="matroska") as target:
        stream = target.add_stream("ffv1", rate=Fraction(1000))
        stream.width, stream.height = photo.size
        stream.pix_fmt = "bgra"
        stream.codec_context.time_base = Fraction(1, 1000)
        at = 0
        for picture in ImageSequence.Iterator(photo):
            pixels = np.asarray(picture.convert("RGBA"))
            frame = av.VideoFrame.from_ndarray(pixels, format="rgba").reformat(format="bgra")
            frame.pts = at
            frame.time_base = Fraction(1, 1000)
            frame.duration = _milliseconds(picture)
            target.mux(stream.encode(frame))
            at += frame.duration
        target.mux(stream.encode(None))


def _open(path: Path) -> Image.Image:
    from PIL import Image

    if picture_kind(path) == "heif":
        from pillow_heif import register_heif_opener

        register_heif_opener()
    with path.open("rb") as file:
        head = file.read(16)
    if any(head[at : at + len(sign)] == sign for at, sign in _RAW_SIGNS):
        raise _raw(path)
    Image.MAX_IMAGE_PIXELS = None  # what decoding takes is checked here, before a pixel is decoded
    try:
        photo = Image.open(path)
        _check_cost(photo, path)
    except _BROKEN as exc:
        raise _unreadable(path) from exc
    if photo.format == "TIFF" and _DNG_VERSION in getattr(photo, "tag_v2", {}):
        photo.close()
        raise _raw(path)
    return photo


def _raw(path: Path) -> MediaError:
    return MediaError(
        file=str(path),
        reason="is a raw photo, which has to be developed first",
        remedy="export it as JPEG, HEIC or TIFF",
    )


def _check_cost(photo: Any, path: Path) -> None:
    """Raise MediaError for a picture whose decoding would take too much memory."""
    pixels = photo.width * photo.height
    if photo.format in ("JPEG", "MPO"):
        photo.draft(None, _decode_size(photo.size))
        cost = photo.width * photo.height * 3
        cost += pixels * 3 if photo.info.get("progressive") else 0
        cost = cost if pixels <= MAX_JPEG_PIXELS else pixels * 3
    else:
        wide = 2 if "16" in photo.mode else 4 if photo.mode in ("I", "F") else 1
        cost = pixels * max(3, len(photo.getbands())) * wide
    if cost > MAX_DECODED_BYTES:
        raise MediaError(
            file=str(path),
            reason=f"{photo.width}x{photo.height} pixels are too many: decoding takes "
            f"{cost / 2**20:,.0f} MiB, and {MAX_DECODED_BYTES / 2**20:.0f} MiB are allowed",
            remedy="scale it below 8192x8192",
        )


def _decode_size(size: tuple[int, int]) -> tuple[int, int]:
    """The size to decode a JPEG at: its own, or the largest half, quarter or eighth that fits."""
    for scale in (1, 2, 4, 8):
        if size[0] * size[1] <= MAX_PIXELS * scale * scale:
            break
    return size[0] // scale, size[1] // scale


def _load(photo: Any, path: Path) -> Any:
    """The picture with its pixels, at most MAX_PIXELS of them."""
    try:
        photo.load()
    except _BROKEN as exc:
        raise _unreadable(path) from exc
    pixels = photo.width * photo.height
    if pixels <= MAX_PIXELS:
        return photo
    factor = next(n for n in range(2, 64) if pixels <= MAX_PIXELS * n * n)
    smaller = photo.reduce(factor)
    smaller.info = photo.info  # with its profile, and with its Exif data
    return smaller


def _drawing(path: Path) -> Image.Image:
    from PIL import Image

    return _cut_out(Image.open(io.BytesIO(svg_to_png(path))))


def _cut_out(picture: Any) -> Image.Image:
    """RGB, or RGBA if something is transparent."""
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        cut_out: Image.Image = picture.convert("RGBA")
        least: Any = cut_out.getchannel("A").getextrema()[0]
        return cut_out if least < 255 else cut_out.convert("RGB")
    rgb: Image.Image = picture.convert("RGB")
    return rgb


def _described(picture: Any, path: Path, codec: str, reader: Any) -> Media:
    turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    width, height = picture.size[::-1] if turned else picture.size
    bits = 16 if "16" in picture.mode or picture.mode in ("I", "F") else 8
    return Media(
        kind="image",
        seconds=Fraction(0),
        width=width,
        height=height,
        codec=codec,
        pixel_format="gray16" if bits == 16 else picture.mode.lower(),
        alpha=_cut_out(picture).mode == "RGBA" if bits == 8 else False,
        profile=profile_name(picture, path, picture_kind(path)),
        bits=bits,
        reader=reader,
        container=codec,
    )


def _animation(photo: Any, path: Path) -> Media:
    from PIL import ImageSequence

    frames = photo.n_frames
    if frames * photo.width * photo.height > MAX_ANIMATION_PIXELS:
        raise MediaError(
            file=str(path),
            reason=f"{frames} frames of {photo.width}x{photo.height} pixels are too many",
            remedy="export it as MP4",
        )
    total = 0
    alpha = False
    try:
        for picture in ImageSequence.Iterator(photo):
            total += _milliseconds(picture)
            alpha = alpha or _cut_out(picture).mode == "RGBA"
    except _BROKEN as exc:
        raise _unreadable(path) from exc
    return Media(
        kind="video",
        seconds=Fraction(total, 1000),
        width=photo.width,
        height=photo.height,
        rate=Fraction(frames * 1000, max(1, total)),
        codec=(photo.format or "").lower(),
        pixel_format="bgra",
        alpha=alpha,
        reader="pillow",
        container=(photo.format or "").lower(),
    )


def _milliseconds(picture: Any) -> int:
    picture.load()  # a WebP knows a frame's time only then
    duration = round(picture.info.get("duration") or 0)
    return duration if duration > QUICKEST_MS else 100


def _unreadable(path: Path) -> MediaError:
    return MediaError(
        file=str(path),
        reason="is not a picture that can be read, or is damaged",
        remedy="export it again, as JPEG or PNG",
    )
