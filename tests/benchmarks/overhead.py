"""What lotus itself costs: everything that is not ffmpeg, drawing frames or making sound.

    python -m tests.benchmarks.overhead [--runs 5]

Renders the example ad in an empty home, renders it again, and starts the program; medians of runs
that
alternate. Every line is set against a bare interpreter (`python -c pass`), in the same run. Prints
tables:
`alone` are the seconds in which nothing was drawn, encoded or mixed; `own` is lotus' processor
time, most of
which passes beside that work.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import lotus

AD = Path(lotus.__file__).with_name("examples") / "ad.yaml"
LOTUS = Path(sys.executable).with_name("lotus")
STARTS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import lotus": [sys.executable, "-c", "import lotus"],
    "lotus --help": [str(LOTUS), "--help"],
}
DRIVER = """
import json, resource, sys, time
from lotus import ffmpeg
from lotus.providers import animatic
from lotus.rendering import mixer, renderer
spans, work = [], {"seconds": 0.0}
def counted(function, here=True):
    def call(*args, **more):
        at, began = time.thread_time(), time.perf_counter()
        try:
            return function(*args, **more)
        finally:
            spans.append((began, time.perf_counter()))
            work["seconds"] += (time.thread_time() - at) * here
    return call
mixer.write_sound, renderer.join = counted(mixer.write_sound), counted(renderer.join)
animatic.draw, ffmpeg.FFmpeg.run = counted(animatic.draw, False), counted(ffmpeg.FFmpeg.run, False)
ffmpeg.FFmpeg.ask = counted(ffmpeg.FFmpeg.ask, False)
from lotus.cli import main
try:
    main()
finally:
    own = resource.getrusage(resource.RUSAGE_SELF)
    busy, until = 0.0, 0.0
    for began, ended in sorted(spans):
        busy += max(0.0, ended - max(began, until))
        until = max(until, ended)
    seconds = own.ru_utime + own.ru_stime - work["seconds"]
    print(json.dumps({"own": seconds, "busy": busy}), file=sys.stderr)
"""


def timed(command: Sequence[str], home: Path) -> tuple[float, str]:
    """Seconds of wall time, and the last line on standard error."""
    environment = {**os.environ, "LOTUS_HOME": str(home)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as users have it: compiled once
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    said = done.stderr.strip().splitlines()
    return time.perf_counter() - began, said[-1] if said else ""


def starts(runs: int, home: Path) -> dict[str, float]:
    """Median seconds of each way to start, taken in turn."""
    found: dict[str, list[float]] = {name: [] for name in STARTS}
    for _ in range(runs + 1):
        for name, command in STARTS.items():
            found[name].append(timed(command, home)[0])
    # the first one compiles
    return {name: statistics.median(seconds[1:]) for name, seconds in found.items()}


def renders(runs: int, folder: Path) -> dict[str, list[tuple[float, float, float]]]:
    """Seconds of wall time, of it alone, and of own processor time, of a first and of a second
    render.
    """
    found: dict[str, list[tuple[float, float, float]]] = {"first render": [], "second render": []}
    for run in range(runs):
        for name in found:
            command = [
                sys.executable,
                "-c",
                DRIVER,
                "render",
                str(AD),
                "-o",
                str(folder / "ad.mp4"),
                "--json",
            ]
            wall, said = timed(command, folder / f"home{run}")
            noted = json.loads(said)
            found[name].append((wall, wall - noted["busy"], noted["own"]))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        medians = starts(4 * runs, folder / "home")
        bare = medians["python -c pass"]
        print(f"{'start':<16}{'seconds':>9}{'above bare':>12}{'x bare':>8}")
        for start, seconds in medians.items():
            print(f"{start:<16}{seconds:>9.3f}{seconds - bare:>12.3f}{seconds / bare:>8.1f}")
        print(
            f"\n{'example ad':<16}{'wall s':>9}{'alone s':>12}{'share':>8}{'own s':>8}{'x bare':>8}"
        )
        for render, found in renders(runs, folder).items():
            wall, alone, own = (statistics.median(values) for values in zip(*found, strict=True))
            print(
                f"{render:<16}{wall:>9.2f}{alone:>12.2f}{alone / wall:>8.0%}"
                f"{own:>8.2f}{own / bare:>8.0f}"
            )


if __name__ == "__main__":
    main()
