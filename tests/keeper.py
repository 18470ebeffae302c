"""Programs of lotus as processes of their own that need not load it first.

A keeper, one for each process of tests, has lotus loaded and forks for each program: the second
that Python and the libraries take to load is spent once. The child gets its own words, environment,
folder and streams, then runs the real program (`lotus`, or a module of it), and is a child of the
tests themselves.

What is decided when Python starts is the keeper's: programs whose environment differs there, those
that are to get signals or to be found by their environment in /proc, and those whose start is what
is tested are to be started anew (`driving.start`).
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import platform
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

LOTUS = Path(sys.executable).with_name("lotus")
CLONE = {"x86_64": 56, "aarch64": 220}.get(platform.machine())  # the number of clone(2)
CLONE_PARENT = 0x8000
# what Python and libraries look at once, when they start or are loaded
AT_START = ("PYTHON", "LC_", "LANG", "TZ", "HOME", "XDG_", "OMP_", "OPENBLAS_", "PYDANTIC_")
AT_START += ("LD_PRELOAD",)  # not LD_LIBRARY_PATH, which OpenCV sets for whoever imports it
OWN = {"PYTHONFAULTHANDLER": "1"}
BEFORE_TESTS = {**os.environ, **OWN}
# parts of lotus that load for long, and that few commands need
LEFT_OUT = ("lotus.notebook", "lotus.dev", "lotus.speech")
MESSAGE_BYTES = 200_000


def start_traits(env: dict[str, str]) -> dict[str, str]:
    """What of an environment is read at a start."""
    return {name: value for name, value in {**env, **OWN}.items() if name.startswith(AT_START)}


class Keeper:
    """The process that has lotus loaded, seen from the tests."""

    def __init__(self) -> None:
        self._wire, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(other.fileno())],
            env=BEFORE_TESTS,
            stdin=subprocess.DEVNULL,
            pass_fds=[other.fileno()],
        )
        other.close()
        atexit.register(self.close)

    def fork(self, words: list[str], env: dict[str, str], folder: str, streams: list[int]) -> int:
        """Begin a program; the number of its process, a child of this one."""
        request = {"words": words, "env": env, "folder": folder}
        socket.send_fds(self._wire, [json.dumps(request).encode()], streams)
        return int(self._wire.recv(MESSAGE_BYTES))

    def close(self) -> None:
        """End the keeper."""
        self._wire.close()
        self._process.wait()


@cache
def keeper() -> Keeper:
    """The keeper of this process of tests."""
    return Keeper()


class ForkedProcess(subprocess.Popen[Any]):
    """A process as any other, except that the keeper has loaded what it needs.

    Of the options it takes the streams, the folder and the environment.
    """

    def _execute_child(
        self, args: Any, executable: Any, preexec: Any, close: Any, pass_fds: Any, cwd: Any,
        env: Any, info: Any, flags: Any, shell: Any, *streams: Any,
    ) -> None:  # fmt: skip
        ends = streams[:6]  # for each stream the end that is read and the end that is written
        own = [ends[0], ends[3], ends[5]]
        given = [number if end == -1 else end for number, end in enumerate(own)]
        around = dict(os.environ if env is None else env)
        self.pid = keeper().fork(args, around, str(cwd or os.getcwd()), given)
        self._child_created = True
        self._close_pipe_fds(*ends)  # type: ignore[attr-defined]


def begin(words: Sequence[object], **options: Any) -> subprocess.Popen[Any]:
    """Begin a program of lotus: forked, unless that would be different."""
    traits = start_traits(options.get("env") or dict(os.environ))
    can_fork = CLONE and sys.platform == "linux" and traits == start_traits(BEFORE_TESTS)
    kind = ForkedProcess if can_fork else subprocess.Popen
    return kind([str(word) for word in words], **options)


def _load() -> None:
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # as the program does first
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # whoever forks must have one thread
    import lotus.cli

    lotus.cli.app()
    for module in pkgutil.walk_packages(lotus.__path__, "lotus."):
        if not module.name.startswith(LEFT_OUT):
            try:
                importlib.import_module(module.name)
            except ImportError:  # of an extra that is not installed
                continue
    assert len(os.listdir("/proc/self/task")) == 1
    gc.collect()
    gc.freeze()


def _fork() -> int:
    """Fork a sibling: a child of this process' parent, who can then wait for it."""
    python = ctypes.pythonapi
    system = ctypes.PyDLL(None)
    for function in (
        python.PyOS_BeforeFork,
        python.PyOS_AfterFork_Child,
        python.PyOS_AfterFork_Parent,
    ):
        function.restype = None
    python.PyOS_BeforeFork()
    flags = CLONE_PARENT | signal.SIGCHLD
    pid: int = system.syscall(*map(ctypes.c_long, (CLONE or 0, flags, 0, 0, 0, 0)))
    if pid == 0:
        python.PyOS_AfterFork_Child()
    else:
        python.PyOS_AfterFork_Parent()
    return pid


def _become(request: dict[str, object], streams: list[int]) -> None:
    """Be the process that was asked for, and run its program."""
    env, words = request["env"], request["words"]
    assert isinstance(env, dict)
    assert isinstance(words, list)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(str(request["folder"]))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        new = open(  # noqa: SIM115
            number,
            "w" if number else "r",
            buffering=1 if number == 2 else -1,
            encoding=old.encoding,
            errors=old.errors,
            closefd=False,
        )
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    sys.argv = list(words)
    if words[0] == str(LOTUS):
        runpy.run_path(words[0], run_name="__main__")
    else:  # python -m MODULE
        sys.argv[:3] = [words[2]]
        runpy.run_module(words[2], run_name="__main__", alter_sys=True)


def keep(wire: socket.socket) -> tuple[dict[str, object], list[int]]:
    """Fork for each request; it returns in each child, with the request and the streams."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _load()
    while True:
        request, streams, _, _ = socket.recv_fds(wire, MESSAGE_BYTES, 3)
        if not request:
            sys.exit(0)
        pid = _fork()
        if pid == 0:
            wire.close()
            return json.loads(request), list(streams)
        for stream in streams:
            os.close(stream)
        wire.send(str(pid).encode())


if __name__ == "__main__":
    sys.path[0] = str(LOTUS.parent)  # as for the program
    _become(*keep(socket.socket(fileno=int(sys.argv[1]))))
