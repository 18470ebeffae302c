"""A worker of the service as a process: `python -m lotus.server.worker_process`.

It steps back before it loads anything: five that load at once would hold both processors for half a
second.
"""

from __future__ import annotations

import os
from contextlib import suppress

__all__ = ["main", "step_back"]

NICE = 19  # where there is no SCHED_IDLE


def step_back() -> None:
    """Leave the processors, with all that is started from here on, to whoever else wants one just
    now.

    Those who ask how their job stands are served first; it is the whole machine's otherwise. A nice
    process
    still ends its turn before others begin theirs; an idle one is interrupted, and a processor that
    has
    nothing else counts as free for them (sched(7)).
    """
    os.nice(NICE)
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):  # a sandbox may not let it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """Work on jobs in the background, until told to end."""
    step_back()
    from lotus.server.worker import main as work

    work()


if __name__ == "__main__":
    main()
