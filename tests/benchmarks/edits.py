"""What an edit costs: the ratio of lotus to one ffmpeg command that makes the same video in a single pass.

    python -m tests.benchmarks.edits [--clips 12] [--runs 3]

Twelve clips of five seconds at 1280x720, 24 fps, with half-second dissolves, a caption and music; the same
encoder settings on both sides, in turn, in one run; medians. Prints a table.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import lotus
from lotus.settings import Settings
from tests.benchmarks.single_pass import single_pass
from tests.clips import ffmpeg


def clips(folder: Path, count: int) -> list[Path]:
    """Moving pictures that are neither trivial nor noise."""
    files = [folder / f"clip{i}.mp4" for i in range(count + 1)]
    for i, file in enumerate(files):
        picture = f"mandelbrot=s=1280x720:r=24:start_scale={3 / (i + 1)}:end_scale=0.05,hue=h={i * 29}"
        args = ("-t", 5, "-c:v", "libx264", "-preset", "veryfast", "-crf", 16, "-pix_fmt", "yuv420p", file)
        ffmpeg("-f", "lavfi", "-i", picture, *args)
    return files


def timeline(files: list[Path], music: Path, caption: str = "First light") -> lotus.Timeline:
    """The benchmark's cut."""
    fade = {"kind": "dissolve", "duration_seconds": 0.5}
    placed = [{"source": str(f), "end_seconds": 5, "transition": fade, "volume": 0} for f in files]
    captions = [{"text": caption, "start_seconds": 6, "end_seconds": 8.5}]
    audio = [{"source": str(music), "loop": True}]
    return lotus.Timeline.model_validate({"fps": "24", "clips": placed, "captions": captions, "audio": audio})


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall time."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = clips(folder, asked.clips)
        music, other = folder / "music.wav", folder / "other.wav"
        ffmpeg("-f", "lavfi", "-i", "sine=220:d=20", music)
        ffmpeg("-f", "lavfi", "-i", "sine=330:d=20", other)
        line = timeline(files[:-1], music)
        replaced = [*files[:4], files[-1], *files[5:-1]]
        cases = {
            "first render": line,
            "nothing changed": line,
            "one clip replaced": timeline(replaced, music),
            "one caption changed": timeline(files[:-1], music, caption="Last light"),
            "music replaced": timeline(files[:-1], other),
        }
        for run in range(asked.runs):
            whole = timed(lambda: single_pass(line, folder / "whole.mp4", folder / "scratch"))
            home = Settings.read(LOTUS_HOME=folder / f"home{run}")
            for case, edited in cases.items():
                workspace = lotus.Workspace(home)
                took = timed(lambda w=workspace, e=edited: lotus.compose(e, folder / "o.mp4", workspace=w))
                found.setdefault(case, []).append(took / whole)
            found.setdefault("single pass, seconds", []).append(whole)
    print(f"{'case':<24}{'median':>8}{'min':>8}{'max':>8}")
    for case, ratios in found.items():
        print(f"{case:<24}{statistics.median(ratios):>8.3f}{min(ratios):>8.3f}{max(ratios):>8.3f}")


if __name__ == "__main__":
    main()
