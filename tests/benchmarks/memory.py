"""How much memory a render takes at its peak: all processes together, by their proportional share
(PSS).

    python -m tests.benchmarks.memory [--case ad] [--case song] [--fps 24]

Renders an ad of 60 s and a music video of 180 s at 1920x1080 in empty homes, and adds up the memory
of lotus and of all processes it started, twenty times a second (Linux). Beside it, ffmpeg alone:
the same finished video decoded and encoded once. Prints a table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from lotus.media.ffmpeg import FFmpeg
from lotus.music import SAMPLE_RATE, bed

LOTUS = Path(sys.executable).with_name("lotus")
EVERY_SECONDS = 0.05
MIB = 1024**2
PROMPT = (
    "Night drive through a neon city, rain on the windscreen, reflections, a lone dancer on a "
    "roof, dawn."
)
CASES: dict[str, dict[str, Any]] = {
    "ad": {"kind": "ad", "duration_seconds": 60, "cta": "Drive on", "music": "driving"},
    "song": {"kind": "music_video", "audio": "track.wav"},
}


def track(path: Path, seconds: int) -> None:
    """A song for the music video."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for block in bed("driving", seconds * SAMPLE_RATE, 1):
            file.writeframes((block * 32_000).astype(np.int16).tobytes())


def peak_bytes(pid: int, alive: Callable[[], bool]) -> int:
    """The most memory that a process and all that descend from it held at once, while
    it is alive.
    """
    most = 0
    root = psutil.Process(pid)
    while alive():
        most = max(most, pss_bytes(root) + sum(map(pss_bytes, _children(root))))
        threading.Event().wait(EVERY_SECONDS)
    return most


def pss_bytes(process: psutil.Process) -> int:
    """A process's memory, what it shares with others counted in part; 0 once it is gone."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def _children(root: psutil.Process) -> list[psutil.Process]:
    try:
        return list(root.children(recursive=True))
    except psutil.Error:
        return []


def peak(command: list[str], environment: dict[str, str], folder: Path) -> tuple[int, float]:
    """The most memory that a command and its children held at once, in bytes; and its seconds."""
    began = time.perf_counter()
    with (folder / "said").open("wb") as said:
        child = subprocess.Popen(command, env=environment, cwd=folder, stdout=said, stderr=said)
        most = peak_bytes(child.pid, lambda: child.poll() is None)
    assert child.returncode == 0, (folder / "said").read_text()[-2000:]
    return most, time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--fps", default="24")
    parser.add_argument("--style", default="minimal")
    asked = parser.parse_args()
    print(f"{'1920x1080':<12}{'seconds':>8}{'wall s':>8}{'lotus MiB':>11}{'ffmpeg alone MiB':>18}")
    for case in asked.case or CASES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            track(folder / "track.wav", 180)
            look = {"prompt": PROMPT, "style": asked.style, "resolution": "1080p", "fps": asked.fps}
            (folder / "brief.json").write_text(json.dumps({**CASES[case], **look}))
            environment = {**os.environ, "LOTUS_HOME": str(folder / "home")}
            command = [str(LOTUS), "render", "brief.json", "--quiet", "-o", "out.mp4"]
            most, wall = peak(command, environment, folder)
            again = ["-v", "error", "-i", "out.mp4", "-c:v", "libx264", "-c:a", "copy", "again.mp4"]
            alone, _ = peak([str(FFmpeg().program), *again], environment, folder)
            seconds = CASES[case].get("duration_seconds", 180)
            print(
                f"{case:<12}{seconds:>8}{wall:>8.0f}{most / MIB:>11.0f}{alone / MIB:>18.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
