"""One row, executed in a worker: claimed, run under oversight, kept, and its end written down."""

from __future__ import annotations

import hashlib
import logging
import signal
import sys
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from batch.rows import runs
from batch.rows import totals as tallies
from batch.rows.imports import light_imports
from batch.rows.kernels import kernel_of
from batch.rows.limits import FULL, GroupFull
from batch.rows.notebooks import parse_notebook
from batch.rows.plan import DRAFT
from batch.run.descendants import end_descendants
from batch.run.notebook_run import NotebookRun
from batch.run.notebook_saver import NotebookSaver
from batch.run.oversight import CANCEL, RELEASE, oversee
from batch.run.place import place_of, run_marks
from batch.run.records import records_of, replace_records, storable
from batch.run.redaction import redact, secrets_here
from batch.run.resources import WorkerResources
from lotus import errors
from lotus.db import tables as t
from lotus.money.aws_prices import nat_usd
from lotus.money.ledger import pay_aws
from lotus.system.owner import this_process

__all__ = ["BUDGET", "FAILURES", "run_row"]

BUDGET = "budget"
MODULE_CHANGE = "module"
FAILURES = "too many failures"
CERTAIN = {  # trying again would change nothing: the code is wrong, not the moment
    *("SyntaxError", "IndentationError", "TabError", "NameError", "UnboundLocalError"),
    *("ImportError", "ModuleNotFoundError", "UsageError"),
}


LONGEST_WAIT_SECONDS = 300.0  # between two attempts


@dataclass(frozen=True)
class _End:
    """How an execution ended; `again`: another attempt may go better."""

    status: str
    reason: str | None = None
    again: bool = False
    kind: str = ""  # of failure: worker, timeout, memory, or an exception's name


def run_row(place: WorkerResources, run_id: str) -> str:
    """Run a row if it waits; says how it ended, `waiting` if its draft is to be approved,
    `elsewhere`, or `full` if as many rows of its group run as may.

    Raises only what keeps all rows from running.
    """
    with place.working():
        while True:
            owner = this_process()
            try:
                row = place.workspace.db.run(runs.claim, run_id, owner)
            except GroupFull:
                return FULL
            if row is None:
                return "elsewhere"
            end = _once(place, row, owner)
            if end.status != "queued" or place.stopping.is_set():
                return end.status
            first = row["campaign"]["options"].get("backoff_seconds", 0.0)
            place.stopping.wait(min(first * 2 ** (row["attempts"] - 1), LONGEST_WAIT_SECONDS))


def _once(place: WorkerResources, row: runs.Row, owner: str) -> _End:
    """One attempt at a row that is ours, and its end in the database."""
    began = time.monotonic()
    watch = NotebookRun()
    saver = NotebookSaver(place.workspace, row, owner)
    end = _attempt(place, row, watch, saver, owner)
    records, unreadable = _records(place, row, watch)
    if unreadable and end.status == "completed":
        end = _End("failed", unreadable)
    if _goes_again(end, row):
        end = _End("queued", end.reason)
    elif end.status == "completed" and runs.is_draft(row):
        end = _End("waiting")
    reason = storable(end.reason) if end.reason else None
    facts = {"reason": reason, saver.column: saver.key, "seconds": time.monotonic() - began}
    if end.reason == RELEASE or end.kind == MODULE_CHANGE:
        facts["attempts"] = row["attempts"] - 1  # it was none: nothing went wrong
    usage = watch.kernel_exit
    if usage is not None:
        facts |= {"peak_bytes": usage.peak_bytes, "cpu_seconds": usage.cpu_seconds}
    place.workspace.db.run(_finish, row, owner, end, facts, records)
    _pay(place, row)
    if place.task is not None and end.status == "failed":  # an alarm counts these words
        print(
            f"row failed: {row['id']} of {row['campaign_id']}: {end.reason}",
            file=sys.stderr,
            flush=True,
        )
    return end


def _records(
    place: WorkerResources, row: runs.Row, watch: NotebookRun
) -> tuple[list[dict[str, Any]], str]:
    """Records of an attempt without secrets, and why they cannot be read, if that is so."""
    outputs = redact(watch.records, secrets_here(watch.where.folder))
    try:
        return records_of(place.workspace, row, outputs), ""
    except errors.InvalidInput as error:
        return [], str(error)


def _goes_again(end: _End, row: runs.Row) -> bool:
    """Whether another attempt is worth it, by the campaign's options."""
    options = row["campaign"]["options"]
    kinds = options.get("retry_on")
    worth = end.kind in kinds if kinds else end.again
    return end.status == "failed" and worth and row["attempts"] <= options.get("retries", 0)


def _pay(place: WorkerResources, row: runs.Row) -> None:
    """What AWS charges for this attempt, into the ledger: for its notebook, its seconds and its
    downloads.
    """
    task = place.task
    bills = {"s3": place.workspace.store.bill()}
    if task is not None:
        bills[task.kind] = task.bill(t.now())
    if any(bills.values()):
        place.workspace.db.run(
            _enter_bills, row, bills, task.id if task else None, task is not None and task.nat
        )


def _enter_bills(
    connection: sa.Connection, row: runs.Row, bills: dict[str, Decimal], task: str | None, nat: bool
) -> None:
    job = tallies.job_of(connection, row["id"])
    if nat and job is not None:
        bills = {**bills, "nat": nat_usd(tallies.bytes_fetched(connection, job))}
    pay_aws(connection, job or row["id"], row["campaign_id"], bills, task)


def _finish(
    connection: sa.Connection,
    row: runs.Row,
    owner: str,
    end: _End,
    facts: dict[str, Any],
    records: list[dict[str, Any]],
) -> None:
    """How an attempt ended; a budget that is spent ends its campaign."""
    status = "queued" if end.status == "waiting" else end.status
    if runs.finish(connection, row["id"], owner, status, **facts):
        replace_records(connection, row["id"], records)
    if end.reason == BUDGET:
        runs.update_campaign(connection, row["campaign_id"], stopping=BUDGET)
    most = row["campaign"]["options"].get("fail_fast")
    if most and end.status == "failed" and runs.count_failed(connection, row["campaign"]) >= most:
        runs.update_campaign(connection, row["campaign_id"], stopping=FAILURES)


def _attempt(
    place: WorkerResources, row: runs.Row, watch: NotebookRun, saver: NotebookSaver, owner: str
) -> _End:
    try:
        with place.share() as cores, oversee(place, row, watch, owner):
            watch.cores = cores
            watch.place = place_of(place.workspace, row)
            _execute(place, row, watch, saver)
        watch.check()
        watch.where.check()
        end = _End("completed")
    except Exception as error:
        given_back = watch.reason == RELEASE or place.stopping.is_set()
        end = _End("queued", RELEASE) if given_back else _why(error, row, watch)
    finally:
        end_descendants(run_marks(row))
        saver.close(watch.notebook, watch.where.folder)
    return end if watch.reason else _unless_changed(end, watch)


def _unless_changed(end: _End, watch: NotebookRun) -> _End:
    """The end, unless a module was saved while the row ran: nobody knows which one it imported."""
    names = watch.where.changed()
    if not names or end.reason == RELEASE:
        return end
    reason = f"{', '.join(names)} changed while the row ran: it runs again by the campaign's copy"
    return _End("queued", reason, kind=MODULE_CHANGE)


def _why(error: Exception, row: runs.Row, watch: NotebookRun) -> _End:
    """What an execution that ended with an error means for the row."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from batch.run.execution import OUTPUT_SECONDS

    if watch.reason == CANCEL:
        return _End("cancelled", CANCEL)
    if watch.reason:
        kind = "memory" if "of memory" in watch.reason else "timeout"
        return _End("failed", watch.reason, again=True, kind=kind)
    if isinstance(error, PapermillExecutionError):
        return _end_of(error, watch)
    if isinstance(error, DeadKernelError):
        return _End("failed", _death(watch), again=True, kind="worker")
    if isinstance(error, CellTimeoutError):
        seconds = row["campaign"]["options"].get("cell_seconds")
        late = (
            f"the outputs of a cell did not end within {OUTPUT_SECONDS} s, so some may be missing"
        )
        reason = f"a cell took more than {seconds:g} s" if seconds else late
        return _End("failed", reason, again=True, kind="timeout")
    reason = (
        str(error) if isinstance(error, errors.LotusError) else f"{type(error).__name__}: {error}"
    )
    again = not isinstance(error, errors.InputError)
    return _End("failed", reason, again, kind=type(error).__name__)


def _execute(
    place: WorkerResources, row: runs.Row, watch: NotebookRun, saver: NotebookSaver
) -> None:
    with light_imports():
        import papermill

    from batch.run.engine import ENGINE

    logging.getLogger("papermill").setLevel(logging.ERROR)  # rows were checked against the cell
    campaign = row["campaign"]
    stage = {} if row["approved"] is None else {DRAFT: runs.is_draft(row)}
    notebook = _source(place, campaign)
    kernel = kernel_of(notebook, campaign["options"].get("kernel"))
    papermill.execute_notebook(
        notebook,
        None,
        parameters={**row["parameters"], **stage},
        kernel_name=kernel.name,
        language=kernel.language,
        engine_name=ENGINE,
        progress_bar=False,
        pool=place.pools.of(kernel.name),
        keep=saver.keep,
        watch=watch,
        execution_timeout=campaign["options"].get("cell_seconds"),
    )


def _source(place: WorkerResources, campaign: runs.Row) -> Any:
    """The campaign's notebook; raises InvalidInput if its copy in the store is not what it was."""
    content = place.workspace.store.path(campaign["source"]).read_bytes()
    digest = campaign["options"].get("source_sha256")  # none in campaigns of earlier versions
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise errors.InvalidInput(
            file=campaign["source"],
            field="",
            reason="the campaign's notebook has changed since the campaign began",
            remedy="start a new campaign: lotus batch run --new",
        )
    return parse_notebook(content, campaign["source"])


def _end_of(error: Any, watch: NotebookRun) -> _End:
    """What an exception in the notebook means for the row."""
    reason = redact(f"{error.ename}: {error.evalue}"[:1000], secrets_here(watch.where.folder))
    if error.ename == "BudgetExceeded" and "budget of this job" not in error.evalue:
        return _End("cancelled", BUDGET)
    again = error.ename not in _INPUT_ERRORS | CERTAIN
    return _End("failed", reason, again, kind=error.ename)


def _names(cls: type[errors.LotusError]) -> set[str]:
    return {cls.__name__, *(name for sub in cls.__subclasses__() for name in _names(sub))}


_INPUT_ERRORS = _names(errors.InputError) | {"BudgetExceeded"}  # trying again would change nothing


def _death(watch: NotebookRun) -> str:
    if watch.kernel_exit is None:
        return "its kernel died"
    status = watch.kernel_exit.status
    memory = f"{watch.kernel_exit.peak_bytes / 1e6:.0f} MB of memory at most"
    if status == -signal.SIGKILL:
        return f"its kernel was killed, probably because memory ran out ({memory})"
    how = f"by signal {-status}" if status < 0 else f"with exit code {status}"
    return f"its kernel ended {how} ({memory})"
