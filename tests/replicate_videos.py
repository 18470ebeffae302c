"""What the Replicate of the tests serves: real MP4s, PNGs and MP3s, each made once."""

from __future__ import annotations

import base64
import io
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import imageio_ffmpeg
from PIL import Image

__all__ = ["picture", "shape_of", "sound", "video"]

SHORT_SIDE = 96  # pixels: what is checked is not how sharp it is


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="replicate-videos-")


@cache
def video(seconds: float, aspect_ratio: str = "16:9", fps: int = 24) -> bytes:
    """An MP4 of this length and shape."""
    wide, high = (int(side) for side in aspect_ratio.split(":"))
    scale = SHORT_SIDE / min(wide, high)
    size = f"{round(wide * scale / 2) * 2}x{round(high * scale / 2) * 2}"
    path = Path(_folder().name) / f"{seconds:g}-{size}-{fps}.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi"]
    command += [
        "-i",
        f"testsrc2=s={size}:r={fps}:d={seconds:g}",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
    ]
    command += ["-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path.read_bytes()


@cache
def picture(aspect_ratio: str = "16:9") -> bytes:
    """A PNG of this shape."""
    wide, high = (int(side) for side in aspect_ratio.split(":"))
    data = io.BytesIO()
    Image.linear_gradient("L").resize((wide * 8, high * 8)).convert("RGB").save(data, "PNG")
    return data.getvalue()


@cache
def sound(seconds: float) -> bytes:
    """An MP3 of this length."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi"]
    command += ["-i", f"sine=f=440:d={seconds:g}", "-f", "mp3", "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def shape_of(data_uri: str) -> str:
    """The shape of a picture that is sent as data, as width:height."""
    with Image.open(io.BytesIO(base64.b64decode(data_uri.partition(",")[2]))) as sent:
        return f"{sent.width}:{sent.height}"
