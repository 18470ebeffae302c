"""The stop button: the job settles, then the cell ends, and with it the loop around it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lotus.errors import Cancelled, Interrupted, in_python
from lotus.system.stop import Stop
from lotus.workspace import Workspace

__all__ = ["stoppable"]

INTERRUPTION = "interrupted"  # the reason that a job gives after a KeyboardInterrupt


@contextmanager
def stoppable(workspace: Workspace) -> Iterator[None]:
    """Turn what an interrupt becomes into Interrupted, a KeyboardInterrupt, once all has settled.

    The workspace can be used again afterwards: its stop is a new one.
    """
    try:
        yield
    except Cancelled as error:
        workspace.stop = Stop()
        if error.facts.get("reason") != INTERRUPTION:
            raise
        message = f"{INTERRUPTION}; {in_python(error.remedy)}" if error.remedy else INTERRUPTION
        raise Interrupted(message, remedy=error.remedy, **error.facts) from None
    except KeyboardInterrupt:
        workspace.stop = Stop()
        raise Interrupted(INTERRUPTION, reason=INTERRUPTION) from None
