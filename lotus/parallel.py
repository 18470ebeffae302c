"""Work side by side: the first failure, or a signal, stops the rest in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from lotus.ffmpeg import Stop

__all__ = ["side_by_side"]

LOOK_SECONDS = 0.5  # a signal that comes just as Python begins to wait is noticed only when the wait ends


def side_by_side(tasks: Iterable[Callable[[], None]], workers: int, stop: Stop, what: str) -> None:
    """Run all tasks in threads, in this order, `workers` at a time; raises what the first to fail raised.

    `stop` is set when one fails, so that those under way end soon; those not begun never begin.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix=what) as pool:
        try:  # around the submitting too: a signal may come at any moment
            running = {pool.submit(task) for task in tasks}
            while running:
                finished, running = wait(running, timeout=LOOK_SECONDS, return_when=FIRST_EXCEPTION)
                for future in finished:
                    future.result()
        except BaseException:
            stop.set(f"another {what} failed")
            pool.shutdown(wait=False, cancel_futures=True)
            raise
