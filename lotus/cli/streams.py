"""Standard streams of the program: closed ones are opened on nothing, and output that cannot be
written ends in one line.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["open_streams", "reported_output"]

NAMES = ("stdin", "stdout", "stderr")
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)


def open_streams() -> None:
    """Open each standard stream that the caller has closed (`>&-`) on the null device.

    Otherwise the next file to be opened, a database perhaps, would take its number, and whatever
    a child process prints would be written into it.
    """
    for number, name in enumerate(NAMES):
        try:
            os.fstat(number)
        except OSError:
            _open_null(number)
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _open_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)  # the lowest free number: often the one itself
    if null != number:
        os.dup2(null, number)
        os.close(null)
    os.set_inheritable(number, True)


@contextmanager
def reported_output() -> Iterator[None]:
    """End with 1 when the reader of the output has gone, and say so in a line when the output
    cannot be written.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # here, while a failure can still be told
    except BrokenPipeError:
        _give_up_output()
        sys.exit(1)
    except OSError as error:
        if error.errno not in UNWRITABLE or error.filename is not None:
            raise
        _give_up_output()
        with suppress(OSError):
            print(f"error: cannot write the output: {error.strerror}", file=sys.stderr)
        sys.exit(1)


def _give_up_output() -> None:
    """What the buffer still holds goes nowhere when the interpreter ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError, ValueError):  # a test's stream has no number
                _open_null(stream.fileno())
