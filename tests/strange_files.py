"""Files as phones, recorders, browsers and broadcasters write them, built small for tests."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from tests.clips import bars

RATE = 25
SOUND_RATE = 48_000
SIZE = (320, 180)
Picture = npt.NDArray[np.uint8]
Sound = npt.NDArray[np.float32]


def flat(value: int, size: tuple[int, int] = SIZE) -> Picture:
    return np.full((size[1], size[0]), value, np.uint8)


def box() -> Picture:
    """An opaque red box in the middle; all else is transparent, over a hidden green."""
    pixels = np.zeros((180, 320, 4), np.uint8)
    pixels[..., 1] = 255
    pixels[60:120, 100:220] = (255, 0, 0, 255)
    return pixels


def tone(hertz: float, seconds: float, rate: int = SOUND_RATE) -> Sound:
    return (0.4 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype("f4")


def video(
    container: Any,
    pictures: Sequence[Picture],
    start: float = 0.0,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    times: Sequence[Fraction] | None = None,
    colour: tuple[int, int, int, int] | None = None,
    every: int = 0,
    stream: Any = None,
) -> list[Any]:
    """Packets of grey, RGBA or planar YUV pictures, at RATE or at the given times."""
    first = pictures[0]
    grey = first.ndim == 2
    planes = not grey and first.shape[0] == 3
    source = "gray" if grey else "yuv444p" if planes else "rgba"
    stream = container.add_stream(codec, rate=RATE) if stream is None else stream
    stream.height, stream.width = first.shape[1:] if planes else first.shape[:2]
    stream.pix_fmt = pix_fmt
    stream.bit_rate = 4_000_000
    base = Fraction(1, RATE if codec in ("mpeg2video", "dvvideo") else 1000)
    stream.codec_context.time_base = base
    if codec == "libx264":
        stream.options = {"preset": "veryfast", "crf": "12"}
    if codec == "libvpx":
        stream.options = {"auto-alt-ref": "0"}  # else it encodes no transparency
    if every:
        stream.codec_context.gop_size = every
    packets = []
    for k, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format=source).reformat(format=pix_fmt)
        at = times[k] if times else Fraction(start).limit_denominator(1000) + Fraction(k, RATE)
        frame.pts = round(at / base)
        frame.time_base = base
        if colour:
            for tagged in (stream.codec_context, frame):
                tagged.color_primaries, tagged.color_trc = colour[:2]
                tagged.colorspace, tagged.color_range = colour[2:]
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def sound(
    container: Any, samples: Sound, start: float = 0.0, codec: str = "aac", rate: int = SOUND_RATE
) -> list[Any]:
    """Packets of samples (one row a channel) that begin so late."""
    samples = np.atleast_2d(samples)
    layout = {1: "mono", 2: "stereo"}[len(samples)]
    stream = container.add_stream(codec, rate=rate, layout=layout)
    stream.bit_rate = 160_000
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
    frame.rate = rate
    frame.pts = round(start * rate)
    frame.time_base = Fraction(1, rate)
    return [*stream.encode(frame), *stream.encode(None)]


def mux(container: Any, packets: Sequence[Any]) -> None:
    for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
        container.mux(packet)


def write(
    path: Any,
    pictures: Sequence[Picture] | None = None,
    samples: Sound | None = None,
    sound_start: float = 0.0,
    sound_codec: str = "aac",
    container: str | None = None,
    **more: Any,
) -> Any:
    """A file of pictures, of sound, or of both."""
    with av.open(path if hasattr(path, "write") else str(path), "w", format=container) as file:
        packets = [] if pictures is None else video(file, pictures, **more)
        if samples is not None:
            packets += sound(file, samples, sound_start, sound_codec)
        mux(file, packets)
    return path


def piped(path: Path, *content: Any, **more: Any) -> Path:
    """A file written into a pipe: nobody can go back to write a duration."""
    with path.open("wb") as file:
        write(SimpleNamespace(write=file.write), *content, **more)
    return path


def count(first: int, frames: int) -> list[Picture]:
    """Pictures that carry their numbers."""
    return [bars(first + n, SIZE) for n in range(frames)]


def flash_and_beep(path: Path, sound_start: float = 0.0, **more: Any) -> Path:
    """4 s; at 1, 2 and 3 s a white flash of two frames and a beep of 80 ms."""
    times = np.arange(4 * SOUND_RATE) / SOUND_RATE
    samples = tone(1000, 4) * ((times % 1 < 0.08) & (times >= 1))
    pictures = [flat(255 if k >= RATE and k % RATE < 2 else 20) for k in range(4 * RATE)]
    write(path, pictures, samples[round(sound_start * SOUND_RATE) :], sound_start, **more)
    return path


def profile(red: Any, green: Any, blue: Any) -> bytes:
    """The sRGB profile with other primaries (XYZ of D50)."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    colours = {b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue}
    for entry in range(struct.unpack_from(">I", data, 128)[0]):
        name, offset, _ = struct.unpack_from(">4sII", data, 132 + 12 * entry)
        if name in colours:
            numbers = (round(value * 65536) for value in colours[name])
            struct.pack_into(">iii", data, offset + 8, *numbers)
    return bytes(data)


DISPLAY_P3 = profile((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))


def as_srgb(color: tuple[int, int, int], icc: bytes) -> tuple[int, ...]:
    """A stored colour as LittleCMS shows it."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    one = Image.new("RGB", (1, 1), color)
    shown: Any = ImageCms.profileToProfile(one, source, ImageCms.createProfile("sRGB"))
    pixel: tuple[int, ...] = shown.getpixel((0, 0))
    return pixel
