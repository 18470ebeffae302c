"""Work side by side: the first failure, or a signal, stops the rest in order."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lotus.system.stop import Stop

__all__ = ["Turns", "at_once", "cores", "free_bytes", "meanwhile", "side_by_side"]

LOOK_SECONDS = (
    0.5  # a signal that comes just as Python begins to wait is noticed only when the wait ends
)

SPARE = 0.2  # of the free memory is left for others
GROUP = Path("/sys/fs/cgroup")  # where a container's limit stands (cgroup v2)


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS


def at_once(each_bytes: int, free: int | None) -> int:
    """How many pieces of work to run side by side: one a core, as many as fit in memory, at least
    one.
    """
    most = cores()
    return most if free is None else max(1, min(most, int(free * (1 - SPARE)) // each_bytes))


def free_bytes(meminfo: Path = Path("/proc/meminfo"), group: Path = GROUP) -> int | None:
    """Memory that is free here, within the container's limit; None where the system
    does not say.
    """
    try:
        free = int(re.findall(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(), re.M)[0]) * 1024
    except (OSError, IndexError):
        return None
    try:
        limit, counters = (
            int((group / name).read_text()) for name in ("memory.max", "memory.current")
        )
        reclaimable = int(
            re.findall(r"^inactive_file (\d+)", (group / "memory.stat").read_text(), re.M)[0]
        )
    except (OSError, ValueError, IndexError):  # no container, or one without a limit ("max")
        return free
    return min(free, limit - counters + reclaimable)


def side_by_side(tasks: Iterable[Callable[[], None]], workers: int, stop: Stop, what: str) -> None:
    """Run all tasks in threads, in this order, `workers` at a time; raises what the first to fail
    raised.

    `stop` is set when one fails, so that those under way end soon; those not begun never begin.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix=what) as pool:
        try:  # around the submitting too: a signal may come at any moment
            running = {pool.submit(task) for task in tasks}
            while running:
                futures, running = wait(running, timeout=LOOK_SECONDS, return_when=FIRST_EXCEPTION)
                for future in futures:
                    future.result()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                # or those that finish what is paid for would not hear of it
                stop.root.set("interrupted")
            stop.set(f"another {what} failed")
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def meanwhile(work: Callable[[threading.Event], None], name: str) -> Iterator[None]:
    """Run `work` in a thread while the block lasts; the event that it is given says when that is
    over.
    """
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Turns:
    """Lets so many in at once; others wait."""

    def __init__(self, at_once: int) -> None:
        self._free = threading.BoundedSemaphore(at_once)

    @contextmanager
    def slot(self, stop: Stop) -> Iterator[Callable[[], None]]:
        """Wait for a turn, and have it until the block ends, or what is yielded is called.

        Raises Cancelled when asked to stop.
        """
        while not self._free.acquire(timeout=LOOK_SECONDS):
            stop.check()
        with ExitStack() as turn:
            turn.callback(self._free.release)
            yield turn.close
