"""Frames: everything is drawn once as layers, then laid together as the camera moves through them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from lotus.providers.boards.board import Board, random_for
from lotus.providers.boards.camera import Pose, overshoot, pose
from lotus.providers.boards.composition import Place, Plan, plan_of, roles
from lotus.providers.boards.layers import (
    Canvas,
    Image,
    Plate,
    Sprite,
    draw_plate,
    draw_sprite,
    lay,
    plate,
    sprite,
)
from lotus.providers.boards.lettering import word_image
from lotus.providers.boards.palette import mix
from lotus.providers.boards.pictograms import key_word
from lotus.providers.boards.raster import blurred, graded_pictogram, rasterised
from lotus.providers.boards.scenery import SETTINGS
from lotus.providers.boards.shapes import Range, Stage, document
from lotus.providers.boards.skies import sharp_sky, soft_sky
from lotus.providers.boards.treatments import Look, look_of
from lotus.providers.boards.weather import Fall, Steam, draw_fall, draw_steam, fall_of, steam_of

__all__ = ["frames"]

MARGIN = 0.085  # of the frame's longer side, around the scenery, for the camera to move in
SKY_DEPTH = 0.12  # far away: it hardly follows the camera
TILE = 256  # of the grain, pixels
HEADROOM = 1.12  # sprites are drawn larger than they first appear, so that a zoom stays sharp


@dataclass(frozen=True)
class Actor:
    """A pictogram on stage, drawn, with its place and the phase of its own movement."""

    drawn: Sprite | Plate  # only the hero turns
    place: Place
    phase: float
    steam: Steam | None = None


@dataclass(frozen=True)
class Scene:
    """All layers of a board, back to front, and what is laid over the finished frame."""

    plates: tuple[Plate, ...]
    actors: tuple[Actor, ...]
    fall: Fall | None
    vignette: Image
    lift: Image  # so that black stays at 16 under the vignette
    white: Image  # the brightest legal luma


def frames(board: Board) -> Iterator[bytes]:
    """Each frame of a board: planar yuv420p, BT.709 limited range, width * height * 3 // 2 bytes."""
    cv2.setNumThreads(1)
    scene, canvas = scene_of(board), Canvas.of(board.width, board.height)
    for number in range(board.frames):
        seconds = float(number / board.fps)
        draw(canvas, scene, pose(board.camera, number / max(1, board.frames - 1), seconds), seconds)
        yield canvas.buffer.tobytes()


def draw(canvas: Canvas, scene: Scene, view: Pose, seconds: float) -> None:
    """Draw one frame."""
    for layer in scene.plates:
        draw_plate(canvas, layer, view, seconds)
    for actor in scene.actors:
        draw_actor(canvas, actor, view, seconds)
    if scene.fall is not None:
        draw_fall(canvas, scene.fall, seconds)
    cv2.multiply(canvas.y, scene.vignette, dst=canvas.y, scale=1 / 255)
    cv2.add(canvas.y, scene.lift, dst=canvas.y)
    cv2.min(canvas.y, scene.white, dst=canvas.y)


def standing(canvas: Canvas, actor: Actor, view: Pose, seconds: float) -> tuple[float, float, float]:
    """Where a pictogram's middle is, in pixels, and its scale, as it arrives and bobs."""
    height, width = canvas.y.shape
    place, hero = actor.place, actor.place.depth == 1.0
    zoom = 1 + (view.zoom - 1) * place.depth * 1.15
    late = seconds - place.delay_seconds + 0.25
    arrived = 0.90 + 0.10 * overshoot(seconds / 0.9) if hero else overshoot(late / 0.7)
    bob = (0.006 if hero else 0.011) * min(width, height) * math.sin(seconds * 1.5 + actor.phase)
    x = width / 2 + zoom * (place.x - 0.5) * width + view.x * place.depth * width
    y = height / 2 + zoom * (place.y - 0.5) * height + view.y * place.depth * height + bob
    return x, y, zoom * max(0.0, arrived)


def draw_actor(canvas: Canvas, actor: Actor, view: Pose, seconds: float) -> None:
    """Draw one pictogram; the hero sways, and steams when it is hot."""
    x, y, size = standing(canvas, actor, view, seconds)
    scale = size / HEADROOM
    if isinstance(actor.drawn, Sprite):
        turn = math.radians(1.8) * math.sin(seconds * 1.1 + actor.phase * 2)
        draw_sprite(canvas, actor.drawn, x, y, scale, turn)
    else:
        lay(canvas, actor.drawn, x + scale * actor.drawn.x, y + scale * actor.drawn.top, scale)
    if actor.steam is not None:
        tall = actor.place.size * min(canvas.y.shape)
        draw_steam(canvas, actor.steam, x - 0.06 * tall, y - 0.08 * tall, seconds)


def scene_of(board: Board) -> Scene:
    """Decide and draw all layers of a board."""
    plan = plan_of(board)
    look = look_of(board, plan.night, plan.warm)
    stage = stage_of(board, plan, look)
    ranges = [scenery_plate(stage, part) for part in SETTINGS[plan.setting](stage)]
    word = () if plan.framing == "end" else word_plates(board, plan, look)
    plates = (sky_plate(stage), *ranges[:1], *word, *ranges[1:])
    shade = vignette_of(board, look)
    lift = ((255 - shade.astype(np.uint16)) * 16 // 255).astype(np.uint8)
    actors = tuple(actors_of(board, plan, look))
    return Scene(plates, actors, weather_fall(board, plan, look), shade, lift, np.full_like(shade, 235))


def weather_fall(board: Board, plan: Plan, look: Look) -> Fall | None:
    """Rain or snow where the words have it, else dust in the light of a dark scene."""
    kinds: list[str] = [kind for kind in ("rain", "snow") if kind in plan.weather]
    if look.treatment.key == "dark":
        kinds.append("dust")
    random = random_for("weather", board.seed, board.index)
    return fall_of(kinds[0], random, board.width, board.height) if kinds else None


def word_plates(board: Board, plan: Plan, look: Look) -> tuple[Plate, ...]:
    """The key word, ghosted, behind the pictograms; large when it has to carry the board alone."""
    alone = not plan.places
    width, height = (
        int(board.width * (0.86 if alone else 0.94)),
        int(board.height * (0.34 if alone else 0.30)),
    )
    light = look.treatment.key == "dark" or (alone and look.treatment.key == "mid")
    hero = next((place.name for place in plan.places if place.depth == 1.0), "")
    colour = look.glow if light else mix(look.near, look.middle, 0.4)
    image = word_image(key_word(board.description, hero), width, height, colour, 0.92 if alone else 0.20)
    if image is None:
        return ()
    x = (board.width - image.shape[1]) / 2
    y = board.height * (0.40 if alone else 0.20 if board.height <= board.width else 0.15) - image.shape[0] / 2
    return (plate(image, x, y, 0.42, board.width * 0.008),)


def stage_of(board: Board, plan: Plan, look: Look) -> Stage:
    """The stage of a plan: where its horizon and its light are, in pixels."""
    random = random_for("scenery", board.seed, board.index, board.description)
    hero = next((place for place in plan.places if place.depth == 1.0), None)
    x = (hero.x if hero else float(random.uniform(0.3, 0.7))) * board.width
    if plan.framing in {"close", "orbit"}:  # the light stands opposite, not behind
        x = board.width - 0.8 * x if x > board.width / 2 else board.width * 0.9 - x * 0.6
    unit = min(board.width, board.height)
    low = plan.warm or look.treatment.sky == "grid"
    y = plan.horizon * board.height - unit * (0.16 if low else 0.28)
    margin = int(max(board.width, board.height) * MARGIN) & ~1
    radius = unit * (0.36 if hero and hero.size > 0.6 else 0.30)
    return Stage(
        board.width, board.height, margin, plan.horizon * board.height, x, y, radius, look, plan.night, random
    )


def sky_plate(stage: Stage) -> Plate:
    """The backdrop: its soft part is drawn small and enlarged, its edges are laid over."""
    svg, top, width = document(stage, Range(sharp_sky(stage), SKY_DEPTH, small=2))
    sharp = rasterised(svg, width)
    svg, _, small = document(stage, Range(soft_sky(stage), SKY_DEPTH, small=8))
    soft = cv2.resize(rasterised(svg, small), (sharp.shape[1], sharp.shape[0]), interpolation=cv2.INTER_CUBIC)
    share = cv2.cvtColor(cv2.extractChannel(sharp, 3), cv2.COLOR_GRAY2RGB)
    below = cv2.multiply(soft[..., :3].copy(), cv2.bitwise_not(share), scale=1 / 255)
    above = cv2.multiply(sharp[..., :3].copy(), share, scale=1 / 255)
    both = np.dstack([cv2.add(below, above), np.full_like(soft[..., 3], 255)])
    image = grained(both, stage.look.treatment.grain)
    return plate(image, -stage.margin, top, SKY_DEPTH, 0.0, (stage.width + 2 * stage.margin) / width)


def scenery_plate(stage: Stage, part: Range) -> Plate:
    """One range of scenery, drawn, with the fine grain of a printed gradient."""
    svg, top, width = document(stage, part)
    image = rasterised(svg, width)
    if part.blur:
        image = blurred(image, part.blur)
    image = grained(image, stage.look.treatment.grain)
    return plate(image, -stage.margin, top, part.depth, part.drift, (stage.width + 2 * stage.margin) / width)


def grained(image: Image, level: int) -> Image:
    """A picture with grain of `level` (0..5), riding on the shapes, so that it is cheap to encode."""
    noise = random_for("grain").normal(level, 0.9 * level + 0.6, (TILE, TILE)).astype(np.float32)
    soft = np.clip(np.round(cv2.GaussianBlur(noise, (0, 0), 0.7)), 0, 255).astype(np.uint8)
    tile = np.dstack([soft, soft, soft, np.zeros_like(soft)])
    rows, columns = image.shape[:2]
    wide = np.tile(tile, (rows // TILE + 1, columns // TILE + 1, 1))[:rows, :columns]
    wide[..., 3] = 0
    lifted = cv2.add(image, wide)
    lifted[..., :3] = np.maximum(lifted[..., :3], level) - np.uint8(level)
    return np.asarray(lifted)


def actors_of(board: Board, plan: Plan, look: Look) -> Iterator[Actor]:
    """The plan's pictograms, drawn."""
    phases = random_for("phases", board.seed, board.index).uniform(0, math.tau, 8)
    for place, phase in zip(plan.places, phases, strict=False):
        small = 4 if place.blur >= 0.8 else 1
        size = max(8, round(place.size * min(board.width, board.height) * HEADROOM / small))
        image = graded_pictogram(place.name, size, look, place.blur, place.flip)
        x, top = -image.shape[1] * small / 2, -image.shape[0] * small / 2
        drawn = sprite(image) if place.depth == 1.0 else plate(image, x, top, place.depth, enlarge=small)
        hot = place.depth == 1.0 and place.name in roles().steam
        steam = steam_of(random_for("steam", board.seed), size / HEADROOM) if hot else None
        yield Actor(drawn, place, float(phase), steam)


def vignette_of(board: Board, look: Look) -> Image:
    """What is left of the light (0..255), less at the corners and at the foot where captions go."""
    y, x = np.mgrid[-1 : 1 : board.height * 1j, -1 : 1 : board.width * 1j].astype(np.float32)
    corners = np.clip((x * x + y * y) / 2, 0, 1) ** 1.3 * look.treatment.vignette
    foot = np.clip((y - 0.35) / 0.65, 0, 1) ** 1.5 * 0.22
    left: Image = np.clip(255 * (1 - corners) * (1 - foot), 0, 255).astype(np.uint8)
    return left
