"""A storyboard to edit in a notebook: words, camera and order, with the price before anything is rendered.

Everything it does is also code, and it says which.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lotus.api import estimate
from lotus.brief import CAMERAS
from lotus.errors import LotusError
from lotus.ledger import money
from lotus.storyboard import Scene, Storyboard
from lotus.workspace import Workspace

__all__ = ["StoryboardEditor", "edit"]

EDITED = ("description", "caption", "camera")


def edit(
    storyboard: Storyboard,
    *,
    provider: str = "animatic",
    model: str | None = None,
    workspace: Workspace | None = None,
) -> StoryboardEditor:
    """A widget that edits the storyboard; its price is for this provider and model. Needs ipywidgets."""
    return StoryboardEditor(storyboard, provider=provider, model=model, workspace=workspace)


class StoryboardEditor:
    """`storyboard` is what it stands at, `code` what leads there; `widget` shows it."""

    def __init__(
        self, storyboard: Storyboard, *, provider: str, model: str | None, workspace: Workspace | None
    ) -> None:
        import ipywidgets

        self._ui = ipywidgets
        self.storyboard = storyboard
        self._steps: list[tuple[str, int, Any]] = []
        self._facts: dict[str, Any] = {"provider": provider, "model": model, "workspace": workspace}
        self.status = ipywidgets.HTML()
        self.written = ipywidgets.Textarea(disabled=True, layout={"width": "100%", "height": "6em"})
        self.rows = ipywidgets.VBox()
        self.widget = ipywidgets.VBox([self.rows, self.status, self.written])
        self._show()

    @property
    def code(self) -> str:
        """Python that makes the same edits."""
        lines = [
            f"storyboard = storyboard.moved({number}, {what})"
            if kind == "moved"
            else f"storyboard = storyboard.with_scene({number}, {kind}={what!r})"
            for kind, number, what in self._steps
        ]
        return "\n".join(lines)

    def set(self, number: int, field: str, value: Any) -> None:
        """Change a field of a scene, counted from 1; what cannot be is said, and left as it was."""
        value = (value or None) if field == "caption" else value
        if getattr(self.storyboard.scenes[number - 1], field) == value:
            return
        step = (field, number, value)
        if self._try(lambda: self.storyboard.with_scene(number, **{field: value})):
            again = bool(self._steps) and self._steps[-1][:2] == step[:2]
            self._steps[-1 if again else len(self._steps) :] = [step]
            self._tell()

    def move(self, number: int, to: int) -> None:
        """Put a scene elsewhere; beyond the ends nothing happens."""
        inside = 1 <= to <= len(self.storyboard.scenes)
        if inside and self._try(lambda: self.storyboard.moved(number, to)):
            self._steps.append(("moved", number, to))
            self._show()

    def _try(self, change: Callable[[], Storyboard]) -> bool:
        try:
            self.storyboard = change()
        except LotusError as error:
            self._say(str(error), bad=True)
            return False
        return True

    def _show(self) -> None:
        self.rows.children = [self._row(n, scene) for n, scene in enumerate(self.storyboard.scenes, 1)]
        self._tell()

    def _row(self, number: int, scene: Scene) -> Any:
        ui = self._ui
        wide = {"width": "auto", "flex": "1"}
        fields = {
            "description": ui.Textarea(scene.description, layout={**wide, "height": "3.4em"}),
            "caption": ui.Text(scene.caption or "", placeholder="no caption", layout=wide),
            "camera": ui.Dropdown(options=CAMERAS, value=scene.camera, layout={"width": "8em"}),
        }
        for name, field in fields.items():
            field.continuous_update = False
            field.tooltip = f"{name} of scene {number}"
            field.observe(lambda change, name=name: self.set(number, name, change["new"]), names="value")
        buttons = []
        for sign, by in (("↑", -1), ("↓", 1)):
            tip = f"move scene {number} {'up' if by < 0 else 'down'}"
            button = ui.Button(description=sign, tooltip=tip, layout={"width": "2.6em"})
            button.on_click(lambda _, by=by: self.move(number, number + by))
            buttons.append(button)
        label = ui.Label(f"{number}  {scene.duration_seconds:g} s", layout={"width": "5em"})
        return ui.HBox([label, *fields.values(), *buttons])

    def _tell(self) -> None:
        self.written.value = self.code or "# nothing is edited yet"
        try:
            found = estimate(self.storyboard, **self._facts)
        except LotusError as error:
            self._say(str(error), bad=True)
            return
        to_make = sum(not scene.cached for scene in found.scenes)
        self._say(f"{to_make} of {len(found.scenes)} clips to make, ${money(found.total_usd)}")

    def _say(self, words: str, *, bad: bool = False) -> None:
        import html

        color = "#a1342b" if bad else "inherit"
        self.status.value = f"<p style='color:{color}'>{html.escape(words)}</p>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return self.widget._repr_mimebundle_(include=include, exclude=exclude)
