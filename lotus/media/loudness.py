"""How loud a file is, as ITU-R BS.1770 and EBU R 128 measure it (ffmpeg's ebur128)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from lotus.media.ffmpeg import FFmpeg
from lotus.system.stop import Stop

__all__ = ["Loudness", "measure_loudness"]

_POINTS = "short-term.txt"
GATE_LUFS = -70.0  # what is quieter is not heard, and does not count (BS.1770)


@dataclass(frozen=True)
class Loudness:
    """Loudness of the whole, the highest peak between samples, and the loudest three seconds."""

    integrated_lufs: float
    true_peak_dbtp: float
    short_term_lufs: float


def measure_loudness(
    path: Path, ffmpeg: FFmpeg, folder: Path, stop: Stop | None = None
) -> Loudness:
    """Measure a file's sound; minus infinity where there is none. `folder` is for temporary files.

    Raises FFmpegError if the file has no sound that can be read.
    """
    filters = (
        "ebur128=metadata=1:framelog=quiet:peak=true,"
        f"ametadata=mode=print:key=lavfi.r128.S:file={_POINTS}"
    )
    args = ["-i", f"file:{path.absolute()}", "-vn", "-af", filters, "-f", "null", "-"]
    log = ffmpeg.run(args, what="loudness", cwd=folder, stop=stop)
    points = folder / _POINTS
    short = [float(one) for one in re.findall(r"r128\.S=(-?[\d.]+|-inf|nan)", points.read_text())]
    points.unlink()
    whole, peak = (_last(name, unit, log) for name, unit in (("I", "LUFS"), ("Peak", "dBFS")))
    loudest = max((one for one in short if one > GATE_LUFS), default=-math.inf)
    return Loudness(whole, peak, loudest)


def _last(name: str, unit: str, log: str) -> float:
    readings = re.findall(rf"{name}:\s+(-?[\d.]+|-inf|nan) {unit}", log)
    value = float(readings[-1]) if readings else -math.inf
    return value if math.isfinite(value) and value > GATE_LUFS else -math.inf
