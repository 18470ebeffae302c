"""A storyboard to edit in a notebook: a board of cards with pictures, a bar to scale, and the price
beside the button that renders.

Everything it does is also code, and it says which.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

from lotus.api.background import RenderHandle, submit
from lotus.api.videos import estimate
from lotus.display.thumbnails import picture_data
from lotus.documents.brief import Brief
from lotus.documents.calls import explained_call
from lotus.documents.reading import as_request
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, LotusError
from lotus.money.ledger import money
from lotus.notebook.board import asleep, board_state, board_widget, model_names
from lotus.notebook.preview import preview_scene, scene_frames
from lotus.notebook.session import EditSession, counted_from_one
from lotus.pipeline.attempt import Event
from lotus.pipeline.job import Job
from lotus.pipeline.options import RenderOptions
from lotus.system.quantities import quantity
from lotus.workspace import Workspace

__all__ = ["StoryboardEditor", "edit"]

SIDE = 240  # pixels of a card's picture
MOST_BYTES = 40_000_000  # of a video that plays in the board; longer ones are named
LOOKS = {"clip": "", "draft": "a drawing; the model's own clip is made when you render"}


@explained_call
def edit(
    storyboard: Storyboard | str | Path,
    *,
    provider: str | None = None,
    model: str | None = None,
    workspace: Workspace | None = None,
) -> StoryboardEditor:
    """Open a board of cards that edits and renders a storyboard in the notebook.

    Needs the extra `lab`. To edit in words, use `job.edit("make scene 2 shorter")`. In marimo,
    show `mo.ui.anywidget(editor.widget)`.

    Parameters
    ----------
    storyboard
        The storyboard, or the path of its file.
    provider
        Provider of the clips: `animatic` (free), `replicate`, or one that you registered. Default:
        `replicate` if `model` is given, otherwise `animatic`.
    model
        A hosted model of the catalogue.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    StoryboardEditor
        `storyboard` holds the current state, `code` the Python that leads to it, and `job` the
        newest video.

    Raises
    ------
    InputError
        If the storyboard is wrong, or is a brief.
    """
    request = as_request(storyboard)
    if isinstance(request, Brief):
        remedy = "plan it first: lotus.edit(lotus.plan(brief))"
        raise InvalidInput(file="", field="storyboard", reason="is a brief", remedy=remedy)
    return StoryboardEditor(request, provider=provider, model=model, workspace=workspace)


class StoryboardEditor:
    """An editor of a storyboard, with its current state in `storyboard`.

    `code` is the Python that leads to it, `job` the newest video, `widget` the board of cards.
    """

    def __init__(
        self,
        storyboard: Storyboard,
        *,
        provider: str | None,
        model: str | None,
        workspace: Workspace | None,
    ) -> None:
        self.widget = board_widget()
        self.job: Job | None = None
        self._session = EditSession(storyboard)
        self._maker: dict[str, Any] = {"provider": provider, "model": model}
        self._workspace = workspace or Workspace.open()
        self._price: Decimal | None = None
        self._rendering: RenderHandle | None = None
        self._options = ""  # of the render, as Python
        self._mark = f"lotus-asleep-{uuid.uuid4().hex[:12]}"  # of what a saved notebook shows
        self._snapshot: Any = None
        self._names: list[str] = []
        self._painter = ThreadPoolExecutor(1, "lotus-board")
        hosted = RenderOptions.of(provider, model).provider == "replicate"
        self._models = model_names(self._workspace) if hosted else []
        self._beats = _beats(storyboard)
        self.widget.observe(self._on_command, names="command")
        self._show()

    @property
    def storyboard(self) -> Storyboard:
        """What will be rendered."""
        return self._session.storyboard

    @property
    def code(self) -> str:
        """Python that does the same."""
        return self._session.code

    @property
    def status(self) -> str:
        """The line under the board."""
        return str(self.widget.status.get("text", ""))

    def set(self, number: int, field: str, value: Any) -> None:
        """Change a field of a scene, counted from 1, or of a member of the cast (`cast.name`); an
        invalid value is refused with a message.
        """
        self._try(lambda: self._session.set(number, field, value))

    def move(self, number: int, to: int) -> None:
        """Put a scene elsewhere; beyond the ends nothing happens."""
        self._try(lambda: self._session.move(number, to))

    def add(self, number: int) -> None:
        """Put a new scene behind scene `number`."""
        self._try(lambda: self._session.add(number))

    def remove(self, number: int) -> None:
        """Leave scene `number` out."""
        self._try(lambda: self._session.remove(number))

    def add_member(self) -> None:
        """Put somebody into the cast, to be named and described."""
        self._try(self._session.add_member)

    def remove_member(self, number: int) -> None:
        """Leave a member of the cast out, counted from 1."""
        self._try(lambda: self._session.remove_member(number))

    def split(self, number: int) -> None:
        """Cut scene `number` in two in its middle."""
        self._try(lambda: self._session.split(number))

    def undo(self) -> None:
        """Take the last change back."""
        self._try(self._session.undo)

    def redo(self) -> None:
        """Do again what was taken back."""
        self._try(self._session.redo)

    def preview(self, number: int) -> None:
        """Show a scene as it will look, small; nothing is paid."""
        self._say(f"drawing scene {number} …")
        try:
            scene = preview_scene(self.storyboard, number, workspace=self._workspace, **self._maker)
        except LotusError as error:
            self._say(error.python_text, bad=True)
            return
        self.widget.preview = scene.video
        self._say(f"scene {number} {LOOKS[scene.kind]}".strip())

    def render(self) -> None:
        """Render what it stands at, for no more than the price that is shown, and wait for it;
        `job` is the video.
        """
        handle = self._start_render()
        if handle is None:
            return
        try:
            handle.result()
        except KeyboardInterrupt:
            self.stop()
            raise
        except LotusError:
            pass  # the board says it
        finally:
            self._finish(handle)

    def stop(self) -> None:
        """End the render; finished clips are kept."""
        if self._rendering is not None:
            self._rendering.cancel()

    def wait(self) -> None:
        """Wait until all pictures are drawn."""
        self._painter.submit(lambda: None).result()

    def _render_beside(self) -> None:
        handle = self._start_render()
        if handle is not None:
            handle.add_done_callback(self._finish)

    def _start_render(self) -> RenderHandle | None:
        """A render, unless there is one, or something is not valid."""
        if self._session.invalid:
            _, message = next(iter(self._session.invalid.values()))
            self._say(message, bad=True)
            return None
        if self._rendering is not None or self._price is None:
            return None
        options: dict[str, Any] = {name: value for name, value in self._maker.items() if value}
        if options:
            options["budget_usd"] = money(self._price)
        self._options = "".join(f", {name}={value!r}" for name, value in options.items())
        self._say("rendering …", rendering=True)
        handle = submit(
            self.storyboard, workspace=self._workspace, listener=self._on_event, **options
        )
        self._rendering = handle
        return handle

    def _on_event(self, event: Event) -> None:
        handle = self._rendering
        if handle is not None and not handle.done() and event.kind in ("stage", "clip", "frames"):
            words = f"{handle.stage}, {handle.percent:.0f} %"
            self._say(words, rendering=True, percent=round(handle.percent))

    def _finish(self, handle: RenderHandle) -> None:
        self._rendering = None
        try:
            job = handle.result(0)
        except LotusError as error:
            self._say(error.python_text, bad=True)
            return
        except (KeyboardInterrupt, TimeoutError):
            self._say("stopped; finished clips are kept", bad=True)
            return
        before, self.job = self.job, job
        self.widget.before = _bytes_of(before)
        self.widget.video = _bytes_of(job)
        self._session.note(f"job = lotus.render(storyboard{self._options})")
        self._show(f"rendered: editor.job is {job.id}; ")

    def _try(self, change: Callable[[], Any]) -> None:
        try:
            change()
        except LotusError as error:
            self._show()
            self._say(counted_from_one(error), bad=True)
        else:
            self._show()

    def _show(self, first: str = "") -> None:
        price = None
        trouble = next((message for _, message in self._session.invalid.values()), "")
        try:
            price = estimate(self.storyboard, workspace=self._workspace, **self._maker)
        except LotusError as error:
            trouble = trouble or counted_from_one(error)
        self._price = None if price is None else price.total_usd
        board = self.storyboard
        self._names = _frame_names(board, self._workspace, self._maker)
        self.widget.state = {
            **board_state(self._session, self._names, price, self._models, self._beats),
            "mark": self._mark,
        }
        words = trouble or f"{first}{self.widget.state['to_make']}"
        self._say(words, bad=bool(trouble))
        self._painter.submit(self._paint, board)

    def _paint(self, board: Storyboard) -> None:
        """Draw the pictures that are missing; a board that has changed since is left."""
        try:
            for frame in scene_frames(board, self._workspace, **self._maker):
                if board is not self.storyboard:
                    return
                if frame.key not in self.widget.pictures:
                    picture = picture_data(frame.draw(), SIDE)
                    self.widget.pictures = {**self.widget.pictures, frame.key: picture}
        except (LotusError, OSError):  # the status line says what is wrong with the board
            pass
        self._save_snapshot()

    def _save_snapshot(self) -> None:
        if self._snapshot is not None:
            self._snapshot.update(self._picture(), raw=True)

    def _picture(self) -> dict[str, str]:
        pictures = (self.widget.pictures.get(name, "") for name in self._names)
        html = asleep(self._mark, self.storyboard, pictures)
        return {"text/html": html, "text/plain": repr(self)}

    def _say(self, words: str, *, bad: bool = False, **more: Any) -> None:
        self.widget.status = {"text": words, "bad": bad, "rendering": False, **more}

    def _on_command(self, change: Mapping[str, Any]) -> None:
        command = change["new"]
        action, scene = command.get("action", ""), command.get("scene", 0)
        actions: dict[str, Callable[[], None]] = {
            "set": lambda: self.set(scene, command["field"], command["value"]),
            "move": lambda: self.move(scene, command["to"]),
            "add": lambda: self.add(scene),
            "remove": lambda: self.remove(scene),
            "split": lambda: self.split(scene),
            "add_member": self.add_member,
            "remove_member": lambda: self.remove_member(scene),
            "preview": lambda: self.preview(scene),
            "undo": self.undo,
            "redo": self.redo,
            "render": self._render_beside,
            "stop": self.stop,
        }
        if action in actions:
            actions[action]()
        self.widget.status = {**self.widget.status, "answered": command.get("n", 0)}

    def __repr__(self) -> str:
        scenes = quantity(len(self.storyboard.scenes), "scene")
        return f"<editor of a storyboard of {scenes}, {self.storyboard.duration_seconds:g} s>"

    def _display_(self) -> Any:
        return self.widget  # marimo asks for it

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self._snapshot = display(self._picture(), raw=True, display_id=True)
        display(self.widget)


def _bytes_of(job: Job | None) -> bytes:
    """A video that is small enough to travel into the page."""
    path: Path | None = job.output if job is not None else None
    if path is None or path.stat().st_size > MOST_BYTES:
        return b""
    return path.read_bytes()


def _frame_names(board: Storyboard, workspace: Workspace, maker: Mapping[str, Any]) -> list[str]:
    try:
        return [frame.key for frame in scene_frames(board, workspace, **maker)]
    except (LotusError, OSError):
        return []


def _beats(board: Storyboard) -> tuple[float, ...]:
    """Times of the track's beats; none for other sound."""
    from lotus.pipeline.preflight import track_beats

    try:
        grid = track_beats(board.brief, board.duration_seconds)
    except (LotusError, OSError):
        return ()
    return tuple(float(beat) for beat in grid.beats) if grid is not None else ()
