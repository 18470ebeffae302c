"""What a prediction made: fetched within its bounds, and checked against what was asked for."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx

from lotus.errors import MediaError, ProviderError
from lotus.media.facts import Media
from lotus.media.probe import OPTIONS, probe
from lotus.providers.replicate.faults import translated
from lotus.providers.replicate.transport import Answered
from lotus.system.stop import Stop

__all__ = ["MAX_OUTPUT_BYTES", "addresses", "check_clip", "download"]

MAX_OUTPUT_BYTES = 2 * 1024**3
SHORT_FRACTION = Fraction(
    9, 10
)  # models count seconds loosely; less than this of a clip is not that clip
SHAPE_FRACTION = (
    0.12  # how far the shape may be off before cropping would lose what the scene shows
)


def addresses(output: Any) -> tuple[str, ...]:
    """The files, or the pieces of text, in a prediction's output, which has any form."""
    if isinstance(output, str):
        return (output,)
    if isinstance(output, Mapping):
        output = list(output.values())
    if isinstance(output, list | tuple):
        return tuple(found for part in output for found in addresses(part))
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
    """Stream a file to disk; raises ProviderError: gone, unclear (try again), or refused (too
    large).
    """
    if address.startswith("data:"):
        target.write_bytes(_decoded(address))
        return
    until = time.monotonic() + seconds
    try:
        with client.stream("GET", address, headers=headers) as response:
            if response.status_code >= 300:
                raise Answered(response.status_code, "", response.headers.get("Retry-After"))
            _fits(int(response.headers.get("Content-Length") or 0))
            with target.open("wb") as file:
                for chunk in (
                    response.iter_bytes()
                ):  # as they come: gathering them would hide how slow it is
                    file.write(chunk)
                    _fits(file.tell())
                    stop.check()
                    if time.monotonic() > until:
                        raise httpx.ReadTimeout("the download was too slow")
    except (httpx.HTTPError, httpx.InvalidURL, Answered) as exc:
        raise translated(exc) from exc


def _fits(size_bytes: int) -> None:
    if size_bytes > MAX_OUTPUT_BYTES:
        raise ProviderError(
            provider="replicate",
            reason=f"the output has {size_bytes / 1e9:.1f} GB, more than "
            f"{MAX_OUTPUT_BYTES / 1e9:.1f}",
            remedy="use another model",
            kind="gone",
        )


def _decoded(address: str) -> bytes:
    try:
        return base64.b64decode(address.partition(",")[2], validate=True)
    except binascii.Error as exc:
        raise MediaError(file="the output", reason="is no data", remedy="render again") from exc


def check_clip(path: Path, *, asked: Fraction, shape: Fraction) -> Media:
    """What the file holds; raises MediaError unless it decodes, for `asked` seconds, in the right
    shape.
    """
    media = probe(path)
    if media.kind != "video":
        raise _not_asked_for(f"is {media.kind}, not video")
    frames = _decoded_frames(path)
    seconds = Fraction(frames) / media.rate if media.rate else media.seconds
    if seconds < asked * SHORT_FRACTION:
        raise _not_asked_for(f"is {float(seconds):.2f} s long instead of {float(asked):g} s")
    if abs(Fraction(media.width, media.height) * media.sample_aspect / shape - 1) > SHAPE_FRACTION:
        raise _not_asked_for(
            f"is {media.width}x{media.height}, not of the shape that was asked for"
        )
    return media


def _decoded_frames(path: Path) -> int:
    """How many frames can be seen: a file that is cut off or damaged has fewer than its header
    says.
    """
    import av

    with av.open(f"file:{path}", options=dict(OPTIONS)) as container:
        container.streams.video[0].thread_type = "AUTO"
        try:
            return sum(1 for _ in container.decode(video=0))
        except av.FFmpegError as exc:
            raise _not_asked_for("is damaged") from exc


def _not_asked_for(reason: str) -> MediaError:
    return MediaError(file="the output", reason=reason, remedy="render again, or use another model")
