"""How fast boards are drawn and encoded: frames a second, and how many times faster than they play.

    python -m tests.benchmarks.boards [--runs 3] [--workers 2]

Makes the clips of the example ad (1280x720, 24 fps) as a job does, a child process and an ffmpeg a
clip. Beside it, what one would write oneself: as many layers of the same sizes, laid over each
other by Pillow, frame by frame, and encoded the same way. Medians of runs that alternate. On a busy
machine look at the last column: it counts processor time, as if all of it were on `workers` idle
cores.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from PIL import Image

import lotus
from lotus.composition.assemble import clip_frames
from lotus.documents.reading import load_request
from lotus.media.ffmpeg import FFmpeg
from lotus.pipeline.pipeline import make_storyboard
from lotus.providers.animatic.provider import Animatic
from lotus.providers.base import ClipRequest, Tools
from lotus.providers.drawing import encode_args
from lotus.system.parallel import side_by_side
from lotus.system.stop import Stop

AD = Path(lotus.__file__).with_name("examples") / "ad.yaml"
# of one scene
LAYERS = ((1400, 620), (1400, 420), (1400, 260), (520, 520), (330, 330), (330, 330), (200, 200))
SAMPLE_FRAMES = 36  # of each scene that Pillow draws


def requests() -> list[ClipRequest]:
    """The clips of the example ad."""
    storyboard = make_storyboard(load_request(str(AD)))
    frames = clip_frames(storyboard)
    return [
        Animatic().request(s, storyboard, n, str)
        for s, n in zip(storyboard.scenes, frames, strict=True)
    ]


def by_lotus(clip: ClipRequest, folder: Path) -> int:
    """One clip, as a job makes it; returns its frames."""
    output = folder / f"{clip.key}.mp4"
    Animatic().make(clip, output, Tools(FFmpeg(), folder, Stop(), lambda frames: None))
    return clip.frames


def by_pillow(clip: ClipRequest, folder: Path) -> int:
    """A sample of a clip, drawn with Pillow; returns its frames."""
    command = [str(FFmpeg().program), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{clip.width}x{clip.height}", "-r", "24", "-i", "-", "-pix_fmt", "yuv420p"]
    encoding = encode_args(clip, folder / f"pillow-{clip.key}.mp4")
    command += encoding[encoding.index("-c:v") :]
    child = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert child.stdin is not None
    for frame in pillow_frames(clip):
        child.stdin.write(frame)
    child.stdin.close()
    assert child.wait() == 0
    return SAMPLE_FRAMES


def pillow_frames(clip: ClipRequest) -> Iterator[bytes]:
    """Layers that a camera moves in on, laid over each other."""
    back = Image.new("RGB", (clip.width, clip.height), "#1b3a4b")
    layers = [Image.new("RGBA", size, (90 + 20 * n, 90, 60, 200)) for n, size in enumerate(LAYERS)]
    for number in range(SAMPLE_FRAMES):
        frame = back.copy()
        for depth, layer in enumerate(layers):
            zoom = 1 + 0.002 * number * depth / len(layers)
            size = (round(layer.width * zoom), round(layer.height * zoom))
            seen = layer.resize(size, Image.Resampling.BILINEAR)
            frame.paste(seen, ((clip.width - size[0]) // 2, (clip.height - size[1]) // 2), seen)
        yield frame.tobytes()


def measured(
    make: Callable[[ClipRequest, Path], int], clips: Sequence[ClipRequest], workers: int
) -> list[float]:
    """Frames made, wall seconds, processor seconds of this process and its children."""
    frames: list[int] = []
    with tempfile.TemporaryDirectory() as name:
        before = spent()
        began = time.perf_counter()
        tasks = [partial(lambda c: frames.append(make(c, Path(name))), clip) for clip in clips]
        side_by_side(tasks, workers, Stop(), "clip")
        return [sum(frames), time.perf_counter() - began, spent() - before]


def spent() -> float:
    """Processor seconds so far."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usage)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    clips = requests()
    found = dict[str, list[list[float]]]()
    for _ in range(asked.runs):
        for name, make in (("lotus", by_lotus), ("Pillow", by_pillow)):
            found.setdefault(name, []).append(measured(make, clips, asked.workers))
    print(
        f"{'':<8}{'frames':>8}{'wall s':>8}{'cpu s':>8}"
        f"{'frames/s':>10}{'x real time':>13}{'by cpu':>8}"
    )
    for name, runs in found.items():
        frames, wall, cpu = (statistics.median(column) for column in zip(*runs, strict=True))
        seconds = frames / 24
        line = f"{name:<8}{frames:>8.0f}{wall:>8.2f}{cpu:>8.2f}{frames / wall:>10.0f}"
        print(f"{line}{seconds / wall:>13.2f}{seconds / (cpu / asked.workers):>8.2f}")


if __name__ == "__main__":
    main()
