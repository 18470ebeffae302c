"""What platforms take, as data with its sources: `platforms.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel

from lotus.errors import UnknownName

__all__ = ["Platform", "PlatformFact", "platforms", "platforms_named"]


class PlatformFact(BaseModel, frozen=True, extra="forbid"):
    """What a page says of a platform, and when it was read."""

    says: str
    kind: Literal["official", "quoted", "practice"]
    source: str
    read: date


class Platform(BaseModel, frozen=True, extra="forbid"):
    """One platform: how a video is written for it, and what it refuses."""

    name: str
    title: str
    width: int
    height: int
    codec: Literal["h264", "h265", "prores"]
    suffix: str
    quality: Literal["standard", "high"]
    loudness_lufs: float
    loudness_tolerance: float
    captions: Literal["burned", "beside", "both"]
    thumbnail_bytes: int | None = None  # None: it takes no thumbnail
    max_kbps: int | None = None  # that pictures are written with
    seconds_least: float
    seconds_most: float
    fps_least: float
    fps_most: float
    rates: tuple[int, ...] = ()  # the only ones, if any are named
    kbps_most: int | None = None
    bytes_least: int = 0
    bytes_most: int | None = None
    true_peak_most: float | None = None
    short_term_most: float | None = None
    facts: tuple[PlatformFact, ...]


@cache
def platforms() -> Mapping[str, Platform]:
    """All platforms, by name."""
    text = resources.files("lotus.delivery").joinpath("platforms.toml").read_text("utf-8")
    return {name: Platform(name=name, **entry) for name, entry in tomllib.loads(text).items()}


def platforms_named(names: str | Iterable[str]) -> tuple[Platform, ...]:
    """The platforms of a list such as youtube,reels; raises UnknownName."""
    choices = names.split(",") if isinstance(names, str) else list(names)
    all_platforms = platforms()
    rows = []
    for name in dict.fromkeys(one.strip().lower() for one in choices):
        if name not in all_platforms:
            raise UnknownName("platform", name, all_platforms)
        rows.append(all_platforms[name])
    return tuple(rows)
