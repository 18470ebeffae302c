"""The edits of a storyboard: each a change that can be taken back, and a line of Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lotus.documents.direction import DialogueLine
from lotus.documents.scene import Transition
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, LotusError

__all__ = ["EditSession", "counted_from_one"]

MEMBER = "cast."  # begins the fields of a member of the cast
TEXTS = (
    *("caption", "model", "narration", "sound", "continuity", "first_frame", "last_frame"),
)  # fields of a scene that are empty without text
Group = tuple[str, int]  # a field and a scene: edits of one, one after another, are one line


@dataclass(frozen=True)
class EditState:
    """A storyboard, and the lines that lead to it."""

    storyboard: Storyboard
    steps: tuple[tuple[Group, str], ...] = ()


class EditSession:
    """What an editor stands at, what it stood at before, and what is not valid.

    `invalid` holds, by scene and field, texts that were refused and why: they stay in sight, and
    nothing is rendered, until they are mended or taken back.
    """

    def __init__(self, storyboard: Storyboard) -> None:
        self._state = EditState(storyboard)
        self._before: list[EditState] = []
        self._after: list[EditState] = []
        self.invalid: dict[tuple[int, str], tuple[Any, str]] = {}

    @property
    def storyboard(self) -> Storyboard:
        """What will be rendered."""
        return self._state.storyboard

    @property
    def code(self) -> str:
        """Python that does the same."""
        return "\n".join(line for _, line in self._state.steps)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._before or self.invalid)

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back."""
        return bool(self._after)

    def set(self, number: int, field: str, value: Any) -> None:
        """Change a field of a scene, counted from 1; raises LotusError, and remembers the value."""
        key = (number, field)
        try:
            call, edit = self._edit(number, field, value)
        except LotusError as error:
            self.invalid[key] = (value, counted_from_one(error))
            raise
        self.invalid.pop(key, None)
        if edit != self.storyboard:
            self._step((field, number), call, edit)

    def _edit(self, number: int, field: str, value: Any) -> tuple[str, Storyboard]:
        """The call that changes a field, and what comes of it."""
        board = self.storyboard
        if field.startswith(MEMBER):
            member = board.cast[number - 1]
            name, text = field.removeprefix(MEMBER), value
            changes = {name: facts_from_text(name, text)}
            arguments = f"{member.name!r}, {name}={changes[name]!r}"
            return f"storyboard.with_member({arguments})", board.with_member(member.name, **changes)
        scene = board.scenes[number - 1]
        changes = _changes(scene, field, value)
        if all(_plain(getattr(scene, name)) == new for name, new in changes.items()):
            return "", board
        arguments = ", ".join(f"{name}={new!r}" for name, new in changes.items())
        return f"storyboard.with_scene({number}, {arguments})", board.with_scene(number, **changes)

    def add_member(self) -> bool:
        """Put somebody into the cast, to be named and described."""
        names = {member.name for member in self.storyboard.cast}
        name = next(
            n for n in ("Somebody", *map("Somebody {}".format, range(2, 99))) if n not in names
        )
        return self._change(f"with_member({name!r})", lambda board: board.with_member(name))

    def remove_member(self, number: int) -> bool:
        """Leave a member of the cast out."""
        name = self.storyboard.cast[number - 1].name
        return self._change(f"without_member({name!r})", lambda board: board.without_member(name))

    def move(self, number: int, to: int) -> bool:
        """Put a scene elsewhere; beyond the ends nothing happens."""
        inside = 1 <= to <= len(self.storyboard.scenes)
        if not inside or number == to:
            return False
        return self._change(f"moved({number}, {to})", lambda board: board.moved(number, to))

    def add(self, number: int) -> bool:
        """Put a scene like its neighbour, to be described, behind scene `number`."""
        seconds = self.storyboard.scenes[number - 1].duration_seconds
        fields = {"description": "A new scene: say what it shows", "duration_seconds": seconds}
        arguments = ", ".join(f"{name}={value!r}" for name, value in fields.items())
        at = number + 1
        return self._change(
            f"with_new_scene({at}, {arguments})", lambda board: board.with_new_scene(at, **fields)
        )

    def remove(self, number: int) -> bool:
        """Leave a scene out."""
        call = f"without_scene({number})"
        return self._change(call, lambda board: board.without_scene(number))

    def split(self, number: int) -> bool:
        """Cut a scene in two in its middle."""
        return self._change(f"split({number})", lambda board: board.split(number))

    def undo(self) -> None:
        """Take back what is not valid, or else the last change."""
        if self.invalid:
            self.invalid.clear()
        elif self._before:
            self._after.append(self._state)
            self._state = self._before.pop()

    def redo(self) -> None:
        """Do again what was taken back."""
        if self._after:
            self.invalid.clear()
            self._before.append(self._state)
            self._state = self._after.pop()

    def note(self, line: str) -> None:
        """Add a line to the code that changes nothing of the storyboard."""
        self._state = replace(self._state, steps=(*self._state.steps, (("", 0), line)))

    def _change(self, call: str, change: Callable[[Storyboard], Storyboard]) -> bool:
        edit = change(self.storyboard)
        self.invalid.clear()  # scenes have other numbers now
        self._step((call, 0), f"storyboard.{call}", edit, merge=False)
        return True

    def _step(self, group: Group, call: str, edit: Storyboard, *, merge: bool = True) -> None:
        steps = self._state.steps
        if merge and steps and steps[-1][0] == group:
            steps = steps[:-1]
        self._before.append(self._state)
        self._after.clear()
        self._state = EditState(edit, (*steps, (group, f"storyboard = {call}")))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    if isinstance(value, Transition):
        return value.model_dump(exclude_defaults=True)
    return value.model_dump() if isinstance(value, DialogueLine) else value


def _changes(scene: Any, field: str, value: Any) -> dict[str, Any]:
    """The fields of a scene that a control of the editor changes."""
    if field == "transition":
        seconds = scene.transition.duration_seconds or 0.5
        cut = {"kind": "cut"}
        return {
            "transition": cut if value == "cut" else {"kind": value, "duration_seconds": seconds}
        }
    if field == "transition_seconds":
        return {"transition": {**scene.transition.model_dump(), "duration_seconds": value}}
    if field in TEXTS:
        return {field: value or None}
    return {field: facts_from_text(field, value)}


def facts_from_text(field: str, value: Any) -> Any:
    """What a field of direction holds, from what is typed: a line an item, or commas between."""
    if not isinstance(value, str):
        return value
    if field == "references":
        return tuple(line.strip() for line in value.splitlines() if line.strip())
    if field == "avoid":
        return tuple(part.strip() for part in re.split(r"[,;\n]", value) if part.strip())
    if field == "dialogue":
        return tuple(_dialogue_line(line) for line in value.splitlines() if line.strip())
    return value


def _dialogue_line(line: str) -> dict[str, str]:
    """A line of dialogue, `Mara: Good morning`; raises InvalidInput."""
    speaker, colon, text = line.partition(":")
    if not colon or not speaker.strip() or not text.strip():
        reason = f"'{line.strip()[:40]}' does not name a speaker"
        remedy = "write each line as NAME: words"
        raise InvalidInput(file="", field="dialogue", reason=reason, remedy=remedy)
    return {"speaker": speaker.strip(), "text": text.strip()}


def counted_from_one(error: LotusError) -> str:
    """The error's line, with scenes counted as the editor counts them."""
    return re.sub(
        r"scenes\[(\d+)\]\.(\w+)", lambda m: f"scene {int(m[1]) + 1}, {m[2]}", error.python_text
    )
