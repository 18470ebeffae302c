"""Reference sheets of a storyboard's cast: made once a member, followed in all scenes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from lotus.api.files import make_file
from lotus.documents.calls import explained_call
from lotus.documents.direction import CastMember
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput
from lotus.models.facts import Facts
from lotus.money.budgets import dollars
from lotus.store.uploads import MARK, asset_object
from lotus.system.keys import file_digest
from lotus.workspace import Workspace

__all__ = ["CastSheets", "make_cast"]

_VIEWS = {  # what a sheet shows of each kind of member
    "person": "one person, front view, side view and three-quarter view, whole body, neutral pose",
    "product": "one product, front view, side view and a close-up of its material",
    "place": "one place, wide view by day, empty of people",
}


@dataclass(frozen=True)
class CastSheets:
    """A storyboard whose cast has pictures, the names of those that were made, and their cost."""

    storyboard: Storyboard
    members: tuple[str, ...]
    cost_usd: Decimal


@explained_call
def make_cast(
    storyboard: Storyboard,
    *,
    model: str | None = None,
    budget_usd: Decimal | float | str | None = None,
    workspace: Workspace | None = None,
) -> CastSheets:
    """Make a reference sheet for each member of the cast that has no pictures yet.

    A model of pictures makes them, `model` or the catalogue's default, for at most `budget_usd`
    together; the same sheet is paid for once. Members are put into the scenes whose descriptions
    name them. Raises InvalidInput for a storyboard without a cast, BudgetExceeded.
    """
    if not storyboard.cast:
        remedy = "write cast: [{name: Mara, description: a baker of sixty}]"
        raise InvalidInput(file="", field="cast", reason="is empty", remedy=remedy)
    workspace = workspace or Workspace.open()
    budget = None if budget_usd is None else dollars(budget_usd)
    cast: list[CastMember] = []
    names: list[str] = []
    total = Decimal(0)
    for member in storyboard.cast:
        if member.references:
            cast.append(member)
            continue
        rest = None if budget is None else budget - total
        sheet = make_file(
            workspace, "text-to-image", _facts(member, storyboard), model=model, budget_usd=rest
        )
        total += sheet.cost.actual_usd
        cast.append(member.replace(references=(_store_sheet(workspace, sheet.path),)))
        names.append(member.name)
    document = {**storyboard.model_dump(), "cast": [one.model_dump() for one in cast]}
    document["scenes"] = [
        {**scene.model_dump(), "cast": _present(scene.description, scene.cast, cast)}
        for scene in storyboard.scenes
    ]
    return CastSheets(Storyboard.model_validate(document), tuple(names), total)


def _facts(member: CastMember, storyboard: Storyboard) -> Facts:
    words = ": ".join(part for part in (member.name, member.description) if part)
    style = storyboard.look.words.split(". Setting:")[0] or storyboard.look.style
    return Facts(
        prompt=f"Reference sheet. {words}. {_VIEWS[member.kind]}, plain grey background, even "
        f"light, no text. {style}.",
        seed=storyboard.look.seed,
        aspect_ratio="16:9" if member.kind != "product" else "1:1",
        resolution="1080p",
    )


def _store_sheet(workspace: Workspace, path: Path) -> str:
    """The name of a sheet as an asset, which says the same on every machine."""
    asset = f"{file_digest(path)}{path.suffix}"
    if not workspace.store.exists(asset_object(asset)):
        workspace.store.put(path, asset_object(asset))
    return MARK + asset


def _present(words: str, names: tuple[str, ...], cast: list[CastMember]) -> tuple[str, ...]:
    """Who is in a scene: those it names itself, and those whom its description names."""
    text = words.casefold()
    mentions = [one.name for one in cast if one.name.casefold() in text]
    return tuple(dict.fromkeys((*names, *mentions)))
