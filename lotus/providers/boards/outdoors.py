"""Settings under the sky: ranges of hills, water and buildings, back to front."""

from __future__ import annotations

import math

import numpy as np

from lotus.providers.boards.palette import Colour, mix, to_hex
from lotus.providers.boards.shapes import Range, Stage, gradient, polygon, rect

__all__ = ["city", "hills", "sea"]


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
    """Outdoors: the layers of a hills."""
    look, u = stage.look, stage.unit
    haze = mix(look.far, look.low, 0.55)
    back = gradient("a", haze, look.low) + ridge(stage, stage.horizon, u * 0.26, 2, "url(#a)")
    near = shade(stage, "c", look.middle, look.near) + ridge(
        stage, stage.horizon + u * 0.06, u * 0.10, 1, "url(#c)"
    )
    middle = gradient("b", look.far, look.low) + ridge(stage, stage.horizon, u * 0.15, 3, "url(#b)")
    h = stage.horizon
    return [
        Range(back, 0.25, small=2, top=h - u * 0.32, foot=h + u * 0.1),
        Range(middle, 0.42, top=h - u * 0.2, foot=h + u * 0.2),
        Range(near + trees(stage), 0.7, top=h - u * 0.2),
    ]


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
    """Outdoors: the layers of a sea."""
    look, u = stage.look, stage.unit
    coast = gradient("a", mix(look.far, look.low, 0.5), look.low) + ridge(
        stage, stage.horizon + u * 0.02, u * 0.12, 2, "url(#a)"
    )
    ranges = [Range(coast, 0.25, small=2, top=stage.horizon - u * 0.16, foot=stage.horizon + u * 0.12)]
    for number in range(3):
        top = stage.horizon + u * (0.012 + 0.085 * number)
        first, last = mix(look.far, look.middle, number / 2), mix(look.middle, look.near, number / 2)
        body = gradient("b", mix(first, look.glow, 0.16), last) + swell(
            stage, top, u * (0.010 + 0.008 * number), 5.0 - number, "url(#b)"
        )
        body += glints(stage, top, number)
        drift = (1, -1, 1)[number] * u * (0.010 + 0.008 * number)
        foot = top + u * 0.24 if number < 2 else None
        ranges.append(Range(body, 0.5 + 0.25 * number, drift, top=top - u * 0.05, foot=foot))
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
    """Outdoors: the layers of a city."""
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
    h = stage.horizon
    return [
        Range(back, 0.28, small=2, top=h - u * 0.6, foot=h + u * 0.12),
        Range(front, 0.48, top=h - u * 0.38, foot=h + u * 0.16),
        Range(road, 0.85, top=h),
    ]
