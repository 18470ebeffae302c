"""Settings under the sky: ranges of hills, water, buildings and a shop front, back to front."""

from __future__ import annotations

import math

import numpy as np

from lotus.providers.animatic.palette import Colour, mix
from lotus.providers.animatic.shapes import Glow, Gradient, Shape, circle, polygon, rect
from lotus.providers.animatic.skies import clouds
from lotus.providers.animatic.stage import BoardStage, Range

__all__ = ["city", "hills", "sea", "shop"]


def ridge(stage: BoardStage, base: float, height: float, waves: int, fill: Gradient) -> Shape:
    """A smooth line of hills that fills everything below it."""
    m = stage.margin
    phases = stage.random.uniform(0, math.tau, 3)
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
    return polygon([(-m, foot), *points, (stage.width + m, foot)], fill)


def far_ridge(stage: BoardStage, base: float, height: float, waves: int) -> Range:
    """Hills in the haze."""
    look = stage.look
    u = stage.unit
    line = ridge(stage, base, height, waves, Gradient(mix(look.far, look.low, 0.55), look.low))
    return Range((*clouds(stage), line), 0.25, small=2, foot=base + u * 0.1)


def hills(stage: BoardStage) -> list[Range]:
    """Hills behind each other, firs at both sides, grass in front."""
    look = stage.look
    u = stage.unit
    h = stage.horizon
    middle = ridge(stage, h, u * 0.15, 3, Gradient(look.far, look.low))
    near = ridge(stage, h + u * 0.05, u * 0.08, 1, stage.shaded(mix(look.middle, look.glow, 0.12)))
    pool = Glow(stage.hero_x, stage.ground, u * 0.7, look.glow, 0.16, flat=5.0)
    return [
        far_ridge(stage, h, u * 0.26, 2),
        Range((middle,), 0.42, top=h - u * 0.2, foot=h + u * 0.2),
        Range((near, pool, *trees(stage)), 0.7, top=h - u * 0.22),
        Range(grass(stage), 1.35, small=2, top=stage.height - u * 0.12),
    ]


def trees(stage: BoardStage) -> tuple[Shape, ...]:
    """Firs at both sides of the near hill."""
    parts: list[Shape] = []
    colour = mix(stage.look.middle, stage.look.near, 0.6)
    for _ in range(9):
        side = stage.between(-0.08, 0.22)
        x = (side if stage.between(0, 1) < 0.5 else 1 - side) * stage.width
        y = stage.horizon + stage.unit * stage.between(0.03, 0.08)
        h = stage.unit * stage.between(0.10, 0.22)
        for step in range(3):
            top = y - h * (1 - 0.22 * step)
            half = h * (0.12 + 0.07 * step)
            parts.append(
                polygon([(x, top), (x - half, top + h * 0.45), (x + half, top + h * 0.45)], colour)
            )
    return tuple(parts)


def grass(stage: BoardStage) -> tuple[Shape, ...]:
    """Blades along the foot of the frame, nearer than the hero."""
    u = stage.unit
    colour = mix(stage.look.near, (0.0, 0.0, 0.0), 0.25)
    parts = []
    foot = stage.height + stage.margin
    x = -float(stage.margin)
    while x < stage.width + stage.margin:
        tall = u * stage.between(0.03, 0.10)
        lean = u * stage.between(-0.025, 0.025)
        parts.append(
            polygon(
                [(x, foot), (x + lean, stage.height - tall + u * 0.02), (x + u * 0.018, foot)],
                colour,
            )
        )
        x += u * stage.between(0.012, 0.03)
    return tuple(parts)


def sea(stage: BoardStage) -> list[Range]:
    """A coast, waves with the light's path, and a quay for what does not swim."""
    look = stage.look
    u = stage.unit
    h = stage.horizon
    ranges = [far_ridge(stage, h + u * 0.02, u * 0.12, 2)]
    for number in range(3):
        top = h + u * (0.006 + 0.05 * number)
        first = mix(look.far, look.middle, number / 2)
        last = mix(look.middle, look.near, number / 2)
        water = swell(
            stage,
            top,
            u * (0.008 + 0.005 * number),
            5.0 - number,
            Gradient(mix(first, look.glow, 0.18), last),
        )
        drift = (1, -1, 1)[number] * u * (0.010 + 0.006 * number)
        foot = top + u * 0.2 if number < 2 else None
        shapes = (water, *glints(stage, top, number))
        ranges.append(Range(shapes, 0.5 + 0.17 * number, drift, top=top - u * 0.04, foot=foot))
    return (
        ranges if stage.afloat else [*ranges, Range(quay(stage), 0.95, top=stage.ground - u * 0.05)]
    )


def swell(stage: BoardStage, top: float, height: float, waves: float, fill: Gradient) -> Shape:
    """Water with a waved edge."""
    # wider, since it drifts
    m = stage.margin + 0.05 * stage.unit
    phase = stage.between(0, math.tau)
    xs = np.linspace(-m, stage.width + m, 140)
    line = [(float(x), top + height * math.sin(x / stage.unit * waves * 2.2 + phase)) for x in xs]
    return polygon([(-m, stage.height + m), *line, (stage.width + m, stage.height + m)], fill)


def glints(stage: BoardStage, top: float, number: int) -> tuple[Shape, ...]:
    """The light's path on the water."""
    parts = []
    u = stage.unit
    for _ in range(12):
        y = top + u * stage.between(0.015, 0.05)
        w = u * stage.between(0.03, 0.13)
        x = stage.light_x + u * float(stage.random.normal(0, 0.16)) - w / 2
        parts.append(rect(x, y, w, u * 0.0045, stage.look.glow, u * 0.003, 0.45 - 0.1 * number))
    return tuple(parts)


def quay(stage: BoardStage) -> tuple[Shape | Glow, ...]:
    """Planks that run towards the viewer."""
    look = stage.look
    u = stage.unit
    top = stage.ground - stage.unit * 0.035
    wood = mix(mix(look.middle, look.accent, 0.22), look.glow, 0.10)
    parts: list[Shape | Glow] = [*stage.floor(top, wood, look.near)]
    parts.append(stage.slab(top, mix(wood, look.glow, 0.45), top + u * 0.008))
    for number in range(-9, 10):
        x = stage.width / 2 + number * u * 0.16
        spread = number * u * 0.12
        line = [(x, top + u * 0.008), (x + u * 0.003, top + u * 0.008)]
        foot = stage.height + stage.margin
        parts.append(
            polygon([*line, (x + spread + u * 0.008, foot), (x + spread, foot)], look.near, 0.55)
        )
    return tuple(parts)


def skyline(
    stage: BoardStage, low: float, high: float, fill: Gradient, lit: Colour, share: float
) -> tuple[Shape, ...]:
    """A row of buildings with lit windows; heights in frame units."""
    x = -float(stage.margin)
    u = stage.unit
    parts = list[Shape]()
    while x < stage.width + stage.margin:
        w = u * stage.between(0.07, 0.15)
        h = u * stage.between(low, high)
        top = stage.horizon - h
        parts.append(rect(x, top, w, h + 0.2 * u, fill))
        if stage.between(0, 1) < 0.4:
            parts.append(rect(x + w * 0.46, top - h * 0.16, w * 0.06, h * 0.2, fill.top))
        parts += windows(stage, (x, top, w, h), lit, share)
        x += w + u * stage.between(-0.012, 0.02)
    return tuple(parts)


def windows(
    stage: BoardStage, house: tuple[float, float, float, float], lit: Colour, share: float
) -> list[Shape]:
    """Some windows of a house (left, top, width, height), with the light on."""
    x, top, w, h = house
    step = stage.unit * 0.026
    spots = []
    for column in range(int((w - step * 0.6) / step)):
        for row in range(min(14, int(h / step / 1.25))):
            if stage.between(0, 1) < share:
                at = (x + step * (0.5 + column), top + step * (0.6 + 1.25 * row))
                spots.append(rect(*at, step * 0.5, step * 0.62, lit, 0, stage.between(0.35, 0.9)))
    return spots


def city(stage: BoardStage) -> list[Range]:
    """Two rows of buildings, a street, and lamps at its side."""
    look = stage.look
    u = stage.unit
    h = stage.horizon
    dark = look.treatment.key == "dark"
    hazy = Gradient(mix(look.far, look.low, 0.35), look.low)
    back = skyline(stage, 0.20, 0.50, hazy, look.glow, 0.12 if dark else 0.04)
    houses = Gradient(look.middle, mix(look.middle, look.near, 0.5))
    lit = mix(look.glow, look.accent, 0.3)
    front = skyline(stage, 0.06, 0.30, houses, lit, 0.34 if dark else 0.14)
    return [
        Range((*clouds(stage), *back), 0.28, small=2, top=h - u * 0.66, foot=h + u * 0.12),
        Range(front, 0.48, top=h - u * 0.38, foot=h + u * 0.16),
        Range(street(stage), 0.85, top=h),
    ]


def street(stage: BoardStage) -> tuple[Shape | Glow, ...]:
    """Pavement, kerb and a dashed road."""
    look = stage.look
    u = stage.unit
    h = stage.horizon
    pavement = mix(mix(look.middle, look.near, 0.3), look.glow, 0.16)
    parts: list[Shape | Glow] = [*stage.floor(h + u * 0.03, pavement, look.near)]
    parts.append(stage.slab(h + u * 0.03, mix(pavement, look.glow, 0.4), h + u * 0.036))
    road = stage.ground + u * 0.03
    parts += [
        stage.slab(road, mix(look.near, look.glow, 0.22), road + u * 0.012),
        stage.slab(road + u * 0.012, Gradient(mix(look.near, look.middle, 0.4), look.near)),
    ]
    for number in range(16):
        x = -stage.margin + number * u * 0.26
        parts.append(rect(x, road + u * 0.07, u * 0.13, u * 0.012, look.glow, u * 0.005, 0.32))
    return tuple(parts)


def shop(stage: BoardStage) -> list[Range]:
    """A shop front: a lit window, and a striped awning over it that hangs nearer than the hero."""
    look = stage.look
    u = stage.unit
    h = stage.horizon
    wall = mix(look.middle, look.far, 0.5)
    front: list[Shape | Glow] = [stage.wall(mix(wall, look.top, 0.3), wall)]
    front.append(stage.slab(h - u * 0.10, mix(wall, look.near, 0.35), h + u * 0.05))
    for x, w in ((stage.light_x - u * 0.52, u * 1.04), (stage.light_x + u * 0.66, u * 0.34)):
        front += pane(stage, x, h - u * 0.56, w, u * 0.46)
    front += pane(stage, stage.light_x - u * 1.02, h - u * 0.56, u * 0.36, u * 0.61)
    ground = mix(mix(look.middle, look.near, 0.4), look.glow, 0.14)
    return [
        Range(tuple(front), 0.45, foot=h + u * 0.08),
        Range(stage.floor(h + u * 0.03, ground, look.near), 0.85, top=h),
        Range(awning(stage), 1.12, foot=u * 0.26),
    ]


def pane(stage: BoardStage, x: float, y: float, w: float, h: float) -> list[Shape | Glow]:
    """A window with light behind it."""
    look = stage.look
    u = stage.unit
    frame = mix(look.near, look.middle, 0.3)
    lit = Gradient(mix(look.glow, look.low, 0.15), mix(look.glow, look.accent, 0.35))
    glass = [rect(x - u * 0.014, y - u * 0.014, w + u * 0.028, h + u * 0.028, frame, u * 0.012)]
    glass.append(rect(x, y, w, h, lit, u * 0.006))
    slant = [(x + w * 0.1, y + h), (x + w * 0.3, y + h), (x + w * 0.55, y), (x + w * 0.35, y)]
    glass.append(polygon(slant, (1.0, 1.0, 1.0), 0.16))
    bars = max(1, round(w / (u * 0.36)))
    glass += [rect(x + w * n / bars - u * 0.005, y, u * 0.010, h, frame) for n in range(1, bars)]
    return [*glass]


def awning(stage: BoardStage) -> tuple[Shape | Glow, ...]:
    """Stripes in the brand's colours, scalloped at the hem."""
    look = stage.look
    u = stage.unit
    m = stage.margin
    first = mix(look.accent, look.glow, 0.08)
    second = mix(look.glow, (1.0, 1.0, 1.0), 0.35)
    hem = u * 0.15
    wide = u * 0.14
    parts = list[Shape | Glow]()
    for number in range(math.ceil((stage.width + 2 * m) / wide)):
        x = -m + number * wide
        colour = (first, second)[number % 2]
        lower = mix(colour, look.near, 0.28)
        parts.append(rect(x, -m, wide + 1, hem + m, Gradient(lower, colour)))
        parts.append(circle(x + wide / 2, hem, wide / 2, mix(colour, look.near, 0.10)))
    parts.append(rect(-m, hem - u * 0.006, stage.width + 2 * m, u * 0.012, look.near, 0, 0.18))
    return tuple(parts)
