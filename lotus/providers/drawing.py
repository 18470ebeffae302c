"""Frames drawn in Python, encoded by ffmpeg: a child process draws, so that clips are drawn side by
side.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lotus.errors import ClipFailed
from lotus.providers.base import CLIP_CODEC, ClipRequest, Tools
from lotus.system.processes import child_options

__all__ = ["DRAWN_CODEC", "draw", "encode_args"]

# A drawn clip is encoded once and soon decoded: this takes a third of the time, and twice the
# bytes.
DRAWN_CODEC = {**CLIP_CODEC, "preset": "ultrafast"}


def draw(
    painter: str, facts: Mapping[str, Any], request: ClipRequest, output: Path, tools: Tools
) -> None:
    """Draw a clip from JSON-able facts and encode it; raises ClipFailed if the painter fails."""
    with tempfile.TemporaryFile() as stderr:
        child = subprocess.Popen(
            [sys.executable, "-m", "lotus.providers.painters", painter],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            **child_options(),
        )
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(facts).encode())
            child.stdin.close()
            tools.ffmpeg.run(
                encode_args(request, output),
                what=f"clip {request.key[:12]}",
                source=child.stdout,
                on_frame=tools.on_frame,
                stop=tools.stop,
            )
            child.stdout.close()
            exit_code = child.wait(timeout=30)
        finally:
            child.kill()
            child.wait()
        if exit_code:
            stderr.seek(0)
            lines = stderr.read().decode(errors="replace").strip().splitlines()[-12:] or [""]
            raise ClipFailed(
                scene="-",
                provider=request.provider,
                reason=f"drawing failed: {lines[-1]}",
                stderr=lines,
            )


def encode_args(request: ClipRequest, output: Path) -> list[str]:
    """ffmpeg's arguments: raw frames from standard input, a clip to `output`."""
    args = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{request.width}x{request.height}"]
    args += ["-r", str(request.fps)]
    # Said of what comes in, not only of what goes out: ffmpeg would take it for BT.601 and convert
    # it.
    args += [
        "-colorspace",
        "bt709",
        "-color_range",
        "tv",
        "-i",
        "pipe:0",
        "-frames:v",
        str(request.frames),
    ]
    for name, value in DRAWN_CODEC.items():
        args += [f"-{name}", value]
    return [*args, f"file:{output}"]
