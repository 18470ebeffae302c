"""A cut of any editor -> timeline: OpenTimelineIO, EDL, Final Cut Pro XML, FCPXML."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.documents.timeline import Timeline
from lotus.errors import InvalidInput
from lotus.interchange.cut import Cut
from lotus.interchange.media import FileFinder
from lotus.interchange.rates import exact_rate
from lotus.interchange.read_edl import cut_of_edl, edl_rate, edl_sources
from lotus.interchange.read_fcpxml import cut_of_fcpxml
from lotus.interchange.read_otio import cut_of_otio
from lotus.interchange.read_xml import cut_of_xml
from lotus.interchange.to_timeline import timeline_of
from lotus.system.files import write_whole

__all__ = ["read_cut"]

MOST_BYTES = 64 << 20

FinderOfRate = Callable[[Fraction], FileFinder]
Result = tuple[Cut, list[str]]


def read_cut(
    path: Path, cache: Path, fps: Fraction | str | None = None
) -> tuple[Timeline, tuple[str, ...]]:
    """The timeline of an editor's cut, and a line for each thing that it leaves out.

    `fps` is the rate of an EDL, which names none; a black picture, for where nothing is seen, is
    kept in `cache`. Raises InvalidInput in one line for what cannot be shown as it is.
    """
    try:
        cut, left_out = _cut(path, fps)
        timeline, more = timeline_of(cut, str(_black(cache)))
    except InvalidInput as error:
        if not error.facts.get("file"):
            error.facts["file"] = str(path)
        raise
    return timeline, tuple(" ".join(line.split()) for line in (*left_out, *more))


def _black(cache: Path) -> Path:
    path = cache / "black.png"
    if not path.exists():
        from PIL import Image

        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda aside: Image.new("RGB", (64, 64)).save(aside, "PNG"))
    return path


def _cut(path: Path, fps: Fraction | str | None) -> Result:
    source = path / "Info.fcpxml" if path.is_dir() else path
    text = _text(source)

    def look(rate: Fraction) -> FileFinder:
        return FileFinder(path, rate)

    suffix = path.suffix.lower()
    if suffix == ".otio":
        return cut_of_otio(_json(text), look)
    if suffix == ".edl":
        return cut_of_edl(text, _edl_rate(path, text, fps), look)
    root = _xml(text)
    if root.tag == "fcpxml":
        return cut_of_fcpxml(root, look)
    if root.tag == "xmeml":
        return cut_of_xml(root, look)
    reason = f"is XML of <{str(root.tag)[:40]}>, not a cut"
    raise _wrong(reason, "export Final Cut Pro XML, FCPXML, OTIO or an EDL")


def _wrong(reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field="", reason=reason, remedy=remedy)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _wrong(f"is larger than {MOST_BYTES >> 20} MiB", "export one timeline alone")
        data = path.read_bytes()
    except OSError as exc:
        raise _wrong(exc.strerror or "cannot be read", "check the path") from exc
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        if path.suffix.lower() == ".edl":
            return data.decode("latin-1")  # lists of older machines
        raise _wrong("is not text in UTF-8", "export it again") from None


def _edl_rate(path: Path, text: str, fps: Fraction | str | None) -> Fraction:
    """The rate of an EDL: the given one, the one that it names, or that of all its files."""
    if fps is not None:
        return exact_rate(fps)
    own_rate = edl_rate(text)
    if own_rate is not None:
        return own_rate
    rates = set()
    for source in edl_sources(text):
        try:
            rates.add(FileFinder(path, Fraction(25))(source, source).rate)
        except InvalidInput:
            continue  # is named when its clip is read
    rates.discard(Fraction(0))
    if len(rates) == 1:
        return exact_rate(rates.pop())
    raise _wrong(
        "has no frame rate", "say the sequence's: --fps 25, or write a line * FRAME RATE: 25"
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise _wrong(f"is not JSON: {_first_line(exc)}", "export it again") from exc


def _xml(text: str) -> Any:
    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    try:
        return ElementTree.fromstring(text.encode())
    except DefusedXmlException as exc:
        raise _wrong("declares entities, which no editor writes", "export it again") from exc
    except (ElementTree.ParseError, ValueError, RecursionError) as exc:
        raise _wrong(f"is not XML: {_first_line(exc)}", "export it again") from exc


def _first_line(exc: BaseException) -> str:
    return (str(exc).strip() or type(exc).__name__).splitlines()[0][:160]
