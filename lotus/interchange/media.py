"""Files that cuts name: found again for reading, written beside the cut for editors.

Editors look for a file where its address says; lotus also looks for one of its name beside the cut,
so that a folder can be moved.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote, urlsplit

from lotus.errors import InvalidInput, MediaError
from lotus.interchange.cut import CutMedia, frame_of
from lotus.media.facts import Media
from lotus.media.opening import open_media
from lotus.media.probe import probe

__all__ = ["MEDIA_FOLDER", "FileFinder", "cut_media", "file_path", "media_folder"]

ENDINGS = frozenset([".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mts", ".mxf", ".webm"])
MEDIA_FOLDER = " media"  # follows the name of a cut: the folder of its files


def media_folder(cut: Path) -> Path:
    """The folder of a cut's files."""
    return cut.with_name(cut.stem + MEDIA_FOLDER)


def cut_media(path: Path, name: str, rate: Fraction, media: Media | None = None) -> CutMedia:
    """A file as clips of a cut at `rate` see it; raises MediaError if it is none."""
    facts = media if media is not None else probe(path)
    still = facts.kind == "image"
    return CutMedia(
        path=path,
        name=name,
        frames=0 if still else int(facts.seconds * rate + Fraction(1, 100)),
        first=0 if still else _first_frame(path, rate),
        rate=Fraction(0) if still else facts.rate,
        width=facts.width,
        height=facts.height,
        still=still,
        channels=min(2, facts.sound.channels) if facts.sound is not None else 0,
        sample_rate=facts.sound.sample_rate if facts.sound is not None else 48_000,
    )


def _first_frame(path: Path, rate: Fraction) -> int:
    """The frame that a camera's timecode gives the first picture of a file; 0 without one."""
    import av

    try:
        with open_media(path) as container:
            streams = [stream.metadata for stream in container.streams]
            texts = [about.get("timecode", "") for about in (container.metadata, *streams)]
    except (av.FFmpegError, ValueError, OSError):
        return 0
    text = next((one for one in texts if re.fullmatch(r"\d\d([:;.]\d\d){3}", one)), None)
    return frame_of(text, rate) if text is not None else 0


class FileFinder:
    """Finds the files of one cut, each once, at the cut's frame rate."""

    def __init__(self, cut: Path, rate: Fraction) -> None:
        self._cut = cut
        self._rate = rate
        self._known: dict[str, CutMedia] = {}

    def __call__(self, url: str, clip: str) -> CutMedia:
        """The file at an address; raises InvalidInput with the clip's name."""
        address = url or clip
        if address not in self._known:
            path = self._path(address, clip)
            try:
                self._known[address] = cut_media(path, path.name, self._rate)
            except MediaError as error:
                raise InvalidInput(
                    file=str(self._cut),
                    field=clip,
                    reason=f"'{path.name}' {error.facts.get('reason', 'cannot be read')}",
                    remedy=error.remedy,
                ) from error
        return self._known[address]

    def _path(self, address: str, clip: str) -> Path:
        if re.match(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+://", address):
            raise self._error(clip, address, "is an address on a network")
        name = file_path(address)
        folder = self._cut.absolute().parent
        short = PureWindowsPath(name).name if "\\" in name or name[1:2] == ":" else Path(name).name
        places = [folder / name] if name else []
        places += [folder / short, media_folder(self._cut.absolute()) / short]
        try:
            hit = next((place for place in places if place.is_file()), None)
        except (OSError, ValueError):
            hit = None
        if hit is None:
            hit = self._named_without_ending(clip, short)
        if hit is None:
            raise self._error(clip, short or address, "is not there")
        return hit.resolve()

    def _named_without_ending(self, clip: str, name: str) -> Path | None:
        """The one file of a name that has no ending, as Avid and others write it in an EDL."""
        whole = self._cut.absolute()
        try:
            matches = [
                path
                for folder in (whole.parent, media_folder(whole))
                if name and folder.is_dir()
                for path in sorted(folder.iterdir())
                if path.stem == name and path.suffix.lower() in ENDINGS and path.is_file()
            ]
        except OSError:
            return None
        if len(matches) > 1:
            both = " or ".join(f"'{path.name}'" for path in matches[:2])
            raise self._error(clip, name, f"may be {both}")
        return matches[0] if matches else None

    def _error(self, clip: str, name: str, reason: str) -> InvalidInput:
        remedy = f"put the file beside {self._cut.name}"
        return InvalidInput(
            file=str(self._cut), field=clip[:80], reason=f"'{name[:120]}' {reason}", remedy=remedy
        )


def file_path(address: str) -> str:
    """The path that a file URL, or a path in any tool's writing, names."""
    if not address.lower().startswith("file:"):
        return address
    path = unquote(urlsplit(address).path)
    return path[1:] if re.match(r"/[A-Za-z]:", path) else path
