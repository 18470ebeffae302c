"""Sound of any file as samples on the file's clock, 48 kHz stereo unless another form is asked for:
the one place that decodes it.

The resampler follows the frames: where rate, channels or format change, it is built anew. Packets
that do not decode are left out and counted; what comes after them stays at its time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.errors import MediaError
from lotus.media.facts import SoundStream
from lotus.media.lengths import promised_seconds
from lotus.media.opening import file_start, open_media, stream_end

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

__all__ = ["SAMPLE_RATE", "SoundDamage", "decoded_sound", "read_mono", "sound_stream"]

SAMPLE_RATE = 48_000
TRIED_PACKETS = 50  # of a stream, until one decodes
SEEK_SECONDS = 1  # decoders need a few packets before the one that is heard
GAP_SECONDS = 0.04  # clocks of containers are rounded; this is a gap
GAP_AFTER_DAMAGE_SECONDS = 0.005
BACK_SECONDS = 0.5  # a clock that steps back further began anew
PADDING_SECONDS = 0.1  # an encoder fills up its last packet, with no more than this
MISSING_SECONDS = 0.5  # that a file ends earlier than it says: less may be padding or rounding
_DEFAULT = 1  # AV_DISPOSITION_DEFAULT
_SLOWEST = 0.5  # that one `atempo` does


def sound_stream(container: Any, path: Path) -> SoundStream | None:
    """The default stream of sound; if that does not decode, the first that does."""
    streams = [*container.streams.audio]
    if not streams:
        return None
    order = sorted(range(len(streams)), key=lambda i: not int(streams[i].disposition) & _DEFAULT)
    decodable = next((i for i in order if _decodes(path, i)), None)
    index = order[0] if decodable is None else decodable
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


@dataclass(frozen=True)
class SoundDamage:
    """What of a file's sound could not be heard."""

    packets: int = 0  # that did not decode and were left out
    missing_seconds: float = 0.0  # at the end, by which the file is shorter than it says


def _unheard(damage: SoundDamage) -> None:
    """Nobody needs to know."""


@dataclass(frozen=True)
class _Form:
    """What samples are decoded to. Without a layout, the stream's own channels stay."""

    rate: int
    layout: str | None

    def samples(self, seconds: float) -> int:
        """How many samples a channel has in so many seconds."""
        return round(seconds * self.rate)


def decoded_sound(
    path: Path,
    start_seconds: float = 0.0,
    speed: float = 1.0,
    on_damage: Callable[[SoundDamage], None] = _unheard,
    *,
    stream: SoundStream | None = None,
    rate: int = SAMPLE_RATE,
    layout: str | None = "stereo",
) -> Generator[Samples, None, None]:
    """A file's sound from a time of its clock on, in blocks of shape (samples, channels); nothing
    if it has none.

    `on_damage` hears what was left out. `stream` is what the file was seen to have, so that it is
    not looked at again. Only 48 kHz stereo can have another `speed` than 1. Raises MediaError if
    the file cannot be read.
    """
    import av

    try:
        track = stream if stream is not None else _look_up(path)
        if track is None:
            return
        blocks = _from(path, track, start_seconds, _Form(rate, layout), on_damage)
        yield from _at_speed(blocks, speed) if speed != 1 else blocks
    except FileNotFoundError as exc:  # PyAV's own, which is also Python's
        raise MediaError(
            file=str(path), reason="the file is missing", remedy="put the file back"
        ) from exc
    except (av.FFmpegError, OSError) as exc:
        raise MediaError(
            file=str(path), reason="its sound cannot be decoded", remedy="export the file again"
        ) from exc


def _look_up(path: Path) -> SoundStream | None:
    with closing(open_media(path)) as container:
        return sound_stream(container, path)


def _from(
    path: Path,
    stream: SoundStream,
    start_seconds: float,
    form: _Form,
    on_damage: Callable[[SoundDamage], None],
) -> Iterator[Samples]:
    """Samples from a time on; a container that does not seek to there is read from its start."""
    seek = start_seconds > SEEK_SECONDS
    reading = _Reading(path, stream, start_seconds, form, seek=seek)
    blocks = reading.blocks()
    first = next(blocks, None)
    if seek and (first is None or reading.late):
        blocks.close()
        reading = _Reading(path, stream, start_seconds, form, seek=False)
        blocks = reading.blocks()
        first = next(blocks, None)
    try:
        if first is not None:
            yield first
            yield from blocks
    finally:  # few hear a file to its end
        if reading.damaged or reading.missing:
            on_damage(SoundDamage(reading.damaged, reading.missing))


def read_mono(
    path: Path, rate: int, most_seconds: float, start_seconds: float = 0.0
) -> NDArray[np.float32]:
    """At most `most_seconds` of a file's sound: mono samples at `rate`, shape (n,), -1 to 1.

    Raises MediaError if the file has no sound that can be decoded. Damaged packets are skipped.
    """
    import numpy as np

    blocks: list[NDArray[np.float32]] = []
    most = round(most_seconds * rate)
    samples = 0
    stream = _sound_of(path)
    with closing(
        decoded_sound(path, start_seconds, stream=stream, rate=rate, layout="mono")
    ) as stream_of_blocks:
        for block in stream_of_blocks:
            blocks.append(block[:, 0])
            samples += len(block)
            if samples >= most:
                break
    if not blocks:
        return np.zeros(0, np.float32)
    return np.concatenate(blocks)[:most]


def _sound_of(path: Path) -> SoundStream:
    """What a file has of sound; raises MediaError where it has none."""
    import av

    try:
        stream = _look_up(path)
    except (av.FFmpegError, OSError) as exc:
        raise MediaError(
            file=str(path), reason="its sound cannot be decoded", remedy="export it again, as WAV"
        ) from exc
    if stream is None:
        raise MediaError(file=str(path), reason="has no sound", remedy="use an audio file")
    return stream


class _Reading:
    """One pass through a stream of sound."""

    def __init__(
        self, path: Path, stream: SoundStream, start_seconds: float, form: _Form, *, seek: bool
    ) -> None:
        self._path = path
        self._heard = stream
        self._start = start_seconds
        self._form = form
        self._seek = seek
        self.damaged = 0
        self.missing = 0.0  # seconds at the end, known when the end is reached
        self.late = False  # what came first begins after the time that was sought
        self._lost = False  # a packet was left out since the last frame
        self._resampler: Any = None
        self._format: tuple[Any, ...] = ()
        self._at = 0  # samples of the file's clock that were given out, or lie before the start

    def blocks(self) -> Any:
        import av
        import numpy as np

        form = self._form
        with closing(open_media(self._path)) as container:
            stream: Any = container.streams.audio[self._heard.index]
            begin = file_start(container)
            if self._seek:
                to = Fraction(self._start).limit_denominator(1_000_000) - SEEK_SECONDS + begin
                with suppress(av.FFmpegError):  # or it is read from its start
                    container.seek(int(to / stream.time_base), stream=stream)
            self._at = first = form.samples(self._start)
            for at, block in self._place_blocks(container, stream, begin):
                self.late = self.late or (self._at == first and at - first > form.samples(0.05))
                while at > self._at:  # nothing sounds yet, or any more
                    count: int = min(at - self._at, form.rate)
                    silence = np.zeros((count, block.shape[1]), np.float32)
                    self._at += len(silence)
                    yield silence
                fresh = block[self._at - at :]
                if len(fresh):
                    self._at += len(fresh)
                    yield fresh
            self._look_at_the_end(container.format.name)

    def _look_at_the_end(self, container: str) -> None:
        """A file that was cut off holds less than it says."""
        promised_length = promised_seconds(self._path, container, self._heard)
        missing = (promised_length or 0) - max(self._at / self._form.rate, self._start)
        if missing > MISSING_SECONDS:
            self.missing = missing

    def _place_blocks(
        self, container: Any, stream: Any, begin: Fraction
    ) -> Iterator[tuple[int, Samples]]:
        """Blocks, each with the sample of the file's clock at which it begins."""
        form = self._form
        end = form.samples(float(self._heard.end)) if self._heard.trimmed else None
        at: int | None = None
        after: list[tuple[int, Samples]] = []  # what may be the encoder's padding
        shift = 0  # of a clock that began anew on the way
        for frame in self._frames(container, stream):
            if frame is not None and frame.pts is not None:
                time = _sample(frame, begin, form.rate) + shift
                if at is not None and at - time > form.samples(BACK_SECONDS):
                    shift += at - time
                    time = at
                least = form.samples(GAP_AFTER_DAMAGE_SECONDS if self._lost else GAP_SECONDS)
                if at is None or abs(time - at) > least:
                    at = time
                self._lost = False
            for block in self._resample(frame):
                at = 0 if at is None else at
                if end is not None and at + len(block) > end:
                    cut = max(0, end - at)
                    if cut:
                        yield at, block[:cut]
                    after.append((at + cut, block[cut:]))
                    if at + len(block) > end + form.samples(PADDING_SECONDS):  # it goes on
                        yield from after
                        end = None
                else:
                    yield at, block
                at += len(block)

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        """Frames, and None after the last."""
        import av

        any_decoded = False
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:  # of a file that ends in the middle, the last packet
                if not any_decoded:
                    raise
                packet = None
            if packet is None:
                break
            try:
                frames = packet.decode()
            except av.FFmpegError:
                if any_decoded or not self._seek:  # seeking leads into the middle of a packet
                    self.damaged += 1
                    self._lost = True
                continue
            any_decoded = any_decoded or bool(frames)
            yield from frames
        yield None

    def _resample(self, frame: Any) -> Iterator[Samples]:
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
            self._resampler = av.AudioResampler("flt", self._form.layout, self._form.rate)
            self._format = shape
        frame.pts = None  # times are counted here
        yield from (_array(block) for block in self._resampler.resample(frame))


def _sample(frame: Any, begin: Fraction, rate: int) -> int:
    """The sample at which a frame begins: `round` of fractions, ten times as quickly."""
    base = frame.time_base
    below = base.denominator * begin.denominator
    above = frame.pts * base.numerator * begin.denominator - begin.numerator * base.denominator
    whole, rest = divmod(2 * above * rate + below, 2 * below)
    return int(whole - (not rest and whole % 2))  # halves become even


def _array(frame: Any) -> Samples:
    samples: Samples = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
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
        yield from _pull(graph)
    graph.push(None)
    yield from _pull(graph)


def _tempos(speed: float) -> Iterator[float]:
    """Factors of `atempo`, which does no less than half the speed at once."""
    while speed < _SLOWEST:
        yield _SLOWEST
        speed /= _SLOWEST
    yield speed


def _pull(graph: Any) -> Iterator[Samples]:
    import av

    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield _array(frame)
