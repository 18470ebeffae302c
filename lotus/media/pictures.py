"""Photos and drawings: what a picture file is by its bytes, and its pixels upright in sRGB."""

from __future__ import annotations

import io
import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.errors import MediaError
from lotus.media.facts import MAX_PIXELS, Media
from lotus.media.svg import drawn, is_vector

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
    with _opened(path) as photo:
        if getattr(photo, "n_frames", 1) > 1 and photo.format in ANIMATED:
            return _animation(photo, path) if photo.format in ("WEBP", "AVIF") else None
        return _described(_loaded(photo, path), path, (photo.format or "").lower(), "pillow")


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
    with _opened(path) as photo:
        picture = ImageOps.exif_transpose(_loaded(photo, path))
        try:
            return _cut_out(_in_srgb(picture, path))
        except _BROKEN as exc:
            raise _unreadable(path) from exc


def write_animation(path: Path, output: Path) -> None:
    """Write the frames of an animated WebP or AVIF as lossless video, each at its own time."""
    import av
    import numpy as np
    from PIL import ImageSequence

    with _opened(path) as photo, av.open(str(output), "w", format="matroska") as target:
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


def _opened(path: Path) -> Image.Image:
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
        photo.draft(None, _reduced(photo.size))
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


def _reduced(size: tuple[int, int]) -> tuple[int, int]:
    """The size to decode a JPEG at: its own, or the largest half, quarter or eighth that fits."""
    for scale in (1, 2, 4, 8):
        if size[0] * size[1] <= MAX_PIXELS * scale * scale:
            break
    return size[0] // scale, size[1] // scale


def _loaded(photo: Any, path: Path) -> Any:
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

    return _cut_out(Image.open(io.BytesIO(drawn(path))))


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
        profile=_profile_name(picture, path),
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


# --- colour: everything becomes sRGB in eight bits


def _in_srgb(picture: Any, path: Path) -> Any:
    picture = _eight_bits(picture)
    transform = _transform(picture)
    if transform is not None:
        from PIL import ImageCms

        alpha = picture.getchannel("A") if picture.mode in ("RGBA", "LA") else None
        opaque = picture.convert(picture.mode[:-1]) if alpha else picture
        picture = ImageCms.applyTransform(opaque, transform)
        if alpha:
            picture.putalpha(alpha)
        return picture
    coded = _coded_colour(path)
    return _from_wide(picture, *coded) if coded else picture


def _eight_bits(picture: Any) -> Any:
    """Grey of 16 or 32 bits, or floats, as eight bits."""
    if picture.mode not in ("I", "F") and "I;16" not in picture.mode:
        return picture
    import numpy as np
    from PIL import Image

    values = np.asarray(picture, np.float32)
    most = float(values.max(initial=0))
    if picture.mode == "F":
        white = 1.0 if most <= 1 else 255.0
    elif picture.mode == "I":
        white = 255.0 if most <= 255 and picture.format != "PNG" else 65535.0
        white = white if most <= 65535 else float(2**31 - 1)
    else:
        white = 65535.0
    grey = Image.fromarray(np.uint8(np.clip(values * (255 / white) + 0.5, 0, 255)))
    if "icc_profile" in picture.info:
        grey.info["icc_profile"] = picture.info["icc_profile"]
    return grey


def _transform(picture: Any) -> Any:
    """LittleCMS's transform from the picture's own profile to sRGB; None if it changes nothing."""
    data = picture.info.get("icc_profile")
    if not data:
        return None
    from PIL import Image, ImageCms

    mode = {"LA": "L", "RGBA": "RGB"}.get(picture.mode, picture.mode)
    if mode not in ("L", "RGB", "CMYK"):
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None  # a profile that is damaged, or of another kind of picture: as viewers do
    if mode == "RGB":
        steps = [(r, g, b) for r in _STEPS for g in _STEPS for b in _STEPS]
        probe = Image.new("RGB", (len(steps), 1))
        probe.putdata(steps)
        changed: Any = ImageCms.applyTransform(probe, transform)
        pairs = zip(probe.tobytes(), changed.tobytes(), strict=True)
        if max(abs(a - b) for a, b in pairs) <= _SAME_LEVELS:
            return None
    return transform


_STEPS = (0, 64, 128, 192, 255)
_SAME_LEVELS = 2  # profiles that are sRGB under another name differ by rounding


def _profile_name(picture: Any, path: Path) -> str:
    """The profile's own description, if it changes colours."""
    transform = _transform(picture) if picture.mode in ("L", "LA", "RGB", "RGBA", "CMYK") else None
    if transform is None:
        coded = _coded_colour(path)
        return f"coded colours {coded[0]}/{coded[1]}" if coded else ""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
    return ImageCms.getProfileDescription(profile).strip() or "unnamed profile"


def _coded_colour(path: Path) -> tuple[int, int] | None:
    """Primaries and transfer of an HEIF's `colr` box (ISO/IEC 14496-12), where they are wide."""
    if picture_kind(path) not in ("heif", "avif"):
        return None
    with path.open("rb") as file:
        head = file.read(1 << 16)
    box = re.search(rb"colrnclx(..)(..)", head, re.S)
    if b"colrprof" in head or b"colrrICC" in head or box is None:
        return None
    primaries, transfer = (int.from_bytes(part) for part in box.groups())
    wide = primaries in _TO_BT709 or transfer in (16, 18)
    return (primaries, transfer) if wide else None


# Linear light from other primaries to BT.709, all of white D65 (from the chromaticities in
# ISO/IEC 23091-2, table 2; SMPTE RP 177 says how)
_BT2020 = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))
_P3 = ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0197, -0.0786, 1.0979))
_TO_BT709 = {9: _BT2020, 12: _P3}
WHITE_NITS = 203.0  # of graphics in HDR (ITU-R BT.2408)


def _from_wide(picture: Any, primaries: int, transfer: int) -> Any:
    """A picture whose colours are coded by number, as sRGB; by rows, so that memory stays small."""
    import numpy as np
    from PIL import Image

    alpha = picture.getchannel("A") if picture.mode in ("RGBA", "LA") else None
    pixels = np.asarray(picture.convert("RGB")).copy()
    matrix = np.array(_TO_BT709.get(primaries, np.eye(3)), np.float32)
    table = _linear(np.arange(256, dtype=np.float32) / 255, transfer)
    for top in range(0, len(pixels), 256):
        light = table[pixels[top : top + 256]] @ matrix.T
        if transfer in (16, 18):
            light = light / (1 + np.maximum(light, 0) / 4)  # what is brighter than white rolls off
        light = np.clip(light, 0, 1)
        coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        pixels[top : top + 256] = np.uint8(coded * 255 + 0.5)
    srgb = Image.fromarray(pixels)
    if alpha:
        srgb.putalpha(alpha)
    return srgb


def _linear(value: Any, transfer: int) -> Any:
    """Light of a coded value, where white is 1 (ITU-R BT.2100 for PQ and HLG, else sRGB)."""
    import numpy as np

    if transfer == 16:
        power = value ** (1 / 78.84375)
        ratio = np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
        light = 10_000 / WHITE_NITS * ratio ** (1 / 0.1593017578125)
    elif transfer == 18:
        high = (np.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
        light = 1000 / WHITE_NITS * np.where(value <= 0.5, value**2 / 3, high) ** 1.2
    else:
        light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)
