"""Frames: everything is drawn once as layers, then laid together as the camera moves through them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from lotus.providers.boards.board import Board, random_for
from lotus.providers.boards.camera import Pose, overshoot, pose
from lotus.providers.boards.composition import Place, Plan, plan_of
from lotus.providers.boards.layers import Canvas, Image, Plate, Sprite, draw_plate, draw_sprite, plate, sprite
from lotus.providers.boards.raster import blurred, graded_pictogram, rasterised
from lotus.providers.boards.scenery import SETTINGS, Range, Stage, document, sky
from lotus.providers.boards.treatments import Look, look_of

__all__ = ["frames"]

MARGIN = 0.13  # of the frame's longer side, around the scenery, for the camera to move in
HEADROOM = 1.12  # sprites are drawn larger than they first appear, so that a zoom stays sharp


@dataclass(frozen=True)
class Actor:
    """A pictogram on stage, drawn, with its place and the phase of its own movement."""

    drawn: Sprite
    place: Place
    phase: float


@dataclass(frozen=True)
class Scene:
    """All layers of a board, back to front, and what is laid over the finished frame."""

    plates: tuple[Plate, ...]
    actors: tuple[Actor, ...]
    vignette: Image | None
    grain: Image | None


def frames(board: Board) -> Iterator[bytes]:
    """Each frame of a board: planar yuv420p, BT.709 limited range, width * height * 3 // 2 bytes."""
    cv2.setNumThreads(1)
    scene, canvas = scene_of(board), Canvas.of(board.width, board.height)
    noise = random_for("grain", board.seed, board.index)
    for number in range(board.frames):
        seconds = float(number / board.fps)
        draw(canvas, scene, pose(board.camera, number / max(1, board.frames - 1), seconds), seconds, noise)
        yield canvas.buffer.tobytes()


def draw(canvas: Canvas, scene: Scene, view: Pose, seconds: float, noise: np.random.Generator) -> None:
    """Draw one frame."""
    for layer in scene.plates:
        draw_plate(canvas, layer, view, seconds)
    for actor in scene.actors:
        draw_actor(canvas, actor, view, seconds)
    if scene.vignette is not None:
        cv2.multiply(canvas.y, scene.vignette, dst=canvas.y, scale=1 / 255)
    if scene.grain is not None:
        x, y = (int(n) for n in noise.integers(0, 64, 2))
        cv2.add(canvas.y, scene.grain[y : y + canvas.y.shape[0], x : x + canvas.y.shape[1]], dst=canvas.y)


def draw_actor(canvas: Canvas, actor: Actor, view: Pose, seconds: float) -> None:
    """Draw one pictogram as it arrives, bobs and sways."""
    height, width = canvas.y.shape
    place, unit = actor.place, min(canvas.y.shape)
    zoom = 1 + (view.zoom - 1) * place.depth * 1.15
    hero = place.depth == 1.0
    arrived = (
        0.90 + 0.10 * overshoot(seconds / 0.9)
        if hero
        else overshoot((seconds - place.delay_seconds + 0.25) / 0.7)
    )
    bob = (0.006 if hero else 0.011) * unit * math.sin(seconds * 1.5 + actor.phase)
    x = width / 2 + zoom * (place.x - 0.5) * width + view.x * place.depth * width
    y = height / 2 + zoom * (place.y - 0.5) * height + view.y * place.depth * height + bob
    turn = math.radians(1.6 if hero else 3.2) * math.sin(seconds * 1.1 + actor.phase * 2)
    draw_sprite(canvas, actor.drawn, x, y, zoom * max(0.0, arrived) / HEADROOM, turn)


def scene_of(board: Board) -> Scene:
    """Decide and draw all layers of a board."""
    plan = plan_of(board)
    look = look_of(board, plan.night, plan.warm)
    stage = stage_of(board, plan, look)
    plates = [scenery_plate(stage, Range(sky(stage), 0.12))]
    plates += [scenery_plate(stage, part) for part in SETTINGS[plan.setting](stage)]
    return Scene(
        tuple(plates), tuple(actors_of(board, plan, look)), vignette_of(board, look), grain_of(board, look)
    )


def stage_of(board: Board, plan: Plan, look: Look) -> Stage:
    """The stage of a plan: where its horizon and its light are, in pixels."""
    random = random_for("scenery", board.seed, board.index, board.description)
    hero = next((place for place in plan.places if place.depth == 1.0), None)
    x = (hero.x if hero else float(random.uniform(0.3, 0.7))) * board.width
    unit = min(board.width, board.height)
    low = plan.warm or look.treatment.sky == "grid"
    y = plan.horizon * board.height - unit * (0.16 if low else 0.28)
    margin = int(max(board.width, board.height) * MARGIN) & ~1
    radius = unit * (0.36 if hero and hero.size > 0.6 else 0.30)
    return Stage(
        board.width, board.height, margin, plan.horizon * board.height, x, y, radius, look, plan.night, random
    )


def scenery_plate(stage: Stage, part: Range) -> Plate:
    """One range of scenery, drawn."""
    image = rasterised(document(stage, part.svg), stage.width + 2 * stage.margin)
    if part.blur:
        image = blurred(image, part.blur)
    return plate(image, -stage.margin, -stage.margin, part.depth, part.drift)


def actors_of(board: Board, plan: Plan, look: Look) -> Iterator[Actor]:
    """The plan's pictograms, drawn."""
    phases = random_for("phases", board.seed, board.index).uniform(0, math.tau, 8)
    for place, phase in zip(plan.places, phases, strict=False):
        size = max(8, round(place.size * min(board.width, board.height) * HEADROOM))
        yield Actor(
            sprite(graded_pictogram(place.name, size, look, place.blur, place.flip)), place, float(phase)
        )


def vignette_of(board: Board, look: Look) -> Image | None:
    """What is left of the light (0..255), less at the corners and at the foot where captions go."""
    y, x = np.mgrid[-1 : 1 : board.height * 1j, -1 : 1 : board.width * 1j].astype(np.float32)
    corners = np.clip((x * x + y * y) / 2, 0, 1) ** 1.3 * look.treatment.vignette
    foot = np.clip((y - 0.35) / 0.65, 0, 1) ** 1.5 * 0.22
    return np.clip(255 * (1 - corners) * (1 - foot), 0, 255).astype(np.uint8)


def grain_of(board: Board, look: Look) -> Image | None:
    """Film grain to add, larger than the frame; None when the treatment has none."""
    if not look.treatment.grain:
        return None
    noise = random_for("grain tile").normal(0, 1, (board.height + 64, board.width + 64)).astype(np.float32)
    level = look.treatment.grain
    return np.clip(level + level * 0.8 * cv2.GaussianBlur(noise, (0, 0), 0.8) * 1.8, 0, 4 * level).astype(
        np.uint8
    )
