"""The scene behind the pictograms, as SVG: a sky with its light, and two or three ranges of shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lotus.providers.boards.palette import Colour, mix, to_hex
from lotus.providers.boards.treatments import Look

__all__ = ["SETTINGS", "Range", "Stage", "document", "sky"]


@dataclass(frozen=True)
class Stage:
    """What scenery is drawn for: size and margin in pixels, the horizon, the light's place, seeded randomness."""

    width: int
    height: int
    margin: int
    horizon: float
    light_x: float
    light_y: float
    light_radius: float
    look: Look
    night: bool
    random: np.random.Generator

    @property
    def unit(self) -> float:
        """The frame's shorter side, pixels."""
        return float(min(self.width, self.height))

    def between(self, low: float, high: float) -> float:
        """A seeded number."""
        return float(self.random.uniform(low, high))


@dataclass(frozen=True)
class Range:
    """One range of shapes: SVG, its depth, its own drift in pixels a second, its blur in pixels."""

    svg: str
    depth: float
    drift: float = 0.0
    blur: float = 0.0


def document(stage: Stage, body: str) -> str:
    """An SVG document over the frame and its margin."""
    m, w, h = stage.margin, stage.width + 2 * stage.margin, stage.height + 2 * stage.margin
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-m} {-m} {w} {h}" width="{w}" height="{h}">{body}</svg>'


def gradient(name: str, top: Colour, low: Colour, top_share: float = 1.0, low_share: float = 1.0) -> str:
    """A vertical gradient's definition."""
    return (
        f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1">'
        f'<stop offset="0" stop-color="{to_hex(top)}" stop-opacity="{top_share}"/>'
        f'<stop offset="1" stop-color="{to_hex(low)}" stop-opacity="{low_share}"/></linearGradient>'
    )


def halo(stage: Stage, name: str, x: float, y: float, radius: float, colour: Colour, share: float) -> str:
    """A soft round light."""
    c = to_hex(colour)
    stops = "".join(
        f'<stop offset="{o}" stop-color="{c}" stop-opacity="{share * a:.3f}"/>'
        for o, a in ((0, 1), (0.25, 0.62), (0.5, 0.3), (0.75, 0.09), (1, 0))
    )
    return (
        f'<radialGradient id="{name}" gradientUnits="userSpaceOnUse" cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}">{stops}'
        f'</radialGradient><circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="url(#{name})"/>'
    )


def circle(x: float, y: float, r: float, fill: str, share: float = 1.0, extra: str = "") -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" fill-opacity="{share:.2f}" {extra}/>'


def rect(x: float, y: float, w: float, h: float, fill: str, r: float = 0, share: float = 1.0) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{r:.1f}" fill="{fill}" fill-opacity="{share:.2f}"/>'


def polygon(points: list[tuple[float, float]], fill: str, share: float = 1.0) -> str:
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polygon points="{text}" fill="{fill}" fill-opacity="{share:.2f}"/>'


# Skies ----------------------------------------------------------------------------------------------------------


def stars(stage: Stage) -> str:
    """A night sky above the horizon."""
    field = stage.random.uniform(size=(110, 4))
    w, h = stage.width + 2 * stage.margin, stage.horizon + stage.margin
    return "".join(
        circle(
            x * w - stage.margin,
            y**1.4 * h - stage.margin,
            stage.unit * (0.0009 + 0.0016 * r**4),
            "#ffffff",
            0.25 + 0.6 * a,
        )
        for x, y, r, a in field
    )


def rays(stage: Stage) -> str:
    """Sunburst stripes from the light."""
    reach, turn = 2.2 * max(stage.width, stage.height), stage.between(0, 0.3)
    body = ""
    for number in range(14):
        a = turn + number * math.tau / 14
        b = a + math.tau / 28
        ends = [(stage.light_x + reach * math.cos(t), stage.light_y + reach * math.sin(t)) for t in (a, b)]
        body += polygon([(stage.light_x, stage.light_y), *ends], to_hex(stage.look.glow), 0.20)
    return body


def washes(stage: Stage) -> str:
    """Watercolour blots."""
    body = ""
    for number in range(9):
        x, y = stage.between(-0.05, 1.05) * stage.width, stage.between(-0.05, 0.8) * stage.height
        colour = (stage.look.far, stage.look.accent, stage.look.glow, stage.look.middle)[number % 4]
        body += halo(stage, f"w{number}", x, y, stage.unit * stage.between(0.25, 0.6), colour, 0.38)
    return body


def bokeh(stage: Stage) -> str:
    """Out-of-focus lights."""
    body = ""
    for number in range(22):
        x, y = stage.between(-0.05, 1.05) * stage.width, stage.between(-0.05, 0.66) * stage.height
        r = stage.unit * stage.between(0.012, 0.055)
        colour = to_hex((stage.look.glow, stage.look.accent)[number % 2])
        ring = f'stroke="{colour}" stroke-opacity="0.22" stroke-width="{r * 0.1:.1f}"'
        body += circle(x, y, r, colour, stage.between(0.05, 0.18), ring)
    return body


def striped_sun(stage: Stage) -> str:
    """The synthwave sun: a gradient disc, cut by bars that grow downwards."""
    x, y, r = stage.light_x, stage.light_y, stage.light_radius * 1.35
    bars = "".join(
        rect(x - r, y + r * (-0.05 + 0.16 * n), 2 * r, r * (0.018 + 0.013 * n), "#000") for n in range(7)
    )
    mask = f'<mask id="cut">{rect(x - r, y - r, 2 * r, 2 * r, "#fff")}{bars}</mask>'
    return (
        gradient("sun", stage.look.glow, stage.look.accent)
        + mask
        + circle(x, y, r, "url(#sun)", 1, 'mask="url(#cut)"')
    )


def plain_sun(stage: Stage) -> str:
    """The light's disc, as bright as the key allows."""
    look, kind = stage.look, stage.look.treatment.sky
    if kind == "grid":
        return striped_sun(stage)
    if kind == "plain":
        return circle(stage.light_x, stage.light_y, stage.light_radius * 1.3, to_hex(look.accent), 0.9)
    share = {"wash": 0.75, "rays": 0.95}.get(kind, 0.5 if look.treatment.key == "dark" else 0.85)
    disc = mix(look.glow, look.accent, 0.35 if kind in {"wash", "rays"} else 0.12)
    return circle(stage.light_x, stage.light_y, stage.light_radius, to_hex(disc), share)


def sky(stage: Stage) -> str:
    """The opaque backdrop with its light."""
    look, m = stage.look, stage.margin
    body = gradient("sky", look.top, look.low)
    body += rect(-m, -m, stage.width + 2 * m, stage.horizon + m * 1.5, "url(#sky)")
    body += rect(-m, stage.horizon, stage.width + 2 * m, stage.height - stage.horizon + m, to_hex(look.low))
    extra = {"wash": washes, "rays": rays, "bokeh": bokeh}.get(look.treatment.sky)
    body += extra(stage) if extra else ""
    if stage.night or look.treatment.sky == "grid":
        body += stars(stage)
    if look.treatment.sky != "plain":
        strength = 0.75 if look.treatment.key == "dark" else 0.6
        body += halo(stage, "light", stage.light_x, stage.light_y, stage.unit * 0.85, look.glow, strength)
    return body + plain_sun(stage)


# Settings -------------------------------------------------------------------------------------------------------


def ridge(stage: Stage, base: float, height: float, waves: int, colour: str) -> str:
    """A smooth line of hills that fills everything below it."""
    m, phases = stage.margin, stage.random.uniform(0, math.tau, 3)
    points = []
    for x in np.linspace(-m, stage.width + m, 90):
        p = x / stage.width * math.tau
        swell = (
            math.sin(p * waves * 0.5 + phases[0])
            + 0.45 * math.sin(p * waves + phases[1])
            + 0.2 * math.sin(p * waves * 2.3 + phases[2])
        )
        points.append((float(x), base - height * (0.5 + 0.33 * swell)))
    foot = stage.height + m
    return polygon([(-m, foot), *points, (stage.width + m, foot)], colour)


def shade(stage: Stage, name: str, top: Colour, low: Colour) -> str:
    """A gradient definition that fades a range towards the frame's foot."""
    return gradient(name, top, mix(low, stage.look.near, 0.35))


def hills(stage: Stage) -> list[Range]:
    look, u = stage.look, stage.unit
    haze = mix(look.far, look.low, 0.55)
    back = gradient("a", haze, look.low) + ridge(stage, stage.horizon, u * 0.26, 2, "url(#a)")
    near = shade(stage, "c", look.middle, look.near) + ridge(
        stage, stage.horizon + u * 0.06, u * 0.10, 1, "url(#c)"
    )
    middle = gradient("b", look.far, look.low) + ridge(stage, stage.horizon, u * 0.15, 3, "url(#b)")
    return [Range(back, 0.25), Range(middle, 0.42), Range(near + trees(stage), 0.7)]


def trees(stage: Stage) -> str:
    """Firs at both sides of the near hill."""
    body, colour = "", to_hex(mix(stage.look.middle, stage.look.near, 0.6))
    for _ in range(9):
        side = stage.between(-0.08, 0.24)
        x = (side if stage.between(0, 1) < 0.5 else 1 - side) * stage.width
        y, h = stage.horizon + stage.unit * stage.between(0.02, 0.07), stage.unit * stage.between(0.09, 0.2)
        for step in range(3):
            top, half = y - h * (1 - 0.22 * step), h * (0.12 + 0.07 * step)
            body += polygon([(x, top), (x - half, top + h * 0.45), (x + half, top + h * 0.45)], colour)
    return body


def sea(stage: Stage) -> list[Range]:
    look, u = stage.look, stage.unit
    coast = gradient("a", mix(look.far, look.low, 0.5), look.low) + ridge(
        stage, stage.horizon + u * 0.02, u * 0.12, 2, "url(#a)"
    )
    ranges = [Range(coast, 0.25)]
    for number in range(3):
        top = stage.horizon + u * (0.012 + 0.085 * number)
        first, last = mix(look.far, look.middle, number / 2), mix(look.middle, look.near, number / 2)
        body = gradient("b", mix(first, look.glow, 0.16), last) + swell(
            stage, top, u * (0.010 + 0.008 * number), 5.0 - number, "url(#b)"
        )
        body += glints(stage, top, number)
        ranges.append(Range(body, 0.5 + 0.25 * number, (1, -1, 1)[number] * u * (0.010 + 0.008 * number)))
    return ranges


def swell(stage: Stage, top: float, height: float, waves: float, colour: str) -> str:
    """Water with a waved edge."""
    m, phase = stage.margin, stage.between(0, math.tau)
    xs = np.linspace(-m, stage.width + m, 140)
    line = [(float(x), top + height * math.sin(x / stage.unit * waves * 2.2 + phase)) for x in xs]
    return polygon([(-m, stage.height + m), *line, (stage.width + m, stage.height + m)], colour)


def glints(stage: Stage, top: float, number: int) -> str:
    """The light's path on the water."""
    body, glow = "", to_hex(stage.look.glow)
    for _ in range(12):
        y = top + stage.unit * stage.between(0.02, 0.075)
        w = stage.unit * stage.between(0.03, 0.13)
        x = stage.light_x + stage.unit * float(stage.random.normal(0, 0.16)) - w / 2
        body += rect(x, y, w, stage.unit * 0.0045, glow, stage.unit * 0.003, 0.40 - 0.1 * number)
    return body


def skyline(stage: Stage, low: float, high: float, fill: str, lit: str, share: float) -> str:
    """A row of buildings with lit windows; heights in frame units."""
    x, body = -float(stage.margin), ""
    while x < stage.width + stage.margin:
        w, h = stage.unit * stage.between(0.07, 0.15), stage.unit * stage.between(low, high)
        top = stage.horizon - h
        body += rect(x, top, w, h + stage.height, fill)
        if stage.between(0, 1) < 0.4:
            body += rect(x + w * 0.46, top - h * 0.16, w * 0.06, h * 0.2, fill)
        step = stage.unit * 0.026
        for column in range(int((w - step * 0.6) / step)):
            for row in range(min(14, int(h / step / 1.25))):
                if stage.between(0, 1) < share:
                    at = (x + step * (0.5 + column), top + step * (0.6 + 1.25 * row))
                    body += rect(*at, step * 0.5, step * 0.62, lit, 0, stage.between(0.35, 0.9))
        x += w + stage.unit * stage.between(-0.012, 0.02)
    return body


def city(stage: Stage) -> list[Range]:
    look, u, m = stage.look, stage.unit, stage.margin
    dark = look.treatment.key == "dark"
    back = gradient("a", mix(look.far, look.low, 0.35), look.low) + skyline(
        stage, 0.20, 0.50, "url(#a)", to_hex(look.glow), 0.12 if dark else 0.04
    )
    front = gradient("b", look.middle, mix(look.middle, look.near, 0.5))
    front += skyline(
        stage, 0.06, 0.30, "url(#b)", to_hex(mix(look.glow, look.accent, 0.3)), 0.34 if dark else 0.14
    )
    road = gradient("c", mix(look.near, look.glow, 0.12), look.near)
    road += rect(-m, stage.horizon + u * 0.035, stage.width + 2 * m, stage.height, "url(#c)")
    for number in range(16):
        w = u * 0.11
        road += rect(
            -m + number * w * 2.2, stage.horizon + u * 0.155, w, u * 0.010, to_hex(look.glow), u * 0.004, 0.30
        )
    return [Range(back, 0.28), Range(front, 0.48), Range(road, 0.85)]


def table(stage: Stage) -> list[Range]:
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
    wood = gradient("t", mix(look.middle, look.glow, 0.22), look.near)
    wood += f'<ellipse cx="{stage.width / 2:.0f}" cy="{stage.horizon + u * 0.75:.0f}" rx="{stage.width * 0.5 + m * 1.6:.0f}" ry="{u * 0.72:.0f}" fill="url(#t)"/>'
    return [Range(panes, 0.2, blur=u * 0.004), Range(lamps, 0.4), Range(wood, 0.85)]


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
    floor += f'<ellipse cx="{stage.width / 2:.0f}" cy="{stage.horizon + u * 0.62:.0f}" rx="{stage.width * 0.9:.0f}" ry="{u * 0.60:.0f}" fill="url(#f)"/>'
    return [Range(beams, 0.35, blur=u * 0.008), Range(floor, 0.85)]


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
    return [Range(dots, 0.2), Range(panels, 0.45, u * 0.006), Range(base, 0.85)]


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
    return [Range(arches, 0.3), Range(floor, 0.8)]


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


SETTINGS: dict[str, Callable[[Stage], list[Range]]] = {
    "hills": hills,
    "sea": sea,
    "city": city,
    "table": table,
    "stage": show,
    "tech": tech,
    "studio": studio,
    "abstract": abstract,
    "discs": discs,
}
