"""The frames of a file: how many, and the last as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lotus.errors import MediaError
from lotus.media.probe import packets_of

__all__ = ["count_frames", "save_last_frame"]

QUALITY = 95


def count_frames(path: Path) -> int:
    """How many frames a video holds, by its packets."""
    with packets_of(path) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def save_last_frame(clip: Path, target: Path) -> None:
    """Write the frame on which a clip ends as a JPEG; raises MediaError if it has none."""
    import av

    last = None
    try:
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            if container.duration:  # from the last cut point on; a clip of one piece is read whole
                container.seek(container.duration)
            for frame in container.decode(stream):
                last = frame
    except (av.FFmpegError, IndexError, OSError) as exc:
        raise MediaError(file=str(clip), reason="cannot be read", remedy="render again") from exc
    if last is None:
        raise MediaError(file=str(clip), reason="has no frames", remedy="render again")
    picture: Any = last.to_image()  # type: ignore[no-untyped-call]
    picture.save(target, "JPEG", quality=QUALITY)
