"""Sound as numbers: what a file sounds like, for analysis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lotus.errors import MediaError
from lotus.media.probe import OPTIONS

__all__ = ["read_mono"]


def read_mono(path: Path, rate: int, most_seconds: float) -> npt.NDArray[np.float32]:
    """The first `most_seconds` of a file's sound: mono samples at `rate`, shape (n,), -1 to 1.

    Raises MediaError if the file has no sound that can be decoded. Damaged packets are skipped.
    """
    import av

    blocks: list[npt.NDArray[np.float32]] = []
    samples = 0
    try:
        with av.open(f"file:{path}", options=OPTIONS, metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise MediaError(file=str(path), reason="has no sound", remedy="use an audio file")
            stream: Any = container.streams.best("audio")
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
            for packet in container.demux(stream):
                for block in _blocks(packet, resampler):
                    blocks.append(block)
                    samples += len(block)
                if samples >= most_seconds * rate:
                    break
    except (av.FFmpegError, OSError) as exc:
        raise MediaError(
            file=str(path), reason="its sound cannot be decoded", remedy="export it again, as WAV"
        ) from exc
    if not blocks:
        return np.zeros(0, np.float32)
    return np.concatenate(blocks)[: round(most_seconds * rate)]


def _blocks(packet: Any, resampler: Any) -> list[npt.NDArray[np.float32]]:
    """The samples of one packet; none if it is damaged."""
    import av

    try:
        frames = packet.decode()
    except av.FFmpegError:
        return []
    return [out.to_ndarray().reshape(-1) for frame in frames for out in resampler.resample(frame)]
