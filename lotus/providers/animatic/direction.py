"""What boards draw of a scene's direction: the looks of its cast, and the size of its shot."""

from __future__ import annotations

import re

from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard

__all__ = ["described", "directed_shot", "undrawn"]

_SHOTS = {  # how a board frames the sizes of shots
    "extreme_wide": "far",
    "wide": "far",
    "full": "third",
    "medium": "third",
    "medium_close_up": "close",
    "close_up": "close",
    "extreme_close_up": "detail",
}
_LOOKS = 80  # characters of a description that are read


def described(scene: Scene, storyboard: Storyboard) -> str:
    """The scene's words with the looks of its cast in place of their names; members that it does
    not name come last.
    """
    text = scene.description
    for member in storyboard.cast:
        looks = member.description[:_LOOKS].strip().rstrip(".")
        if member.name not in scene.cast or not looks:
            continue
        name = re.compile(rf"(?<!\w){re.escape(member.name)}(?!\w)", re.IGNORECASE)
        text, count = name.subn(looks.replace("\\", ""), text, count=1)
        text = text if count else f"{text}, {looks}"
    return text


def directed_shot(scene: Scene, *, person: bool) -> str:
    """The framing of the scene's first shot; '' if nothing is said. People are not cut."""
    size = scene.shots[0].size if scene.shots else None
    shot = _SHOTS.get(size or "", "")
    return "close" if shot == "detail" and person else shot


def undrawn(scene: Scene, storyboard: Storyboard) -> tuple[str, ...]:
    """Names of the fields of a scene's direction that boards do not show."""
    fields = {"narration", "avoid"}
    if not any(m.references for m in storyboard.cast if m.name in scene.cast):
        fields.add("cast")
    if len(scene.shots) == 1 and scene.shots[0].model_fields_set <= {"size"}:
        fields.add("shots")
    return tuple(name for name in scene.direction if name not in fields)
