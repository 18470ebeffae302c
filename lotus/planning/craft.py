"""Choices of a director: roles, cameras, transitions, framing.

They depend on the seed and a scene's place, not on its words: editing one scene leaves the others
alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from fractions import Fraction
from pathlib import PurePosixPath
from typing import TypeVar

from lotus.documents.brief import Camera, Kind, SceneRequest
from lotus.documents.scene import Role, Transition
from lotus.planning.mood import Choreography
from lotus.planning.scripts import is_latin
from lotus.planning.timing import DISSOLVE_SECONDS, to_frames
from lotus.planning.words import DIRECTOR, FRAMINGS, MARKERS

__all__ = ["cameras", "framed", "pick", "roles", "transitions", "weights"]

T = TypeVar("T")

_MOVES: dict[Role, tuple[Camera, ...]] = {
    "opening": ("zoom_out", "pan_right", "pan_left"),
    "development": (
        "pan_left",
        "zoom_in",
        "tilt_up",
        "orbit",
        "pan_right",
        "handheld",
        "tilt_down",
    ),
    "climax": ("zoom_in", "orbit"),
    "closing": ("static", "zoom_in"),
}
_PHOTO_MOVES: tuple[Camera, ...] = ("zoom_in", "pan_right", "zoom_out", "pan_left")
_WEIGHT: dict[Role, float] = {"opening": 1.25, "development": 0.9, "climax": 1.1, "closing": 1.2}
_VARIATION = (0.9, 1.0, 1.12)
_EVERY = 3  # one transition in so many is a cut
_CLIP_ENDINGS = tuple(
    f".{ending}"
    for ending in ("mp4", "mov", "m4v", "webm", "mkv", "avi", "mpg", "mpeg", "ts", "wmv", "gif")
)


def pick(options: Sequence[T], seed: int, what: str) -> T:
    """One of the options, the same for the same seed and purpose."""
    digest = hashlib.sha256(f"{seed}/{what}".encode()).digest()
    return options[int.from_bytes(digest[:8], "big") % len(options)]


def roles(count: int) -> tuple[Role, ...]:
    """What each scene does in the story; a single scene opens."""
    if count == 1:
        return ("opening",)
    middle: list[Role] = ["development"] * (count - 3)
    return ("opening", *middle, "climax", "closing") if count > 2 else ("opening", "closing")


def weights(
    parts: Sequence[Role], seed: int, choreography: Choreography | None = None, salt: str = ""
) -> tuple[float, ...]:
    """Relative lengths: time to arrive, a brisk middle, time to read the end."""
    variation = choreography.variation if choreography else _VARIATION
    return tuple(
        _WEIGHT[role] * (1.0 if role == "closing" else pick(variation, seed, f"{salt}length/{i}"))
        for i, role in enumerate(parts)
    )


def cameras(
    parts: Sequence[Role],
    requests: Sequence[SceneRequest | None],
    seed: int,
    choreography: Choreography | None = None,
    salt: str = "",
) -> tuple[Camera, ...]:
    """A move for each scene: the user's own, stillness for clips, else by role and never twice in a
    row.
    """
    chosen: list[Camera] = []
    for i, (role, request) in enumerate(zip(parts, requests, strict=True)):
        after = next(iter(requests[i + 1 :]), None)
        neighbours = {*chosen[-1:], after.camera if after else None}
        chosen.append(_camera(role, request, neighbours, seed, i, choreography, salt))
    return tuple(chosen)


def _camera(
    role: Role,
    request: SceneRequest | None,
    neighbours: set[Camera | None],
    seed: int,
    i: int,
    choreography: Choreography | None,
    salt: str,
) -> Camera:
    if request and request.camera:
        return request.camera
    if request and request.source and _is_clip(request):
        return "static"
    own = choreography.moves if choreography and role != "closing" else _MOVES[role]
    moves = _PHOTO_MOVES if request and request.source else own
    start = pick(range(len(moves)), seed, f"{salt}camera/{i}") if role != "closing" else 0
    order = (*moves[start:], *moves[:start], *_MOVES["development"])
    return next(move for move in order if move not in neighbours)


def _is_clip(request: SceneRequest) -> bool:
    ending = PurePosixPath(request.source or "").suffix.casefold()
    return request.start_seconds is not None or ending in _CLIP_ENDINGS


def transitions(
    kind: Kind,
    frames: Sequence[int],
    fps: Fraction,
    seed: int,
    sections: Collection[int] = (),
    choreography: Choreography | None = None,
    salt: str = "",
) -> tuple[Transition, ...]:
    """Dissolves, shorter than a third of both scenes, and a few cuts for an ad; for music cuts, and
    dissolves where a section of the track begins (`sections` counts the cuts from 0).
    """
    last = len(frames) - 1
    if choreography is not None:
        return tuple(
            Transition()
            if i == last
            else _told_link(choreography, frames[i : i + 2], fps, seed, f"{salt}{i}")
            for i in range(len(frames))
        )
    cut_at = pick(range(_EVERY), seed, "cut")
    return tuple(
        Transition()
        if i == last
        or (kind == "music_video" and i not in sections)
        or (kind != "music_video" and i % _EVERY == cut_at and i != last - 1)
        else _dissolve(min(frames[i : i + 2]), fps, pick(DISSOLVE_SECONDS, seed, f"dissolve/{i}"))
        for i in range(len(frames))
    )


def _told_link(
    choreography: Choreography, pair: Sequence[int], fps: Fraction, seed: int, salt: str
) -> Transition:
    """How a scene of a mood becomes the next: a hard cut, or one of the mood's transitions."""
    if pick(range(_EVERY), seed, f"{salt}/hard") < choreography.hard_cuts:
        return Transition()
    kind = pick(choreography.transitions, seed, f"{salt}/kind")
    soft = _dissolve(min(pair), fps, pick(choreography.seconds, seed, f"{salt}/seconds"))
    return soft if soft.kind == "cut" else soft.model_copy(update={"kind": kind})


def _dissolve(shorter: int, fps: Fraction, seconds: float) -> Transition:
    """A dissolve beside a scene of so many frames; a cut where not even one frame fits."""
    frames = min(to_frames(seconds, fps), (shorter - 1) // 3)
    return (
        Transition(kind="dissolve", duration_seconds=float(frames / fps))
        if frames > 0
        else Transition()
    )


def framed(text: str, take: int, number: int, seed: int) -> str:
    """An idea and, from its second take on, how to show it; unchanged if it says so or is not
    Latin.
    """
    if take == 0 or not is_latin(text) or DIRECTOR.search(text):
        return text
    options = FRAMINGS[_language(text)]
    return (
        f"{text}, {options[(take - 1 + number + pick(range(2), seed, 'framing')) % len(options)]}"
    )


def _language(text: str) -> str:
    words = text.casefold().replace("'", " ").replace("’", " ").split()
    scores = {code: sum(word in markers for word in words) for code, markers in MARKERS.items()}
    return max(scores, key=lambda code: scores[code])
