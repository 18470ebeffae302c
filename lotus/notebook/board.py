"""The widget of the storyboard editor, and all that it shows, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from typing import Any, get_args

from lotus.api.estimates import Estimate
from lotus.composition.picture.transitions import TRANSITIONS
from lotus.display.kit import Html, join
from lotus.documents.brief import CAMERAS
from lotus.documents.direction import CastMember
from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.money.ledger import money
from lotus.notebook.session import EditSession
from lotus.system.distribution import import_extra
from lotus.system.quantities import quantity
from lotus.workspace import Workspace

__all__ = ["asleep", "board_state", "board_widget", "model_names"]

HERE = Path(__file__).parent


@cache
def _widget_class() -> Any:
    anywidget = import_extra("anywidget")
    traitlets = import_extra("traitlets")

    base: Any = anywidget.AnyWidget

    class BoardWidget(base):  # type: ignore[misc]
        """A board of cards; `command` is what its user does, all else what it shows."""

        _esm = HERE / "board.js"
        _css = HERE / "board.css"
        state = traitlets.Dict().tag(sync=True)
        pictures = traitlets.Dict().tag(sync=True)
        status = traitlets.Dict().tag(sync=True)
        command = traitlets.Dict().tag(sync=True)
        preview = traitlets.Bytes().tag(sync=True)
        video = traitlets.Bytes().tag(sync=True)
        before = traitlets.Bytes().tag(sync=True)

    return BoardWidget


def board_widget() -> Any:
    """An empty board. Needs anywidget."""
    return _widget_class()()


def model_names(workspace: Workspace) -> list[str]:
    """Models that can make a scene's clip."""
    from lotus.models.catalog import read_catalog

    models = read_catalog(workspace.settings.models).models.values()
    return sorted(model.name for model in models if {"text-to-video"} & set(model.tasks))


def board_state(
    session: EditSession,
    pictures: list[str],
    price: Estimate | None,
    models: list[str],
    beats: tuple[float, ...],
) -> dict[str, Any]:
    """What the cards and the bar show."""
    board = session.storyboard
    cards = zip(board.scenes, chain(pictures, repeat("")), strict=False)
    return {
        "scenes": [_card(number, *card) for number, card in enumerate(cards, 1)],
        "cast": [_member(number, one) for number, one in enumerate(board.cast, 1)],
        "kinds": list(get_args(CastMember.model_fields["kind"].annotation)),
        "seconds": round(board.duration_seconds, 3),
        "sound": _sound(board),
        "beats": [round(at, 3) for at in beats],
        "cameras": list(CAMERAS),
        "transitions": list(TRANSITIONS),
        "models": models,
        "invalid": [
            {"scene": number, "field": field, "value": value, "message": message}
            for (number, field), (value, message) in session.invalid.items()
        ],
        "can_undo": session.can_undo,
        "can_redo": session.can_redo,
        "code": session.code or "# nothing is edited yet",
        **_price(price),
    }


def _card(number: int, scene: Scene, picture: str) -> dict[str, Any]:
    """The card of a scene."""
    return {
        "number": number,
        "description": scene.description,
        "caption": scene.caption or "",
        "camera": scene.camera,
        "duration_seconds": round(scene.duration_seconds, 3),
        "transition": scene.transition.kind,
        "transition_seconds": round(scene.transition.duration_seconds, 3),
        "model": scene.model or "",
        "source": Path(scene.source).name if scene.source else "",
        **_direction(scene),
        "picture": picture,
    }


def _direction(scene: Scene) -> dict[str, Any]:
    """What a scene says of people, words and references, as text to type."""
    texts = ("narration", "sound", "continuity", "first_frame", "last_frame")
    return {
        **{name: getattr(scene, name) or "" for name in texts},
        "cast": list(scene.cast),
        "dialogue": "\n".join(f"{line.speaker}: {line.text}" for line in scene.dialogue),
        "references": "\n".join(scene.references),
        "avoid": ", ".join(scene.avoid),
    }


def _member(number: int, member: CastMember) -> dict[str, Any]:
    return {
        "number": number,
        **{f"cast.{name}": getattr(member, name) for name in ("name", "kind", "description")},
        "cast.references": "\n".join(member.references),
    }


def _price(price: Estimate | None) -> dict[str, Any]:
    if price is None:
        return {"price": "", "to_make": ""}
    to_make = sum(not scene.cached for scene in price.scenes)
    return {
        "price": f"${money(price.total_usd)}",
        "to_make": f"{to_make} of {len(price.scenes)} clips to make",
    }


def _sound(board: Storyboard) -> str:
    sound = board.brief.soundtrack
    return "" if sound is None else Path(sound).name


def asleep(mark: str, storyboard: Storyboard, pictures: Iterable[str]) -> str:
    """HTML that a saved notebook shows where nobody runs the editor: its pictures, and how to
    revive it. The widget hides it by its class.
    """
    scenes = storyboard.scenes
    image = Html("<img alt='scene {}' style='width:9em;margin:2px' src='{}'>")
    strip = join(image.format(n, source) for n, source in enumerate(filter(None, pictures), 1))
    words = Html("<p>A storyboard of {}, {:g} s. To edit it again, run this cell.</p>").format(
        quantity(len(scenes), "scene"), storyboard.duration_seconds
    )
    page = Html("<div class='{}'>{}{}</div>").format(mark, strip, words)
    return page._repr_html_()
