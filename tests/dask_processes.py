"""A Dask scheduler and its workers as processes of their own, as an operator starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.driving import eventually

__all__ = ["Dask", "dask_cluster", "descendants", "kernels_of", "zygotes_of"]


class Dask:
    """Started by `start`; what was killed is started again by `mend`."""

    def __init__(
        self,
        folder: Path,
        env: Mapping[str, str],
        workers: int,
        options: Sequence[str],
        worker_options: Sequence[str],
    ) -> None:
        self._folder = folder
        self._workers = workers
        self._options = list(options)
        self._worker_options = list(worker_options)
        self._env = {**os.environ, **env}
        self._starts = 0
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.nannies: list[subprocess.Popen[bytes]] = []
        self.address = ""

    def start(self) -> None:
        """A scheduler on a free port, and workers that know it."""
        self._starts += 1
        told = self._folder / f"scheduler-{self._starts}.json"
        secure = ["--protocol", "tls"] if self._options else []
        command = [
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            str(told),
        ]
        self.scheduler = self._run("dask_scheduler", [*command, *secure, *self._options])
        eventually(lambda: told.exists() and told.read_text().endswith("}"), "the scheduler is up")
        self.address = json.loads(told.read_text())["address"]
        self.nannies = [self._nanny() for _ in range(self._workers)]

    def _nanny(self) -> subprocess.Popen[bytes]:
        command = [self.address, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"]
        command += ["--local-directory", str(self._folder), "--death-timeout", "30"]
        return self._run("dask_worker", [*command, *self._options, *self._worker_options])

    def _run(self, program: str, args: list[str]) -> subprocess.Popen[bytes]:
        log = (self._folder / f"{program}.log").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{program}", *args],
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def mend(self) -> None:
        """All of it is there again."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            self.stop()
            self.start()
        living = [nanny for nanny in self.nannies if nanny.poll() is None]
        self.nannies = living + [self._nanny() for _ in range(self._workers - len(living))]

    def worker(self, number: int = 0) -> psutil.Process:
        """The process in which rows are claimed: a nanny's child, once it is there."""

        def look() -> psutil.Process | None:
            children = psutil.Process(self.nannies[number].pid).children()
            return next(
                (child for child in children if "spawn_main" in " ".join(_command(child))), None
            )

        return eventually(look, "the nanny has started its worker")

    def stop(self) -> None:
        """End all of it."""
        for process in (*self.nannies, self.scheduler):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in (*self.nannies, self.scheduler):
            if process is not None:
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@contextmanager
def dask_cluster(
    folder: Path,
    env: Mapping[str, str],
    *,
    workers: int = 1,
    options: Sequence[str] = (),
    worker_options: Sequence[str] = (),
) -> Iterator[Dask]:
    """A cluster for as long as the block lasts; `options` are told to scheduler and
    workers alike.
    """
    folder.mkdir(exist_ok=True)
    cluster = Dask(folder, env, workers, options, worker_options)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def descendants(pids: Sequence[int]) -> list[psutil.Process]:
    """All that these processes have started, and what those have."""
    found: list[psutil.Process] = []
    for pid in pids:
        with suppress(psutil.Error):
            found += psutil.Process(pid).children(recursive=True)
    return found


def zygotes_of(pids: Sequence[int]) -> list[psutil.Process]:
    """Those that kernels are forked from: a fork has the command of what it was forked from."""
    alike = [
        one
        for one in descendants(pids)
        if any(word.endswith("batch/warm/zygote.py") for word in _command(one))
    ]
    ours = {one.pid for one in alike}
    return [one for one in alike if one.ppid() not in ours]


def kernels_of(pids: Sequence[int], port: int) -> list[psutil.Process]:
    """Kernels that speak to a server of this machine just now."""
    found = []
    for zygote in zygotes_of(pids):
        for kernel in descendants([zygote.pid]):
            with suppress(psutil.Error):
                if any(
                    line.raddr and line.raddr.port == port for line in kernel.net_connections("tcp")
                ):
                    found.append(kernel)
    return found
