"""Edits in words: `make the second scene shorter and warmer, and end on a lighthouse`. Pure.

Words become operations on a storyboard, the same that the editor of notebooks has. What is not
understood is said and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lotus.documents.brief import LIMITS
from lotus.documents.scene import Scene, Transition
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput
from lotus.planning.scripts import sentence_case

__all__ = ["EditPlan", "edited", "without_scene"]

_SHORTER, _LONGER = 0.7, 1.4
_LEAST_SECONDS = 1.0
_ORDINALS = {
    name: number
    for number, names in enumerate(
        (
            "first opening 1st erste erster ersten première primera prima",
            "second 2nd zweite zweiten deuxième segunda seconda",
            "third 3rd dritte dritten troisième tercera terza",
            "fourth 4th vierte vierten quatrième cuarta quarta",
            "fifth 5th fünfte fünften cinquième quinta",
            "sixth 6th sechste sechsten sixième sexta sesta",
            "seventh 7th",
            "eighth 8th",
            "ninth 9th",
            "tenth 10th",
        ),
        1,
    )
    for name in names.split()
}
_LAST = r"last|final|closing|letzte[nr]?|dernière|última|ultima"
_SCENE = r"(?:scene|shot|clip|szene|einstellung|scène|plan|escena|toma|scena)"
_ONE = re.compile(
    rf"\b{_SCENE}s?\s+(?P<number>\d{{1,2}})\b(?![.]\d|\s*s(?:ec\w*)?\b)|"
    rf"\b(?P<ordinal>{'|'.join(_ORDINALS)}|{_LAST})\s+(?:{_SCENE}|one)\b"
    rf"|\b(?P<bare>opening|ending|end)\b(?!\s+(?:on|with))",
    re.IGNORECASE,
)
_ALL = re.compile(
    rf"\b(?:all|every|each|alle|toutes|todas|tutte)\b|\bthe\s+(?:whole\s+)?(?:video|film|ad)\b|"
    rf"\b{_SCENE}s\b(?!\s+\d)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“„«](?P<text>[^\"”“»]*)[\"”“»]")
_SECONDS = re.compile(
    r"(?P<by>by\s+)?(?P<count>\d+(?:\.\d+)?)\s*(?:s|sec|seconds?|sekunden?)\b", re.I
)
_LIGHT = {  # words of an edit, and what a description says
    r"warmer|wärmer|plus\s+chaud": "warm light",
    r"cooler|colder|kühler|kälter": "cool light",
    r"brighter|lighter|heller|plus\s+clair": "bright light",
    r"darker|moodier|dunkler|plus\s+sombre": "dark, low light",
    r"at\s+night|by\s+night|bei\s+nacht": "at night",
}
_CAMERAS = {
    r"zoom\w*\s+(?:in|into)|push\s+in|closer": "zoom_in",
    r"zoom\w*\s+out|pull\s+(?:out|back)": "zoom_out",
    r"pan\w*\s+left": "pan_left",
    r"pan\w*\s+right": "pan_right",
    r"tilt\w*\s+up": "tilt_up",
    r"tilt\w*\s+down": "tilt_down",
    r"orbit\w*|circle": "orbit",
    r"handheld|shaky": "handheld",
    r"static|still\s+camera|no\s+camera\s+move\w*": "static",
}
_REMOVE = (
    r"remove|delete|drop|cut(?:\s+out)?|lose|entferne|lösche|streiche|supprime[rz]?|"
    r"quita|elimina"
)
_SHORT = r"shorter|shorten|quicker|faster|trim|kürzer|schneller|plus\s+courte?|más\s+cort[oa]"
_LONG = r"longer|lengthen|extend|slower|länger|langsamer|plus\s+long(?:ue)?|más\s+larg[oa]"
_LINES = "captions?|text|titles?|line|words|untertitel|légende|texto"
_ENDS = re.compile(
    r"(?:and\s+)?(?P<which>end|finish|close|open|begin|start)s?\s+(?:it\s+)?(?:on|with)\s+"
    r"(?P<what>.+)",
    re.IGNORECASE,
)
_BEDS = {
    r"no\s+music|without\s+music|remove\s+the\s+music|mute": "none",
    r"calm\w*|quiet\w*|soft\w*|slower\s+music": "calm",
    r"bright\w*|happ\w+|upbeat|cheerful": "bright",
    r"driv\w+|energetic|faster\s+music|louder": "driving",
}


@dataclass(frozen=True)
class EditPlan:
    """A storyboard after an edit, a line for each operation, and what was not understood."""

    storyboard: Storyboard
    operations: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass
class _Editing:
    """An edit under way: the storyboard as it stands, and the scenes that the words are about."""

    storyboard: Storyboard
    scenes: tuple[int, ...] = ()
    operations: list[str] = field(default_factory=list)

    def change(self, number: int, line: str, **changes: object) -> None:
        self.storyboard = self.storyboard.with_scene(number, **changes)
        self.operations.append(f"scene {number}: {line}")


def edited(storyboard: Storyboard, words: str) -> EditPlan:
    """The storyboard as the words want it; raises InvalidInput for a scene that is not there."""
    editing = _Editing(storyboard)
    unknown = [clause for clause in _clauses(words) if not _apply(editing, clause)]
    return EditPlan(editing.storyboard, tuple(editing.operations), tuple(unknown))


_HELD = (  # what is not split: quoted words, pairs of scenes, the picture at the end
    _QUOTED,
    re.compile(rf"{_SCENE}s?\s+\d+\s+(?:and|with|und|et|y)\s+(?:{_SCENE}\s+)?\d+", re.IGNORECASE),
    re.compile(r"\b\w+\s+and\s+\w+\s+scenes?\b", re.IGNORECASE),
    re.compile(r"\bends?\s+(?:on|with)\s+[^,.;]*", re.IGNORECASE),
)
_SPLIT = re.compile(
    r"[,;]\s*(?:and\s+|then\s+|und\s+)*|\s+(?:and|then|und|et|y)\s+|\.\s+", re.IGNORECASE
)


def _clauses(words: str) -> Iterator[str]:
    """The parts of an edit, split at commas and `and`."""
    spans = [range(*match.span()) for pattern in _HELD for match in pattern.finditer(words)]
    cuts = [m for m in _SPLIT.finditer(words) if not any(m.start() in span for span in spans)]
    starts = [0, *(match.end() for match in cuts)]
    ends = [*(match.start() for match in cuts), len(words)]
    parts = (words[a:b].strip(" .") for a, b in zip(starts, ends, strict=True))
    yield from (part for part in parts if part)


def _apply(editing: _Editing, clause: str) -> bool:
    """Whether a clause was understood; its operations are done then."""
    places = _scenes_of(clause, editing.storyboard)
    if places:
        editing.scenes = places
    return any(rule(editing, clause) for rule in _RULES)


def _scenes_of(clause: str, storyboard: Storyboard) -> tuple[int, ...]:
    count = len(storyboard.scenes)
    numbers = []
    for match in _ONE.finditer(_QUOTED.sub("", clause)):
        word = (match["number"] or match["ordinal"] or match["bare"]).casefold()
        number = int(word) if word.isdigit() else _ORDINALS.get(word, count)
        if not 1 <= number <= count:
            remedy = f"scenes count from 1 to {count}"
            raise InvalidInput(
                file="", field="scene", reason=f"there is no scene {number}", remedy=remedy
            )
        numbers.append(number)
    if numbers:
        return tuple(dict.fromkeys(numbers))
    return tuple(range(1, count + 1)) if _ALL.search(clause) else ()


def _has(clause: str, pattern: str) -> bool:
    return bool(re.search(rf"\b(?:{pattern})\b", _QUOTED.sub("", clause), re.IGNORECASE))


def _swap(editing: _Editing, clause: str) -> bool:
    if not _has(clause, "swap|switch|exchange|tausche?n?|vertausche|échange[rz]?|intercambia"):
        return False
    numbers = [int(n) for n in re.findall(r"\b\d{1,2}\b", clause)] or list(editing.scenes)
    if len(numbers) != 2:
        return False
    first, second = sorted(numbers)
    board = editing.storyboard.moved(second, first)
    editing.storyboard = board.moved(first + 1, second) if second - first > 1 else board
    editing.operations.append(f"scenes {first} and {second} change places")
    return True


def _move(editing: _Editing, clause: str) -> bool:
    if not _has(clause, "move|put|bring|verschiebe|setze") or len(editing.scenes) < 1:
        return False
    count = len(editing.storyboard.scenes)
    to = re.search(r"\bto\s+(?:place|position|number)?\s*(\d{1,2})\b", clause)
    if to:
        target = int(to[1])
    elif _has(clause, r"to\s+the\s+(?:start|front|beginning|top)|first|an\s+den\s+anfang"):
        target = 1
    elif _has(clause, r"to\s+the\s+end|last|ans\s+ende"):
        target = count
    else:
        return False
    number = editing.scenes[0]
    editing.storyboard = editing.storyboard.moved(number, target)
    editing.operations.append(f"scene {number} moves to place {target}")
    return True


def _remove(editing: _Editing, clause: str) -> bool:
    if not _has(clause, _REMOVE):
        return False
    if _has(clause, "captions?|text|titles?|music|sound|untertitel|musik") or not editing.scenes:
        return False
    if len(editing.scenes) >= len(editing.storyboard.scenes):
        return False
    for number in sorted(editing.scenes, reverse=True):
        editing.storyboard = without_scene(editing.storyboard, number)
    editing.operations += [f"scene {number}: removed" for number in editing.scenes]
    editing.scenes = ()
    return True


def without_scene(storyboard: Storyboard, number: int) -> Storyboard:
    """The storyboard without a scene, counted from 1; raises InvalidInput."""
    count = len(storyboard.scenes)
    if not 1 <= number <= count or count == 1:
        remedy = f"scenes count from 1 to {count}, and one has to stay"
        raise InvalidInput(file="", field="scene", reason=f"is {number}", remedy=remedy)
    keep = [scene for n, scene in enumerate(storyboard.scenes, 1) if n != number]
    keep[-1] = keep[-1].model_copy(update={"transition": Transition()})
    scenes = [scene.model_dump() for scene in keep]
    return Storyboard.model_validate({**storyboard.model_dump(), "scenes": scenes})


def _caption(editing: _Editing, clause: str) -> bool:
    quote = _QUOTED.search(clause)
    if not _has(clause, _LINES) or not editing.scenes:
        return False
    if quote is None and not _has(clause, "remove|no|without|delete|drop|entferne|ohne"):
        return False
    text = quote["text"].strip() if quote else ""
    for number in editing.scenes:
        line = f"caption '{text}'" if text else "no caption"
        editing.change(number, line, caption=text or None)
    return True


def _music(editing: _Editing, clause: str) -> bool:
    if not _has(clause, "music|soundtrack|bed|musik|musique|música|mute"):
        return False
    bed = next((bed for pattern, bed in _BEDS.items() if _has(clause, pattern)), None)
    if bed is None or editing.storyboard.brief.kind != "ad":
        return False
    brief = editing.storyboard.brief.replace(music=bed)
    editing.storyboard = editing.storyboard.model_copy(update={"brief": brief})
    editing.operations.append(f"music: {bed}")
    return True


def _length(editing: _Editing, clause: str) -> bool:
    shorter = _has(clause, _SHORT)
    longer = _has(clause, _LONG)
    match = _SECONDS.search(clause)
    if not (shorter or longer or (match and _has(clause, "seconds?|s|long|last"))):
        return False
    numbers = editing.scenes or tuple(range(1, len(editing.storyboard.scenes) + 1))
    for number in numbers:
        scene = editing.storyboard.scenes[number - 1]
        seconds = _new_length(scene, match, shorter, longer)
        seconds = max(seconds, _needed(editing.storyboard, number))
        if seconds != scene.duration_seconds:
            line = f"{scene.duration_seconds:g} s becomes {seconds:g} s"
            editing.change(number, line, duration_seconds=seconds)
    _check_whole(editing.storyboard)
    return True


def _new_length(scene: Scene, match: re.Match[str] | None, shorter: bool, longer: bool) -> float:
    now = scene.duration_seconds
    if match is None:
        return round(now * (_SHORTER if shorter else _LONGER), 2)
    count = float(match["count"])
    if match["by"] and (shorter or longer):
        return round(now - count if shorter else now + count, 2)
    return count


def _needed(storyboard: Storyboard, number: int) -> float:
    """The shortest that a scene can be: a second, and as long as the transition before it."""
    before = storyboard.scenes[number - 2].transition.duration_seconds if number > 1 else 0.0
    return max(_LEAST_SECONDS, before)


def _check_whole(storyboard: Storyboard) -> None:
    least = LIMITS[storyboard.brief.kind].min_seconds
    if storyboard.duration_seconds < least:
        reason = f"the video would last {storyboard.duration_seconds:g} s"
        remedy = f"keep {least:g} s or more"
        raise InvalidInput(file="", field="scenes", reason=reason, remedy=remedy)


def _light(editing: _Editing, clause: str) -> bool:
    words = next((words for pattern, words in _LIGHT.items() if _has(clause, pattern)), None)
    if words is None:
        return False
    for number in editing.scenes or tuple(range(1, len(editing.storyboard.scenes) + 1)):
        text = editing.storyboard.scenes[number - 1].description
        if words not in text:
            editing.change(number, words, description=f"{text[: 498 - len(words)]}, {words}")
    return True


def _camera(editing: _Editing, clause: str) -> bool:
    move = next((move for pattern, move in _CAMERAS.items() if _has(clause, pattern)), None)
    if move is None or not editing.scenes:
        return False
    for number in editing.scenes:
        editing.change(number, f"camera {move}", camera=move)
    return True


def _ends(editing: _Editing, clause: str) -> bool:
    """`end on a lighthouse`, `open on the sea`: another picture for the last or the first scene."""
    match = _ENDS.match(clause)
    if match is None:
        return False
    what = match["what"].strip(" .")
    last = match["which"].casefold() in ("end", "finish", "close")
    number = len(editing.storyboard.scenes) if last else 1
    brand = editing.storyboard.brief.brand
    if re.fullmatch(r"(?:the|our|a)?\s*(?:logo|brand|brand\s+name)", what, re.I):
        if brand is None or not last:
            return False
        editing.operations.append(f"the video ends on the card of {brand.name} already")
        return True
    editing.change(number, what, description=sentence_case(what))
    return True


_RULES: tuple[Callable[[_Editing, str], bool], ...] = (
    _swap,
    _ends,
    _caption,
    _music,
    _remove,
    _move,
    _length,
    _light,
    _camera,
)
