"""Progress in terminals and notebooks, and the table of a job."""

from __future__ import annotations

import html
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from lotus.errors import Cancelled
from lotus.pipeline import progress

if TYPE_CHECKING:
    from rich.table import Table

    from lotus.pipeline.job import Job, SceneResult
    from lotus.pipeline.progress import Event

__all__ = ["NotebookProgress", "TerminalProgress", "duration_words", "job_table", "progress_here"]

PAUSE_SECONDS = 0.2  # between two pictures of a bar in a notebook
GUESS_SECONDS = 2.0  # of work, before the time that is left is guessed
Write = Callable[[str, str], None]  # replaces the output by HTML, or by plain text


def progress_here() -> TerminalProgress | NotebookProgress:
    """The progress of a notebook's cell, or of a terminal."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return NotebookProgress(_cell()) if hasattr(shell, "kernel") else TerminalProgress()


def _cell() -> Write:
    """One output of the cell that runs, written over again and again: papermill keeps the last of
    it.
    """
    from IPython.display import display

    handle: Any = None

    def write(markup: str, plain: str) -> None:
        from lotus.display.kit import Html

        nonlocal handle
        # amounts have dollar signs, which notebooks take for formulas
        data = {"text/html": Html(markup)._repr_html_(), "text/plain": plain}
        if handle is None:
            handle = display(data, raw=True, display_id=True)
        else:
            handle.update(data, raw=True)

    return write


class TerminalProgress:
    """Hears events and shows them: a bar a stage where there is a terminal, a line a stage
    elsewhere.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}
        self._frames: dict[int, int] = {}
        self._clips: dict[int, bool] = {}
        self._to_make = 0

    def __enter__(self) -> TerminalProgress:
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bars

            self._bars = Bars(
                TextColumn("{task.description:<12}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("frames  {task.fields[note]}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
            )
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if self.quiet:
            return
        data = event.data
        if event.kind == "stage":
            self._stage(data)
        elif event.kind == "expired":
            self._line(f"generating: {_expiry(data)}")
        elif event.kind == "warning":
            self._line(
                f"{'composing' if data['scene'] is None else 'generating'}: {_warning(data)}"
            )
        elif event.kind == "clip":
            self._frames[data["scene"]] = data["frames"]
            self._clips[data["scene"]] = data["frames"] >= data["of_frames"]
            note = f"{sum(self._clips.values())}/{self._to_make} clips"
            self._bar("generating", sum(self._frames.values()), None, note)
        elif event.kind == "frames":
            note = f"{data.get('segments', 0)}/{data.get('of_segments', 0)} segments"
            self._bar("composing", data["frames"], data["of_frames"], note)

    def _stage(self, data: dict[str, Any]) -> None:
        stage = data["stage"]
        if stage == "generating":
            note = f"{data['to_make']} of {data['clips']} clips to make"
            self._to_make = data["to_make"]
            self._bar(stage, 0, data["frames"], f"0/{self._to_make} clips")
        else:
            note = f"{data['to_render']} of {data['segments']} segments to render"
        if self._bars is None:
            self._line(f"{stage}: {note}")

    def _line(self, text: str) -> None:
        if self._bars is None:
            print(text, file=sys.stderr, flush=True)
        else:
            self._bars.console.print(text, markup=False, highlight=False)

    def _bar(self, name: str, frames: int, total: int | None, note: str) -> None:
        if self._bars is None or total == 0:
            return
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=total, note=note)
        changes = (
            {"completed": frames}
            | ({"total": total} if total else {})
            | ({"note": note} if note else {})
        )
        self._bars.update(self._tasks[name], **changes)


class NotebookProgress:
    """Hears events and shows one line with a bar, and in the end how it ended; safe for threads."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._progress = progress.JobProgress()
        self._notes: list[str] = []
        self._lock = threading.Lock()
        self._next = 0.0
        self._began = time.monotonic()
        self._start = (0.0, self._began)  # percent and time where the speed is measured from
        self._pieces = ""

    def __enter__(self) -> NotebookProgress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        words = f"done in {time.monotonic() - self._began:.1f} s"
        if kind is not None:
            how = "stopped" if issubclass(kind, KeyboardInterrupt | Cancelled) else "failed"
            words = f"{how} while {self._progress.stage}, at {self._progress.percent:.0f} %"
        with self._lock:
            self._show(words)

    def _show(self, words: str, bar: str = "") -> None:
        lines = "<br>".join(html.escape(line) for line in (words, *self._notes))
        self._write(f"<p>{bar}{lines}</p>", "; ".join([words, *self._notes]))

    def __call__(self, event: Event) -> None:
        """Show one event, unless another was shown just now."""
        with self._lock:
            self._progress.on_event(event.kind, event.data)
            if event.kind == "expired":
                self._notes.append(_expiry(event.data))
            elif event.kind == "warning":
                self._notes.append(_warning(event.data))
            if event.kind == "stage":
                self._start = (self._progress.percent, time.monotonic())
            self._pieces = _pieces(event) or self._pieces
            if event.kind == "stage" or time.monotonic() >= self._next:
                self._next = time.monotonic() + PAUSE_SECONDS
                percent = self._progress.percent
                parts = (
                    f"{self._progress.stage}, {percent:.0f} %",
                    self._pieces,
                    self._remaining(),
                )
                bar = f"<progress max='100' value='{percent:.0f}'></progress> "
                self._show(", ".join(filter(None, parts)), bar)

    def _remaining(self) -> str:
        """The time that is left, once this stage has shown how fast it is."""
        percent, since = self._start
        advance = self._progress.percent - percent
        took = time.monotonic() - since
        if advance < 1 or took < GUESS_SECONDS:
            return ""
        return f"about {duration_words(took * (100 - self._progress.percent) / advance)} left"


def _pieces(event: Event) -> str:
    """How many segments are done, while a video is composed."""
    data = event.data
    if event.kind == "stage" and "to_render" in data:
        return f"{data['to_render']} of {data['segments']} segments to render"
    if event.kind == "frames" and data.get("of_segments"):
        return f"{data['segments']} of {data['of_segments']} segments"
    return ""


def duration_words(seconds: float) -> str:
    """A length of time as people say it: `40 s`, `3 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _expiry(data: dict[str, Any]) -> str:
    """Why a clip that was there is made, and paid for, once more."""
    price = f", for ${data['amount_usd']}" if data["amount_usd"].strip("0.") else ""
    return f"scene {data['scene'] + 1}: its clip has expired in the store, and is made again{price}"


def _warning(data: dict[str, Any]) -> str:
    """A clip that is made, and something that people should know of it."""
    if data["scene"] is None:
        return str(data["message"])
    return f"scene {data['scene'] + 1}: {data['message']}"


def job_table(job: Job) -> Table:
    """Scenes, where they came from, what they cost, how long they took."""
    from rich.table import Table

    from lotus.money.ledger import money

    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    for name in ("scene", "description", "caption", "provider", "clip"):
        table.add_column(name, overflow="fold", max_width=48)
    for name in ("cost", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    for scene in job.scenes:
        table.add_row(
            str(scene.index + 1),
            _plain(scene.description),
            _plain(scene.caption or ""),
            scene.provider,
            "cached" if scene.cached else "made",
            f"${money(scene.cost_usd)}",
            _seconds(scene),
        )
    return table


def _seconds(scene: SceneResult) -> str:
    return "" if scene.seconds is None else f"{scene.seconds:.1f} s"


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text(" ".join(text.split()))
