"""Beside a notebook that runs: its claim is kept, and it is stopped when its time or memory is
over.
"""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from batch.rows import runs
from batch.run.notebook_run import NotebookRun
from batch.run.resources import GRACE_SECONDS, WorkerResources
from lotus import errors
from lotus.system.parallel import meanwhile

__all__ = ["CANCEL", "RELEASE", "oversee", "used_bytes"]


def used_bytes(pid: int) -> int:
    """As the system shares it out (PSS: what two share counts half for each); 0 if that is not
    known.
    """
    return sum(_own_bytes(one) for one in _tree(pid))


def _own_bytes(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has ended, or this is no Linux
        return 0
    return (
        sum(int(kilobytes) for kilobytes in re.findall(r"^(?:Swap)?Pss:\s+(\d+) kB", text, re.M))
        * 1024
    )


def _tree(pid: int) -> list[int]:
    pids = []
    todo = [pid]
    while todo:
        one = todo.pop()
        pids.append(one)
        with suppress(OSError):
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                todo += [int(child) for child in children.read_text().split()]
    return pids


LOOK_SECONDS = 1.0  # how often a running row looks whether it should stop
RENEW_SECONDS = 10.0
CANCEL = "cancelled"
RELEASE = "its worker was asked to stop"


@contextmanager
def oversee(
    place: WorkerResources, row: runs.Row, watch: NotebookRun, owner: str
) -> Iterator[None]:
    """Look after the row while the block lasts; why it was stopped is then `watch.reason`."""
    with meanwhile(partial(_look, place, row, watch, owner), "oversight"):
        yield


def _look(
    place: WorkerResources, row: runs.Row, watch: NotebookRun, owner: str, over: threading.Event
) -> None:
    began = last_renewal = time.monotonic()
    limit = row["campaign"]["options"].get("row_seconds")
    reason = ""
    last_cell = 0
    number = signal.SIGINT
    while not reason and not over.wait(LOOK_SECONDS):
        now = time.monotonic()
        if place.stopping.is_set():
            reason = RELEASE
        elif limit and now - began > limit:
            reason = _late(limit)
        elif reason := _greed(place, watch):
            number = signal.SIGKILL  # at once, before others have to give way
        else:
            last_cell = _show_cell(place, row, watch, owner, last_cell)
            reason = _order(place, row, owner, renew=now - last_renewal > RENEW_SECONDS)
            last_renewal = now if now - last_renewal > RENEW_SECONDS else last_renewal
    if reason:
        _stop(watch, reason, number, over)
    elif limit and time.monotonic() - began > limit:  # it ended between two looks
        watch.stop(_late(limit))


def _stop(watch: NotebookRun, reason: str, number: int, over: threading.Event) -> None:
    """Interrupt the notebook, again if its cell had not begun; kill its kernel after a grace."""
    until = time.monotonic() + GRACE_SECONDS
    cell = watch.executing or number == signal.SIGKILL
    watch.stop(reason, number)
    while not cell and time.monotonic() < until:
        if over.wait(LOOK_SECONDS):
            return
        cell = watch.executing
        watch.stop(reason, number)
    if not over.wait(max(0.0, until - time.monotonic())):
        watch.stop(reason, signal.SIGKILL)


def _show_cell(
    place: WorkerResources, row: runs.Row, watch: NotebookRun, owner: str, last_cell: int
) -> int:
    """Write down the cell that runs, if it is another than the one that was shown."""
    cell = watch.cell
    if cell != last_cell:
        with suppress(errors.LotusError):
            values = {"cell": cell, "cells": watch.cells}
            place.workspace.db.run(runs.show_progress, row["id"], owner, values)
    return cell


def _late(limit: float) -> str:
    return f"the row took more than {limit:g} s"


def _greed(place: WorkerResources, watch: NotebookRun) -> str:
    """That the row takes more memory than its share, if it does."""
    share = place.share_bytes
    size_bytes = used_bytes(watch.pid) if share is not None and watch.pid else 0
    if share is None or size_bytes <= share:
        return ""
    much = f"{size_bytes / 1e6:.0f} MB"
    most = f"{share / 1e6:.0f} MB"
    return f"it used {much} of memory; its share is {most}: use fewer workers"


def _order(place: WorkerResources, row: runs.Row, owner: str, *, renew: bool) -> str:
    """Why the database says that this row should stop, if it does."""
    try:
        if renew and not place.workspace.db.run(runs.renew, row["id"], owner):
            return "another worker has taken the row over"
        stopping = place.workspace.db.ask(runs.get_campaign, row["campaign_id"])["stopping"]
    except errors.LotusError:  # a database that is away for a moment stops nobody
        return ""
    return CANCEL if stopping == CANCEL else ""
