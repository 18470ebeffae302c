"""The layers of a board, decided and drawn once: backdrop, scenery, pictograms, weather
and light.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from lotus.providers.animatic.board import Board, random_for
from lotus.providers.animatic.composition import CARDS, BoardLayout, PictogramPlacement, plan_of
from lotus.providers.animatic.layers import (
    SWAY_SECONDS,
    Image,
    Plate,
    Sprite,
    fixed,
    plates,
    pose,
    sprite,
)
from lotus.providers.animatic.palette import mix
from lotus.providers.animatic.raster import blurred, cutout
from lotus.providers.animatic.scenery import BACKLIT, OUTDOORS, SETTINGS
from lotus.providers.animatic.shapes import paint
from lotus.providers.animatic.skies import sharp_sky, soft_sky
from lotus.providers.animatic.stage import BoardStage, Range
from lotus.providers.animatic.subjects import roles
from lotus.providers.animatic.treatments import BoardLook, look_of
from lotus.providers.animatic.weather import Fall, Steam, fall_of, steam_of

__all__ = ["HEADROOM", "Actor", "BoardScene", "scene_of"]

MARGIN = 0.085  # of the frame's longer side, around the scenery, for the camera to move in
SKY_DEPTH = 0.12  # far away: it hardly follows the camera
TILE = 256  # of the grain, pixels
HEADROOM = 1.12  # pictograms are drawn larger than they first appear, so that a zoom stays sharp


@dataclass(frozen=True)
class Actor:
    """A pictogram on stage, drawn, with its place and the phase of its own movement."""

    drawn: Sprite | tuple[Plate, ...]  # only the hero leans
    place: PictogramPlacement
    phase: float
    steam: Steam | None = None


@dataclass(frozen=True)
class BoardScene:
    """All layers of a board, back to front, and what is laid over the finished frame."""

    layers: tuple[Plate | Actor, ...]
    fall: Fall | None
    vignette: Image
    lift: Image  # so that black stays at 16 under the vignette
    white: Image  # the brightest legal luma


def scene_of(board: Board) -> BoardScene:
    """Decide and draw all layers of a board."""
    plan = plan_of(board)
    look = look_of(board, plan.night, plan.warm)
    stage = stage_of(board, plan, look)
    grain = grain_of(look.treatment.grain)
    scenery = [sky_plates(stage, grain, plan.setting in BACKLIT)]
    scenery += [scenery_plates(stage, part, grain) for part in SETTINGS[plan.setting](stage)]
    plain = [part for group in (*scenery, word_plates(board, look)) for part in group]
    first, last = (pose(board.camera, p, p * float(board.frames / board.fps)) for p in (0.0, 1.0))
    if first.zoom == last.zoom:
        plain = [fixed(part, first.zoom) for part in plain]
    layers: list[Plate | Actor] = [*plain, *actors_of(board, plan, look)]
    shade = vignette_of(board, look)
    lift = ((255 - shade.astype(np.uint16)) * 16 // 255).astype(np.uint8)
    layers.sort(key=lambda layer: layer.depth if isinstance(layer, Plate) else layer.place.order)
    return BoardScene(
        tuple(layers), weather_fall(board, plan, look), shade, lift, np.full_like(shade, 235)
    )


def weather_fall(board: Board, plan: BoardLayout, look: BoardLook) -> Fall | None:
    """Rain or snow where the words have it, else dust in the light of a dark scene."""
    kinds: list[str] = [
        kind for kind in ("rain", "snow") if kind in plan.weather and plan.setting in OUTDOORS
    ]
    if look.treatment.key == "dark":
        kinds.append("dust")
    random = random_for("weather", board.seed, board.index)
    return fall_of(kinds[0], random, board.width, board.height) if kinds else None


def word_plates(board: Board, look: BoardLook) -> Iterator[Plate]:
    """A word that has to carry the board alone, in front of its scenery."""
    if not board.word:
        return
    from lotus.providers.animatic.lettering import word_image

    colour = look.glow if look.treatment.key != "light" else mix(look.near, look.middle, 0.3)
    width = int(board.width * 0.78)
    height = int(board.height * 0.30)
    image = word_image(board.word, width, height, colour)
    if image is not None:
        x = (board.width - image.shape[1]) / 2
        y = board.height * 0.44 - image.shape[0] / 2
        yield from plates(image, None, x, y, 0.97, board.width * 0.006)


def stage_of(board: Board, plan: BoardLayout, look: BoardLook) -> BoardStage:
    """The stage of a plan: where its horizon, its hero and its light are, in pixels."""
    random = random_for("scenery", board.seed, board.index, board.names, board.word)
    hero = plan.hero
    unit = min(board.width, board.height)
    x = (hero.x if hero else float(random.uniform(0.3, 0.7))) * board.width
    light = x
    if plan.framing in {"close", "far"}:  # the light stands opposite, not behind
        light = board.width - 0.8 * x if x > board.width / 2 else board.width * 0.9 - x * 0.6
    if plan.framing in CARDS:
        light = board.width / 2
    low = plan.warm or look.treatment.sky == "grid"
    return BoardStage(
        width=board.width,
        height=board.height,
        margin=int(max(board.width, board.height) * MARGIN) & ~1,
        horizon=plan.horizon * board.height,
        ground=min(plan.ground, 0.90) * board.height,
        hero_x=x,
        light_x=light,
        light_y=plan.horizon * board.height - unit * (0.16 if low else 0.30),
        light_radius=unit * (0.36 if hero and hero.size > 0.6 else 0.30),
        look=look,
        night=plan.night,
        afloat=hero is not None and hero.swims,
        random=random,
    )


def sky_plates(stage: BoardStage, grain: Image | None, sun: bool) -> Iterator[Plate]:
    """The backdrop: its soft part is painted small and enlarged, its edges are laid over.

    It goes down behind a table that is nearer than the horizon, also when the camera tilts.
    """
    foot = max(stage.horizon + stage.unit * 0.25, stage.ground + stage.unit * 0.12)
    box = (-stage.margin, -stage.margin, stage.width + 2 * stage.margin, foot + stage.margin)
    sharp = paint(sharp_sky(stage, sun), box, small=2)
    soft = cv2.resize(
        paint(soft_sky(stage), box, small=8), sharp.shape[1::-1], interpolation=cv2.INTER_CUBIC
    )
    soft[..., 3] = 255
    clear = cv2.bitwise_not(cv2.extractChannel(sharp, 3))
    both = cv2.add(cv2.multiply(soft, cv2.merge([clear] * 4), scale=1 / 255), sharp)
    return plates(both, grain, box[0], box[1], SKY_DEPTH, 0.0, box[2] / sharp.shape[1])


def scenery_plates(stage: BoardStage, part: Range, grain: Image | None) -> Iterator[Plate]:
    """One range of scenery, painted, with the fine grain of a printed gradient."""
    top = -stage.margin if part.top is None else max(-stage.margin, math.floor(part.top))
    lowest = stage.height + stage.margin
    foot = lowest if part.foot is None else min(lowest, math.ceil(part.foot))
    side = stage.margin + math.ceil(abs(part.drift) * SWAY_SECONDS)
    box = (-side, top, stage.width + 2 * side, foot - top)
    image = paint(part.shapes, box, part.small)
    if part.blur:
        image = blurred(image, part.blur / part.small)
    return plates(image, grain, box[0], top, part.depth, part.drift, box[2] / image.shape[1])


def grain_of(level: int) -> Image | None:
    """A tile of grain, 128 in the middle and `level` (0..5) around it; None for no grain."""
    if not level:
        return None
    noise = random_for("grain").normal(0, 0.9 * level + 0.6, (TILE, TILE)).astype(np.float32)
    return np.asarray(
        np.clip(128 + np.round(cv2.GaussianBlur(noise, (0, 0), 0.7)), 0, 255).astype(np.uint8)
    )


def actors_of(board: Board, plan: BoardLayout, look: BoardLook) -> Iterator[Actor]:
    """The plan's pictograms, drawn."""
    phases = random_for("phases", board.seed, board.index).uniform(0, math.tau, 8)
    for place, phase in zip(plan.places, phases, strict=False):
        size = max(8, round(place.size * min(board.width, board.height) * HEADROOM))
        bust = place.name in roles().people
        stands = place.stands
        figure = cutout(
            place.name,
            size,
            look,
            blur=place.blur,
            flip=place.flip,
            stands=stands,
            bust=bust,
            body=bust and board.lifted and place.depth == 1.0,
            skin=board.by_day and place.name in roles().skin,
        )
        picture: Sprite | tuple[Plate, ...]
        if place.depth == 1.0:
            picture = sprite(figure.image, figure.hold_x, figure.hold_y)
        else:
            picture = tuple(plates(figure.image, None, -figure.hold_x, -figure.hold_y, place.depth))
        hot = place.depth == 1.0 and place.name in roles().steam
        steam = steam_of(random_for("steam", board.seed), size / HEADROOM) if hot else None
        yield Actor(picture, place, float(phase), steam)


def vignette_of(board: Board, look: BoardLook) -> Image:
    """What is left of the light (0..255), less at the corners and at the foot where captions go."""
    y = np.linspace(-1, 1, board.height, dtype=np.float32)
    x = np.linspace(-1, 1, board.width, dtype=np.float32)
    away = np.minimum(1, (x[None, :] ** 2 + y[:, None] ** 2) / 2)
    corners = cv2.pow(away, 1.3) * look.treatment.vignette
    foot = np.clip((y - 0.35) / 0.65, 0, 1) ** 1.5 * 0.22
    left: Image = np.clip(255 * (1 - corners) * (1 - foot[:, None]), 0, 255).astype(np.uint8)
    return left
