"""Videos as arrays: frames in and out, one at a time, so that a long video does not fill memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.errors import InvalidInput, MediaError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]

__all__ = ["frames_of", "read_audio", "read_frames", "rgb_frame", "write_lossless"]

SAMPLE_RATE = 48_000
# FFV1 over RGB loses nothing; one thread gives the same bytes everywhere.
_FFV1 = {"level": "3", "threads": "1"}
_FRAME = "pass frames of (height, width, 3)"


def rgb_frame(frame: Any) -> Frame:
    """One frame as (height, width, 3) uint8, from an array, a tensor or a PIL picture.

    Floats count from 0 to 1. Raises InvalidInput for any other shape or range.
    """
    import numpy as np

    array = np.asarray(_on_cpu(frame))
    if array.ndim < 2:
        raise _invalid(f"a frame is of type {type(frame).__name__}", _FRAME)
    if array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[2] not in (1, 3, 4):
        array = np.moveaxis(array, 0, 2)  # channels first, as PyTorch has them
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3) or 0 in array.shape:
        shape = "x".join(map(str, array.shape))
        alpha = array.ndim == 3 and array.shape[2] == 4
        remedy = "leave alpha out: array[..., :3]" if alpha else _FRAME
        raise _invalid(f"a frame has the shape {shape}", remedy)
    if array.dtype != np.uint8:
        array = _as_bytes(array)
    return np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:2], 3)))


def _on_cpu(frame: Any) -> Any:
    """PyTorch's tensors live elsewhere, and may be a part of a graph."""
    for method in ("detach", "cpu"):
        if hasattr(frame, method) and hasattr(frame, "numel"):
            frame = getattr(frame, method)()
    if type(frame).__module__.startswith("PIL."):
        return frame.convert("RGB")
    return frame


def _as_bytes(array: Any) -> Frame:
    import numpy as np

    if not np.issubdtype(array.dtype, np.floating):
        reason = f"values are {array.dtype}"
        raise _invalid(reason, "pass uint8 from 0 to 255, or floats from 0 to 1")
    least, most = float(array.min()), float(array.max())
    if not (least >= -0.001 and most <= 1.001):  # NaN fails as well
        reason = f"values go from {least:g} to {most:g}"
        raise _invalid(reason, "pass uint8 from 0 to 255, or floats from 0 to 1")
    image: Frame = np.rint(np.clip(array, 0, 1) * 255).astype(np.uint8)
    return image


def frames_of(video: Any) -> Iterator[Any]:
    """The frames of an array (T, H, W, C), of a tensor (T, C, H, W), or of any iterable.

    A batch of one, as pipelines return it, counts as its only video.
    """
    shape = getattr(video, "shape", None)
    if shape is not None and len(shape) == 5 and shape[0] == 1:
        video = video[0]
        shape = video.shape
    words = "x".join(map(str, shape or ()))
    if shape is not None and len(shape) == 3 and shape[2] in (1, 3, 4):
        raise _invalid(f"{words} is the shape of one picture", "pass a video: picture[None]")
    if shape is not None and len(shape) not in (3, 4):
        raise _invalid(f"a video has the shape {words}", "pass (frames, height, width, 3)")
    if isinstance(video, memoryview):
        import numpy as np

        video = np.asarray(video)
    if not isinstance(video, Iterable) or isinstance(video, str | bytes | bytearray):
        raise _invalid(
            f"{type(video).__name__} is not a video", "pass an array or a list of frames"
        )
    yield from video


def write_lossless(frames: Iterable[Any], fps: Fraction, output: Path) -> int:
    """Write frames to a Matroska file that loses nothing; returns how many. Raises InvalidInput."""
    import av

    count = 0
    size: tuple[int, int] | None = None
    with av.open(str(output), "w", format="matroska", options={"fflags": "+bitexact"}) as container:
        stream: Any = None
        for frame in frames:
            array = rgb_frame(frame)
            if stream is None:
                size = array.shape[:2]
                stream = container.add_stream("ffv1", rate=fps, options=dict(_FFV1))
                stream.height, stream.width = size
                stream.pix_fmt = "bgr0"
                stream.codec_context.flags |= 1 << 23  # bitexact: no name of an encoder inside
            if array.shape[:2] != size:
                raise _invalid(f"frame {count} has another size", "pass frames of one size")
            picture = av.VideoFrame.from_ndarray(array, format="rgb24")
            container.mux(stream.encode(picture))
            count += 1
        if stream is None:
            raise _invalid("there are no frames", "pass one frame at least")
        container.mux(stream.encode(None))
    return count


def read_frames(path: Path, *, every: int = 1, start: int = 0) -> Iterator[Frame]:
    """Frames as (height, width, 3) uint8 in RGB: each `every`-th from frame `start` on.

    Raises MediaError if the file is not a video.
    """
    import av

    try:
        with av.open(str(path)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number >= start and (number - start) % every == 0:
                    yield _rgb(frame)
    except (av.FFmpegError, IndexError) as exc:
        raise MediaError(file=str(path), reason=f"cannot be decoded: {exc}") from exc


def _rgb(frame: Any) -> Frame:
    if frame.format.is_rgb:
        exact: Frame = frame.to_ndarray(format="rgb24")
        return exact
    # swscale takes what does not say otherwise for BT.601; videos of lotus are BT.709
    matrix = 5 if frame.colorspace in (5, 6) else 1
    image: Frame = frame.reformat(
        format="rgb24", src_colorspace=matrix, dst_colorspace=matrix
    ).to_ndarray(format="rgb24")
    return image


def read_audio(path: Path) -> NDArray[np.float32]:
    """The sound as (samples, 2) float32 from -1 to 1 at 48 kHz; no samples if there is none."""
    import av
    import numpy as np

    blocks = []
    length = None
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                return np.zeros((0, 2), np.float32)
            stream = container.streams.audio[0]
            # encoders fill up their last frame
            if stream.duration is not None and stream.time_base is not None:
                length = round(stream.duration * stream.time_base * SAMPLE_RATE)
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
            for frame in container.decode(audio=0):
                blocks += [block.to_ndarray() for block in resampler.resample(frame)]
            blocks += [block.to_ndarray() for block in resampler.resample(None)]
    except av.FFmpegError as exc:
        raise MediaError(file=str(path), reason=f"cannot be decoded: {exc}") from exc
    samples = np.concatenate(blocks, axis=1).T[:length]
    return np.ascontiguousarray(samples, dtype=np.float32)


def _invalid(reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field="frames", reason=reason, remedy=remedy)
