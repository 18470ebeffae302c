"""A Dask scheduler by its address: connect to it, and say that it does not answer while that may
pass.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from distributed import Client, Security
from distributed.comm.core import connect

from lotus.errors import InvalidInput, WorkError

__all__ = ["scheduler_client"]

SILENT_SECONDS = 2.0  # until somebody who waits is told what for
HANDSHAKE_SECONDS = 1.0  # beyond Dask's own, so that its words on a refused connection come first
OURS = ("local", "ecs")  # clusters that the run itself starts

Notice = Callable[[str], None]


@contextmanager
def scheduler_client(cluster: str, on_wait: Notice) -> Iterator[Client | None]:
    """A client of a scheduler that has workers; None where the run starts its own cluster.

    `on_wait` hears what is waited for when that takes long, and an empty text when it is over.
    Raises InvalidInput or WorkError.
    """
    if cluster in OURS:
        yield None
        return
    seconds = _patience()
    with _noticing(on_wait, f"the scheduler at {cluster} does not answer yet", seconds):
        client = _client(cluster, seconds)
    with client:
        with _noticing(on_wait, f"the scheduler at {cluster} has no workers yet", seconds):
            _wait_for_workers(client, cluster, seconds)
        yield client


@contextmanager
def _noticing(on_wait: Notice, message: str, seconds: float) -> Iterator[None]:
    text = f"{message}; trying for {seconds:g} s"
    timer = threading.Timer(SILENT_SECONDS, on_wait, (text,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # what it says comes before what follows
        on_wait("")


def _client(address: str, seconds: float) -> Client:
    """TLS (tls://...) is configured as for all of Dask: by its distributed.comm.tls."""
    try:
        _shake_hands(address, seconds)
        return Client(address, timeout=seconds)
    except (ValueError, TypeError) as exc:
        remedy = "write local, or an address such as tcp://host:8786"
        raise InvalidInput(file="", field="cluster", reason=_line(exc), remedy=remedy) from exc
    except (OSError, RuntimeError) as exc:
        reason = f"the scheduler at {address} does not answer: {_line(exc)}"
        raise WorkError(reason=reason, remedy="start it, or correct --cluster") from exc


def _shake_hands(address: str, seconds: float) -> None:
    """Raise OSError unless the scheduler answers in time: for one that takes connections and says
    nothing, Dask's client waits without end.
    """
    answer: Future[None] = Future()

    def wait_for_answer() -> None:
        try:
            asyncio.run(_answer(address, seconds))
            answer.set_result(None)
        except BaseException as error:
            answer.set_exception(error)

    # a notebook's own thread has a loop that runs already; Ctrl-C need not wait for this one
    threading.Thread(target=wait_for_answer, daemon=True).start()
    answer.result()


async def _answer(address: str, seconds: float) -> None:
    options = Security().get_connection_args("client")
    try:
        async with asyncio.timeout(seconds + HANDSHAKE_SECONDS):
            comm = await connect(address, timeout=seconds, **options)
    except TimeoutError as exc:
        raise OSError(f"it accepts connections, but did not answer within {seconds:g} s") from exc
    comm.abort()


def _wait_for_workers(client: Client, address: str, seconds: float) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError as exc:
        reason = f"the scheduler at {address} has no workers"
        raise WorkError(reason=reason, remedy=f"start some: dask worker {address}") from exc


def _patience() -> float:
    """Seconds that Dask waits for another to answer."""
    import dask
    from dask.utils import parse_timedelta

    return float(parse_timedelta(dask.config.get("distributed.comm.timeouts.connect")))


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
