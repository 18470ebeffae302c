"""A storyboard as a language model writes it: JSON that is checked scene by scene. Pure.

A fault costs as little as it can: a caption that claims too much is left out, a camera that does
not exist is another one, a scene that cannot be read goes alone. Each is reported in a line. Only
an answer of which too little is left is no answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field, ValidationError

from lotus.documents.brief import CAMERAS, Camera
from lotus.documents.direction import DialogueLine, Shot
from lotus.documents.document import FrozenModel, Text
from lotus.planning.copy_facts import invented
from lotus.planning.reading import fits_lines

__all__ = [
    "Answer",
    "AnswerCast",
    "AnswerScene",
    "CheckedAnswer",
    "DirectedAnswer",
    "DirectedScene",
    "InvalidAnswer",
    "checked_answer",
]

_DESCRIPTION_CHARS = 500
_DEFAULT_SECONDS = 3.0
_DIRECTION: Mapping[str, Any] = {
    "shots": (),
    "cast": (),
    "continuity": None,
    "dialogue": (),
    "sound": None,
    "narration": None,
}
_SPOKEN = ("dialogue", "narration")
_LONGEST_SECONDS = 60.0
# How crews call the moves; the first that is found in an unknown camera counts.
_MOVES: tuple[tuple[str, Camera], ...] = (
    (r"pull|dolly\W*(?:out|back)|zoom\W*out|back|wide", "zoom_out"),
    (r"push|dolly|zoom|closer|track\w*\W*in|forward", "zoom_in"),
    (r"(?:pan|truck|slide|track\w*)\W*left|left", "pan_left"),
    (r"pan|truck|slide|track|right", "pan_right"),
    (r"tilt\W*down|down|descend", "tilt_down"),
    (r"tilt|crane|boom|rise|up|drone|aerial", "tilt_up"),
    (r"orbit|arc|circle|around|360", "orbit"),
    (r"hand|shak|steadi|follow", "handheld"),
)


class AnswerScene(FrozenModel):
    """One scene as the model may write it."""

    description: Text = Field(
        min_length=3,
        max_length=_DESCRIPTION_CHARS,
        description="what the camera sees, complete in itself: who, where, light",
    )
    camera: Camera
    caption: Text | None = Field(
        default=None,
        max_length=60,
        description="at most six words of copy, or null; no facts that the brief has not",
    )
    seconds: float = Field(gt=0, le=_LONGEST_SECONDS, allow_inf_nan=False)


class Answer(FrozenModel):
    """A storyboard as the model may write it."""

    scenes: tuple[AnswerScene, ...] = Field(min_length=1, max_length=40)


class AnswerCast(FrozenModel):
    """Somebody or something that stays the same, as the model may write it."""

    name: Text = Field(
        min_length=2, max_length=60, description="the brief's name, else what they are: the baker"
    )
    kind: Literal["person", "product", "place"] = "person"
    description: Text = Field(min_length=3, max_length=300, description="looks, clothes, material")


class DirectedScene(AnswerScene):
    """One scene with its direction, all of it optional."""

    shots: tuple[Shot, ...] = Field(default=(), max_length=4)
    cast: tuple[Text, ...] = Field(default=(), max_length=6, description="names of the cast in it")
    continuity: Text | None = Field(default=None, max_length=200)
    dialogue: tuple[DialogueLine, ...] = Field(default=(), max_length=4)
    sound: Text | None = Field(default=None, max_length=200, description="what is heard")
    narration: Text | None = Field(default=None, max_length=300, description="what a voice says")


class DirectedAnswer(FrozenModel):
    """A storyboard of version 2 as the model may write it."""

    cast: tuple[AnswerCast, ...] = Field(default=(), max_length=6)
    scenes: tuple[DirectedScene, ...] = Field(min_length=1, max_length=40)


class InvalidAnswer(Exception):
    """An answer that is no storyboard; `errors` are lines that say why."""

    def __init__(self, errors: Sequence[str]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(self.errors))


@dataclass(frozen=True)
class CheckedAnswer:
    """What is left of an answer, and a line for each thing that was repaired or left out."""

    answer: DirectedAnswer
    notes: tuple[str, ...] = ()


@dataclass
class _Report:
    """Lines on what was wrong: `errors` cost a scene, `notes` a part of one."""

    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def checked_answer(text: str, source: str, least: int, most: int) -> CheckedAnswer:
    """The storyboard in an answer; `source` is all that copy may quote.

    Raises InvalidAnswer with all that is wrong if fewer than `least` scenes are left.
    """
    document = _json_object(text)
    raw = document.get("scenes")
    if not isinstance(raw, list):
        raise InvalidAnswer(["scenes: there is no list of them"])
    report = _Report()
    scenery = " ".join(str(one.get("description", "")) for one in raw if isinstance(one, dict))
    read = (_scene(i, one, source, scenery, report) for i, one in enumerate(raw))
    scenes = [scene for scene in read if scene is not None]
    if len(scenes) > most:
        report.notes.append(f"scenes: {len(scenes)} are more than {most}; the last count as one")
        scenes = [*scenes[: most - 1], scenes[-1]]
    if len(scenes) < least:
        raise InvalidAnswer([*report.errors, f"scenes: {len(scenes)} are not {least} to {most}"])
    cast = _cast(document.get("cast"), source, report)
    names = {member.name for member in cast}
    scenes = [_within(scene, names) for scene in scenes]
    answer = DirectedAnswer.model_construct(cast=cast, scenes=tuple(scenes))
    omissions = [f"{error}: the scene is left out" for error in report.errors]
    return CheckedAnswer(answer, (*omissions, *report.notes))


def _cast(raw: Any, source: str, report: _Report) -> tuple[AnswerCast, ...]:
    """The members of the cast that can be read and are no invented names."""
    cast: dict[str, AnswerCast] = {}
    for i, one in enumerate(raw if isinstance(raw, list) else ()):
        try:
            member = AnswerCast.model_validate(one)
        except ValidationError as exc:
            report.notes.append(f"cast.{i}: {exc.errors()[0]['msg']}; it is left out")
            continue
        wrong = invented(member.name, source)
        if wrong:
            report.notes.append(f"cast.{i}: {wrong}; it is left out")
        else:
            cast[member.name] = member
    return tuple(cast.values())[:6]


def _within(scene: DirectedScene, names: Container[str]) -> DirectedScene:
    """The scene with only those of the cast who are there."""
    return scene.model_copy(update={"cast": tuple(one for one in scene.cast if one in names)})


def _scene(i: int, raw: Any, source: str, scenery: str, report: _Report) -> DirectedScene | None:
    """One scene, repaired as far as it can be; None if it cannot be read."""
    where = f"scenes.{i}"
    if not isinstance(raw, Mapping):
        report.errors.append(f"{where}: is not an object")
        return None
    values = {name: raw[name] for name in DirectedScene.model_fields if name in raw}
    notes: list[str] = []
    fixed = values | _repairs(where, values, source, scenery, notes)
    try:
        scene = DirectedScene.model_validate(fixed)
    except ValidationError as exc:
        for error in exc.errors():
            place = ".".join(map(str, (where, *error["loc"])))
            report.errors.append(f"{place}: {error['msg']}")
        return None
    unknown = sorted(str(name) for name in raw if name not in DirectedScene.model_fields)
    if unknown:
        notes.append(f"{where}: unknown fields are left out ({', '.join(unknown)[:80]})")
    report.notes += notes
    return scene


def _repairs(
    where: str, raw: Mapping[str, Any], source: str, scenery: str, notes: list[str]
) -> dict[str, Any]:
    """New values for the fields that are wrong and can be mended alone."""
    fixed: dict[str, Any] = {}
    camera = raw.get("camera", "")
    if camera not in CAMERAS:
        fixed["camera"] = _move(str(camera))
        notes.append(f"{where}.camera: '{str(camera)[:40]}' is none; it is {fixed['camera']}")
    seconds = raw.get("seconds")
    if not _is_length(seconds):
        fixed["seconds"] = _DEFAULT_SECONDS
        notes.append(f"{where}.seconds: {str(seconds)[:20]} is not a length; it is 3")
    caption = raw.get("caption")
    if (wrong := _caption_fault(caption, source, scenery)) is not None:
        fixed["caption"] = None
        notes.append(f"{where}.caption: {wrong}; it is left out")
    elif isinstance(caption, str) and not caption.strip():
        fixed["caption"] = None
    return fixed | _direction_repairs(where, raw, source, scenery, notes)


def _direction_repairs(
    where: str, raw: Mapping[str, Any], source: str, scenery: str, notes: list[str]
) -> dict[str, Any]:
    """Direction that cannot be read, or that speaks facts which the brief does not have: left out
    field by field.
    """
    fixed: dict[str, Any] = {}
    for name, empty in _DIRECTION.items():
        if raw.get(name) in (None, [], ""):
            fixed[name] = empty
            continue
        draft = {"description": "...", "camera": "static", "seconds": 1, name: raw[name]}
        try:
            value = getattr(DirectedScene.model_validate(draft), name)
        except ValidationError as exc:
            notes.append(f"{where}.{name}: {exc.errors()[0]['msg']}; it is left out")
            fixed[name] = empty
            continue
        if name not in _SPOKEN:
            continue
        speech = [value] if name == "narration" else [line.text for line in value]
        wrong = (invented(text, source, scenery) for text in speech)
        if (reason := next((one for one in wrong if one), None)) is not None:
            notes.append(f"{where}.{name}: {reason}; it is left out")
            fixed[name] = empty
    return fixed


def _is_length(seconds: Any) -> bool:
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return number and 0 < seconds <= _LONGEST_SECONDS


def _move(words: str) -> Camera:
    text = words.casefold().replace("_", " ")
    return next((move for pattern, move in _MOVES if re.search(pattern, text)), "static")


def _caption_fault(caption: Any, source: str, scenery: str) -> str | None:
    if caption is None:
        return None
    if not isinstance(caption, str):
        return "is not text"
    if not caption.isprintable():
        return "has control characters"
    if len(caption) > 60 or not fits_lines(caption):
        return "is too long for two lines"
    return invented(caption, source, scenery)


def _json_object(text: str) -> dict[str, Any]:
    """The outermost JSON object, whatever stands around it."""
    start = text.find("{")
    end = text.rfind("}")
    if start < 0 or end < start:
        raise InvalidAnswer(["there is no JSON object"])
    try:
        document = json.loads(text[start : end + 1])
    except (ValueError, RecursionError) as exc:
        raise InvalidAnswer([f"is not JSON: {exc}"]) from None
    if not isinstance(document, dict):
        raise InvalidAnswer(["is not a JSON object"])
    return document
