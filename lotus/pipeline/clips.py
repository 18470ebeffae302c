"""A clip as an object of Python: its frames as arrays, and arrays as clips of the store."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.documents.base import AnsweringObject
from lotus.documents.calls import explained_call
from lotus.documents.document import Rate
from lotus.documents.numbers import fraction
from lotus.errors import InvalidInput, LotusError
from lotus.media.arrays import frames_of, read_audio, read_frames, write_lossless
from lotus.media.probe import count_frames, probe
from lotus.store.uploads import MARK, asset_object
from lotus.system.distribution import import_extra
from lotus.system.keys import file_digest
from lotus.system.parallel import free_bytes
from lotus.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

__all__ = ["Clip", "contact_sheet"]

SHEET_WIDTH = 320
GAP = 8


@dataclass(frozen=True)
class Clip(AnsweringObject):
    """A piece of video on this machine, as a file and as arrays.

    `from_numpy`, `from_frames` and `from_tensor` make one of arrays; `frames` reads it.

    Parameters
    ----------
    path
        The video file.
    source
        The name by which scenes refer to it.
    """

    path: Path
    source: str

    @classmethod
    @explained_call
    def from_frames(
        cls, frames: Iterable[Any], fps: Rate = 24, *, workspace: Workspace | None = None
    ) -> Clip:
        """Make a clip of frames without loss, and keep it in the store under the hash of its
        content.

        Parameters
        ----------
        frames
            Arrays (H, W, 3), tensors (3, H, W) or PIL pictures, one at a time; uint8, or floats
            from 0 to 1.
        fps
            Frames a second.
        workspace
            Database and store to use; default: those of the settings.

        Returns
        -------
        Clip
            The clip; its `frames()` are the same pixels.

        Raises
        ------
        InvalidInput
            If a frame has the wrong shape or type, or there is none.
        """
        workspace = workspace or Workspace.open()
        with workspace.folder() as folder:
            file = folder / "clip.mkv"
            write_lossless(_explain(frames_of(frames)), _rate(fps), file)
            asset = f"{file_digest(file)}.mkv"
            if not workspace.store.exists(asset_object(asset)):
                workspace.store.put(file, asset_object(asset))
        return cls(workspace.store.path(asset_object(asset)), MARK + asset)

    @classmethod
    @explained_call
    def from_numpy(cls, array: Any, fps: Rate = 24, *, workspace: Workspace | None = None) -> Clip:
        """Make a clip of an array; see `from_frames`.

        Parameters
        ----------
        array
            Shape (T, H, W, C), uint8, or floats from 0 to 1.
        fps
            Frames a second.
        workspace
            Database and store to use; default: those of the settings.

        Returns
        -------
        Clip
            The clip.

        Raises
        ------
        InvalidInput
            If the array has the wrong shape or type.
        """
        return cls.from_frames(array, fps, workspace=workspace)

    @classmethod
    @explained_call
    def from_tensor(
        cls, tensor: Any, fps: Rate = 24, *, workspace: Workspace | None = None
    ) -> Clip:
        """Make a clip of a PyTorch tensor on any device; see `from_frames`.

        Parameters
        ----------
        tensor
            Shape (T, C, H, W), uint8, or floats from 0 to 1.
        fps
            Frames a second.
        workspace
            Database and store to use; default: those of the settings.

        Returns
        -------
        Clip
            The clip.

        Raises
        ------
        InvalidInput
            If the tensor has the wrong shape or type.
        """
        return cls.from_frames(tensor, fps, workspace=workspace)

    @classmethod
    @explained_call
    def from_file(cls, path: str | Path) -> Clip:
        """Open a video file as a clip; the file stays where it is.

        Parameters
        ----------
        path
            The video file.

        Returns
        -------
        Clip
            The clip.

        Raises
        ------
        InvalidInput
            If there is no such file.
        MediaError
            If the file is not a video.
        """
        file = Path(path).expanduser().absolute()
        if not file.is_file():
            reason = "is a folder" if file.is_dir() else "is not there"
            raise InvalidInput(file=str(path), field="", reason=reason, remedy="check the path")
        probe(file)
        return cls(file, str(file))

    if not TYPE_CHECKING:

        def __len__(self):
            remedy = "write clip.frame_count or clip.duration_seconds"
            raise InvalidInput(file="", field="clip", reason="has no length", remedy=remedy)

        def __bool__(self):
            return True

        def __getitem__(self, key):
            remedy = "write clip.frames()[...], or clip.pil(seconds)"
            raise InvalidInput(file="", field="clip", reason="is not an array", remedy=remedy)

        def __iter__(self):
            remedy = "write clip.iter_frames()"
            raise InvalidInput(file="", field="clip", reason="is not a list", remedy=remedy)

    @property
    def fps(self) -> Fraction:
        """Frames a second."""
        rate = probe(self.path).rate
        return rate if rate else Fraction(24)

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return count_frames(self.path)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        media = probe(self.path)
        return media.width, media.height

    @property
    def duration_seconds(self) -> float:
        """Length in seconds."""
        return float(self.frame_count / self.fps)

    @explained_call
    def iter_frames(self, every: int = 1, start: int = 0) -> Iterator[NDArray[np.uint8]]:
        """Read frames one at a time.

        Parameters
        ----------
        every
            Read each so-many-th frame.
        start
            First frame, counted from 0.

        Yields
        ------
        numpy.ndarray
            A frame of shape (H, W, 3), uint8.

        Raises
        ------
        InvalidInput
            If `every` is below 1, or `start` below 0.
        """
        return read_frames(self.path, every=_count("every", every), start=start)

    @explained_call
    def frames(self, every: int = 1, start: int = 0) -> NDArray[np.uint8]:
        """Read frames into one array.

        Parameters
        ----------
        every
            Read each so-many-th frame.
        start
            First frame, counted from 0.

        Returns
        -------
        numpy.ndarray
            Shape (T, H, W, 3), uint8.

        Raises
        ------
        InvalidInput
            If the frames would fill more than half of the free memory.
        """
        import numpy as np

        if start < 0:
            remedy = "count frames from 0"
            raise InvalidInput(file="", field="start", reason=f"is {start}", remedy=remedy)
        width, height = self.size
        count = -(-max(0, self.frame_count - start) // _count("every", every))
        size_bytes = count * width * height * 3
        free = free_bytes()
        if free is not None and size_bytes > free / 2:
            reason = (
                f"{count} frames take {size_bytes / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free"
            )
            remedy = "take fewer with every=12, or one at a time with iter_frames()"
            raise InvalidInput(file=str(self.path), field="frames", reason=reason, remedy=remedy)
        stack = np.empty((count, height, width, 3), np.uint8)
        number = -1
        for number, frame in enumerate(self.iter_frames(every, start)):
            stack[number] = frame
        return stack[: number + 1]

    @explained_call
    def pil(self, seconds: float = 0.0) -> Image:
        """Read one frame as a PIL picture.

        Parameters
        ----------
        seconds
            Time of the frame in seconds.

        Returns
        -------
        PIL.Image.Image
            The frame.

        Raises
        ------
        InvalidInput
            If the clip is shorter.
        """
        from PIL import Image

        number = int(seconds * self.fps)
        frame = next(self.iter_frames(start=number), None) if seconds >= 0 else None
        if frame is None:
            reason = f"{seconds:g} s is outside the clip of {self.duration_seconds:g} s"
            raise InvalidInput(
                file="", field="seconds", reason=reason, remedy="count from its beginning"
            )
        return Image.fromarray(frame)

    @explained_call
    def to_torch(self, every: int = 1) -> Any:
        """Read frames as a PyTorch tensor. Needs PyTorch.

        Parameters
        ----------
        every
            Read each so-many-th frame.

        Returns
        -------
        torch.Tensor
            Shape (T, C, H, W), floats from 0 to 1.
        """
        torch = import_extra("torch", install="torch")
        return torch.from_numpy(self.frames(every)).permute(0, 3, 1, 2).float() / 255

    @explained_call
    def audio(self) -> NDArray[np.float32]:
        """Read the sound.

        Returns
        -------
        numpy.ndarray
            Shape (samples, 2), float32 from -1 to 1, at 48 kHz.
        """
        return read_audio(self.path)


# a clip of a path alone is a slip that people make
Clip.__init__ = explained_call(Clip.__init__)  # type: ignore[method-assign]


def contact_sheet(clips: Iterable[Clip], columns: int = 4) -> Image:
    """The middle frame of each clip, in rows, as one PIL picture."""
    from PIL import Image

    pictures = []
    for clip in clips:
        picture = clip.pil((clip.frame_count // 2) / float(clip.fps))
        height = round(picture.height * SHEET_WIDTH / picture.width)
        pictures.append(picture.resize((SHEET_WIDTH, height), Image.Resampling.LANCZOS))
    if not pictures:
        raise InvalidInput(file="", field="clips", reason="there are none", remedy="render first")
    across = min(_count("columns", columns), len(pictures))
    down = -(-len(pictures) // across)
    tall = max(picture.height for picture in pictures)
    sheet = Image.new(
        "RGB", (across * (SHEET_WIDTH + GAP) + GAP, down * (tall + GAP) + GAP), "#ffffff"
    )
    for i, picture in enumerate(pictures):
        row, column = divmod(i, across)
        sheet.paste(picture, (GAP + column * (SHEET_WIDTH + GAP), GAP + row * (tall + GAP)))
    return sheet


def _explain(frames: Iterable[Any]) -> Iterator[Any]:
    """The same frames; an exception of the caller's own code becomes one line with its place."""
    number = 0
    try:
        for frame in frames:
            yield frame
            number += 1
    except (LotusError, GeneratorExit):
        raise
    except Exception as exc:
        last = traceback.extract_tb(exc.__traceback__)[-1]
        reason = f"frame {number} raised {type(exc).__name__}: {exc} (line {last.lineno})"
        remedy = f"mend what makes the frames: {last.line or last.name}"
        raise InvalidInput(file="", field="frames", reason=reason, remedy=remedy) from exc


def _rate(fps: Rate) -> Fraction:
    try:
        rate = fraction(fps)
    except ValueError:
        rate = Fraction(0)
    if not 1 <= rate <= 120:
        remedy = "write frames a second, such as 24"
        raise InvalidInput(file="", field="fps", reason=f"is {fps}", remedy=remedy)
    return rate.limit_denominator(1001)


def _count(field: str, value: int) -> int:
    if value < 1:
        raise InvalidInput(file="", field=field, reason=f"is {value}", remedy="write 1 or more")
    return value
