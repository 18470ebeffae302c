"""Settings under a roof, and those that are nowhere: tables, rooms, stages, panels, arches and
discs.
"""

from __future__ import annotations

import numpy as np

from lotus.providers.animatic.palette import mix
from lotus.providers.animatic.shapes import (
    Glow,
    Gradient,
    Shape,
    circle,
    ellipse,
    polygon,
    rect,
    ring,
)
from lotus.providers.animatic.stage import BoardStage, Range

__all__ = ["discs", "room", "show", "studio", "table", "tech"]


def casement(
    stage: BoardStage, x: float, y: float, w: float, h: float, columns: int
) -> list[Shape | Glow]:
    """A window that the light comes through."""
    look = stage.look
    u = stage.unit
    frame = mix(look.far, look.glow, 0.30)
    day = Gradient(mix(look.glow, look.low, 0.22), look.glow)
    parts: list[Shape | Glow] = [Glow(x + w / 2, y + h / 2, max(w, h) * 1.1, look.glow, 0.40)]
    parts.append(rect(x - u * 0.016, y - u * 0.016, w + u * 0.032, h + u * 0.032, frame, u * 0.010))
    parts.append(rect(x, y, w, h, day, u * 0.004))
    parts += [
        rect(x + w * n / columns - u * 0.005, y, u * 0.010, h, frame) for n in range(1, columns)
    ]
    parts.append(rect(x, y + h * 0.42, w, u * 0.010, frame))
    parts.append(
        rect(x - u * 0.03, y + h + u * 0.012, w + u * 0.06, u * 0.018, mix(frame, look.near, 0.2))
    )
    return parts


def table(stage: BoardStage) -> list[Range]:
    """A kitchen or a cafe: a window, a shelf, lamps that hang nearer than the hero, a
    wooden top.
    """
    look = stage.look
    u = stage.unit
    h = stage.horizon
    wall = mix(look.far, look.low, 0.35)
    back: list[Shape | Glow] = [stage.wall(mix(wall, look.top, 0.55), wall)]
    side = -1 if stage.light_x > stage.width / 2 else 1
    x = stage.light_x - u * 0.30
    back += casement(stage, x, h - u * 0.58, u * 0.60, u * 0.44, 3)
    back += shelf(stage, stage.light_x + side * u * 0.78, h - u * 0.34)
    top = stage.ground - u * 0.055
    wood = mix(mix(look.middle, look.accent, 0.20), look.glow, 0.22)
    board = (*stage.floor(top, wood, mix(look.near, look.middle, 0.35)),)
    board += (stage.slab(top, mix(wood, look.glow, 0.5), top + u * 0.008),)
    ranges = [
        Range(tuple(back), 0.30, blur=u * 0.0022, small=2, foot=top + u * 0.06),
        Range(board, 0.92, top=top),
    ]
    spots = (stage.between(0.10, 0.22), stage.between(0.80, 0.92))
    lamps = tuple(part for x in spots for part in lamp(stage, x))
    return [*ranges, Range(lamps, 1.10, small=2, foot=u * 0.42)]


def shelf(stage: BoardStage, x: float, y: float) -> list[Shape | Glow]:
    """Jars on a board on the wall, in the shade."""
    look = stage.look
    u = stage.unit
    colour = mix(look.middle, look.near, 0.25)
    parts: list[Shape | Glow] = [
        rect(x - u * 0.24, y, u * 0.48, u * 0.016, mix(colour, look.glow, 0.15))
    ]
    at = x - u * 0.22
    while at < x + u * 0.18:
        w = u * stage.between(0.035, 0.06)
        tall = u * stage.between(0.06, 0.13)
        parts.append(
            rect(
                at, y - tall, w, tall, mix(colour, look.accent, stage.between(0.0, 0.4)), u * 0.008
            )
        )
        at += w + u * 0.012
    return parts


def lamp(stage: BoardStage, share: float) -> tuple[Shape | Glow, ...]:
    """A pendant lamp with its light."""
    u = stage.unit
    look = stage.look
    x = share * stage.width
    y = stage.unit * stage.between(0.12, 0.19)
    shade = [
        (x - u * 0.020, y - u * 0.045),
        (x + u * 0.020, y - u * 0.045),
        (x + u * 0.075, y),
        (x - u * 0.075, y),
    ]
    dark = mix(look.near, (0.0, 0.0, 0.0), 0.2)
    cord = rect(x - u * 0.0025, -stage.margin, u * 0.005, y + stage.margin - u * 0.03, dark, 0, 0.9)
    bulb = ellipse(x, y + u * 0.004, u * 0.035, u * 0.012, mix(look.glow, (1.0, 1.0, 1.0), 0.5))
    return (
        Glow(x, y + u * 0.01, u * 0.24, look.glow, 0.55),
        cord,
        bulb,
        polygon(shade, Gradient(dark, look.near)),
    )


def room(stage: BoardStage) -> list[Range]:
    """A room: a large window, pictures on the wall, light on the floor, leaves in front."""
    look = stage.look
    u = stage.unit
    h = stage.horizon
    wall = mix(look.low, look.far, 0.45)
    back: list[Shape | Glow] = [stage.wall(mix(wall, look.top, 0.45), wall)]
    back += casement(stage, stage.light_x - u * 0.34, h - u * 0.62, u * 0.68, u * 0.50, 2)
    side = stage.light_x + (u * 0.78 if stage.light_x < stage.width / 2 else -u * 1.02)
    for number, (w, tall) in enumerate(((0.20, 0.26), (0.13, 0.17))):
        x = side + number * u * 0.25
        y = h - u * (0.54 - 0.06 * number)
        back.append(
            rect(x, y, u * w, u * tall, mix(look.glow, (1.0, 1.0, 1.0), 0.3), u * 0.006, 0.9)
        )
        inner = (x + u * 0.018, y + u * 0.018, u * (w - 0.036), u * (tall - 0.036))
        back.append(rect(*inner, Gradient(look.accent, look.middle), 0, 0.8))
    back.append(stage.slab(h + u * 0.005, mix(wall, look.glow, 0.35), h + u * 0.03))
    boards = mix(mix(look.middle, look.accent, 0.14), look.glow, 0.20)
    slant = [
        (stage.light_x - u * 0.25, h + u * 0.03),
        (stage.light_x + u * 0.25, h + u * 0.03),
        (stage.light_x + u * 0.55, stage.height),
        (stage.light_x - u * 0.15, stage.height),
    ]
    floor = (
        *stage.floor(h + u * 0.03, boards, mix(look.near, look.middle, 0.3)),
        polygon(slant, look.glow, 0.16),
    )
    rug = ellipse(
        stage.hero_x,
        stage.ground + u * 0.01,
        u * 0.62,
        u * 0.085,
        mix(look.accent, look.middle, 0.45),
    )
    return [
        Range(tuple(back), 0.32, blur=u * 0.0015, small=2, foot=h + u * 0.06),
        Range((*floor, rug), 0.88, top=h),
        Range(leaves(stage), 1.4, blur=u * 0.004, small=3),
    ]


def leaves(stage: BoardStage) -> tuple[Shape, ...]:
    """Leaves that hang into the frame at the side away from the light."""
    u = stage.unit
    parts = []
    x = stage.width + u * 0.02 if stage.light_x < stage.width / 2 else -u * 0.02
    side = -1 if x > 0 else 1
    for number in range(6):
        turn = np.radians(8 + 26 * number)
        tip = (x + side * u * 0.30 * np.cos(turn), stage.height * 0.98 - u * 0.36 * np.sin(turn))
        root = (x, stage.height + u * 0.06)
        middle = ((tip[0] + root[0]) / 2, (tip[1] + root[1]) / 2)
        across = np.array([tip[1] - root[1], root[0] - tip[0]])
        across = across / np.hypot(*across) * u * 0.045
        shade = mix(stage.look.near, stage.look.middle, 0.10 * (number % 3))
        edge = (
            (middle[0] + across[0], middle[1] + across[1]),
            (middle[0] - across[0], middle[1] - across[1]),
        )
        parts.append(polygon([root, edge[0], tip, edge[1]], shade))
    return tuple(parts)


def show(stage: BoardStage) -> list[Range]:
    """A stage with beams of light."""
    look = stage.look
    u = stage.unit
    h = stage.horizon
    beams = []
    for number, share in enumerate((0.1, 0.35, 0.65, 0.9)):
        x = share * stage.width
        aim = (0.5 + stage.between(-0.3, 0.3)) * stage.width
        colour = (look.glow, look.accent)[number % 2]
        corners = [
            (x - u * 0.012, -u * 0.15),
            (x + u * 0.012, -u * 0.15),
            (aim + u * 0.2, h + u * 0.1),
            (aim - u * 0.2, h + u * 0.1),
        ]
        beams.append(polygon(corners, Gradient(colour, colour, 0.5, 0.0)))
    boards = stage.floor(h + u * 0.04, mix(look.middle, look.accent, 0.25), look.near)
    edge = stage.slab(h + u * 0.04, mix(look.middle, look.glow, 0.6), h + u * 0.05)
    spot = ellipse(stage.hero_x, stage.ground + u * 0.01, u * 0.5, u * 0.07, look.glow, 0.28)
    return [
        Range(tuple(beams), 0.35, blur=u * 0.003, small=3, foot=h + u * 0.15),
        Range((*boards, edge, spot), 0.85, top=h),
        Range(crowd(stage), 1.45, blur=u * 0.004, small=3, top=stage.height - u * 0.16),
    ]


def crowd(stage: BoardStage) -> tuple[Shape, ...]:
    """The heads of those who watch."""
    u = stage.unit
    parts = []
    x = -float(stage.margin)
    dark = mix(stage.look.near, (0.0, 0.0, 0.0), 0.45)
    while x < stage.width + stage.margin:
        r = u * stage.between(0.035, 0.05)
        y = stage.height - u * stage.between(0.0, 0.05)
        parts += [circle(x, y, r, dark), ellipse(x, y + r * 2.3, r * 1.9, r * 1.5, dark)]
        x += u * stage.between(0.09, 0.15)
    return tuple(parts)


def tech(stage: BoardStage) -> list[Range]:
    """Floating panels over a grid of dots."""
    look = stage.look
    u = stage.unit
    m = stage.margin
    h = stage.horizon
    dots = tuple(
        circle(float(x), float(y), u * 0.0032, look.glow, 0.30)
        for x in np.arange(-m, stage.width + m, u * 0.06)
        for y in np.arange(-m, h + u * 0.04, u * 0.06)
    )
    panels: list[Shape | Glow] = []
    for number in range(4):
        w = u * stage.between(0.30, 0.46)
        tall = u * stage.between(0.20, 0.3)
        x = stage.width * (number + stage.between(0.1, 0.5)) / 4 - w * 0.3
        panels += panel(stage, (x, stage.height * stage.between(0.06, 0.40), w, tall), number)
    base = stage.floor(h + u * 0.03, mix(look.middle, look.glow, 0.14), look.near)
    disc = ellipse(stage.hero_x, stage.ground + u * 0.01, u * 0.46, u * 0.06, look.accent, 0.35)
    halo = ring(stage.hero_x, h - u * 0.25, u * 0.40, u * 0.010, look.glow, 0.35)
    return [
        Range((*dots, halo), 0.2, small=2, foot=h + u * 0.05),
        Range(tuple(panels), 0.45, u * 0.006, foot=h + u * 0.1),
        Range((*base, disc), 0.85, top=h),
    ]


def panel(
    stage: BoardStage, box: tuple[float, float, float, float], number: int
) -> list[Shape | Glow]:
    """One card of an interface, with bars or a line of growth."""
    (x, y, w, h) = box
    look = stage.look
    u = stage.unit
    parts: list[Shape | Glow] = [rect(x, y, w, h, mix(look.far, look.glow, 0.3), u * 0.018, 0.55)]
    parts.append(circle(x + w * 0.1, y + h * 0.17, h * 0.06, look.accent, 0.9))
    parts.append(rect(x + w * 0.18, y + h * 0.13, w * 0.34, h * 0.08, look.glow, h * 0.04, 0.6))
    for bar in range(6):
        tall = h * (0.14 + 0.40 * (bar / 5 if number % 2 else stage.between(0, 1)))
        at = (x + w * (0.1 + 0.138 * bar), y + h * 0.88 - tall)
        parts.append(rect(*at, w * 0.085, tall, (look.accent, look.glow)[bar % 2], w * 0.02, 0.55))
    return parts


def studio(stage: BoardStage) -> list[Range]:
    """Arches and a plinth under the hero, as for a product photograph."""
    look = stage.look
    u = stage.unit
    h = stage.horizon
    x = stage.hero_x
    arches: list[Shape | Glow] = []
    for number, wide in enumerate((1.02, 0.74)):
        fill = Gradient(
            mix(look.far, look.glow, 0.30 - 0.18 * number), mix(look.far, look.low, 0.4 * number)
        )
        top = h - u * (0.70 - 0.12 * number)
        arches.append(rect(x - u * wide / 2, top, u * wide, stage.height, fill, u * wide / 2, 0.92))
    other = stage.width * (0.12 if x > stage.width / 2 else 0.88)
    pillar = Gradient(mix(look.middle, look.glow, 0.25), look.middle)
    arches.append(
        rect(other - u * 0.15, h - u * 0.34, u * 0.30, stage.height, pillar, u * 0.15, 0.8)
    )
    floor = stage.floor(h + u * 0.02, mix(look.middle, look.low, 0.35), look.near)
    return [
        Range(tuple(arches), 0.3, foot=h + u * 0.1),
        Range(floor, 0.8, top=h),
        Range(plinth(stage), 0.99, top=stage.ground - u * 0.07),
    ]


def plinth(stage: BoardStage) -> tuple[Shape | Glow, ...]:
    """A round block to stand on."""
    look = stage.look
    u = stage.unit
    x = stage.hero_x
    y = stage.ground
    side = mix(look.middle, look.near, 0.15)
    flat = mix(look.middle, look.glow, 0.35)
    w = u * 0.46
    tall = u * 0.05
    foot = u * 0.075
    return (
        ellipse(x, y + foot + u * 0.02, w * 1.08, tall * 1.1, (0.0, 0.0, 0.0), 0.25),
        rect(x - w, y, 2 * w, foot, Gradient(side, look.near)),
        ellipse(x, y + foot, w, tall, look.near),
        ellipse(x, y, w, tall, flat),
        ellipse(x, y + u * 0.002, w * 0.93, tall * 0.88, mix(flat, look.middle, 0.25)),
    )


def discs(stage: BoardStage) -> list[Range]:
    """Large discs and rings behind what stands in front of them."""
    look = stage.look
    u = stage.unit
    ranges = []
    for number, colour in enumerate((look.far, look.middle, look.accent)):
        shapes: list[Shape | Glow] = []
        for _ in range(2):
            x = stage.between(0.0, 1.0) * stage.width
            y = stage.between(0.05, 0.75) * stage.height
            r = u * stage.between(0.14, 0.34) * (1 - 0.2 * number)
            shapes.append(circle(x, y, r, Gradient(mix(colour, look.glow, 0.25), colour), 0.75))
            shapes.append(ring(x, y, r * 1.25, u * 0.006, colour, 0.5))
        ranges.append(Range(tuple(shapes), 0.2 + 0.14 * number, u * 0.01 * (-1) ** number))
    floor = stage.floor(stage.horizon + u * 0.03, mix(look.middle, look.low, 0.3), look.near)
    return [*ranges, Range(floor, 0.85, top=stage.horizon)]
