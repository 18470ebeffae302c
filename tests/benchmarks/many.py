"""Six hundred clips: the memory and the time of a clip, against twelve.

    python -m tests.benchmarks.many [--clips 600]

Short dissolved clips at 320x180 with music. Peak memory is the sum over the process and its
children of their proportional set size, looked at twenty times a second; drift is how far sound and
picture end apart.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from pathlib import Path

import av

import lotus
from lotus.settings import Settings
from tests.benchmarks.memory import peak_bytes
from tests.clips import ffmpeg, frame_count

FADE = {"kind": "dissolve", "duration_seconds": 0.25}


def cut(folder: Path, count: int) -> None:
    """Compose `count` clips."""
    source = folder / "clip.mp4"
    music = folder / "music.wav"
    placed = [
        {
            "source": str(source),
            "start_seconds": i % 40 / 24,
            "end_seconds": i % 40 / 24 + 1,
            "transition": FADE,
        }
        for i in range(count)
    ]
    audio = [{"source": str(music), "loop": True}]
    document = {"width": 320, "height": 180, "fps": "24", "clips": placed, "audio": audio}
    line = lotus.Timeline.model_validate(document)
    workspace = lotus.Workspace(Settings.read(LOTUS_HOME=folder / f"home{count}"))
    lotus.compose(line, folder / f"{count}.mp4", workspace=workspace)


def drift_seconds(video: Path) -> float:
    """How much later the sound ends than the picture."""
    with av.open(str(video)) as container:
        ends = [
            float(s.duration * s.time_base)
            for s in (*container.streams.audio, *container.streams.video)
        ]
    return ends[0] - ends[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=600)
    asked = parser.parse_args()
    print(f"{'clips':>6}{'peak MB':>9}{'seconds':>9}{'a clip':>8}{'frames':>8}{'drift ms':>10}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound = ("-f", "lavfi", "-i", "sine=440:d=4")
        ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x180:r=24:d=4",
            *sound,
            "-c:v",
            "libx264",
            folder / "clip.mp4",
        )
        ffmpeg("-f", "lavfi", "-i", "sine=220:d=20", folder / "music.wav")
        for count in (12, asked.clips):
            began = time.perf_counter()
            child = multiprocessing.get_context("spawn").Process(target=cut, args=(folder, count))
            child.start()
            assert child.pid is not None
            peak = peak_bytes(child.pid, child.is_alive)
            took = time.perf_counter() - began
            video = folder / f"{count}.mp4"
            frames = frame_count(video)
            assert frames == count * 24 - (count - 1) * 6
            line = f"{count:>6}{peak / 1e6:>9.0f}{took:>9.1f}{took / count:>8.3f}{frames:>8}"
            print(line + f"{drift_seconds(video) * 1000:>10.1f}")


if __name__ == "__main__":
    main()
