"""Where a scene can play: the registry of settings."""

from __future__ import annotations

from collections.abc import Callable

from lotus.providers.boards.indoors import abstract, discs, show, studio, table, tech
from lotus.providers.boards.outdoors import city, hills, sea
from lotus.providers.boards.shapes import Range, Stage

__all__ = ["SETTINGS"]

SETTINGS: dict[str, Callable[[Stage], list[Range]]] = {
    "hills": hills,
    "sea": sea,
    "city": city,
    "table": table,
    "stage": show,
    "tech": tech,
    "studio": studio,
    "abstract": abstract,
    "discs": discs,
}
