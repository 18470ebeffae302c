"""The opaque backdrop of a scene: a sky and its light, as each treatment draws it."""

from __future__ import annotations

import math

from lotus.providers.animatic.palette import mix
from lotus.providers.animatic.shapes import Glow, Gradient, Shape, circle, ellipse, polygon, ring
from lotus.providers.animatic.stage import BoardStage

__all__ = ["clouds", "sharp_sky", "soft_sky"]

Shapes = tuple[Shape | Glow, ...]


def stars(stage: BoardStage) -> Shapes:
    """A night sky above the horizon."""
    field = stage.random.uniform(size=(110, 4))
    w = stage.width + 2 * stage.margin
    h = stage.horizon + stage.margin
    return tuple(
        circle(
            x * w - stage.margin,
            y**1.4 * h - stage.margin,
            stage.unit * (0.0012 + 0.0016 * r**4),
            (1.0, 1.0, 1.0),
            0.25 + 0.6 * a,
        )
        for x, y, r, a in field
    )


def rays(stage: BoardStage) -> Shapes:
    """Sunburst stripes from the light."""
    reach = 2.2 * max(stage.width, stage.height)
    turn = stage.between(0, 0.3)
    stripes = []
    for number in range(14):
        a = turn + number * math.tau / 14
        ends = [
            (stage.light_x + reach * math.cos(t), stage.light_y + reach * math.sin(t))
            for t in (a, a + math.tau / 28)
        ]
        stripes.append(polygon([(stage.light_x, stage.light_y), *ends], stage.look.glow, 0.20))
    return tuple(stripes)


def washes(stage: BoardStage) -> Shapes:
    """Watercolour blots."""
    colours = (stage.look.far, stage.look.accent, stage.look.glow, stage.look.middle)
    return tuple(
        Glow(
            stage.between(-0.05, 1.05) * stage.width,
            stage.between(-0.05, 0.8) * stage.height,
            stage.unit * stage.between(0.25, 0.6),
            colours[number % 4],
            0.38,
        )
        for number in range(9)
    )


def bokeh(stage: BoardStage) -> Shapes:
    """Out-of-focus lights."""
    lights: list[Shape] = []
    for number in range(22):
        x = stage.between(-0.05, 1.05) * stage.width
        y = stage.between(-0.05, 0.66) * stage.height
        r = stage.unit * stage.between(0.012, 0.055)
        colour = (stage.look.glow, stage.look.accent)[number % 2]
        lights += [
            circle(x, y, r, colour, stage.between(0.05, 0.18)),
            ring(x, y, r, r * 0.1, colour, 0.22),
        ]
    return tuple(lights)


def striped_sun(stage: BoardStage) -> Shapes:
    """The synthwave sun: a gradient disc that is left out in bars which grow downwards."""
    x = stage.light_x
    y = stage.light_y
    r = stage.light_radius * 1.35
    cuts = [(-1.0, -0.05)] + [
        (-0.05 + 0.16 * n + 0.018 + 0.013 * n, -0.05 + 0.16 * (n + 1)) for n in range(7)
    ]
    bands = []
    for number, (top, low) in enumerate(cuts):
        low = min(low, 0.999)
        if low <= top:
            continue
        rim = [math.sin(math.pi / 2 * t / 24) for t in range(-24, 25)]
        edge = [v for v in rim if top < v < low]
        side = [(math.sqrt(max(0.0, 1 - v * v)), v) for v in (top, *edge, low)]
        points = [(x + r * w, y + r * v) for w, v in side] + [
            (x - r * w, y + r * v) for w, v in reversed(side)
        ]
        middle = 0.5 + (top + low) / 4
        shade = mix(stage.look.glow, stage.look.accent, middle)
        whole = Gradient(stage.look.glow, mix(stage.look.glow, stage.look.accent, 0.5))
        bands.append(polygon(points, shade if number else whole))
    return tuple(bands)


def plain_sun(stage: BoardStage) -> Shapes:
    """The light's disc, as bright as the key allows."""
    look = stage.look
    kind = stage.look.treatment.sky
    if kind == "grid":
        return striped_sun(stage)
    if kind == "plain":
        return (circle(stage.light_x, stage.light_y, stage.light_radius * 1.3, look.accent, 0.9),)
    share = {"wash": 0.75, "rays": 0.95}.get(kind, 0.85)
    disc = mix(look.glow, look.accent, 0.35) if kind in {"wash", "rays"} else look.glow
    fill = Gradient(mix(disc, (1.0, 1.0, 1.0), 0.25), mix(disc, look.low, 0.25))
    return (circle(stage.light_x, stage.light_y, stage.light_radius, fill, share),)


def soft_sky(stage: BoardStage) -> Shapes:
    """The opaque, edgeless part of the backdrop: gradients, washes and the light's halo."""
    look = stage.look
    sky: Shapes = (
        stage.slab(-stage.margin, Gradient(look.top, look.low), stage.horizon + stage.margin / 2),
    )
    sky += (stage.slab(stage.horizon, look.low),)
    if look.treatment.sky == "wash":
        sky += washes(stage)
    if look.treatment.sky != "plain":
        strength = 0.75 if look.treatment.key == "dark" else 0.6
        sky += (Glow(stage.light_x, stage.light_y, stage.unit * 0.85, look.glow, strength),)
    return sky


def sharp_sky(stage: BoardStage, sun: bool) -> Shapes:
    """What has edges in the backdrop: rays, lights, stars, and the light's disc where
    it is seen.
    """
    kind = stage.look.treatment.sky
    extra = {"rays": rays, "bokeh": bokeh}.get(kind)
    sky = extra(stage) if extra else ()
    if stage.night or kind == "grid":
        sky += stars(stage)
    return sky + (plain_sun(stage) if sun else ())


def clouds(stage: BoardStage) -> Shapes:
    """Long, flat clouds that catch the light."""
    shapes = []
    for number in range(5):
        x = stage.width * (number + stage.between(0, 1)) / 4.5
        y = stage.height * stage.between(0.06, 0.34)
        wide = stage.unit * stage.between(0.16, 0.34)
        colour = mix(stage.look.low, stage.look.glow, 0.4)
        shapes += [
            ellipse(x, y, wide, wide * 0.10, colour, 0.34),
            ellipse(x - wide * 0.25, y - wide * 0.07, wide * 0.5, wide * 0.11, colour, 0.30),
        ]
    return tuple(shapes)
