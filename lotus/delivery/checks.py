"""What a platform would refuse of a video. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from lotus.delivery.platforms import Platform

__all__ = ["DeliveryFacts", "refusals"]

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class DeliveryFacts:
    """A video as it is, or as it will be; what is not known yet is None."""

    seconds: float
    fps: Fraction
    width: int
    height: int
    size_bytes: int | None = None
    kbps: float | None = None
    loudness_lufs: float | None = None  # -inf: it is silent
    true_peak_dbtp: float | None = None
    short_term_lufs: float | None = None  # the loudest three seconds
    thumbnail_bytes: int | None = None


def refusals(facts: DeliveryFacts, platform: Platform) -> tuple[str, ...]:
    """A line for each thing that the platform does not take, with its limit."""
    return (*_picture(facts, platform), *_size(facts, platform), *_sound(facts, platform))


def _picture(facts: DeliveryFacts, platform: Platform) -> Iterator[str]:
    if facts.seconds < platform.seconds_least:
        yield f"{facts.seconds:g} s is shorter than {platform.seconds_least:g} s"
    if facts.seconds > platform.seconds_most:
        yield f"{facts.seconds:g} s is longer than {platform.seconds_most:g} s"
    rate = float(facts.fps)
    if platform.rates and facts.fps not in platform.rates:
        names = " or ".join(map(str, platform.rates))
        yield f"{rate:g} frames a second are not {names}"
    elif not platform.fps_least <= rate <= platform.fps_most:
        yield f"{rate:g} frames a second are not {platform.fps_least:g} to {platform.fps_most:g}"
    if (facts.width, facts.height) != (platform.width, platform.height):
        yield f"{facts.width}x{facts.height} is not {platform.width}x{platform.height}"


def _size(facts: DeliveryFacts, platform: Platform) -> Iterator[str]:
    size = facts.size_bytes
    if size is not None and platform.bytes_most is not None and size > platform.bytes_most:
        yield f"{size / MEGABYTE:.1f} MB is more than {platform.bytes_most / MEGABYTE:g} MB"
    if size is not None and size < platform.bytes_least:
        yield f"{size / 1000:.0f} kB is less than {platform.bytes_least / 1000:g} kB"
    if (
        facts.kbps is not None
        and platform.kbps_most is not None
        and facts.kbps > platform.kbps_most
    ):
        yield f"{facts.kbps / 1000:.1f} Mbit/s is more than {platform.kbps_most / 1000:g} Mbit/s"
    small = platform.thumbnail_bytes
    if small is not None and facts.thumbnail_bytes is not None and facts.thumbnail_bytes > small:
        yield (
            f"a thumbnail of {facts.thumbnail_bytes / MEGABYTE:.1f} MB is more than "
            f"{small / MEGABYTE:g} MB"
        )


def _sound(facts: DeliveryFacts, platform: Platform) -> Iterator[str]:
    loudness = facts.loudness_lufs
    if loudness is None or not math.isfinite(loudness):  # silence is no level
        return
    off = round(abs(loudness - platform.loudness_lufs), 2)
    if off > platform.loudness_tolerance:
        yield (
            f"{loudness:.1f} LUFS is not {platform.loudness_lufs:g} by "
            f"{platform.loudness_tolerance:g} LU"
        )
    peak, most = facts.true_peak_dbtp, platform.true_peak_most
    if peak is not None and most is not None and peak > most:
        yield f"a true peak of {peak:.1f} dBTP is more than {most:g} dBTP"
    short, loudest = facts.short_term_lufs, platform.short_term_most
    if short is not None and loudest is not None and short > loudest:
        yield f"its loudest three seconds, {short:.1f} LUFS, are more than {loudest:g} LUFS"
