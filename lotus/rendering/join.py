"""Segments -> one video: packets are copied and counted, not decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.errors import RenderFailed
from lotus.media.encodings import CONTAINERS_OUT
from lotus.media.h264 import merge_boxes
from lotus.media.probe import REORDER_FRAMES, packets_of

__all__ = ["JoinPiece", "copy_frames", "join"]


@dataclass(frozen=True)
class JoinPiece:
    """A video of so many frames; `copied` if its packets are not of lotus' own encoder."""

    path: Path
    frames: int
    copied: bool = False


def join(
    pieces: Sequence[JoinPiece],
    rate: Fraction,
    sound: Path | None,
    output: Path,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write the pieces one after another, with the sound, into the container that the suffix names;
    `tags` are what the file says of itself.

    Raises RenderFailed if a piece does not hold the frames that it should.
    """
    container = packets_of(sound) if sound is not None else nullcontext()
    with _target(output) as target, container as sounding:
        target.metadata.update(tags or {})
        video = _stream(target, pieces, rate)
        streams: list[Iterator[Any]] = [_pictures(pieces, rate, video)]
        if sounding is not None:
            audio = target.add_stream_from_template(sounding.streams.audio[0])
            streams.append(_sounds(sounding, audio))
        for packet in _interleave(streams):
            target.mux(packet)


def copy_frames(source: Path, first: int, frames: int, rate: Fraction, output: Path) -> None:
    """Write frames [first, first + frames) of a video on the grid, between two of its
    cut points.
    """
    with packets_of(source) as container, _target(output) as target:
        stream = container.streams.video[0]
        begin = Fraction(container.start_time or 0, 1_000_000)
        out_stream = target.add_stream_from_template(stream)
        out_stream.time_base = 1 / rate
        container.seek(round((first / rate + begin) / stream.time_base), stream=stream)
        packets = _run(container.demux(stream), begin, rate, range(first, first + frames))
        for packet in _number(packets, 0, rate, out_stream):
            target.mux(packet)


def _target(output: Path) -> Any:
    import av

    muxer = CONTAINERS_OUT[output.suffix]
    # Without `bitexact` the muxer writes its name and the time, and equal videos would differ.
    # in front, for players on the web
    index = {} if muxer == "matroska" else {"movflags": "+faststart"}
    return av.open(str(output), "w", format=muxer, options={**index, "fflags": "+bitexact"})


def _stream(target: Any, pieces: Sequence[JoinPiece], rate: Fraction) -> Any:
    """The stream that pieces of one encoder share, or one that can decode the copied ones too."""
    own = next((piece for piece in pieces if not piece.copied), pieces[0])
    with packets_of(own.path) as container:
        template = container.streams.video[0]
        codec = template.codec_context.name
        # Without `opaque` PyAV looks for an encoder of the decoder's name, and dav1d only decodes.
        video = target.add_stream_from_template(template, opaque=codec == "libdav1d")
    video.time_base = 1 / rate
    if codec == "hevc" and target.format.name != "matroska":
        video.codec_context.codec_tag = "hvc1"  # Apple's players take no other
    different = [piece.path for piece in pieces if piece.copied]
    if different:
        boxes = []
        for path in (own.path, *different):
            with packets_of(path) as container:
                boxes.append(bytes(container.streams.video[0].codec_context.extradata or b""))
        video.codec_context.extradata = merge_boxes(boxes)
    return video


NumberedPacket = tuple[Any, int]  # a packet, and the number of the frame that it shows


def _pictures(pieces: Iterable[JoinPiece], rate: Fraction, stream: Any) -> Iterator[Any]:
    """Every packet with its frame number as its time. Packets come in the order of decoding."""
    base = 0
    parameters = None
    for piece in pieces:
        with packets_of(piece.path) as container:
            source = container.streams.video[0]
            tick = source.time_base * rate
            packets: list[NumberedPacket] = [
                (p, round(p.pts * tick)) for p in container.demux(source) if p.size
            ]
            if sorted(number for _, number in packets) != list(range(piece.frames)):
                raise _unfit(piece, f"holds {len(packets)} frames instead of {piece.frames}")
            if not piece.copied:
                own = bytes(source.codec_context.extradata or b"")
                parameters = own if parameters is None else parameters
                if own != parameters:
                    raise _unfit(
                        piece, "was encoded with other parameters than the segments before it"
                    )
            ahead = AHEAD_FRAMES.get(source.codec_context.name, 0)
            yield from _number(packets, base, rate, stream, ahead)
        base += piece.frames


def _unfit(piece: JoinPiece, reason: str) -> RenderFailed:
    return RenderFailed(
        what=f"segment {piece.path.stem[:12]}",
        reason=reason,
        remedy="clear it with `lotus cache clear --segments` and render again",
    )


def _run(
    packets: Iterable[Any], begin: Fraction, rate: Fraction, numbers: range
) -> Iterator[NumberedPacket]:
    """The packets of a run of frames between two cut points; what shows later is decoded later."""
    for packet in packets:
        if not packet.size:
            continue
        number = round((packet.pts * packet.time_base - begin) * rate)
        if number >= numbers.stop:
            return
        if number >= numbers.start:
            yield packet, number - numbers.start


# How many frames decoding may run ahead of showing. AV1 keeps what is decoded ahead in the packet
# that is
# shown first, and pictures that stand alone are decoded when they are shown.
AHEAD_FRAMES = {"h264": REORDER_FRAMES, "hevc": REORDER_FRAMES}


def _number(
    packets: Iterable[NumberedPacket],
    base: int,
    rate: Fraction,
    stream: Any,
    ahead: int = REORDER_FRAMES,
) -> Iterator[Any]:
    for order, (packet, number) in enumerate(packets):
        packet.stream = stream
        packet.time_base = 1 / rate
        packet.pts = base + number
        packet.dts = base + order - ahead
        packet.duration = 1
        yield packet


def _sounds(container: Any, stream: Any) -> Iterator[Any]:
    for packet in container.demux(container.streams.audio[0]):
        if packet.size:
            packet.stream = stream
            yield packet


def _interleave(streams: list[Iterator[Any]]) -> Iterator[Any]:
    """Packets of all streams in the order of their times."""
    import heapq

    def timed(packets: Iterator[Any], index: int) -> Iterator[tuple[Fraction, int, Any]]:
        for packet in packets:
            yield Fraction(packet.dts * packet.time_base), index, packet

    in_order = heapq.merge(*(timed(s, i) for i, s in enumerate(streams)), key=lambda item: item[:2])
    return (packet for _, _, packet in in_order)
