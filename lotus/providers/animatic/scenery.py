"""Where a scene can play: the registry of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lotus.providers.animatic.indoors import discs, room, show, studio, table, tech
from lotus.providers.animatic.outdoors import city, hills, sea, shop
from lotus.providers.animatic.stage import BoardStage, Range

__all__ = ["BACKLIT", "OUTDOORS", "SETTINGS"]

SETTINGS: Mapping[str, Callable[[BoardStage], list[Range]]] = {
    "hills": hills,
    "sea": sea,
    "city": city,
    "shop": shop,
    "table": table,
    "room": room,
    "stage": show,
    "tech": tech,
    "studio": studio,
    "discs": discs,
}
OUTDOORS = frozenset({"hills", "sea", "city", "shop"})  # where it can rain
# the light's disc is seen in the backdrop
BACKLIT = frozenset({"hills", "sea", "city", "tech", "discs"})
