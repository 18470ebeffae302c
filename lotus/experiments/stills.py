"""Frames of a clip at equal distances, and the sheets of them that a judge looks at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lotus.experiments.cells import CellState, video_path
from lotus.media.opening import OPTIONS
from lotus.media.probe import count_frames
from lotus.system.files import write_whole
from lotus.workspace import Workspace

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["SHEET", "frames_apart", "save_sheet", "upright_picture"]

SHEET = 1  # the version of sheets: their frames and sizes
SHEET_FRAMES = 6
SHEET_PIXELS = 1280  # of its longer side


def frames_apart(video: Path, count: int, height: int) -> list[Image]:
    """So many frames at equal distances, the first and the last among them; a short video repeats
    some.
    """
    import av
    from PIL import Image

    total = count_frames(video)
    numbers = [round(i * (total - 1) / max(count - 1, 1)) for i in range(count)]
    pictures: dict[int, Image.Image] = {}
    with av.open(f"file:{video}", options=OPTIONS, metadata_errors="ignore") as container:
        stream = container.streams.video[0]
        for number, frame in enumerate(container.decode(stream)):
            if number in numbers:
                quarter_turn = round(frame.rotation / 90) % 2
                scale = height / (frame.width if quarter_turn else frame.height)
                pictures[number] = Image.fromarray(upright_picture(frame, "rgb24", scale))
    return [pictures[number] for number in numbers if number in pictures]


def upright_picture(frame: Any, pixel_format: str, scale: float) -> npt.NDArray[np.uint8]:
    """A frame's pixels as a player shows them, turned as the file says; `scale` is of its size."""
    size = {"width": round(frame.width * scale), "height": round(frame.height * scale)}
    pixels = frame.reformat(**{n: max(16, v) for n, v in size.items()}, format=pixel_format)
    return np.ascontiguousarray(np.rot90(pixels.to_ndarray(), round(frame.rotation / 90) % 4))


def save_sheet(workspace: Workspace, state: CellState) -> Path | None:
    """The sheet of a cell's video in the cache, made if it is missing; None without a video."""
    if state.subject is None or state.status != "completed":
        return None
    path = workspace.cache / "sheets" / f"{state.subject}-{SHEET}.jpg"
    if not path.exists():
        video = video_path(workspace, state)
        if video is None:
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet = _sheet(frames_apart(video, SHEET_FRAMES, 360))
        write_whole(path, lambda aside: sheet.save(aside, "JPEG", quality=92))
    return path


def _sheet(frames: list[Image]) -> Image:
    """Frames in rows: three a row if they are wide, six if they are tall."""
    from PIL import Image

    width, height = frames[0].size
    columns = 3 if width >= height else 6
    rows = -(-len(frames) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for place, frame in enumerate(frames):
        row, column = divmod(place, columns)
        sheet.paste(frame, (column * width, row * height))
    sheet.thumbnail((SHEET_PIXELS, SHEET_PIXELS))
    return sheet
