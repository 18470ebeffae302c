"""A storyboard to edit in a notebook: words, camera and order, a look at each scene, and the price
beside the button that renders.

Everything it does is also code, and it says which.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lotus.api.videos import estimate, render
from lotus.display.progress import NotebookProgress
from lotus.documents.brief import CAMERAS
from lotus.documents.storyboard import Scene, Storyboard
from lotus.errors import LotusError
from lotus.money.ledger import money
from lotus.notebook.preview import preview_scene
from lotus.pipeline.job import Job
from lotus.system.distribution import import_extra
from lotus.workspace import Workspace

__all__ = ["StoryboardEditor", "edit"]

LOOKS = {"clip": "", "draft": "a drawing; the model's own clip is made when you render"}


def edit(
    storyboard: Storyboard,
    *,
    provider: str | None = None,
    model: str | None = None,
    workspace: Workspace | None = None,
) -> StoryboardEditor:
    """A widget that edits and renders the storyboard, by this provider and model. Needs
    ipywidgets.
    """
    return StoryboardEditor(storyboard, provider=provider, model=model, workspace=workspace)


class StoryboardEditor:
    """`storyboard` is what it stands at, `code` what leads there, `job` what it made; `widget`
    shows it.
    """

    def __init__(
        self,
        storyboard: Storyboard,
        *,
        provider: str | None,
        model: str | None,
        workspace: Workspace | None,
    ) -> None:
        ui = import_extra("ipywidgets")

        self._ui = ui
        self.storyboard = storyboard
        self.job: Job | None = None
        # what was changed, and how that is written
        self._steps: list[tuple[tuple[str, int], str]] = []
        self._made_by: dict[str, Any] = {"provider": provider, "model": model}
        self._workspace = workspace or Workspace.open()
        self._price = Decimal(0)
        self.status = ui.HTML()
        self.rows = ui.VBox()
        self.look = ui.HBox()
        self.button = ui.Button(description="Render", button_style="primary")
        self.button.on_click(lambda _: self.render())
        self.written = ui.Textarea(disabled=True, layout={"width": "100%", "height": "6em"})
        bar = ui.HBox([self.button, self.status], layout={"align_items": "center"})
        self.widget = ui.VBox([self.rows, self.look, bar, self.written])
        self._show()

    @property
    def code(self) -> str:
        """Python that does the same."""
        return "\n".join(line for _, line in self._steps)

    def set(self, number: int, field: str, value: Any) -> None:
        """Change a field of a scene, counted from 1; an invalid value is refused with a message."""
        value = (value or None) if field == "caption" else value
        if getattr(self.storyboard.scenes[number - 1], field) == value:
            self._show_plan()  # an error that was mended goes away
            return
        if self._try(lambda: self.storyboard.with_scene(number, **{field: value})):
            if self._steps and self._steps[-1][0] == (field, number):
                self._steps.pop()
            line = f"storyboard = storyboard.with_scene({number}, {field}={value!r})"
            self._steps.append(((field, number), line))
            self._show_plan()

    def move(self, number: int, to: int) -> None:
        """Put a scene elsewhere; beyond the ends nothing happens."""
        inside = 1 <= to <= len(self.storyboard.scenes)
        if inside and self._try(lambda: self.storyboard.moved(number, to)):
            self._steps.append(
                (("moved", number), f"storyboard = storyboard.moved({number}, {to})")
            )
            self._show()

    def preview(self, number: int) -> None:
        """Show a scene as it will look, small; nothing is paid."""
        self._show_message(f"drawing scene {number} …")
        try:
            seen = preview_scene(
                self.storyboard, number, workspace=self._workspace, **self._made_by
            )
        except LotusError as error:
            self._show_message(str(error), bad=True)
            return
        video = self._ui.Video(value=seen.video, format="mp4", width="320", loop=True)
        self.look.children = [video, self._ui.Label(f"scene {number} {LOOKS[seen.kind]}".strip())]
        self._show_plan()

    def render(self) -> None:
        """Render what it stands at, for no more than the price that is shown; `job` is what came of
        it.
        """
        self.button.disabled = True
        options: dict[str, Any] = {name: value for name, value in self._made_by.items() if value}
        if options:
            options["budget_usd"] = money(self._price)
        arguments = "".join(f", {name}={value!r}" for name, value in options.items())
        try:
            with NotebookProgress(self._progressed) as hear:
                self.job = render(
                    self.storyboard, workspace=self._workspace, listener=hear, **options
                )
        except LotusError as error:
            self._show_message(str(error), bad=True)
        else:
            self._steps.append((("job", 0), f"job = lotus.render(storyboard{arguments})"))
            self._show_plan(f"rendered: editor.job is {self.job.id}; ")
        finally:
            self.button.disabled = False

    def _try(self, change: Callable[[], Storyboard]) -> bool:
        try:
            self.storyboard = change()
        except LotusError as error:
            self._show_message(_counted_from_one(error), bad=True)
            return False
        return True

    def _show(self) -> None:
        self.rows.children = [
            self._row(n, scene) for n, scene in enumerate(self.storyboard.scenes, 1)
        ]
        self._show_plan()

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
            field.observe(
                lambda change, name=name, field=field: self._entered(number, name, field),
                names="value",
            )
        label = ui.Label(f"{number}  {scene.duration_seconds:.1f} s", layout={"width": "5em"})
        return ui.HBox([label, *fields.values(), *self._buttons(number)])

    def _entered(self, number: int, name: str, field: Any) -> None:
        """Take a field's value; one that is refused makes room for what will be rendered."""
        self.set(number, name, field.value)
        stored = getattr(self.storyboard.scenes[number - 1], name) or ""
        if field.value != stored:
            message = self.status.value
            field.value = stored
            self.status.value = message

    def _buttons(self, number: int) -> list[Any]:
        does = {
            "↑": (f"move scene {number} up", lambda: self.move(number, number - 1)),
            "↓": (f"move scene {number} down", lambda: self.move(number, number + 1)),
            "▶": (f"preview scene {number}", lambda: self.preview(number)),
        }
        buttons = []
        for sign, (tip, act) in does.items():
            button = self._ui.Button(description=sign, tooltip=tip, layout={"width": "2.6em"})
            button.on_click(lambda _, act=act: act())
            buttons.append(button)
        return buttons

    def _show_plan(self, first: str = "") -> None:
        self.written.value = self.code or "# nothing is edited yet"
        try:
            price = estimate(self.storyboard, workspace=self._workspace, **self._made_by)
        except LotusError as error:
            self._show_message(str(error), bad=True)
            return
        self._price = price.total_usd
        self.button.description = f"Render for ${money(price.total_usd)}"
        to_make = sum(not scene.cached for scene in price.scenes)
        self._show_message(f"{first}{to_make} of {len(price.scenes)} clips to make")

    def _show_message(self, words: str, *, bad: bool = False) -> None:
        import html

        color = "#a1342b" if bad else "inherit"
        self.status.value = f"<p style='color:{color}'>{html.escape(words)}</p>"

    def _progressed(self, markup: str, plain: str) -> None:
        self.status.value = markup

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return self.widget._repr_mimebundle_(include=include, exclude=exclude)


def _counted_from_one(error: LotusError) -> str:
    """The error's line, with scenes counted as the editor counts them."""
    return re.sub(
        r"scenes\[(\d+)\]\.(\w+)", lambda m: f"scene {int(m[1]) + 1}, {m[2]}", error.python_text
    )
