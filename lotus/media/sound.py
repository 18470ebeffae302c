"""Sound of any file as 48 kHz stereo samples on the file's clock: the one place that decodes it.

The resampler follows the frames: where rate, channels or format change, it is built anew. Packets
that do not decode are left out and counted; what comes after them stays at its time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.errors import MediaError
from lotus.media.facts import SoundStream
from lotus.media.opening import file_start, open_media, stream_end

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

__all__ = ["SAMPLE_RATE", "decoded_sound", "read_mono", "sound_stream"]

SAMPLE_RATE = 48_000
TRIED_PACKETS = 50  # of a stream, until one decodes
SEEK_SECONDS = 1  # decoders need a few packets before the one that is heard
GAP_SAMPLES = round(0.04 * SAMPLE_RATE)  # clocks of containers are rounded; this is a gap
GAP_AFTER_DAMAGE = round(0.005 * SAMPLE_RATE)
BACK_SAMPLES = SAMPLE_RATE // 2  # a clock that steps back further began anew
PADDING_SAMPLES = SAMPLE_RATE // 10  # an encoder fills up its last packet, with no more than this
_DEFAULT = 1  # AV_DISPOSITION_DEFAULT
_SLOWEST = 0.5  # that one `atempo` does


def sound_stream(container: Any, path: Path) -> SoundStream | None:
    """The default stream of sound; if that does not decode, the first that does."""
    streams = [*container.streams.audio]
    if not streams:
        return None
    ranked = sorted(range(len(streams)), key=lambda i: not int(streams[i].disposition) & _DEFAULT)
    decodable = next((i for i in ranked if _decodes(path, i)), None)
    index = ranked[0] if decodable is None else decodable
    stream = streams[index]
    begin = file_start(container)
    start = Fraction((stream.start_time or 0) * stream.time_base) - begin
    context = stream.codec_context
    return SoundStream(
        index=index,
        codec=context.name if context is not None else "unknown codec",
        sample_rate=context.sample_rate if context is not None else 0,
        channels=context.channels if context is not None else 0,
        start=max(start, Fraction(0)),
        end=stream_end(path, container, stream),
        trimmed="mp4" in container.format.name and bool(stream.duration),
        decodes=decodable is not None,
    )


def _decodes(path: Path, index: int) -> bool:
    import av

    try:
        with open_media(path) as container:
            stream = container.streams.audio[index]
            if stream.codec_context is None:
                return False
            for packet in itertools.islice(container.demux(stream), TRIED_PACKETS):
                with suppress(av.FFmpegError):
                    if packet.decode():
                        return True
    except (av.FFmpegError, ValueError):
        return False
    return False


def decoded_sound(
    path: Path,
    start_seconds: float = 0.0,
    speed: float = 1.0,
    on_damage: Callable[[int], None] = lambda packets: None,
) -> Iterator[Samples]:
    """A file's sound from a time of its clock on, in blocks of shape (n, 2); nothing if it has
    none. `on_damage` hears how many packets were left out. Raises MediaError if it cannot be read.
    """
    import av

    try:
        with closing(open_media(path)) as container:
            heard = sound_stream(container, path)
        if heard is None:
            return
        blocks = _from(path, heard, start_seconds, on_damage)
        yield from _at_speed(blocks, speed) if speed != 1 else blocks
    except FileNotFoundError as exc:  # PyAV's own, which is also Python's
        raise MediaError(
            file=str(path), reason="the file is missing", remedy="put the file back"
        ) from exc
    except av.FFmpegError as exc:
        raise MediaError(
            file=str(path), reason="its sound cannot be decoded", remedy="export the file again"
        ) from exc


def _from(
    path: Path, heard: SoundStream, start_seconds: float, on_damage: Callable[[int], None]
) -> Iterator[Samples]:
    """Samples from a time on; a container that does not seek to there is read from its start."""
    seek = start_seconds > SEEK_SECONDS
    reading = _Reading(path, heard, start_seconds, seek=seek)
    blocks = reading.blocks()
    first = next(blocks, None)
    if seek and (first is None or reading.late):
        blocks.close()
        reading = _Reading(path, heard, start_seconds, seek=False)
        blocks = reading.blocks()
        first = next(blocks, None)
    try:
        if first is not None:
            yield first
            yield from blocks
    finally:  # few hear a file to its end
        if reading.damaged:
            on_damage(reading.damaged)


def read_mono(path: Path, rate: int, most_seconds: float) -> NDArray[np.float32]:
    """The first `most_seconds` of a file's sound: mono samples at `rate`, shape (n,), -1 to 1.

    Raises MediaError if the file has no sound that can be decoded. Damaged packets are skipped.
    """
    import av
    import numpy as np

    blocks: list[NDArray[np.float32]] = []
    samples = 0
    try:
        with open_media(path) as container:
            if not container.streams.audio:
                raise MediaError(file=str(path), reason="has no sound", remedy="use an audio file")
            stream: Any = container.streams.best("audio")
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
            for packet in container.demux(stream):
                for block in _mono_blocks(packet, resampler):
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


def _mono_blocks(packet: Any, resampler: Any) -> list[NDArray[np.float32]]:
    """The samples of one packet; none if it is damaged."""
    import av

    try:
        frames = packet.decode()
    except av.FFmpegError:
        return []
    return [out.to_ndarray().reshape(-1) for frame in frames for out in resampler.resample(frame)]


class _Reading:
    """One pass through a stream of sound."""

    def __init__(self, path: Path, heard: SoundStream, start_seconds: float, *, seek: bool) -> None:
        self._path = path
        self._heard = heard
        self._start = start_seconds
        self._seek = seek
        self.damaged = 0
        self.late = False  # what came first begins after the time that was sought
        self._lost = False  # a packet was left out since the last frame
        self._resampler: Any = None
        self._format: tuple[Any, ...] = ()
        self._at = 0  # samples of the file's clock that were given out, or lie before the start

    def blocks(self) -> Any:
        import numpy as np

        with closing(open_media(self._path)) as container:
            stream: Any = container.streams.audio[self._heard.index]
            begin = file_start(container)
            if self._seek:
                to = Fraction(self._start).limit_denominator(1_000_000) - SEEK_SECONDS + begin
                container.seek(int(to / stream.time_base), stream=stream)
            self._at = first = round(self._start * SAMPLE_RATE)
            for at, block in self._placed(container, stream, begin):
                self.late = self.late or (self._at == first and at - first > SAMPLE_RATE // 20)
                while at > self._at:  # nothing sounds yet, or any more
                    count: int = min(at - self._at, SAMPLE_RATE)
                    silence = np.zeros((count, 2), np.float32)
                    self._at += len(silence)
                    yield silence
                fresh = block[self._at - at :]
                if len(fresh):
                    self._at += len(fresh)
                    yield fresh

    def _placed(
        self, container: Any, stream: Any, begin: Fraction
    ) -> Iterator[tuple[int, Samples]]:
        """Blocks, each with the sample of the file's clock at which it begins."""
        end = round(self._heard.end * SAMPLE_RATE) if self._heard.trimmed else None
        at: int | None = None
        after: list[tuple[int, Samples]] = []  # what may be the encoder's padding
        shift = 0  # of a clock that began anew on the way
        for frame in self._frames(container, stream):
            if frame is not None and frame.pts is not None:
                time = round((Fraction(frame.pts * frame.time_base) - begin) * SAMPLE_RATE) + shift
                if at is not None and at - time > BACK_SAMPLES:
                    shift += at - time
                    time = at
                least = GAP_AFTER_DAMAGE if self._lost else GAP_SAMPLES
                if at is None or abs(time - at) > least:
                    at = time
                self._lost = False
            for block in self._resampled(frame):
                at = 0 if at is None else at
                if end is not None and at + len(block) > end:
                    cut = max(0, end - at)
                    if cut:
                        yield at, block[:cut]
                    after.append((at + cut, block[cut:]))
                    if at + len(block) > end + PADDING_SAMPLES:  # sound goes on: no padding
                        yield from after
                        end = None
                else:
                    yield at, block
                at += len(block)

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        """Frames, and None after the last."""
        import av

        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self.damaged += 1
                self._lost = True
                continue
            yield from frames
        yield None

    def _resampled(self, frame: Any) -> Iterator[Samples]:
        import av

        shape = (
            (frame.format.name, frame.layout.name, frame.sample_rate) if frame is not None else ()
        )
        if self._resampler is not None and shape != self._format:
            yield from (_array(block) for block in self._resampler.resample(None))
            self._resampler = None
        if frame is None:
            return
        if self._resampler is None:
            self._resampler = av.AudioResampler("flt", "stereo", SAMPLE_RATE)
            self._format = shape
        frame.pts = None  # times are counted here
        yield from (_array(block) for block in self._resampler.resample(frame))


def _array(frame: Any) -> Samples:
    samples: Samples = frame.to_ndarray().reshape(-1, 2)
    return samples


def _at_speed(blocks: Iterator[Samples], speed: float) -> Iterator[Samples]:
    """Quicker or slower at the same pitch."""
    import av
    from av.filter import Graph

    graph = Graph()
    chain = [graph.add_abuffer(format="flt", sample_rate=SAMPLE_RATE, layout="stereo")]
    chain += [graph.add("atempo", f"{factor:.6f}") for factor in _tempos(speed)]
    chain.append(graph.add("aformat", "sample_fmts=flt:channel_layouts=stereo"))
    chain.append(graph.add("abuffersink"))
    graph.link_nodes(*chain)
    graph.configure()
    for block in blocks:
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _tempos(speed: float) -> Iterator[float]:
    """Factors of `atempo`, which does no less than half the speed at once."""
    while speed < _SLOWEST:
        yield _SLOWEST
        speed /= _SLOWEST
    yield speed


def _pulled(graph: Any) -> Iterator[Samples]:
    import av

    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield _array(frame)
