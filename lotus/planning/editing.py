"""An edit under way: the storyboard as it stands, and the operations so far. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lotus.documents.scene import Scene, Transition
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput

__all__ = ["NEW_SCENE_SECONDS", "Editing", "without_scene"]

NEW_SCENE_SECONDS = 3.0


@dataclass
class Editing:
    """An edit under way: the storyboard as it stands, the scenes that the words are about, and
    those that are not to be touched.
    """

    storyboard: Storyboard
    scenes: tuple[int, ...] = ()
    names_scenes: bool = False  # this clause, not one before
    untouchable: frozenset[int] = frozenset()
    operations: list[str] = field(default_factory=list)
    lengths: dict[int, tuple[float, str]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many scenes there are."""
        return len(self.storyboard.scenes)

    @property
    def targets(self) -> tuple[int, ...]:
        """The scenes that are meant, or all that may be touched."""
        return self.scenes or tuple(
            n for n in range(1, self.count + 1) if n not in self.untouchable
        )

    def change(self, number: int, line: str, **changes: object) -> None:
        """Change fields of a scene."""
        self.storyboard = self.storyboard.with_scene(number, **changes)
        self.operations.append(f"scene {number}: {line}")

    def change_brief(self, line: str, **changes: object) -> None:
        """Change fields of the brief."""
        brief = self.storyboard.brief.replace(**changes)
        self.storyboard = self.storyboard.model_copy(update={"brief": brief})
        self.operations.append(line)

    def arrange(self, scenes: Iterable[Scene], line: str) -> None:
        """Put other scenes in place; numbers that were named before mean nothing then."""
        self.storyboard = _arranged(self.storyboard, scenes)
        self.operations.append(line)
        self.scenes = ()
        self.lengths.clear()

    def set_length(self, number: int, seconds: float) -> None:
        """Give a scene another length; two changes of one scene are told as one."""
        first = self.storyboard.scenes[number - 1].duration_seconds
        if number in self.lengths:
            first, line = self.lengths[number]
            self.operations.remove(line)
        line = f"{round(first, 2):g} s becomes {round(seconds, 2):g} s"
        self.change(number, line, duration_seconds=seconds)
        self.lengths[number] = (first, self.operations[-1])


def _arranged(storyboard: Storyboard, scenes: Iterable[Scene]) -> Storyboard:
    """The storyboard with these scenes: the last leads nowhere, and no transition is longer than
    what it leads to.
    """
    board = list(scenes)
    for i, scene in enumerate(board):
        after = board[i + 1] if i + 1 < len(board) else None
        if after is None or scene.transition.duration_seconds > after.duration_seconds:
            board[i] = scene.model_copy(update={"transition": Transition()})
    data = {**storyboard.model_dump(), "scenes": [scene.model_dump() for scene in board]}
    return Storyboard.model_validate(data)


def without_scene(storyboard: Storyboard, number: int) -> Storyboard:
    """The storyboard without a scene, counted from 1; raises InvalidInput."""
    count = len(storyboard.scenes)
    if not 1 <= number <= count or count == 1:
        remedy = f"scenes count from 1 to {count}, and one has to stay"
        raise InvalidInput(file="", field="scene", reason=f"is {number}", remedy=remedy)
    return _arranged(
        storyboard, [scene for n, scene in enumerate(storyboard.scenes, 1) if n != number]
    )
