"""Colours of pictures: profiles, wide gamuts and high dynamic range become sRGB in eight bits."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

__all__ = ["in_srgb", "profile_name"]


def in_srgb(picture: Any, path: Path, kind: str | None) -> Any:
    """The picture's colours as sRGB in eight bits; `kind` is that of its file."""
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
    code = _coded_colour(path, kind)
    return _from_wide(picture, *code) if code else picture


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
        result: Any = ImageCms.applyTransform(probe, transform)
        pairs = zip(probe.tobytes(), result.tobytes(), strict=True)
        if max(abs(a - b) for a, b in pairs) <= _SAME_LEVELS:
            return None
    return transform


_STEPS = (0, 64, 128, 192, 255)
_SAME_LEVELS = 2  # profiles that are sRGB under another name differ by rounding


def profile_name(picture: Any, path: Path, kind: str | None) -> str:
    """The profile's own description, if it changes colours."""
    transform = _transform(picture) if picture.mode in ("L", "LA", "RGB", "RGBA", "CMYK") else None
    if transform is None:
        code = _coded_colour(path, kind)
        return f"coded colours {code[0]}/{code[1]}" if code else ""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
    return ImageCms.getProfileDescription(profile).strip() or "unnamed profile"


def _coded_colour(path: Path, kind: str | None) -> tuple[int, int] | None:
    """Primaries and transfer of an HEIF's `colr` box (ISO/IEC 14496-12), where they are wide."""
    if kind not in ("heif", "avif"):
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
        values = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        pixels[top : top + 256] = np.uint8(values * 255 + 0.5)
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
