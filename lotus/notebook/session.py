"""The edits of a storyboard: each a change that can be taken back, and a line of Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lotus.documents.storyboard import Storyboard, Transition
from lotus.errors import LotusError

__all__ = ["EditSession", "counted_from_one"]

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
        scene = self.storyboard.scenes[number - 1]
        try:
            changes = _changes(scene, field, value)
            if all(_plain(getattr(scene, name)) == new for name, new in changes.items()):
                self.invalid.pop(key, None)
                return
            changed = self.storyboard.with_scene(number, **changes)
        except LotusError as error:
            self.invalid[key] = (value, counted_from_one(error))
            raise
        self.invalid.pop(key, None)
        written = ", ".join(f"{name}={new!r}" for name, new in changes.items())
        self._step((field, number), f"storyboard.with_scene({number}, {written})", changed)

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
        written = ", ".join(f"{name}={value!r}" for name, value in fields.items())
        at = number + 1
        return self._change(
            f"with_new_scene({at}, {written})", lambda board: board.with_new_scene(at, **fields)
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
        changed = change(self.storyboard)
        self.invalid.clear()  # scenes have other numbers now
        self._step((call, 0), f"storyboard.{call}", changed, merge=False)
        return True

    def _step(self, group: Group, call: str, changed: Storyboard, *, merge: bool = True) -> None:
        steps = self._state.steps
        if merge and steps and steps[-1][0] == group:
            steps = steps[:-1]
        self._before.append(self._state)
        self._after.clear()
        self._state = EditState(changed, (*steps, (group, f"storyboard = {call}")))


def _plain(value: Any) -> Any:
    return value.model_dump(exclude_defaults=True) if isinstance(value, Transition) else value


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
    if field in ("caption", "model"):
        return {field: value or None}
    return {field: value}


def counted_from_one(error: LotusError) -> str:
    """The error's line, with scenes counted as the editor counts them."""
    return re.sub(
        r"scenes\[(\d+)\]\.(\w+)", lambda m: f"scene {int(m[1]) + 1}, {m[2]}", error.python_text
    )
