"""What an edit costs: the ratio of lotus to one ffmpeg command that makes the same video in a
single pass.

    python -m tests.benchmarks.edits [--runs 5] [--cuts dissolves hard sixty] [--others
    others/bin/python]

Clips of five seconds at 1280x720, 24 fps, with half-second dissolves or hard cuts, a caption and
music; the same encoder settings on both sides, in turn, in one run. Prints medians of the ratios of
wall time, and of the processors' time, which other work on the machine disturbs less. `--others`
names a Python that has moviepy and movielite (see `others.py`); they make the cut of dissolves
without its caption.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import lotus
from lotus.settings import Settings
from tests.benchmarks.single_pass import single_pass
from tests.clips import FFMPEG, ffmpeg, frame_count

Ratio = tuple[float, float]  # of wall time, of the processors' time
FADE = {"kind": "dissolve", "duration_seconds": 0.5}
CUT = {"kind": "cut"}
WARM_UP = "first render, not counted"  # it renders like pieces once
MUST = {  # what lotus promises
    "dissolves: first render": 0.90,
    "dissolves: one clip replaced": 0.13,
    "dissolves: one caption changed": 0.13,
    "dissolves: music replaced": 0.06,
    "dissolves: nothing changed": 0.02,
    "hard: first render": 0.08,
    "sixty: one clip replaced": 0.04,
}


@dataclass
class Bench:
    """One run's clips, music and findings."""

    folder: Path
    found: dict[str, list[Ratio]] = field(default_factory=dict)

    def clips(self, count: int) -> list[Path]:
        """Moving pictures that are neither trivial nor noise; made once."""
        files = [self.folder / f"clip{i}.mp4" for i in range(count)]
        for i, file in enumerate(files):
            if not file.exists():
                zoom = f"start_scale={3 / (i % 13 + 1)}:end_scale={0.05 + i * 0.001}"
                picture = f"mandelbrot=s=1280x720:r=24:{zoom},hue=h={i * 29}"
                args = (
                    "-t",
                    5,
                    "-c:v",
                    "libx264",
                    "-preset",
                    "veryfast",
                    "-crf",
                    16,
                    "-pix_fmt",
                    "yuv420p",
                )
                ffmpeg("-f", "lavfi", "-i", picture, *args, file)
        return files

    def music(self, pitch: int) -> Path:
        """Twenty seconds of a tone."""
        file = self.folder / f"music{pitch}.wav"
        if not file.exists():
            ffmpeg("-f", "lavfi", "-i", f"sine={pitch}:d=20", file)
        return file

    def timeline(
        self,
        files: list[Path],
        transition: dict[str, object],
        caption: str = "First light",
        pitch: int = 220,
    ) -> lotus.Timeline:
        """The benchmark's cut."""
        placed = [
            {"source": str(f), "end_seconds": 5, "transition": transition, "volume": 0}
            for f in files
        ]
        captions = [{"text": caption, "start_seconds": 6, "end_seconds": 8.5}]
        audio = [{"source": str(self.music(pitch)), "loop": True}]
        document = {"fps": "24", "clips": placed, "captions": captions, "audio": audio}
        return lotus.Timeline.model_validate(document)

    def note(self, case: str, took: Ratio, whole: Ratio) -> None:
        """Keep a case's ratios to the single pass."""
        self.found.setdefault(case, []).append((took[0] / whole[0], took[1] / whole[1]))

    def single_pass(self, line: lotus.Timeline, name: str) -> Ratio:
        """Seconds of the single pass."""
        whole = timed(lambda: single_pass(line, self.folder / "whole.mp4", self.folder / "scratch"))
        self.found.setdefault(f"{name}: single pass, seconds", []).append(whole)
        return whole

    def edits(self, name: str, cases: dict[str, lotus.Timeline], home: Path) -> None:
        """One home, one case after the other; each must have the frames of the single pass."""
        whole = self.single_pass(next(iter(cases.values())), name)
        frames = frame_count(self.folder / "whole.mp4")
        for case, line in cases.items():
            workspace = lotus.Workspace(Settings.read(LOTUS_HOME=home))
            out = self.folder / "out.mp4"
            took = timed(lambda w=workspace, e=line, o=out: lotus.compose(e, o, workspace=w))
            assert frame_count(out) == frames, case
            if case != WARM_UP:
                self.note(f"{name}: {case}", took, whole)
        shutil.rmtree(home)


def timed(work: Callable[[], object]) -> Ratio:
    """Seconds of wall time, and of the processors' in this process and its children."""
    before = os.times()
    began = time.perf_counter()
    work()
    wall = time.perf_counter() - began
    after = os.times()
    return wall, sum(after[:4]) - sum(before[:4])


def dissolves(bench: Bench, run: int) -> None:
    """Twelve clips with dissolves, and the edits that people make."""
    *files, other = bench.clips(13)
    replaced = [*files[:4], other, *files[5:]]
    cases = {
        "first render": bench.timeline(files, FADE),
        "nothing changed": bench.timeline(files, FADE),
        "one clip replaced": bench.timeline(replaced, FADE),
        "one caption changed": bench.timeline(files, FADE, caption="Last light"),
        "music replaced": bench.timeline(files, FADE, pitch=330),
    }
    bench.edits("dissolves", cases, bench.folder / f"home{run}")


def hard(bench: Bench, run: int) -> None:
    """Twelve like clips with hard cuts, no caption: nothing needs to be encoded."""
    line = bench.timeline(bench.clips(12), CUT).model_copy(update={"captions": ()})
    bench.edits(
        "hard", {"first render": line, "nothing changed": line}, bench.folder / f"hard{run}"
    )


def sixty(bench: Bench, run: int) -> None:
    """Sixty clips (twelve files, five times each) with dissolves, one replaced."""
    *files, other = bench.clips(13)
    line = files * 5
    replaced = [*files * 5]
    replaced[30] = other
    cases = {
        WARM_UP: bench.timeline(line, FADE),
        "one clip replaced": bench.timeline(replaced, FADE),
    }
    bench.edits("sixty", cases, bench.folder / f"sixty{run}")


def others(bench: Bench, python: str) -> None:
    """What people would use instead, on the cut of dissolves, and again with one clip replaced."""
    *files, other = bench.clips(13)
    whole = bench.single_pass(bench.timeline(files, FADE), "others")
    (bench.folder / "bin").mkdir(exist_ok=True)
    (bench.folder / "bin" / "ffmpeg").unlink(missing_ok=True)
    (bench.folder / "bin" / "ffmpeg").symlink_to(FFMPEG)  # the same encoder for all
    env = {
        **os.environ,
        "PATH": f"{bench.folder / 'bin'}:{os.environ['PATH']}",
        "IMAGEIO_FFMPEG_EXE": FFMPEG,
    }
    cut = {
        "seconds": 5,
        "fade": 0.5,
        "music": str(bench.music(220)),
        "fps": 24,
        "preset": "medium",
        "crf": 20,
    }
    for library in ("moviepy", "movielite"):
        for case, chosen in (
            ("first render", files),
            ("one clip replaced", [*files[:4], other, *files[5:]]),
        ):
            path = bench.folder / "cut.json"
            out = bench.folder / "other.mp4"
            path.write_text(json.dumps({**cut, "clips": [str(file) for file in chosen]}))
            command = [
                python,
                str(Path(__file__).with_name("others.py")),
                library,
                str(path),
                str(out),
            ]
            took = timed(
                lambda c=command: subprocess.run(c, env=env, check=True, capture_output=True)
            )
            bench.note(f"{library}: {case} ({frame_count(out)} frames)", took, whole)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cuts", nargs="*", choices=list(CUTS), default=["dissolves", "hard"])
    parser.add_argument("--others", help="a Python with moviepy and movielite")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        for run in range(asked.runs):
            for cut in asked.cuts:
                CUTS[cut](bench, run)
        if asked.others:
            others(bench, asked.others)
    print(f"{'ratio to a single pass':<44}{'must':>6}{'median':>8}{'min':>8}{'max':>8}{'cpu':>8}")
    for case, ratios in bench.found.items():
        wall = [r[0] for r in ratios]
        cpu = [r[1] for r in ratios]
        numbers = (statistics.median(wall), min(wall), max(wall), statistics.median(cpu))
        print(
            f"{case:<44}{MUST.get(case, ''):>6}" + "".join(f"{number:>8.3f}" for number in numbers)
        )


CUTS = {"dissolves": dissolves, "hard": hard, "sixty": sixty}

if __name__ == "__main__":
    main()
