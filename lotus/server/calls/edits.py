"""Another version of a video: what changed is made again, all else is reused."""

from __future__ import annotations

from functools import partial

from lotus.documents.parsing import read_model
from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput
from lotus.pipeline.options import RenderOptions
from lotus.pipeline.pipeline import submit_request
from lotus.server.answers import Generation
from lotus.server.calls.generations import storyboard_of, submit
from lotus.server.calls.sources import check_named
from lotus.server.requests import Edit, SceneChange
from lotus.server.routes import ApiRequest

__all__ = ["apply_edit", "edit"]


def edit(ask: ApiRequest) -> Generation:
    """Queue an edit of a generation, made as that was."""
    change: Edit = ask.body
    check_named(ask, change)
    row, before = storyboard_of(ask)
    after = apply_edit(before, change)
    options = RenderOptions(row["provider"], row["model"], budget_usd=change.budget_usd)
    queue = partial(submit_request, after, options, ask.service.workspace, parent=row["id"])
    return submit(ask, queue)


def apply_edit(storyboard: Storyboard, edit: Edit) -> Storyboard:
    """The storyboard after an edit; raises InvalidInput."""
    if edit.storyboard is not None:
        return edit.storyboard
    scenes = list(storyboard.scenes)
    for i, change in enumerate(edit.scenes):
        _check_index(change.index, len(scenes), f"scenes[{i}].index")
        scenes[change.index] = _change(scenes[change.index], change, i)
    if edit.order is not None:
        for i, index in enumerate(edit.order):
            _check_index(index, len(scenes), f"order[{i}]")
        scenes = [scenes[index] for index in edit.order]
    document = storyboard.model_dump(mode="json")
    document["scenes"] = [scene.model_dump(mode="json") for scene in scenes]
    return read_model(Storyboard, document, "")


def _change(scene: Scene, change: SceneChange, position: int) -> Scene:
    fields = change.model_dump(exclude_unset=True, exclude={"index"})
    if fields.get("caption") == "":
        fields["caption"] = None
    return read_model(
        Scene, {**scene.model_dump(mode="json"), **fields}, "", prefix=f"scenes[{position}]."
    )


def _check_index(index: int, scenes: int, field: str) -> None:
    if not 0 <= index < scenes:
        reason = f"there is no scene {index}"
        remedy = f"scenes count from 0 to {scenes - 1}"
        raise InvalidInput(file="", field=field, reason=reason, remedy=remedy)
