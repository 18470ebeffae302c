"""The files of a prediction's output: chosen by their type, fetched within bounds, looked at."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from lotus.errors import MediaError, ProviderError
from lotus.media.facts import Media
from lotus.media.opening import OPTIONS
from lotus.media.probe import probe
from lotus.providers.replicate.faults import translate_error
from lotus.providers.replicate.transport import ResponseError
from lotus.system.stop import Stop

__all__ = ["MAX_OUTPUT_BYTES", "addresses", "check_clip", "download", "file_addresses", "is_whole"]

MAX_OUTPUT_BYTES = 2 * 1024**3
WHOLE_FRACTION = Fraction(9, 10)  # of what the header promises: headers count loosely


def addresses(output: Any) -> tuple[str, ...]:
    """The files, or the pieces of text, in a prediction's output, which has any form."""
    if isinstance(output, str):
        return (output,) if output else ()
    if isinstance(output, Mapping):
        output = list(output.values())
    if isinstance(output, list | tuple):
        return tuple(address for part in output for address in addresses(part))
    return ()


def download(
    client: httpx.Client,
    address: str,
    target: Path,
    *,
    headers: Mapping[str, str],
    seconds: float,
    stop: Stop,
) -> None:
    """Stream a file to disk; raises ProviderError: gone (also if it is too large), or unclear (try
    again). An empty file or a web page in its place is not it.
    """
    if address.startswith("data:"):
        target.write_bytes(_decode(address))
        return
    until = time.monotonic() + seconds
    try:
        with client.stream("GET", address, headers=headers) as response:
            if response.status_code >= 300:
                status = 403 if response.status_code == 401 else response.status_code
                raise ResponseError(status, "", response.headers.get("Retry-After"))
            if response.headers.get("Content-Type", "").startswith("text/html"):
                raise httpx.RemoteProtocolError("a web page came instead of the file")
            length = response.headers.get("Content-Length", "")
            _fits(int(length) if length.isdecimal() else 0)
            with target.open("wb") as file:
                # as they come: gathering them would hide how slow it is
                for chunk in response.iter_bytes():
                    file.write(chunk)
                    _fits(file.tell())
                    stop.check()
                    if time.monotonic() > until:
                        raise httpx.ReadTimeout("the download was too slow")
                if not file.tell():
                    raise httpx.RemoteProtocolError("the file is empty")
    except (httpx.HTTPError, httpx.InvalidURL, ResponseError) as exc:
        raise translate_error(exc) from exc


def _fits(size_bytes: int) -> None:
    if size_bytes > MAX_OUTPUT_BYTES:
        raise ProviderError(
            provider="replicate",
            reason=f"the output has {size_bytes / 1e9:.1f} GB, more than "
            f"{MAX_OUTPUT_BYTES / 1e9:.1f}",
            remedy="use another model",
            kind="gone",
        )


def _decode(address: str) -> bytes:
    try:
        return base64.b64decode(address.partition(",")[2], validate=True)
    except binascii.Error as exc:
        raise MediaError(file="the output", reason="is not data", remedy="render again") from exc


def file_addresses(output: Sequence[str], medium: str, *, others: bool = False) -> tuple[str, ...]:
    """The addresses among an output's texts that may be of a medium (video, image, audio), the
    likeliest first; at last those that are named as something else, if `others`.

    An output may hold a preview or the last frame beside the clip, and words that are no address.
    """
    files = [text for text in output if text.startswith(("http://", "https://", "data:"))]
    by_distance = sorted(files, key=lambda address: _distance(address, medium))
    return tuple(address for address in by_distance if others or _distance(address, medium) < 2)


def _distance(address: str, medium: str) -> int:
    """0 for an address that names the medium, 1 for one that does not say, 2 for another."""
    name = address.partition(";")[0] if address.startswith("data:") else urlsplit(address).path
    kind = name.removeprefix("data:") if name.startswith("data:") else guess_type(name)[0]
    if not kind or kind == "application/octet-stream":
        return 1
    return 0 if kind.startswith(f"{medium}/") else 2


def check_clip(path: Path) -> Media:
    """The facts of a clip that decodes; one that breaks off is cut to what can be seen.

    Whatever its length and shape are: it is paid for. Raises MediaError if it holds no picture of a
    video.
    """
    media = _video(path)
    seconds, whole = _length(path, media)
    if whole:
        return media
    _cut_to_what_decodes(path)
    media = probe(path)
    if not seconds or not media.seconds:
        raise _unusable("is damaged")
    return media


def is_whole(path: Path) -> bool:
    """Whether a clip decodes to its end; raises MediaError if it holds no picture of a video."""
    return _length(path, _video(path))[1]


def _video(path: Path) -> Media:
    media = probe(path)
    if media.kind != "video":
        raise _unusable(f"is {media.kind}, not video")
    return media


def _length(path: Path, media: Media) -> tuple[Fraction, bool]:
    """Seconds that can be seen, and whether they are all that the file's header promises."""
    import av

    frames = 0
    whole = True
    with av.open(f"file:{path}", options=dict(OPTIONS)) as container:
        container.streams.video[0].thread_type = "AUTO"
        try:
            for _ in container.decode(video=0):
                frames += 1
        except av.FFmpegError:
            whole = False
    seconds = Fraction(frames) / media.rate if media.rate else media.seconds
    return seconds, whole and seconds >= media.seconds * WHOLE_FRACTION


def _cut_to_what_decodes(path: Path) -> None:
    """Write the packets that are there into a whole file."""
    import av

    target = path.with_name(f"{path.stem}-whole{path.suffix}")
    with av.open(f"file:{path}", options=dict(OPTIONS)) as old, av.open(str(target), "w") as new:
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        try:
            for packet in old.demux(stream):
                if packet.dts is None or packet.is_corrupt or not packet.size:
                    continue
                packet.stream = copy
                new.mux(packet)
        except av.FFmpegError:
            pass  # what came before it is the clip
    target.replace(path)


def _unusable(reason: str) -> MediaError:
    return MediaError(file="the output", reason=reason, remedy="render again, or use another model")
