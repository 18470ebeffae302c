"""The one place that starts ffmpeg."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO

from lotus.errors import FFmpegError, SettingsError
from lotus.system.processes import StallClock, child_options, processor_use
from lotus.system.stop import Stop

__all__ = ["FFmpeg", "cut_off", "damaged_packets"]

_INSTALL = (
    "pip install --force-reinstall imageio-ffmpeg, or point LOTUS_FFMPEG to an ffmpeg program"
)
TRIES = 3
STALL_SECONDS = 120.0  # ffmpeg without progress for so long, while it could run, hangs
QUIET_SECONDS = 5.0  # without progress before its use of processors is looked at
# glibc's: the memory of a frame is kept for the next, and not cleared by the system each time.
# Encoding at 1280x720 takes a third of the system time and 5 % less in all, at the same peak
# (measured).
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(256 << 20)}
_NOISE = re.compile(
    r"^(frame=|fps=|stream_|bitrate=|total_size|out_time|dup_|drop_|speed=|progress=)"
    r"|^\[(libx26[45]|aac) @ \S+\] (frame |mb |i\d|8x8|coded|Weighted|ref |kb/s|using |profile "
    r"|Qavg|final )"
)


def _bundled_program() -> Path | None:
    """The program that imageio-ffmpeg brings along."""
    import importlib.util

    package = importlib.util.find_spec("imageio_ffmpeg")
    folders = package.submodule_search_locations if package is not None else None
    programs = sorted(p for f in folders or () for p in Path(f).glob("binaries/ffmpeg-*"))
    return programs[0] if programs else None


class FFmpeg:
    """An ffmpeg program. `run` is the only way to start it."""

    def __init__(
        self, program: Path | None = None, *, stall_seconds: float = STALL_SECONDS
    ) -> None:
        self._program = program
        self.stall_seconds = stall_seconds

    @cached_property
    def program(self) -> Path:
        """The program's path; raises SettingsError if there is none."""
        if self._program is not None:
            return self._program
        try:
            import imageio_ffmpeg

            return Path(imageio_ffmpeg.get_ffmpeg_exe())
        except (ImportError, RuntimeError) as exc:
            program = _bundled_program()  # the trial run of it may have been killed
            if program is not None:
                return program
            raise SettingsError(
                name="LOTUS_FFMPEG", reason="no ffmpeg was found", remedy=_INSTALL
            ) from exc

    @cached_property
    def build(self) -> str:
        """The program's version line: part of every segment's key, since another build makes other
        bytes.
        """
        return self.ask("-version").splitlines()[0].split(" Copyright")[0]

    def ask(self, *args: str) -> str:
        """What ffmpeg prints about itself, such as `-filters`."""
        command = [str(self.program), "-hide_banner", *args]
        try:
            for _ in range(TRIES):
                process = subprocess.run(command, capture_output=True, text=True, timeout=30)
                if process.returncode >= 0:  # otherwise it was killed, by a system without memory
                    break
            process.check_returncode()
        except (OSError, subprocess.SubprocessError) as exc:
            raise SettingsError(
                name="LOTUS_FFMPEG", reason=f"{self.program} does not run", remedy=_INSTALL
            ) from exc
        return process.stdout

    def run(
        self,
        args: Sequence[str],
        *,
        what: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        source: IO[bytes] | None = None,
        on_frame: Callable[[int], None] | None = None,
        stop: Stop | None = None,
    ) -> str:
        """Run to the end; `source` becomes standard input, `on_frame` hears how many frames are
        done.

        Returns what ffmpeg said (its log at level info). Raises FFmpegError with its last lines
        when it fails or hangs, Cancelled when `stop` is set; the child is gone in every case.
        """
        command = [
            str(self.program),
            "-hide_banner",
            "-nostats",
            "-y",
            "-progress",
            "pipe:1",
            *args,
        ]
        if source is None:
            command.insert(1, "-nostdin")
        try:
            child = subprocess.Popen(
                command,
                cwd=cwd,
                env={**_MEMORY, **os.environ, **(env or {})},
                stdin=source or subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                **child_options(),
            )
        except OSError as exc:
            raise FFmpegError(what=what, reason=f"ffmpeg did not start: {exc}", stderr=[]) from exc
        return _Run(child, what, self.stall_seconds, stop, on_frame).finish()


# ffmpeg counts the frames of its first output; of the others the quantiser tells that they move
_PROGRESS = re.compile(rb"^(?:frame|out_time_us|stream_\d+_\d+_q)=\s*(\S+)", re.M)


class _Run:
    """One running child, watched until it ends."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        what: str,
        stall_seconds: float,
        stop: Stop | None,
        on_frame: Callable[[int], None] | None,
    ) -> None:
        self.child = child
        self.what = what
        self.stop = stop
        self.on_frame = on_frame
        self.stall_seconds = stall_seconds
        self.lines: deque[str] = deque(maxlen=400)

    def finish(self) -> str:
        reader = threading.Thread(target=self._read_log, daemon=True)
        reader.start()
        try:
            self._watch()
        finally:
            self._end()
            reader.join(timeout=5)
        if self.child.returncode:
            raise self._failure()
        return "\n".join(self.lines)

    def _watch(self) -> None:
        """Follow `-progress` until the child closes it; raise if asked to stop or if
        nothing moves.
        """
        assert self.child.stdout is not None
        quiet = min(QUIET_SECONDS, self.stall_seconds / 4)
        last_progress = time.monotonic()
        clock: StallClock | None = None  # of a child that has been quiet for a while
        last = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.child.stdout, selectors.EVENT_READ)
            while True:
                if self.stop is not None:
                    self.stop.check()
                if selector.select(timeout=0.2):
                    data = os.read(self.child.stdout.fileno(), 65536)
                    if not data:
                        self.child.wait()
                        return
                    progress = b"".join(_PROGRESS.findall(data))
                    if progress and progress != last:
                        last_progress = time.monotonic()
                        clock = None
                        last = progress
                    self._report_frames(data)
                elif time.monotonic() - last_progress < quiet:
                    continue
                elif clock is None:
                    clock = StallClock(lambda: processor_use(self.child.pid))
                elif clock.look() > self.stall_seconds - quiet:
                    raise FFmpegError(
                        what=self.what,
                        reason=f"ffmpeg made no progress for {self.stall_seconds:g} s and was "
                        "ended",
                        stderr=list(self.lines)[-12:],
                        remedy="run it again; if it hangs again, re-encode the source first",
                    )

    def _report_frames(self, data: bytes) -> None:
        frames = re.findall(rb"^frame=\s*(\d+)", data, re.M)
        if frames and self.on_frame is not None:
            self.on_frame(int(frames[-1]))

    def _end(self) -> None:
        if self.child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        if self.child.stdout is not None:
            self.child.stdout.close()

    def _read_log(self) -> None:
        assert self.child.stderr is not None
        with self.child.stderr as log:
            for line in log:
                self.lines.append(line.decode(errors="replace").rstrip())

    def _failure(self) -> FFmpegError:
        stderr = [line for line in self.lines if line and not _NOISE.match(line)][-12:]
        code = self.child.returncode
        return FFmpegError(
            what=self.what,
            reason=_cause(code, stderr),
            returncode=code,
            stderr=stderr,
            remedy=_cure(code, stderr),
        )


_CUT_OFF = ("partial file", "File ended prematurely", "Packet corrupt")
# Of a transport stream that is joined from several, or was received with gaps, the packet counters
# do not go on; its frames may all be there.
_GOES_ON = ("mpegts", "mpeg")


def cut_off(log: str, container: str = "") -> list[str]:
    """What ffmpeg said of a file that ends in the middle, though it went on with what there is."""
    signs = _CUT_OFF[:2] if container in _GOES_ON else _CUT_OFF
    return [line for line in log.splitlines() if any(sign in line for sign in signs)]


_LOSSES = ("Error submitting packet to decoder", "corrupt decoded frame")
_CONCEALMENT = "error while decoding MB"
_SOUND = "[aist#"  # an input's stream of sound, as ffmpeg names it


def damaged_packets(log: str) -> dict[str, int]:
    """How many packets did not decode, or only in part, by what ffmpeg said: of pictures and of
    sound, where there are any.
    """
    lines = log.splitlines()
    losses = [line for line in lines if any(sign in line for sign in _LOSSES)]
    sound = sum(line.startswith(_SOUND) for line in losses)
    pictures = len(losses) - sound or sum(_CONCEALMENT in line for line in lines)
    return {what: count for what, count in (("pictures", pictures), ("sound", sound)) if count}


_CAUSES = [  # what ffmpeg says -> (what it means, what to do)
    ("No space left on device", "the disk is full", "free some disk space (`lotus store clean`)"),
    *(
        (sign, "ffmpeg ran out of memory", "give the process more memory")
        for sign in ("Cannot allocate memory", "malloc of size", "pthread_create() failed")
    ),
    ("File too large", "the file may not grow further", "raise the limit of `ulimit -f`"),
    (
        "Decode error rate",
        "most of the file does not decode",
        "convert it with the program that made it, to MP4",
    ),
    ("Invalid data found", "the file is damaged or is not media", "export the file again"),
    ("No such file", "a file is missing", "put the file back, or change the source"),
    ("Permission denied", "a file may not be read or written", "change the file's permissions"),
    ("does not contain any stream", "the file has no picture", "use a file with a video stream"),
    (
        "not on whitelist",
        "the file is a playlist or another kind that lotus does not read",
        "use a media file",
    ),
]


_SIGNALS: dict[int, str] = {
    signal.SIGKILL: "run it again; finished pieces are kept; short of memory, the system kills "
    "processes",
    signal.SIGXFSZ: "raise the limit of `ulimit -f`; finished pieces are kept",
}


def _cause(code: int, stderr: list[str]) -> str:
    if code < 0:
        return f"ffmpeg was killed by {signal.Signals(-code).name}"
    text = _evidence(code, stderr)
    cause = next((means for sign, means, _ in _CAUSES if sign in text), None)
    return cause or (
        f"ffmpeg ended with code {code}: {stderr[-1]}"
        if stderr
        else f"ffmpeg ended with code {code}"
    )


def _evidence(code: int, stderr: list[str]) -> str:
    """The last lines; and the system's word for the code, since ffmpeg ends with 256 - errno."""
    return "\n".join([*stderr, os.strerror(256 - code) if code > 128 else ""])


def _cure(code: int, stderr: list[str]) -> str:
    text = _evidence(code, stderr)
    if code < 0:
        return _SIGNALS.get(-code, "run it again; finished pieces are kept")
    return next((cure for sign, _, cure in _CAUSES if sign in text), "see ffmpeg's last lines")
