"""The benchmark's cut by other libraries: a program for a Python that has them, and need not have
lotus.

    python -m venv others && others/bin/pip install moviepy movielite
    others/bin/python tests/benchmarks/others.py LIBRARY CUT.json OUT.mp4

CUT.json holds `clips` (paths), `seconds` of each, `fade` between two, `music`, `fps`, `preset`,
`crf`.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Callable
from typing import Any

Cut = dict[str, Any]


def starts(cut: Cut) -> list[float]:
    """When each clip begins."""
    return [i * (cut["seconds"] - cut["fade"]) for i in range(len(cut["clips"]))]


def moviepy(cut: Cut, out: str) -> None:
    """MoviePy 2: clips over one another, each fading in."""
    from moviepy import AudioFileClip, CompositeVideoClip, VideoFileClip, afx, vfx

    clips = []
    for i, (path, start) in enumerate(zip(cut["clips"], starts(cut), strict=True)):
        clip = VideoFileClip(path, audio=False).subclipped(0, cut["seconds"]).with_start(start)
        clips.append(
            clip.with_effects([vfx.CrossFadeIn(cut["fade"])]) if i and cut["fade"] else clip
        )
    video = CompositeVideoClip(clips)
    music = AudioFileClip(cut["music"]).with_effects([afx.AudioLoop(duration=video.duration)])
    options = ["-crf", str(cut["crf"]), "-pix_fmt", "yuv420p"]
    video.with_audio(music).write_videofile(
        out,
        fps=cut["fps"],
        codec="libx264",
        preset=cut["preset"],
        ffmpeg_params=options,
        threads=os.cpu_count(),
        logger=None,
    )


def movielite(cut: Cut, out: str) -> None:
    """movielite, on all cores, at the encoder's settings of the others."""
    from movielite import AudioClip, VideoClip, VideoWriter, vtx
    from movielite.core import video_writer

    video_writer._get_ffmpeg_libx264_preset = lambda quality: cut["preset"]
    video_writer._get_ffmpeg_libx264_crf = lambda quality: str(cut["crf"])
    places = zip(cut["clips"], starts(cut), strict=True)
    clips = [VideoClip(path, start=start, duration=cut["seconds"]) for path, start in places]
    for before, after in itertools.pairwise(clips):
        if cut["fade"]:
            before.add_transition(after, vtx.CrossFade(cut["fade"]))
    writer = VideoWriter(out, fps=cut["fps"], size=clips[0].size)
    music = AudioClip(cut["music"], duration=clips[-1].end)
    writer.add_clips([*clips, music.loop(True)])
    writer.write(processes=os.cpu_count() or 1)


LIBRARIES: dict[str, Callable[[Cut, str], None]] = {"moviepy": moviepy, "movielite": movielite}

if __name__ == "__main__":
    with open(sys.argv[2]) as file:
        LIBRARIES[sys.argv[1]](json.load(file), sys.argv[3])
