"""Settings under a roof, and those that are nowhere: tables, stages, panels, arches, bands and discs."""

from __future__ import annotations

import numpy as np

from lotus.providers.boards.palette import mix, to_hex
from lotus.providers.boards.shapes import Range, Stage, circle, ellipse, gradient, halo, polygon, rect

__all__ = ["abstract", "discs", "show", "studio", "table", "tech"]


def table(stage: Stage) -> list[Range]:
    """Indoors: the layers of a table."""
    look, u, m = stage.look, stage.unit, stage.margin
    panes = ""
    x0, w, top = stage.light_x - u * 0.36, u * 0.72, stage.horizon - u * 0.62
    for column in range(3):
        for row in range(2):
            at = (x0 + column * w / 3 + u * 0.012, top + row * u * 0.27 + u * 0.012)
            panes += rect(*at, w / 3 - u * 0.024, u * 0.246, to_hex(look.glow), u * 0.012, 0.20)
    lamps = "".join(
        lamp(stage, x)
        for x in (stage.between(0.08, 0.2), stage.between(0.45, 0.58), stage.between(0.82, 0.94))
    )
    h = stage.horizon
    wood = gradient("t", mix(look.middle, look.glow, 0.22), look.near)
    wood += ellipse(
        stage.width / 2, stage.horizon + u * 0.75, stage.width * 0.5 + m * 1.6, u * 0.72, "url(#t)"
    )
    return [
        Range(panes, 0.2, blur=2, small=2, foot=h),
        Range(lamps, 0.4, small=2, foot=u * 0.5),
        Range(wood, 0.85, top=h - u * 0.02),
    ]


def lamp(stage: Stage, share: float) -> str:
    """A pendant lamp with its light."""
    u, x, y = stage.unit, share * stage.width, stage.unit * stage.between(0.10, 0.2)
    shape = [
        (x - u * 0.018, y - u * 0.035),
        (x + u * 0.018, y - u * 0.035),
        (x + u * 0.062, y),
        (x - u * 0.062, y),
    ]
    cord = rect(
        x - u * 0.0022,
        -stage.margin,
        u * 0.0044,
        y + stage.margin - u * 0.03,
        to_hex(stage.look.near),
        0,
        0.8,
    )
    name = f"l{int(share * 1000)}"
    return (
        halo(stage, name, x, y + u * 0.01, u * 0.26, stage.look.glow, 0.5)
        + cord
        + polygon(shape, to_hex(stage.look.near))
    )


def show(stage: Stage) -> list[Range]:
    """A stage with beams of light."""
    look, u = stage.look, stage.unit
    beams = ""
    for number, share in enumerate((0.1, 0.35, 0.65, 0.9)):
        x, aim = share * stage.width, (0.5 + stage.between(-0.3, 0.3)) * stage.width
        colour = (look.glow, look.accent)[number % 2]
        beams += gradient(f"b{number}", colour, colour, 0.5, 0.0)
        corners = [
            (x - u * 0.012, -u * 0.15),
            (x + u * 0.012, -u * 0.15),
            (aim + u * 0.2, stage.horizon + u * 0.1),
            (aim - u * 0.2, stage.horizon + u * 0.1),
        ]
        beams += polygon(corners, f"url(#b{number})")
    floor = gradient("f", mix(look.middle, look.accent, 0.25), look.near)
    floor += ellipse(stage.width / 2, stage.horizon + u * 0.62, stage.width * 0.9, u * 0.60, "url(#f)")
    return [
        Range(beams, 0.35, blur=2, small=3, foot=stage.horizon + u * 0.15),
        Range(floor, 0.85, top=stage.horizon),
    ]


def tech(stage: Stage) -> list[Range]:
    """Floating panels over a grid of dots."""
    look, u, m = stage.look, stage.unit, stage.margin
    dots = "".join(
        circle(x, y, u * 0.0028, to_hex(look.glow), 0.35)
        for x in np.arange(-m, stage.width + m, u * 0.055)
        for y in np.arange(-m, stage.horizon + u * 0.04, u * 0.055)
    )
    panels = ""
    for number in range(4):
        w, h = u * stage.between(0.30, 0.5), u * stage.between(0.18, 0.3)
        x, y = (
            stage.width * (number + stage.between(0.1, 0.5)) / 4 - w * 0.3,
            stage.height * stage.between(0.08, 0.46),
        )
        panels += panel(stage, x, y, w, h, number)
    base = gradient("f", mix(look.middle, look.glow, 0.10), look.near)
    base += rect(-m, stage.horizon + u * 0.03, stage.width + 2 * m, stage.height, "url(#f)")
    return [
        Range(dots, 0.2, small=2, foot=stage.horizon + u * 0.05),
        Range(panels, 0.45, u * 0.006, foot=stage.horizon + u * 0.1),
        Range(base, 0.85, top=stage.horizon),
    ]


def panel(stage: Stage, x: float, y: float, w: float, h: float, number: int) -> str:
    """One card of an interface, with bars or a line of growth."""
    look, u = stage.look, stage.unit
    body = rect(x, y, w, h, to_hex(mix(look.far, look.glow, 0.3)), u * 0.018, 0.55)
    body += circle(x + w * 0.1, y + h * 0.17, h * 0.06, to_hex(look.accent), 0.9)
    body += rect(x + w * 0.18, y + h * 0.13, w * 0.34, h * 0.08, to_hex(look.glow), h * 0.04, 0.6)
    for bar in range(6):
        tall = h * (0.14 + 0.40 * (bar / 5 if number % 2 else stage.between(0, 1)))
        body += rect(
            x + w * (0.1 + 0.138 * bar),
            y + h * 0.88 - tall,
            w * 0.085,
            tall,
            to_hex((look.accent, look.glow)[bar % 2]),
            w * 0.02,
            0.55,
        )
    return body


def studio(stage: Stage) -> list[Range]:
    """Arches and a plinth, as for a product photograph."""
    look, u, m = stage.look, stage.unit, stage.margin
    arches = gradient("a", mix(look.far, look.glow, 0.25), look.far) + gradient(
        "b", mix(look.middle, look.glow, 0.15), look.far
    )
    for number, (w, share) in enumerate(((0.66, 0.0), (0.46, 0.0))):
        x, top = stage.light_x - u * w / 2, stage.horizon - u * (0.68 - 0.10 * number)
        arches += rect(x + share, top, u * w, stage.height, f"url(#{'ab'[number]})", u * w / 2, 0.85)
    side = stage.width * (0.16 if stage.light_x > stage.width / 2 else 0.84)
    arches += rect(
        side - u * 0.13, stage.horizon - u * 0.36, u * 0.26, stage.height, "url(#b)", u * 0.13, 0.7
    )
    floor = gradient("f", mix(look.middle, look.low, 0.30), look.near)
    floor += rect(-m, stage.horizon + u * 0.02, stage.width + 2 * m, stage.height, "url(#f)")
    return [Range(arches, 0.3, foot=stage.horizon + u * 0.1), Range(floor, 0.8, top=stage.horizon)]


def abstract(stage: Stage) -> list[Range]:
    """Bands that cross the frame."""
    look, u, m = stage.look, stage.unit, stage.margin
    slope, bands = stage.between(0.25, 0.5), []
    for number, colour in enumerate((look.far, look.accent, look.middle)):
        y = stage.height * (0.45 + 0.17 * number) + stage.between(-0.04, 0.04) * u
        run = (stage.width + 2 * m) * slope * (1, -0.7, 0.8)[number]
        corners = [
            (-m, y + run / 2),
            (stage.width + m, y - run / 2),
            (stage.width + m, stage.height + 2 * m),
            (-m, stage.height + 2 * m),
        ]
        bands.append(
            Range(
                gradient("a", colour, mix(colour, look.near, 0.6)) + polygon(corners, "url(#a)", 0.9),
                0.3 + 0.2 * number,
            )
        )
    return bands


def discs(stage: Stage) -> list[Range]:
    """Overlapping discs and rings."""
    look, u, ranges = stage.look, stage.unit, []
    for number, colour in enumerate((look.far, look.middle, look.accent)):
        body = gradient("a", mix(colour, look.glow, 0.25), colour)
        for _ in range(2):
            x, y = stage.between(0.05, 0.95) * stage.width, stage.between(0.15, 0.85) * stage.height
            r = u * stage.between(0.12, 0.36) * (1 - 0.2 * number)
            body += circle(x, y, r, "url(#a)", 0.8)
            body += circle(
                x,
                y,
                r * 1.25,
                "none",
                1,
                f'stroke="{to_hex(colour)}" stroke-opacity="0.5" stroke-width="{u * 0.006:.1f}"',
            )
        ranges.append(Range(body, 0.3 + 0.22 * number, u * 0.01 * (-1) ** number))
    return ranges
