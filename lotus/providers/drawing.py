"""Frames drawn in Python, encoded by ffmpeg: a child process draws, so that clips are drawn side by side.

As a program (`python -m lotus.providers.drawing PAINTER`) it reads a clip's facts from standard input and
writes raw yuv420p frames to standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.errors import ClipFailed
from lotus.ffmpeg import child_options
from lotus.providers.base import CLIP_CODEC, ClipRequest, Tools

__all__ = ["PAINTERS", "draw"]

Facts = Mapping[str, Any]


def draw(painter: str, request: ClipRequest, output: Path, tools: Tools) -> None:
    """Draw a clip and encode it; raises ClipFailed if the painter fails."""
    facts = {**request.facts, "source": str(request.source or "")}
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [sys.executable, "-m", __name__, painter],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            **child_options(),
        )
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(facts).encode())
            child.stdin.close()
            tools.ffmpeg.run(
                _encode_args(request, output),
                what=f"clip {request.key[:12]}",
                source=child.stdout,
                on_frame=tools.on_frame,
                stop=tools.stop,
            )
            child.stdout.close()
            failed = child.wait(timeout=30)
        finally:
            child.kill()
            child.wait()
        if failed:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()[-12:] or [""]
            raise ClipFailed(
                scene="-", provider=request.provider, reason=f"drawing failed: {lines[-1]}", stderr=lines
            )


def _encode_args(request: ClipRequest, output: Path) -> list[str]:
    args = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{request.width}x{request.height}"]
    args += ["-r", str(request.fps), "-i", "pipe:0", "-frames:v", str(request.frames)]
    for name, value in CLIP_CODEC.items():
        args += [f"-{name}", value]
    return [*args, f"file:{output}"]


def _board(facts: Facts) -> Iterator[bytes]:
    from lotus.providers.boards import Board, frames

    inputs = facts["inputs"]
    variation = int(inputs["variation"])
    return frames(
        Board(
            description=inputs["description"],
            camera=inputs["camera"],
            palette=tuple(inputs["palette"]),
            style=inputs["style"],
            width=facts["width"],
            height=facts["height"],
            fps=Fraction(facts["fps"]),
            frames=facts["frames"],
            seed=facts["seed"],
            index=variation,
            total=variation + (1 if inputs["closing"] else 2),
        )
    )


def _photo(facts: Facts) -> Iterator[bytes]:
    from lotus.providers.photos import frames

    size = (facts["width"], facts["height"])
    inputs = facts["inputs"]
    behind = {"background": inputs["background"]} if "background" in inputs else {}
    return frames(Path(facts["source"]), inputs["camera"], inputs["fit"], size, facts["frames"], **behind)


PAINTERS = {"board": _board, "photo": _photo}


def main() -> None:
    """Draw what standard input asks for."""
    facts = json.load(sys.stdin)
    out = sys.stdout.buffer
    try:
        for frame in PAINTERS[sys.argv[1]](facts):
            out.write(frame)
        out.flush()
    except BrokenPipeError:  # the reader went away; it knows why
        sys.stderr.close()


if __name__ == "__main__":
    main()
