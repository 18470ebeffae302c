"""The other side of the zygote: starts it, asks it for kernels, hears how they fare."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batch.warm import handover
from lotus.system import processes

__all__ = ["Kernel", "KernelExit", "Zygote"]

PREFIX = "lotus-kernels-"
SCRIPT = Path(__file__).with_name("zygote.py")
PACKET_BYTES = 65_536
END_SECONDS = 5.0
SOCKET_PATH_BYTES = 107
CHANNELS = ("shell", "iopub", "stdin", "control", "hb")


@dataclass(frozen=True)
class KernelExit:
    """How a kernel ended: `status` is its exit code, or minus the signal; memory in bytes, at its
    peak.
    """

    status: int
    peak_bytes: int
    cpu_seconds: float


@dataclass(eq=False)
class Kernel:
    """One kernel, used once."""

    name: str
    connection: Mapping[str, Any]  # as jupyter_client loads it
    pid: int = 0
    ready: threading.Event = field(default_factory=threading.Event)  # it listens, or never will
    over: threading.Event = field(default_factory=threading.Event)
    exit: KernelExit | None = None

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not self.over.is_set()

    def signal(self, number: int) -> None:
        """Send a signal to the kernel and to what it has started."""
        if self.pid and self.alive:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def end(self) -> None:
        """Kill it; `exit` then says how it ended, unless that was not to be learnt."""
        self.signal(signal.SIGKILL)
        self.over.wait(END_SECONDS)


class Zygote:
    """A process that has imported `preload`; started at once, told by `close` to end."""

    def __init__(self, preload: Sequence[str], python: str = sys.executable) -> None:
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_short_place()))
        self._kernels: dict[str, Kernel] = {}
        self._lock = threading.Lock()
        self._wire, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        files = (str(self.folder), processes.__file__, handover.__file__)
        command = [python, str(SCRIPT), str(theirs.fileno()), *files]
        with theirs:
            self.process = subprocess.Popen(
                [*command, *preload],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env=_environment(),
            )
        threading.Thread(target=self._listen, name="kernels", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    @property
    def kernels(self) -> list[Kernel]:
        """Those that live."""
        with self._lock:
            return list(self._kernels.values())

    def fork(self) -> Kernel:
        """Ask for a kernel; it is `ready` soon."""
        name = secrets.token_hex(4)
        kernel = Kernel(name, _connection(self.folder, name))
        with self._lock:
            self._kernels[name] = kernel
        try:
            self._wire.send(json.dumps({"fork": name}).encode())
        except OSError:  # it has just died
            self._forget(kernel)
        return kernel

    def close(self) -> None:
        """End it and all its kernels."""
        with suppress(OSError):
            self._wire.shutdown(socket.SHUT_RDWR)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _listen(self) -> None:
        with self._wire as wire, suppress(OSError):
            while packet := wire.recv(PACKET_BYTES):
                self._on_message(json.loads(packet))
        for kernel in self.kernels:  # the kernel of a zygote that dies dies with it
            self._forget(kernel)

    def _on_message(self, message: Mapping[str, Any]) -> None:
        name = message.get("forked") or message.get("ready") or message["ended"]
        with self._lock:
            kernel = self._kernels.get(name)
        if kernel is None:
            return
        if "forked" in message:
            kernel.pid = message["pid"]
        elif "ready" in message:
            kernel.ready.set()
        else:
            facts = ("status", "peak_bytes", "cpu_seconds")
            kernel.exit = KernelExit(*(message[name] for name in facts))
            self._forget(kernel)

    def _forget(self, kernel: Kernel) -> None:
        with self._lock:
            self._kernels.pop(kernel.name, None)
        kernel.over.set()
        kernel.ready.set()
        with suppress(FileNotFoundError):  # `close` removes the folder
            for path in self.folder.glob(f"{kernel.name}*"):
                path.unlink(missing_ok=True)


def _environment() -> dict[str, str]:
    """Forking wants a single thread."""
    return {**os.environ, **dict.fromkeys(handover.THREADS, "1")}


def _connection(folder: Path, name: str) -> dict[str, Any]:
    """How to reach a kernel, also written where it will look: sockets in a folder that is ours
    alone.
    """
    ports = {f"{channel}_port": number for number, channel in enumerate(CHANNELS, start=1)}
    info: dict[str, Any] = {"transport": "ipc", "ip": str(folder / name), **ports}
    info |= {
        "signature_scheme": "hmac-sha256",
        "key": secrets.token_hex(16),
        "kernel_name": "python3",
    }
    path = folder / f"{name}.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(info))
    return info


def _short_place() -> Path:
    """Where sockets can be: their paths are short (unix(7)), and that of temporary files may not
    be.
    """
    usual = tempfile.gettempdir()
    longest = f"{usual}/{PREFIX}{2**22}-{'x' * 8}/{'x' * 8}-{len(CHANNELS)}"
    return Path(usual if len(os.fsencode(longest)) <= SOCKET_PATH_BYTES else "/tmp")


def _sweep() -> None:
    """Remove the folders of processes that were killed together with their zygote."""
    for folder in _short_place().glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)
