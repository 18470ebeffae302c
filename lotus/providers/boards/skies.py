"""The opaque backdrop of a scene: a sky and its light, as each treatment draws it."""

from __future__ import annotations

import math

from lotus.providers.boards.palette import mix, to_hex
from lotus.providers.boards.shapes import Stage, circle, gradient, halo, polygon, rect

__all__ = ["sharp_sky", "soft_sky"]


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


def soft_sky(stage: Stage) -> str:
    """The opaque, edgeless part of the backdrop: gradients, washes and the light's halo."""
    look, m = stage.look, stage.margin
    body = gradient("sky", look.top, look.low)
    body += rect(-m, -m, stage.width + 2 * m, stage.horizon + m * 1.5, "url(#sky)")
    body += rect(-m, stage.horizon, stage.width + 2 * m, stage.height - stage.horizon + m, to_hex(look.low))
    if look.treatment.sky == "wash":
        body += washes(stage)
    if look.treatment.sky != "plain":
        strength = 0.75 if look.treatment.key == "dark" else 0.6
        body += halo(stage, "light", stage.light_x, stage.light_y, stage.unit * 0.85, look.glow, strength)
    return body


def sharp_sky(stage: Stage) -> str:
    """What has edges in the backdrop: rays, lights, stars and the light's disc."""
    kind = stage.look.treatment.sky
    extra = {"rays": rays, "bokeh": bokeh}.get(kind)
    body = extra(stage) if extra else ""
    if stage.night or kind == "grid":
        body += stars(stage)
    return body + plain_sun(stage)
