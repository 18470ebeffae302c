"""Where things stand: which pictogram leads, which support it, and how each framing
arranges them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lotus.providers.animatic.board import Board, random_for
from lotus.providers.animatic.subjects import roles

__all__ = ["CARDS", "BoardLayout", "PictogramPlacement", "plan_of"]


@dataclass(frozen=True)
class PictogramPlacement:
    """One pictogram: where it is held, in frame widths and heights; its size in shorter sides; its
    depth.

    It is held at its foot if it `stands`, else at its middle. The hero's depth is 1.
    """

    name: str
    x: float
    y: float
    size: float
    depth: float
    blur: float = 0.0
    delay_seconds: float = 0.0
    flip: bool = False
    stands: bool = True
    swims: bool = False

    @property
    def order(self) -> float:
        """When it is drawn, among depths: what stands on the ground comes after all the ground."""
        return 0.99 + 0.009 * self.depth if self.stands and not self.swims else self.depth


@dataclass(frozen=True)
class BoardLayout:
    """All decisions of a board's composition."""

    framing: str
    setting: str
    night: bool
    warm: bool
    weather: frozenset[str]  # of rain, snow
    places: tuple[PictogramPlacement, ...]
    horizon: float  # of the frame height
    ground: float  # where the hero stands, of the frame height

    @property
    def hero(self) -> PictogramPlacement | None:
        """Who leads."""
        return next((place for place in self.places if place.depth == 1.0), None)


@dataclass(frozen=True)
class Slot:
    """A place to be taken: x; the foot of what stands there, the middle of what floats; size;
    depth; blur.
    """

    x: float
    foot: float
    air: float
    size: float
    depth: float
    blur: float = 0.0


# The first slot is the hero's. Size is a share of the frame's shorter side.
WIDE: dict[str, tuple[Slot, ...]] = {
    "third": (
        Slot(0.35, 0.845, 0.46, 0.66, 1.0),
        Slot(0.70, 0.800, 0.40, 0.42, 0.84),
        Slot(0.865, 0.770, 0.22, 0.24, 0.66, 0.15),
    ),
    "stage": (
        Slot(0.50, 0.845, 0.45, 0.64, 1.0),
        Slot(0.205, 0.800, 0.46, 0.38, 0.84, 0.05),
        Slot(0.795, 0.800, 0.40, 0.38, 0.88),
        Slot(0.660, 0.750, 0.17, 0.16, 0.6, 0.2),
    ),
    "close": (
        Slot(0.635, 0.985, 0.50, 0.90, 1.0),
        Slot(0.245, 0.815, 0.38, 0.40, 0.7, 0.1),
        Slot(0.410, 0.770, 0.20, 0.20, 0.6, 0.2),
    ),
    "pair": (
        Slot(0.385, 0.855, 0.48, 0.60, 1.0),
        Slot(0.665, 0.835, 0.42, 0.50, 0.93),
        Slot(0.885, 0.775, 0.22, 0.22, 0.66, 0.15),
    ),
    "far": (
        Slot(0.600, 0.830, 0.44, 0.54, 1.0),
        Slot(0.315, 0.785, 0.36, 0.34, 0.76, 0.05),
        Slot(0.155, 0.755, 0.20, 0.20, 0.6, 0.15),
        Slot(0.850, 0.800, 0.27, 0.26, 0.86),
    ),
    "detail": (Slot(0.66, 0.865, 0.50, 1.08, 1.0), Slot(0.17, 0.80, 0.30, 0.26, 0.66, 0.2)),
    "row": (
        Slot(0.50, 0.860, 0.46, 0.52, 1.0),
        Slot(0.205, 0.810, 0.42, 0.40, 0.86),
        Slot(0.795, 0.810, 0.42, 0.40, 0.86),
    ),
    "headline": (Slot(0.13, 0.905, 0.80, 0.30, 1.0), Slot(0.87, 0.895, 0.79, 0.27, 0.92)),
    "end": (
        Slot(0.165, 0.860, 0.42, 0.44, 1.0),
        Slot(0.845, 0.840, 0.40, 0.38, 0.9),
        Slot(0.955, 0.790, 0.20, 0.20, 0.7, 0.1),
    ),
}
TALL: dict[str, tuple[Slot, ...]] = {
    "third": (
        Slot(0.41, 0.715, 0.47, 0.78, 1.0),
        Slot(0.80, 0.645, 0.26, 0.46, 0.76, 0.05),
        Slot(0.60, 0.620, 0.20, 0.24, 0.64, 0.15),
    ),
    "stage": (
        Slot(0.50, 0.720, 0.46, 0.76, 1.0),
        Slot(0.16, 0.645, 0.24, 0.38, 0.76, 0.05),
        Slot(0.85, 0.640, 0.20, 0.38, 0.8, 0.05),
        Slot(0.62, 0.620, 0.15, 0.18, 0.6, 0.2),
    ),
    "close": (
        Slot(0.57, 0.770, 0.46, 1.06, 1.0),
        Slot(0.20, 0.640, 0.25, 0.42, 0.7, 0.1),
        Slot(0.42, 0.620, 0.17, 0.22, 0.6, 0.2),
    ),
    "pair": (
        Slot(0.33, 0.715, 0.50, 0.66, 1.0),
        Slot(0.75, 0.700, 0.28, 0.54, 0.93),
        Slot(0.54, 0.625, 0.18, 0.24, 0.66, 0.15),
    ),
    "far": (
        Slot(0.58, 0.700, 0.46, 0.68, 1.0),
        Slot(0.20, 0.650, 0.26, 0.44, 0.8, 0.05),
        Slot(0.87, 0.640, 0.20, 0.30, 0.78),
        Slot(0.40, 0.615, 0.16, 0.20, 0.6, 0.2),
    ),
    "detail": (Slot(0.60, 0.760, 0.46, 1.34, 1.0), Slot(0.16, 0.640, 0.22, 0.30, 0.66, 0.2)),
    "row": (
        Slot(0.50, 0.730, 0.50, 0.58, 1.0),
        Slot(0.21, 0.660, 0.34, 0.44, 0.84),
        Slot(0.79, 0.660, 0.34, 0.44, 0.84),
    ),
    "headline": (Slot(0.27, 0.905, 0.84, 0.44, 1.0), Slot(0.76, 0.890, 0.83, 0.37, 0.95)),
    "end": (Slot(0.26, 0.905, 0.84, 0.46, 1.0), Slot(0.76, 0.890, 0.83, 0.38, 0.95)),
}
HORIZON = {
    "third": 0.68,
    "stage": 0.70,
    "close": 0.72,
    "pair": 0.69,
    "far": 0.66,
    "detail": 0.74,
    "row": 0.69,
    "headline": 0.72,
    "end": 0.70,
}
FRAMINGS = ("third", "stage", "close", "pair", "far")
TALL_HORIZON = 0.595
WIDE_LIFT = 0.055
WIDE_FOOT = 0.82
SQUARE_LIFT = 0.11  # a caption takes two lines in a square
SQUARE_FOOT = 0.765
LIFT = 0.08  # of the frame height: so far things stand higher where captions would cover them
# the size of a person who leads: the face stays above a caption
PORTRAIT = 0.92
TALL_PORTRAIT = 1.38
CARDS = ("headline", "end")  # framings whose middle is for type
INDOORS = ("room", "table", "studio", "shop", "stage", "tech")
NEUTRAL = ("studio", "room", "discs")  # where things stand that belong nowhere


def framing_of(board: Board) -> str:
    """The scene's framing: neighbours differ, the end scene is calm."""
    if board.end:
        return "end"
    if board.headline:
        return "headline"
    if board.shot:
        return board.shot
    salt = (board.mood,) if board.mood else ()
    start = int(random_for("framing", board.seed, *salt).integers(len(FRAMINGS)))
    return FRAMINGS[(start + board.index * 2) % len(FRAMINGS)]


def setting_of(board: Board) -> str:
    """Where the scene plays: the setting most of its pictograms belong to, the first one counting
    most.
    """
    if board.staged:
        lead = cast_of(board.names, staged=True)[:1]
        for setting, members in roles().places.items():
            if members.intersection(lead):
                return setting
    scores = {
        setting: sum(1.0 / (2 + place) for place, name in enumerate(board.names) if name in members)
        for setting, members in roles().settings.items()
    }
    best = max(scores, key=lambda setting: scores[setting])
    if scores[best] > 0:
        return best
    if not board.names:
        return "discs"
    return NEUTRAL[(board.index + int(random_for("setting", board.seed).integers(3))) % 3]


def cast_of(names: tuple[str, ...], *, staged: bool = False) -> tuple[str, ...]:
    """The pictograms that stand in the scene, the hero first; scenes-in-themselves
    become scenery. `staged`: the first is the hero, even if it is a sign.
    """
    stand_ins = roles().stand_ins
    extras = roles().extras
    actors = [name for name in names if name not in stand_ins]
    doubles = [stand_ins[name] for name in names if name in stand_ins]
    cast = tuple(dict.fromkeys(actors or doubles))
    first = int(staged)
    return cast[:first] + tuple(sorted(cast[first:], key=lambda name: name in extras))


def places_of(
    cast: tuple[str, ...],
    slots: tuple[Slot, ...],
    flip: bool,
    water: float | None,
    portrait: float | None,
    upright: bool = False,
) -> tuple[PictogramPlacement, ...]:
    """The cast on the framing's slots; `water` is where it starts, of the frame height, if there is
    any.

    `portrait` is the size of a person who leads; None stands like the others.
    """
    places = []
    for number, (name, slot) in enumerate(zip(cast, slots, strict=False)):
        stands = name not in roles().aloft
        x = 1 - slot.x if flip else slot.x
        y = slot.foot if stands else slot.air
        size = slot.size * (1.0 if stands or number else 0.92)
        depth = slot.depth
        if portrait is not None and name in roles().people and number == 0:
            y = 1.02  # a portrait, down to the foot of the frame
            size = portrait
        turned = flip and not (upright and name in roles().upright)
        swims = water is not None and name in roles().afloat
        if swims and water is not None:
            y, depth = (y - 0.04, depth) if number == 0 else (water + 0.055, 0.6)
        places.append(
            PictogramPlacement(
                name, x, y, size, depth, slot.blur, 0.18 * number, turned, stands, swims
            )
        )
    return tuple(places)


def slots_of(board: Board, framing: str) -> tuple[Slot, ...]:
    """The framing's slots for the board's shape; in a square all are narrower and smaller."""
    if board.height > board.width * 1.15:
        return TALL[framing]
    if board.width >= board.height * 1.3:
        return WIDE[framing]
    return tuple(
        Slot(
            0.5 + (slot.x - 0.5) * (1.06 if framing in CARDS else 0.94),
            slot.foot,
            slot.air,
            slot.size * (0.72 if number or framing in CARDS else 0.88),
            slot.depth,
            slot.blur,
        )
        for number, slot in enumerate(WIDE[framing])
    )


def weather_of(names: tuple[str, ...]) -> frozenset[str]:
    """What falls in the scene."""
    kinds = {"rain": roles().rain, "snow": roles().snow}
    return frozenset(kind for kind, members in kinds.items() if members.intersection(names))


def _is_night(board: Board) -> bool:
    """Whether a board's light, or one of its pictograms, says that it is night."""
    dark = any(name in roles().night for name in board.names)
    return board.light == "night" or (dark and not (board.by_day and board.light == "bright"))


def _raised(slot: Slot) -> Slot:
    """A slot of a square, above captions of two lines."""
    foot = min(slot.foot - WIDE_LIFT, SQUARE_FOOT)
    loss = max(0.0, slot.foot - WIDE_LIFT - foot)
    return replace(slot, foot=foot, air=slot.air - SQUARE_LIFT / 2, size=slot.size * (1 - loss))


def _lifted(slot: Slot, tall: bool) -> Slot:
    """A slot above the captions; what would be cut by the foot of a wide frame becomes smaller."""
    lift = LIFT if tall else WIDE_LIFT
    foot = slot.foot - lift if tall else min(slot.foot - lift, WIDE_FOOT)
    loss = max(0.0, slot.foot - lift - foot)
    return replace(slot, foot=foot, air=slot.air - lift / 2, size=slot.size * (1 - loss))


def plan_of(board: Board) -> BoardLayout:
    """Decide everything about a board's composition."""
    framing = framing_of(board)
    tall = board.height > board.width * 1.15
    slots = slots_of(board, framing)
    flip = bool((int(random_for("flip", board.seed).integers(2)) + board.index // 2) % 2)
    horizon = TALL_HORIZON if tall else HORIZON[framing]
    card = framing in CARDS
    if tall and card:
        horizon = 0.80
    setting = setting_of(board)
    if board.lifted and not card:
        square = board.by_day and not tall and board.width < board.height * 1.3
        slots = tuple(_raised(slot) if square else _lifted(slot, tall) for slot in slots)
        horizon -= LIFT if tall else SQUARE_LIFT if square else WIDE_LIFT
    portrait: float | None = TALL_PORTRAIT if tall else PORTRAIT
    if board.by_day and card:
        portrait = None  # a card is laid over the middle: nobody's face is behind it
    water = horizon if setting == "sea" else None
    cast = cast_of(board.names, staged=board.staged)
    if board.staged and setting in INDOORS:
        cast = cast[:1] + tuple(name for name in cast[1:] if name not in roles().outdoors)
    if board.shot == "row":
        cast = cast[:1] * len(slots)
    return BoardLayout(
        framing=framing,
        setting=setting,
        night=_is_night(board),
        warm=any(name in roles().warm for name in board.names),
        weather=weather_of(board.names),
        places=places_of(cast, slots, flip, water, portrait, board.upright),
        horizon=horizon,
        ground=slots[0].foot,
    )
