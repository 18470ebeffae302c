"""A worker of the service as a process: `python -m lotus.server.worker_process NICE`.

It steps back before it loads anything: five that load at once would hold both processors for half a
second.
"""

from __future__ import annotations

import os
import sys

__all__ = ["main", "step_back"]


def step_back(nice: int) -> None:
    """Take a smaller share of the processors, with all that is started from here on.

    Requests to the service are served first. A nice process still gets a share beside other
    work (10 is about a tenth of what others get, 5 a third); an idle one gets nothing for
    minutes (sched(7)).
    """
    os.nice(nice)


def main() -> None:
    """Work on jobs in the background, until told to end."""
    step_back(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    from lotus.server.worker import main as work

    work()


if __name__ == "__main__":
    main()
