"""Addresses of pages and media: relative to the server that shows them, or none in a page that is
mailed.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode

__all__ = ["BESIDE", "Links", "ServedLinks", "Standalone", "beside"]

BESIDE = {  # what lies beside a video in the store, and what people call it
    "final.mp4": "Video (MP4)",
    "captions.srt": "Captions (SRT)",
    "timeline.json": "Timeline",
    "storyboard.json": "Storyboard",
}


class Links(Protocol):
    """Where things are; nothing where they cannot be reached from the page."""

    def job(self, job_id: str) -> str:
        """A job's page."""

    def media(self, key: str) -> str:
        """An object of the store."""

    def poster(self, key: str) -> str:
        """A small poster of the video with this key."""

    def page(self, name: str, **query: Any) -> str:
        """Another page."""


@dataclass(frozen=True)
class ServedLinks:
    """Relative addresses: they hold behind a proxy that adds a prefix."""

    def job(self, job_id: str) -> str:
        """A job's page."""
        return self.page("job", id=job_id)

    def media(self, key: str) -> str:
        """Streamed, with range requests."""
        return f"media/{quote(key)}"

    def poster(self, key: str) -> str:
        """Made small by the server."""
        return f"thumbs/{quote(key.rpartition('/')[0])}.jpg"

    def page(self, name: str, **query: Any) -> str:
        """Another page, with what it is to show."""
        said = {key: value for key, value in query.items() if value}
        return f"{name}?{urlencode(said)}" if said else name


@dataclass(frozen=True)
class Standalone:
    """A page that is mailed: posters are in it, videos and other pages are not."""

    store: Any

    def job(self, job_id: str) -> str:
        """There is no other page."""
        return ""

    def media(self, key: str) -> str:
        """Not in the page."""
        return ""

    def poster(self, key: str) -> str:
        """The picture itself."""
        from lotus.display.thumbnails import thumbnail
        from lotus.errors import LotusError

        try:
            small = thumbnail(self.store, beside(key, "poster.jpg"))
        except LotusError:
            return ""
        return f"data:image/jpeg;base64,{base64.b64encode(small).decode()}"

    def page(self, name: str, **query: Any) -> str:
        """There is no other page."""
        return ""


def beside(video_key: str, name: str) -> str:
    """The key of what lies beside a video."""
    return f"{video_key.rpartition('/')[0]}/{name}"
