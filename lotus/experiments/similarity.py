"""How alike two videos are that should be: SSIM and VMAF, by ffmpeg."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from lotus.documents.calls import explained_call
from lotus.errors import InvalidInput, MediaError
from lotus.media.ffmpeg import FFmpeg
from lotus.media.probe import count_frames, probe
from lotus.settings import Settings

__all__ = ["Similarity", "similarity"]

ONLY_FILES = ("-protocol_whitelist", "file")


class Similarity(BaseModel):
    """`ssim` is 1 and `vmaf` about 100 for the same pictures; None for VMAF where ffmpeg was built
    without it. `frames` were compared, at the size of the reference.
    """

    model_config = ConfigDict(frozen=True)

    video: str
    reference: str
    ssim: float
    vmaf: float | None
    frames: int


@explained_call
def similarity(video: str | Path, reference: str | Path) -> Similarity:
    """Compare a video frame by frame with a reference.

    Parameters
    ----------
    video
        The video's path.
    reference
        The reference's path; it needs the same number of frames.

    Returns
    -------
    Similarity
        SSIM (0 to 1) and VMAF (0 to 100); higher is more alike.

    Raises
    ------
    InvalidInput
        If the numbers of frames differ.
    MediaError
        If a file is not a video.
    """
    paths = [Path(one).expanduser().absolute() for one in (video, reference)]
    counts = []
    for path in paths:
        if probe(path).kind != "video":
            raise MediaError(file=str(path), reason="is not a video", remedy="name a video file")
        counts.append(count_frames(path))
    if counts[0] != counts[1]:
        raise InvalidInput(
            file=str(paths[0]),
            field="video",
            reason=f"has {counts[0]} frames, and the reference {counts[1]}",
            remedy="cut both to the same length",
        )
    ffmpeg = FFmpeg(Settings.read().ffmpeg)
    media = probe(paths[1])
    size = (media.width, media.height)
    ssim = _score(ffmpeg, paths, size, "ssim", r"SSIM .*All:([\d.]+)")
    vmaf = None
    if " libvmaf " in ffmpeg.ask("-filters"):
        vmaf = _score(ffmpeg, paths, size, "libvmaf", r"VMAF score: ([\d.]+)")
    return Similarity(
        video=str(paths[0]), reference=str(paths[1]), ssim=ssim, vmaf=vmaf, frames=counts[0]
    )


def _score(
    ffmpeg: FFmpeg, paths: list[Path], size: tuple[int, int], name: str, pattern: str
) -> float:
    same = f"settb=1/1000,setpts=N*40,scale={size[0]}:{size[1]}:flags=bicubic,format=yuv420p"
    graph = f"[0:v]{same}[a];[1:v]{same}[b];[a][b]{name}"
    inputs = [part for path in paths for part in (*ONLY_FILES, "-i", f"file:{path}")]
    log = ffmpeg.run([*inputs, "-filter_complex", graph, "-f", "null", "-"], what=name)
    scores = re.findall(pattern, log)
    if not scores:
        raise MediaError(file=str(paths[0]), reason=f"has no {name}", remedy="update ffmpeg")
    return round(float(scores[-1]), 6)
