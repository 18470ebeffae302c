"""What the words of an edit do to a storyboard: one small rule an operation. Pure.

A rule says whether it understood a clause; it has done its operations then. `edit_lengths` has the
rule of lengths.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lotus.documents.scene import Scene, Transition
from lotus.planning.edit_lengths import PERCENT, SECONDS, change_length
from lotus.planning.edit_words import CLOSE_QUOTED, NUMBERS, has, kinds_of, plain, words_of
from lotus.planning.editing import NEW_SCENE_SECONDS, Editing, without_scene
from lotus.planning.scripts import sentence_case

__all__ = ["FREE_RULES", "RULES", "leaves"]

_DISSOLVE_SECONDS = 0.5
_DESCRIPTION_CHARS = 498
_LIGHT = {  # words of an edit, and what a description says
    "warm": "warm light",
    "cool": "cool light",
    "light": "bright light",
    "dark": "dark, low light",
    "night": "at night",
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
_SHAPES = {"square": "1:1", "tall": "9:16", "wide": "16:9"}
_ENDS = re.compile(
    r"(?:and\s+)?(?P<which>end|finish|close|open|begin|start)s?\s+(?:it\s+)?(?:on|with)\s+"
    r"(?P<what>.+)",
    re.IGNORECASE,
)
_LOGO = re.compile(r"(?:the|our|a)?\s*(?:logo|brand|brand\s+name)", re.IGNORECASE)


def _quotes(clause: str) -> list[str]:
    return [(m["double"] or m["single"] or "").strip() for m in CLOSE_QUOTED.finditer(clause)]


# rules of scenes and their order


_KEEP = frozenset(["keep", "leave", "lass", "lasst"])
_AWAY = frozenset(["out", "off", "away", "weg", "raus"])


def _protect(editing: Editing, clause: str) -> bool:
    """`don't touch scene 1`."""
    words = words_of(clause)
    apart = has(clause, "negation", "protect") or "alone" in words
    if not editing.names_scenes:
        sorts = [kind for kind in ("music", "captions") if has(clause, kind)]
        stays = apart or (_KEEP.intersection(words) and not _AWAY.intersection(words))
        editing.operations += [f"{kind}: no change" for kind in sorts if stays]
        return bool(sorts and stays)
    if not apart:
        return False
    editing.untouchable |= set(editing.scenes)
    editing.operations += [f"scene {number}: stays as it is" for number in editing.scenes]
    editing.scenes = ()
    return True


def _swap(editing: Editing, clause: str) -> bool:
    if not has(clause, "swap") or has(clause, "captions"):
        return False
    numbers = [int(n) for n in re.findall(r"\b\d{1,2}\b", plain(clause))] or list(editing.scenes)
    if len(numbers) != 2 or numbers[0] == numbers[1]:
        return False
    first, second = sorted(numbers)
    if not 1 <= first < second <= editing.count:
        return False
    board = editing.storyboard.moved(second, first)
    editing.storyboard = board.moved(first + 1, second) if second - first > 1 else board
    editing.operations.append(f"scenes {first} and {second} change places")
    return True


def _reverse(editing: Editing, clause: str) -> bool:
    if not has(clause, "reverse"):
        return False
    numbers = list(editing.scenes)
    if has(clause, "middle") and "middle" in words_of(clause):
        several = next((NUMBERS[w] for w in words_of(clause) if NUMBERS.get(w, 1) > 1), 0)
        if several < 2 or several > editing.count or (editing.count - several) % 2:
            return False
        first = (editing.count - several) // 2 + 1
        numbers = list(range(first, first + several))
    if not numbers:
        numbers = list(range(1, editing.count + 1))
    if len(numbers) < 2:
        return False
    scenes = list(editing.storyboard.scenes)
    for number, other in zip(numbers, reversed(numbers), strict=True):
        scenes[number - 1] = editing.storyboard.scenes[other - 1]
    names = ", ".join(map(str, numbers))
    editing.arrange(scenes, f"scenes {names}: in reverse order")
    return True


def _merge(editing: Editing, clause: str) -> bool:
    if not has(clause, "merge") or len(editing.scenes) != 2:
        return False
    first, second = sorted(editing.scenes)
    if second != first + 1:
        return False
    one, other = editing.storyboard.scenes[first - 1 : second]
    caption = one.caption or other.caption
    words = f"{one.description.rstrip('.')}. {other.description}"
    both = other.model_copy(
        update={
            "description": words[:500],
            "caption": caption,
            "duration_seconds": one.duration_seconds + other.duration_seconds,
            "seed": one.seed,
        }
    )
    scenes = [*editing.storyboard.scenes[: first - 1], both, *editing.storyboard.scenes[second:]]
    other_line = other.caption if one.caption and other.caption else None
    loss = f", without the caption '{other_line}'" if other_line else ""
    editing.arrange(scenes, f"scenes {first} and {second} become one{loss}")
    return True


def _duplicate(editing: Editing, clause: str) -> bool:
    at_end = has(clause, "end")
    if not has(clause, "duplicate") or not editing.scenes:
        return False
    number = editing.scenes[0]
    scenes = list(editing.storyboard.scenes)
    at = editing.count if at_end else number
    scenes.insert(at, scenes[number - 1])
    if at_end and editing.storyboard.scenes[-1].role == "closing":
        scenes[-1] = scenes[-1].model_copy(update={"role": "closing"})
        scenes[-2] = scenes[-2].model_copy(update={"role": "climax"})
    editing.arrange(scenes, f"a copy of scene {number} becomes scene {at + 1}")
    return True


def _add(editing: Editing, clause: str) -> bool:
    """`add a scene at the end that says 'See you in June'`."""
    texts = _quotes(clause)
    if not has(clause, "add") or len(texts) != 1 or not has(clause, "end"):
        return False
    last = editing.storyboard.scenes[-1]
    subject = editing.storyboard.look.subject or last.description
    new = Scene(
        description=subject[:500],
        caption=texts[0],
        duration_seconds=NEW_SCENE_SECONDS,
        role=last.role,
        seed=max(scene.seed for scene in editing.storyboard.scenes) + 1,
    )
    earlier = [*editing.storyboard.scenes[:-1], last.model_copy(update={"role": "development"})]
    editing.arrange([*earlier, new], f"a new last scene says '{texts[0]}'")
    return True


def _remove(editing: Editing, clause: str) -> bool:
    if not has(clause, "remove") or not editing.names_scenes or SECONDS.search(plain(clause)):
        return False
    if has(clause, "captions") or has(clause, "music"):
        return False
    if len(editing.scenes) >= editing.count:
        return False
    numbers = editing.scenes
    for number in sorted(numbers, reverse=True):
        editing.storyboard = without_scene(editing.storyboard, number)
    editing.operations += [f"scene {number}: removed" for number in numbers]
    editing.scenes = ()
    return True


def _move(editing: Editing, clause: str) -> bool:
    verb = has(clause, "move") or "make" in words_of(clause)
    if not verb or len(editing.scenes) != 1 or has(clause, "captions"):
        return False
    to = re.search(r"\b(?:to|an|à|a|em)\s+(?:place|position|number)?\s*(\d{1,2})\b", clause)
    words = words_of(clause)
    if to:
        target = int(to[1])
    elif has(clause, "start") and words_of(clause)[-1] not in ("one", "scene"):
        target = 1
    elif has(clause, "end") and words[-1] in ("end", "last", "ende", "fin", "final", "fim", "fine"):
        target = editing.count
    else:
        return False
    number = editing.scenes[0]
    if number == target:
        return True
    editing.storyboard = editing.storyboard.moved(number, target)
    editing.operations.append(f"scene {number} moves to place {target}")
    return True


# rules of words, music, shape and transitions


def _caption(editing: Editing, clause: str) -> bool:
    texts = _quotes(clause)
    if len(texts) == 2:
        return _replace(editing, clause, *texts)
    about = has(clause, "captions") or (bool(texts) and has(clause, "says"))
    if not about or has(clause, "add"):
        return False
    if not texts:
        if not (has(clause, "remove") or has(clause, "without")):
            return False
        for number in editing.targets:
            if editing.storyboard.scenes[number - 1].caption:
                editing.change(number, "no caption", caption=None)
        return True
    if len(texts) != 1 or len(editing.scenes) != 1:
        return False
    editing.change(editing.scenes[0], f"caption '{texts[0]}'", caption=texts[0] or None)
    return True


def _replace(editing: Editing, clause: str, old: str, new: str) -> bool:
    """`change 'Free delivery' to 'Free delivery over $30'`: where it stands, or not at all."""
    if not has(clause, "change") or not old:
        return False
    numbers = [
        n
        for n, scene in enumerate(editing.storyboard.scenes, 1)
        if old in (scene.caption or "") and (not editing.names_scenes or n in editing.scenes)
    ]
    for number in numbers:
        text = (editing.storyboard.scenes[number - 1].caption or "").replace(old, new)
        editing.change(number, f"caption '{text}'", caption=text or None)
    return bool(numbers)


def _music(editing: Editing, clause: str) -> bool:
    if not (has(clause, "music") or has(clause, "mute")) or editing.storyboard.brief.kind != "ad":
        return False
    if has(clause, "remove") or has(clause, "without") or has(clause, "mute"):
        bed: str | None = "none"
    else:
        bed = next((kind for kind in ("calm", "bright", "driving") if has(clause, kind)), None)
    if bed is None:
        return False
    editing.change_brief(f"music: {bed}", music=bed)
    return True


def _shape(editing: Editing, clause: str) -> bool:
    shapes = [shape for kind, shape in _SHAPES.items() if has(clause, kind)]
    if len(shapes) != 1 or editing.names_scenes:
        return False
    editing.change_brief(f"shape: {shapes[0]}", aspect_ratio=shapes[0])
    return True


def _transitions(editing: Editing, clause: str) -> bool:
    dissolve = has(clause, "dissolve")
    if not dissolve and not has(clause, "cuts", "hard"):
        return False
    for number in editing.targets:
        if number == editing.count:
            continue
        pair = editing.storyboard.scenes[number - 1 : number + 1]
        room = min(scene.duration_seconds for scene in pair) / 3
        link = Transition()
        if dissolve:
            seconds = round(min(_DISSOLVE_SECONDS, room), 3)
            link = Transition(kind="dissolve", duration_seconds=seconds)
        if editing.storyboard.scenes[number - 1].transition != link:
            kind = "a dissolve" if dissolve else "a cut"
            editing.change(number, f"{kind} to the next", transition=link)
    return True


# rules of a scene's picture


def _light(editing: Editing, clause: str) -> bool:
    words = next((words for kind, words in _LIGHT.items() if has(clause, kind)), None)
    if words is None or has(clause, "music") or has(clause, "captions"):
        return False
    for number in editing.targets:
        text = editing.storyboard.scenes[number - 1].description
        if words not in text:
            room = _DESCRIPTION_CHARS - len(words)
            editing.change(number, words, description=f"{text[:room]}, {words}")
    return True


def _camera(editing: Editing, clause: str) -> bool:
    text = plain(clause)
    moves = (m for p, m in _CAMERAS.items() if re.search(rf"\b(?:{p})\b", text, re.IGNORECASE))
    move = next(moves, None)
    if move is None or not editing.scenes:
        return False
    for number in editing.scenes:
        editing.change(number, f"camera {move}", camera=move)
    return True


def _ends(editing: Editing, clause: str) -> bool:
    """`end on a lighthouse`, `open on the sea`: another picture for the last or the first scene."""
    match = _ENDS.match(clause)
    if match is None:
        return False
    what = match["what"].strip(" .")
    last = match["which"].casefold() in ("end", "finish", "close")
    number = editing.count if last else 1
    brand = editing.storyboard.brief.brand
    if _LOGO.fullmatch(what):
        if brand is None or not last:
            return False
        editing.operations.append(f"the video ends on the card of {brand.name} already")
        return True
    editing.change(number, what, description=sentence_case(what))
    return True


Rule = Callable[[Editing, str], bool]
# what follows is the user's own words, not the grammar's
FREE_RULES: tuple[Rule, ...] = (_ends,)
RULES: Mapping[Rule, str] = {  # and the kinds of words that each is about
    _protect: "protect negation change music captions",
    _add: "add captions",
    _swap: "swap change",
    _reverse: "reverse",
    _merge: "merge",
    _duplicate: "duplicate",
    _caption: "captions remove without change swap",
    _music: "music calm driving mute remove without change swap",
    _shape: "square tall wide change",
    _transitions: "dissolve change add",
    _remove: "remove",
    _move: "move",
    change_length: "shorter longer remove change protect add",
    _light: "warm cool light dark night",
    _camera: "",
}
_ACTS = frozenset(" ".join(RULES.values()).split())


def leaves(clause: str, rule: Rule) -> bool:
    """Whether a clause has words that act and that a rule is not about: `no need to change the
    music` is more than `no music`, and half of an edit is another edit.
    """
    own = set(RULES[rule].split())
    acts = (kinds_of(word, _ACTS) for word in words_of(clause) if word not in NUMBERS)
    text = plain(clause)
    counts = rule is not change_length and (PERCENT.search(text) or SECONDS.search(text))
    return bool(counts) or any(kinds and not kinds & own for kinds in acts)
