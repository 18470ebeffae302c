"""Renders beside the cell: `handle = lotus.submit(brief)`, `job = await lotus.arender(brief)`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from lotus.api.videos import render
from lotus.documents.base import AnsweringObject
from lotus.documents.calls import check_call, explained_call
from lotus.documents.reading import Request
from lotus.errors import Cancelled, LotusError
from lotus.pipeline.attempt import Event, Listener
from lotus.pipeline.job import Job
from lotus.pipeline.progress import JobProgress
from lotus.workspace import Workspace

__all__ = ["RenderHandle", "arender", "submit"]


class RenderHandle(AnsweringObject):
    """A render in a thread of this process, as `submit` returns it; `await handle` gives its job.

    Parameters
    ----------
    request
        The brief, storyboard, file or prompt that is rendered.
    workspace
        Database and store of the render.
    listener
        Called with each event.
    options
        Options of `render`.

    Attributes
    ----------
    job_id
        Id of the job, or None before it has one.
    """

    @explained_call
    def __init__(
        self, request: Request, workspace: Workspace, listener: Listener | None, options: Any
    ) -> None:
        self._workspace = workspace
        self._stop = workspace.stop
        self._listener = listener
        self._progress = JobProgress()
        self._future: Future[Job] = Future()
        self.job_id: str | None = None
        thread = threading.Thread(
            target=self._run, args=(request, options), name="lotus-render", daemon=True
        )
        thread.start()

    @property
    def stage(self) -> str:
        """The current stage: planning, generating, composing; completed, cancelled or failed."""
        if not self._future.done():
            return self._progress.stage
        error = self._future.exception()
        if error is None:
            return "completed"
        return "cancelled" if isinstance(error, Cancelled) else "failed"

    @property
    def percent(self) -> float:
        """Progress from 0 to 100."""
        return 100.0 if self.stage == "completed" else self._progress.percent

    @explained_call
    def done(self) -> bool:
        """Tell whether the render has ended.

        Returns
        -------
        bool
            True once the job has completed, failed or been cancelled.
        """
        return self._future.done()

    @explained_call
    def cancel(self) -> None:
        """Stop the render; finished clips are kept, and `result` then ends with Cancelled."""
        self._stop.set("cancelled")

    @explained_call
    def result(self, timeout: float | None = None) -> Job:
        """Wait for the job.

        Parameters
        ----------
        timeout
            Seconds to wait; default: until the end.

        Returns
        -------
        Job
            The completed job.

        Raises
        ------
        TimeoutError
            If the render has not ended by then; it goes on.
        LotusError
            The error of the render, if it failed.
        """
        return self._future.result(timeout)

    @explained_call
    def add_done_callback(self, callback: Callable[[RenderHandle], None]) -> None:
        """Call a function when the render ends.

        Parameters
        ----------
        callback
            Called with this handle, in the thread of the render.
        """
        self._future.add_done_callback(lambda _: callback(self))

    def __await__(self) -> Generator[Any, None, Job]:
        return asyncio.wrap_future(self._future).__await__()

    def __repr__(self) -> str:
        job = f" of job {self.job_id}" if self.job_id else ""
        error = self._future.exception() if self._future.done() else None
        reason = f": {getattr(error, 'python_text', error)}" if error is not None else ""
        return f"<render{job}: {self.stage}, {self.percent:.0f} %{reason}>"

    def _run(self, request: Request, options: dict[str, Any]) -> None:
        try:
            job = render(request, workspace=self._workspace, listener=self._on_event, **options)
        except BaseException as error:
            self._future.set_exception(error)
        else:
            self._future.set_result(job)

    def _on_event(self, event: Event) -> None:
        self.job_id = event.data.get("job_id", self.job_id)
        self._progress.on_event(event.kind, event.data)
        if self._listener is not None:
            self._listener(event)


@explained_call
def submit(
    request: Request,
    *,
    workspace: Workspace | None = None,
    listener: Listener | None = None,
    **options: Any,
) -> RenderHandle:
    """Start a render in a thread; the kernel stays free.

    The render ends with the kernel; its job can then be resumed. Use `lotus serve` for renders that
    outlive the kernel.

    Parameters
    ----------
    request
        A Brief, a Storyboard, the path of a YAML or JSON file, or the prompt itself.
    workspace
        Database and store to use; default: those of the settings.
    listener
        Called with each event, in the thread of the render.
    **options
        Options of `render`.

    Returns
    -------
    RenderHandle
        Stage, percentage and, at the end, the job.

    Raises
    ------
    InputError
        If an argument is wrong.
    """
    check_call(render, (request,), options)
    workspace = workspace or Workspace.open()
    own = Workspace(workspace.settings)  # its stop is this render's alone
    return RenderHandle(request, own, listener, options)


async def arender(
    request: Request,
    *,
    workspace: Workspace | None = None,
    listener: Listener | None = None,
    **options: Any,
) -> Job:
    """Render without blocking the event loop.

    If the task is cancelled, the render stops, and the task waits until the job has settled.

    Parameters
    ----------
    request
        A Brief, a Storyboard, the path of a YAML or JSON file, or the prompt itself.
    workspace
        Database and store to use; default: those of the settings.
    listener
        Called with each event, in the thread of the render.
    **options
        Options of `render`.

    Returns
    -------
    Job
        The completed job.

    Raises
    ------
    InputError
        If the input is wrong; nothing was started.
    WorkError
        If the work failed.
    """
    handle = submit(request, workspace=workspace, listener=listener, **options)
    future = asyncio.wrap_future(handle._future)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        handle.cancel()
        with suppress(LotusError):
            await future
        raise
