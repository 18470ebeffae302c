"""Frames: the layers of a board, laid together as the camera moves through them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np

from lotus.providers.animatic.board import Board
from lotus.providers.animatic.layers import (
    BoardCanvas,
    Image,
    Plate,
    Pose,
    Sprite,
    draw_plate,
    draw_sprite,
    lay,
    overshoot,
    pose,
)
from lotus.providers.animatic.scene import HEADROOM, Actor, BoardScene, scene_of
from lotus.providers.animatic.weather import draw_fall, draw_steam

__all__ = ["frame_of", "frames"]


def frames(board: Board) -> Iterator[memoryview]:
    """Each frame of a board: planar yuv420p, BT.709 limited range, width * height * 3 // 2 bytes.

    The bytes are the canvas itself: they change when the next frame is asked for.
    """
    cv2.setNumThreads(1)
    scene = scene_of(board)
    canvas = BoardCanvas.of(board.width, board.height)
    for number in range(board.frames):
        seconds = float(number / board.fps)
        draw(canvas, scene, pose(board.camera, number / max(1, board.frames - 1), seconds), seconds)
        yield canvas.buffer.data


def frame_of(board: Board, number: int) -> bytes:
    """One frame of a board, counted from 0, as `frames` gives it."""
    cv2.setNumThreads(1)
    canvas = BoardCanvas.of(board.width, board.height)
    seconds = float(number / board.fps)
    view = pose(board.camera, number / max(1, board.frames - 1), seconds)
    draw(canvas, scene_of(board), view, seconds)
    return bytes(canvas.buffer.data)


def draw(canvas: BoardCanvas, scene: BoardScene, view: Pose, seconds: float) -> None:
    """Draw one frame."""
    for layer in scene.layers:
        if isinstance(layer, Plate):
            draw_plate(canvas, layer, view, seconds)
        else:
            draw_actor(canvas, layer, view, seconds)
    if scene.fall is not None:
        draw_fall(canvas, scene.fall, seconds)
    cv2.multiply(canvas.y, scene.vignette, dst=canvas.y, scale=1 / 255)
    cv2.add(canvas.y, scene.lift, dst=canvas.y)
    cv2.min(canvas.y, scene.white, dst=canvas.y)


def standing(
    canvas: BoardCanvas, actor: Actor, view: Pose, seconds: float
) -> tuple[float, float, float]:
    """Where a pictogram is held, in pixels, and its scale, as it arrives and floats."""
    height, width = canvas.y.shape
    place = actor.place
    hero = actor.place.depth == 1.0
    zoom = 1 + (view.zoom - 1) * place.depth * (1.0 if place.stands else 1.15)
    late = seconds - place.delay_seconds + 0.25
    arrived = 0.90 + 0.10 * overshoot(seconds / 0.9) if hero else overshoot(late / 0.7)
    bob = (
        0.0 if place.stands else 0.011 * min(width, height) * math.sin(seconds * 1.5 + actor.phase)
    )
    x = width / 2 + zoom * (place.x - 0.5) * width + view.x * place.depth * width
    y = height / 2 + zoom * (place.y - 0.5) * height + view.y * place.depth * height + bob
    return x, y, zoom * max(0.0, arrived)


def draw_actor(canvas: BoardCanvas, actor: Actor, view: Pose, seconds: float) -> None:
    """Draw one pictogram; the hero leans a little, and steams when it is hot."""
    x, y, size = standing(canvas, actor, view, seconds)
    scale = size / HEADROOM
    if isinstance(actor.drawn, Sprite):
        draw_sprite(canvas, actor.drawn, x, y, scale * swaying(actor, seconds))
    else:
        for part in actor.drawn:
            lay(canvas, part, x + scale * part.x, y + scale * part.top, scale)
    if actor.steam is not None:
        tall = actor.place.size * min(canvas.y.shape)
        draw_steam(
            canvas,
            actor.steam,
            x - 0.06 * tall,
            y - (0.58 if actor.place.stands else 0.08) * tall,
            seconds,
        )


def swaying(actor: Actor, seconds: float) -> Image:
    """How the hero moves where it is: what stands leans and breathes, what floats turns; a 2 x 2
    matrix.
    """
    wave = math.sin(seconds * 1.1 + actor.phase * 2)
    if actor.place.stands:
        tall = 1 + 0.012 * math.sin(seconds * 1.9 + actor.phase)
        return np.array([[1 / tall, -0.022 * wave], [0.0, tall]])
    turn = math.radians(2.2) * wave
    return np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
