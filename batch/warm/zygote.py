"""The process that kernels are forked from.

Its command is `python zygote.py FD FOLDER PROCESSES HANDOVER MODULE...`.

It has one thread and no event loop, so that forking is safe. Over the socket FD (SOCK_SEQPACKET,
one JSON object a packet) it hears `{"fork": NAME}` and answers `{"forked": NAME, "pid": PID}`. The
kernel itself says `{"ready": NAME}` when it listens; when it is over the zygote says `{"ended":
NAME, "status": S, "peak_bytes": B, "cpu_seconds": C}`; so it says of one that could not be forked,
and goes on: other kernels are not to suffer. At the end of the socket (whoever holds the other end
is gone) it ends its kernels and removes FOLDER.

It runs in any environment that has ipykernel 7, also where lotus is not installed: nothing but the
standard library is imported by name. PROCESSES is the path of lotus/system/processes.py, HANDOVER
that of handover.py.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import logging
import os
import random
import select
import shutil
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

__all__ = ["main"]

KERNEL = (
    "IPython",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "psutil",
    "comm",
)
PACKET_BYTES = 65_536
# two to the power of so many cycles is how long an idle thread of OpenBLAS turns before it sleeps
SPIN = "OPENBLAS_THREAD_TIMEOUT"
SPIN_EXPONENT = "20"  # less than a millisecond; 26 without this
DEBUGGER = "debugpy"  # ipykernel imports it in every kernel for half a second; batch runs need none


def main(argv: Sequence[str]) -> None:
    """Import, then fork on request until the other end of the socket is closed."""
    fd, folder, processes, handover, *modules = argv
    wire = socket.socket(fileno=int(fd))
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _load(modules, handover)
    kernels: dict[int, str] = {}
    try:
        _serve(wire, folder, _module_of(processes), kernels)
    finally:
        for pid in kernels:
            _kill(pid)
        shutil.rmtree(folder, ignore_errors=True)


def _module_of(path: str) -> Any:
    """The module in a file of lotus, which need not be installed here."""
    name = f"lotus_{os.path.splitext(os.path.basename(path))[0]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _load(modules: Sequence[str], handover: str) -> None:
    sys.modules[DEBUGGER] = None  # type: ignore[assignment]  # importing it now fails at once
    with _short_spin():
        for name in (*KERNEL, *modules):
            try:
                importlib.import_module(name)
            except ImportError:
                print(f"warm kernels: no module {name} to load ahead", file=sys.stderr)
    _module_of(handover).prepare()
    from jupyter_client.localinterfaces import localhost

    localhost()  # lists the machine's addresses, once for all kernels
    gc.collect()
    gc.freeze()  # what is here stays shared with the kernels: no collection touches it


@contextmanager
def _short_spin() -> Iterator[None]:
    """Threads that kernels have later would turn for some 30 ms, in the way of everything else,
    when they are made and nothing is to be multiplied yet. OpenBLAS reads its environment once,
    when it is loaded: the programs that cells start get the user's.
    """
    own = SPIN not in os.environ
    os.environ.setdefault(SPIN, SPIN_EXPONENT)
    try:
        yield
    finally:
        if own:
            del os.environ[SPIN]


def _serve(wire: socket.socket, folder: str, processes: Any, kernels: dict[int, str]) -> None:
    wakeups, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    while True:
        ready, _, _ = select.select([wire.fileno(), wakeups], [], [])
        if wakeups in ready:
            os.read(wakeups, PACKET_BYTES)
            _reap(wire, kernels)
        if wire.fileno() in ready:
            packet = wire.recv(PACKET_BYTES)
            if not packet:
                return
            name = json.loads(packet)["fork"]
            zygote = os.getpid()
            try:
                pid = _fork()
            except OSError as error:  # too many processes, or too little memory at the moment
                print(f"warm kernels: no kernel: {error.strerror}", file=sys.stderr)
                _send(wire, {"ended": name, "status": 1, "peak_bytes": 0, "cpu_seconds": 0.0})
                continue
            if pid == 0:
                os.close(wakeups)
                os.close(wake)
                _become_kernel(wire, folder, name, processes, zygote)
            kernels[pid] = name
            _send(wire, {"forked": name, "pid": pid})


def _fork() -> int:
    """Fork without the warning of Python 3.12: the one other thread is that of Arrow's allocator,
    which knows of forks.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _reap(wire: socket.socket, kernels: dict[int, str]) -> None:
    for pid in list(kernels):
        child, status, usage = os.wait4(pid, os.WNOHANG)
        if child:
            _kill(pid)  # what is left of its process group
            memory = usage.ru_maxrss * 1024
            seconds = usage.ru_utime + usage.ru_stime
            code = os.waitstatus_to_exitcode(status)
            message = {
                "ended": kernels.pop(pid),
                "status": code,
                "peak_bytes": memory,
                "cpu_seconds": seconds,
            }
            _send(wire, message)


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _send(wire: socket.socket, message: dict[str, Any]) -> None:
    try:
        wire.send(json.dumps(message).encode())
    except OSError:  # nobody listens any more; the next recv says so
        return


def _become_kernel(
    wire: socket.socket, folder: str, name: str, processes: Any, zygote: int
) -> NoReturn:
    """In the child: a kernel like any other, except that nothing is left to import."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        processes.die_with_parent(zygote)
        _mute()
        _reseed()
        app = _kernel_app(os.path.join(folder, f"{name}.json"))
        _send(wire, {"ready": name})
        wire.close()
        app.start()
        code = 0
    except Exception:
        traceback.print_exc()  # nobody else will say why it did not come up
        raise
    finally:
        os._exit(code)


def _mute() -> None:
    """Standard output of a campaign is its own: ipykernel repeats there what processes of a cell
    print, which the notebook has already.
    """
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _kernel_app(connection_file: str) -> Any:
    import zmq
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    class KernelApp(IPKernelApp):
        """A kernel whose outputs wait for a reader that is slow; ZeroMQ drops them otherwise."""

        def init_iopub(self, context: Any) -> None:
            context.setsockopt(zmq.SNDHWM, 0)
            super().init_iopub(context)  # type: ignore[no-untyped-call]

    config = Config()
    config.HistoryManager.enabled = False
    app: Any = KernelApp.instance(
        config=config, connection_file=connection_file, log_level=logging.CRITICAL
    )
    app.initialize([])
    app.session.pack = _lossless(app.session.pack)
    sys.modules.pop(DEBUGGER, None)  # a notebook may still import it
    _register_display(app.shell)
    return app


def _lossless(pack: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Pack messages also where text has half of a surrogate pair; such outputs would be lost."""
    from jupyter_client.jsonutil import json_default

    def packed(message: Any) -> bytes:
        try:
            return pack(message)
        except UnicodeEncodeError:
            return json.dumps(message, default=json_default).encode()

    return packed


def _register_display(shell: Any) -> None:
    """Show results of lotus as in other kernels: it was imported before there was a shell."""
    if "lotus" in sys.modules:
        importlib.import_module("lotus.display").register(shell)


def _reseed() -> None:
    """Every kernel has random numbers of its own."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # this file's folder, whose modules are not the notebook's
    main(sys.argv[1:])
