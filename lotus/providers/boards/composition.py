"""Where things stand: which pictogram leads, which support it, and how each framing arranges them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from lotus.providers.boards.board import Board, is_end_scene, random_for
from lotus.providers.boards.pictograms import data, pictograms_for

__all__ = ["Place", "Plan", "plan_of"]


@dataclass(frozen=True)
class Roles:
    """What pictograms mean for a scene, from the data file."""

    night: frozenset[str]
    warm: frozenset[str]
    rain: frozenset[str]
    snow: frozenset[str]
    steam: frozenset[str]
    extras: frozenset[str]
    settings: dict[str, frozenset[str]]
    stand_ins: dict[str, str]


@cache
def roles() -> Roles:
    """The roles, read once a process."""
    raw = tomllib.loads(data("stage.toml").decode())
    settings = {name: frozenset(members.split()) for name, members in raw.pop("settings").items()}
    stand_ins = raw.pop("stand_ins")
    return Roles(**{k: frozenset(v.split()) for k, v in raw.items()}, settings=settings, stand_ins=stand_ins)


@dataclass(frozen=True)
class Place:
    """One pictogram: middle in frame widths and heights, size in shorter sides, depth (1 is the hero's)."""

    name: str
    x: float
    y: float
    size: float
    depth: float
    blur: float = 0.0
    delay_seconds: float = 0.0
    flip: bool = False


@dataclass(frozen=True)
class Plan:
    """All decisions of a board's composition."""

    names: tuple[str, ...]
    framing: str
    setting: str
    flip: bool
    night: bool
    warm: bool
    weather: frozenset[str]  # of rain, snow, steam
    places: tuple[Place, ...]  # back to front
    horizon: float  # of the frame height


Slot = tuple[float, float, float, float, float]  # x, y, size, depth, blur

# The first slot is the hero's. Size is a share of the frame's shorter side.
WIDE: dict[str, tuple[Slot, ...]] = {
    "stage": (
        (0.50, 0.475, 0.60, 1.0, 0),
        (0.20, 0.55, 0.34, 0.75, 0.1),
        (0.80, 0.54, 0.36, 0.8, 0.1),
        (0.72, 0.17, 0.17, 0.5, 0.2),
    ),
    "third": (
        (0.335, 0.465, 0.70, 1.0, 0),
        (0.745, 0.50, 0.42, 0.72, 0.1),
        (0.585, 0.20, 0.19, 0.5, 0.2),
        (1.00, 0.93, 0.62, 1.7, 1),
    ),
    "close": (
        (0.655, 0.46, 0.86, 1.0, 0),
        (0.215, 0.36, 0.33, 0.62, 0.15),
        (0.36, 0.70, 0.20, 0.8, 0.1),
        (0.03, 0.92, 0.60, 1.7, 1),
    ),
    "orbit": (
        (0.50, 0.46, 0.58, 1.0, 0),
        (0.235, 0.30, 0.25, 0.7, 0.1),
        (0.775, 0.38, 0.30, 0.8, 0.1),
        (0.25, 0.70, 0.19, 1.1, 0),
    ),
    "portal": (
        (0.635, 0.455, 0.64, 1.0, 0),
        (0.285, 0.46, 0.38, 0.8, 0.05),
        (0.165, 0.20, 0.18, 0.6, 0.2),
        (0.94, 0.14, 0.34, 1.6, 0.9),
    ),
    "end": (
        (0.175, 0.34, 0.42, 0.9, 0),
        (0.835, 0.30, 0.36, 0.8, 0.1),
        (0.945, 0.82, 0.42, 1.5, 1),
        (0.04, 0.90, 0.36, 1.4, 1),
    ),
}
TALL: dict[str, tuple[Slot, ...]] = {
    "stage": (
        (0.50, 0.46, 0.88, 1.0, 0),
        (0.22, 0.185, 0.34, 0.7, 0.1),
        (0.80, 0.235, 0.30, 0.75, 0.1),
        (0.84, 0.69, 0.26, 1.1, 0),
    ),
    "third": (
        (0.42, 0.52, 0.92, 1.0, 0),
        (0.74, 0.22, 0.46, 0.7, 0.1),
        (0.17, 0.25, 0.22, 0.5, 0.2),
        (1.02, 0.83, 0.66, 1.7, 1),
    ),
    "close": (
        (0.60, 0.43, 1.16, 1.0, 0),
        (0.24, 0.72, 0.38, 0.9, 0),
        (0.20, 0.12, 0.26, 0.5, 0.2),
        (0.00, 0.95, 0.7, 1.7, 1),
    ),
    "orbit": (
        (0.50, 0.44, 0.80, 1.0, 0),
        (0.22, 0.20, 0.32, 0.7, 0.1),
        (0.82, 0.23, 0.28, 0.8, 0.1),
        (0.76, 0.69, 0.28, 1.1, 0),
    ),
    "portal": (
        (0.54, 0.40, 0.84, 1.0, 0),
        (0.25, 0.68, 0.40, 1.1, 0),
        (0.84, 0.66, 0.24, 0.8, 0.1),
        (0.05, 0.10, 0.5, 1.6, 0.9),
    ),
    "end": (
        (0.50, 0.185, 0.52, 0.9, 0),
        (0.12, 0.80, 0.42, 1.3, 0.8),
        (0.92, 0.76, 0.36, 0.9, 0.3),
        (0.94, 0.06, 0.40, 1.5, 1),
    ),
}
FRAMINGS = ("third", "stage", "close", "portal", "orbit")


def framing_of(board: Board) -> str:
    """The scene's framing: neighbours differ, the end scene is calm."""
    if is_end_scene(board):
        return "end"
    start = int(random_for("framing", board.seed).integers(len(FRAMINGS)))
    return FRAMINGS[(start + board.index * 2) % len(FRAMINGS)]


def setting_of(names: tuple[str, ...], board: Board) -> str:
    """Where the scene plays: the setting most of its pictograms belong to, the first one counting most."""
    scores = {
        setting: sum(1.0 / (2 + place) for place, name in enumerate(names) if name in members)
        for setting, members in roles().settings.items()
    }
    best = max(scores, key=lambda setting: scores[setting])
    if scores[best] > 0:
        return best
    return ("abstract", "discs")[(board.index + int(random_for("setting", board.seed).integers(2))) % 2]


def cast_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """The pictograms that stand in the scene, the hero first; scenes-in-themselves become scenery."""
    stand_ins, extras = roles().stand_ins, roles().extras
    actors = [name for name in names if name not in stand_ins]
    doubles = [stand_ins[name] for name in names if name in stand_ins]
    cast = tuple(dict.fromkeys(actors if len(actors) >= 2 else actors + doubles))
    return tuple(sorted(cast, key=lambda name: name in extras))


def places_of(cast: tuple[str, ...], slots: tuple[Slot, ...], flip: bool) -> tuple[Place, ...]:
    """The cast on the framing's slots; the blurred foreground repeats somebody when there are few."""
    places = []
    for number, (x, y, size, depth, blur) in enumerate(slots):
        if number >= len(cast) and not (blur >= 0.8 and cast):
            continue
        name = cast[number] if number < len(cast) else cast[-1]
        places.append(Place(name, 1 - x if flip else x, y, size, depth, blur, 0.22 * number))
    return tuple(sorted(places, key=lambda place: place.depth))


def slots_of(board: Board, framing: str) -> tuple[Slot, ...]:
    """The framing's slots for the board's shape; in a square all but the hero are smaller."""
    if board.height > board.width * 1.15:
        return TALL[framing]
    share = 0.78 if board.width < board.height * 1.3 else 1.0
    return tuple(
        (
            0.5 + (x - 0.5) * (0.55 + 0.45 * share),
            y,
            size * (share if number else (1 + share) / 2),
            depth,
            blur,
        )
        for number, (x, y, size, depth, blur) in enumerate(WIDE[framing])
    )


def weather_of(names: tuple[str, ...]) -> frozenset[str]:
    """What falls or rises in the scene."""
    kinds = {"rain": roles().rain, "snow": roles().snow, "steam": roles().steam}
    return frozenset(kind for kind, members in kinds.items() if members.intersection(names))


def plan_of(board: Board) -> Plan:
    """Decide everything about a board's composition."""
    names = pictograms_for(board.description, 5)
    framing = framing_of(board)
    flip = bool((int(random_for("flip", board.seed).integers(2)) + board.index // 2) % 2)
    slots = slots_of(board, framing)
    horizon = {"stage": 0.70, "third": 0.68, "close": 0.74, "portal": 0.72, "orbit": 0.76, "end": 0.74}[
        framing
    ]
    return Plan(
        names,
        framing,
        setting_of(names, board),
        flip,
        any(name in roles().night for name in names),
        any(name in roles().warm for name in names),
        weather_of(names),
        places_of(cast_of(names), slots, flip),
        horizon,
    )
