"""Addresses of pages and media: of the server that shows them, or none in a page that
stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode

__all__ = ["BESIDE", "PageLinks", "ServedLinks", "Standalone", "beside"]

BESIDE = {  # files beside a video in the store, and what people call them
    "final.mp4": "Video (MP4)",
    "captions.srt": "Captions (SRT)",
    "timeline.json": "Timeline",
    "storyboard.json": "Storyboard",
}


class PageLinks(Protocol):
    """Addresses of things; empty where they cannot be reached from the page."""

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
    """Addresses relative to `base`: they hold behind a proxy that adds a prefix."""

    base: str = ""

    def job(self, job_id: str) -> str:
        """A job's page."""
        return self.page("job", id=job_id)

    def media(self, key: str) -> str:
        """Streamed, with range requests."""
        return f"{self.base}media/{quote(key)}"

    def poster(self, key: str) -> str:
        """Made small by the server."""
        return f"{self.base}thumbs/{quote(key.rpartition('/')[0])}.jpg"

    def page(self, name: str, **query: Any) -> str:
        """Another page, with what it is to show."""
        values = {key: value for key, value in query.items() if value}
        return f"{self.base}{name}?{urlencode(values)}" if values else f"{self.base}{name}"


@dataclass(frozen=True)
class Standalone:
    """A page by itself: posters are in it, videos and other pages are not."""

    store: Any

    def job(self, job_id: str) -> str:
        """There is no other page."""
        return ""

    def media(self, key: str) -> str:
        """Not in the page."""
        return ""

    def poster(self, key: str) -> str:
        """The picture itself."""
        from lotus.display.thumbnails import picture_data
        from lotus.errors import LotusError

        try:
            return picture_data(self.store.read(beside(key, "poster.jpg")))
        except LotusError:
            return ""

    def page(self, name: str, **query: Any) -> str:
        """There is no other page."""
        return ""


def beside(video_key: str, name: str) -> str:
    """The key of a file beside a video."""
    return f"{video_key.rpartition('/')[0]}/{name}"
