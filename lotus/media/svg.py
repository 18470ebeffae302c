"""SVG pictures as PNG, drawn by resvg. The file is parsed, and only elements and attributes of the
lists below reach resvg, so that nothing outside the file is read.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, tostring

from lotus.errors import MediaError

__all__ = ["is_vector", "svg_to_png"]

WIDTH_PX = 2048  # scaled down where it is shown
MAX_BYTES = 10 * 1024 * 1024
MAX_ELEMENTS = 100_000  # after every <use> is replaced by what it names
MAX_DEPTH = 200
SVG = "{http://www.w3.org/2000/svg}"
HREFS = ("href", "{http://www.w3.org/1999/xlink}href")

# SVG 1.1 without scripts, animations, fonts and foreign objects (w3.org/TR/SVG11/eltindex.html)
_ELEMENT_NAMES = """
    a circle clipPath defs ellipse g image line linearGradient marker mask path pattern polygon
    polyline radialGradient rect stop style svg switch symbol use
    filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting
    feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR
    feGaussianBlur feImage feMerge feMergeNode feMorphology feOffset fePointLight
    feSpecularLighting feSpotLight feTile feTurbulence
"""
# attributes of shapes and presentation (w3.org/TR/SVG11/attindex.html)
_ATTRIBUTE_NAMES = """
    class clip-path clip-rule clipPathUnits color color-interpolation color-interpolation-filters
    cx cy d display enable-background fill fill-opacity fill-rule filter filterUnits fx fy fr
    gradientTransform gradientUnits height id image-rendering isolation marker-end marker-mid
    marker-start markerHeight markerUnits markerWidth mask mask-type maskContentUnits maskUnits
    mix-blend-mode offset opacity orient overflow paint-order patternContentUnits
    patternTransform patternUnits points preserveAspectRatio primitiveUnits r refX refY rx ry
    shape-rendering spreadMethod stop-color stop-opacity stroke stroke-dasharray
    stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity
    stroke-width style transform transform-origin type version viewBox visibility width x x1 x2 y
    y1 y2 requiredExtensions requiredFeatures systemLanguage vector-effect
    amplitude azimuth baseFrequency bias diffuseConstant divisor dx dy edgeMode elevation exponent
    flood-color flood-opacity in in2 intercept k1 k2 k3 k4 kernelMatrix kernelUnitLength
    lighting-color limitingConeAngle mode numOctaves operator order pointsAtX pointsAtY
    pointsAtZ preserveAlpha radius result scale seed slope specularConstant specularExponent
    stdDeviation stitchTiles surfaceScale tableValues targetX targetY values xChannelSelector
    yChannelSelector z
"""
ELEMENTS = frozenset(_ELEMENT_NAMES.split())
ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
TEXTS = frozenset(["text", "tspan", "textPath", "tref", "altGlyph"])
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.ASCII)
_LOCAL = re.compile(r"url\(\s*(?:#[\w.:-]+|'#[\w.:-]+'|\"#[\w.:-]+\")\s*\)")
_OUTSIDE = re.compile(r"url|@import|@font-face|href|src\s*:|\\", re.I)


def is_vector(source: str) -> bool:
    """Whether a file is an SVG, by its name."""
    return source.lower().endswith(".svg")


def svg_to_png(path: Path) -> bytes:
    """An SVG as PNG with transparency; raises MediaError in one line."""
    import resvg_py

    try:
        if path.stat().st_size > MAX_BYTES:
            raise _svg_error(path, "is larger than 10 MiB", "simplify it, or export it as PNG")
        text = tostring(_sanitize(path), encoding="unicode")
        return bytes(resvg_py.svg_to_bytes(svg_string=text, width=WIDTH_PX, skip_system_fonts=True))
    except (OSError, ValueError, RecursionError) as exc:
        raise _svg_error(path, "is not an SVG that can be drawn", "export it as PNG") from exc


def _sanitize(path: Path) -> Element:
    """The picture with what is on the lists alone; raises MediaError and ValueError."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(path.read_bytes())
    except (ParseError, LookupError) as exc:
        raise ValueError("not XML") from exc
    except DefusedXmlException as exc:
        raise _svg_error(path, "declares entities", "export it without them, or as PNG") from exc
    if root.tag != f"{SVG}svg":
        raise ValueError("not SVG")
    if any(_local(element.tag) in TEXTS for element in root.iter()):
        raise _svg_error(path, "has text, whose fonts may differ", "convert its text to paths")
    _strip(root, 0)
    ids = {element.get("id", ""): element for element in root.iter()}
    for element in root.iter():
        if not all(_is_inside(element, name, ids) for name in element.attrib):
            raise _svg_error(path, "names other files", "embed its pictures when exporting")
    if _count(root, ids, {}) > MAX_ELEMENTS:
        raise _svg_error(path, "has too many elements", "simplify it, or export it as PNG")
    return root


def _local(tag: Any) -> str:
    """The name of an element of SVG; empty for those of others and for comments."""
    return tag.removeprefix(SVG) if isinstance(tag, str) and tag.startswith(SVG) else ""


def _strip(element: Element, depth: int) -> None:
    """Remove elements and attributes that are not on the lists."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    for child in list(element):
        if _local(child.tag) in ELEMENTS:
            _strip(child, depth + 1)
        else:
            element.remove(child)
    for name in list(element.attrib):
        if name not in ATTRIBUTES and name not in HREFS:
            del element.attrib[name]
    element.tail = None
    if _local(element.tag) != "style":
        element.text = None
    elif _OUTSIDE.search(_LOCAL.sub("", element.text or "")):
        element.set("href", "outside")  # refused as every other name of a file


def _is_inside(element: Element, name: str, ids: dict[str, Element]) -> bool:
    """Whether an attribute names nothing but parts and pictures of the file itself."""
    value = element.get(name, "").strip()
    if name not in HREFS:
        return _OUTSIDE.search(_LOCAL.sub("", value)) is None or name in ("id", "class")
    tag = _local(element.tag)
    if tag in ("image", "feImage") and _PICTURE.fullmatch(value):
        return True
    if tag in ("image", "feImage"):  # resvg opens `#x` as a file, unless an element has that id
        return tag == "feImage" and value.startswith("#") and value[1:] in ids
    return tag == "a" or value[:1] in ("", "#")  # nobody follows the link of an <a>


def _count(element: Element, ids: dict[str, Element], costs: dict[int, int]) -> int:
    """Elements under one, each <use> counted as what it names; raises ValueError for a circle."""
    key = id(element)
    if key in costs:
        if costs[key] < 0:
            raise ValueError("uses itself")
        return costs[key]
    costs[key] = -1
    total = 1 + sum(_count(child, ids, costs) for child in element)
    if _local(element.tag) == "use":
        reference = next((element.get(name) for name in HREFS if element.get(name)), "")
        target = ids.get((reference or "").strip()[1:])
        total += _count(target, ids, costs) if target is not None else 0
    costs[key] = min(total, 10 * MAX_ELEMENTS)
    return costs[key]


def _svg_error(path: Path, reason: str, remedy: str) -> MediaError:
    return MediaError(file=str(path), reason=reason, remedy=remedy)
