"""What child processes run: `python -m lotus.providers.painters PAINTER` draws a clip.

It reads the clip's facts from standard input and writes raw yuv420p frames to standard output. It
imports little: a clip of two seconds is drawn faster than most libraries are loaded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lotus.providers.animatic.board import Board

__all__ = ["PAINTERS", "board_of", "main"]

Facts = Mapping[str, Any]
Frames = Iterator[bytes | memoryview]
PIPE_BYTES = 1 << 20  # a frame goes through in two turns rather than in twenty
SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux, fcntl(2)


def board(facts: Facts) -> Frames:
    """A designed board of what a scene is about."""
    from lotus.providers.animatic.draw import frames

    return frames(board_of(facts))


def board_of(facts: Facts) -> Board:
    """The board of a clip's facts."""
    from lotus.providers.animatic.board import Board

    inputs = facts["inputs"]
    return Board(
        names=tuple(facts["names"]),
        word=facts["word"],
        camera=inputs["camera"],
        palette=tuple(inputs["palette"]),
        style=inputs["style"],
        width=facts["width"],
        height=facts["height"],
        fps=Fraction(facts["fps"]),
        frames=facts["frames"],
        seed=facts["seed"],
        index=int(inputs["variation"]),
        end=inputs["closing"],
        light=inputs.get("light", ""),
        mood=inputs.get("mood", ""),
        lifted=inputs.get("lifted", False),
        upright=inputs.get("upright", False),
        by_day=inputs.get("by_day", False),
        headline=inputs.get("headline", False),
        shot=inputs.get("shot", ""),
        staged=inputs.get("staged", False),
    )


def photo(facts: Facts) -> Frames:
    """A camera that moves over a photo."""
    from lotus.providers.photos import frames

    size = (facts["width"], facts["height"])
    inputs = facts["inputs"]
    behind = {name: inputs[name] for name in ("background", "paper") if name in inputs}
    return frames(
        Path(facts["source"]), inputs["camera"], inputs["fit"], size, facts["frames"], **behind
    )


PAINTERS: Mapping[str, Callable[[Facts], Frames]] = {"board": board, "photo": photo}


def main() -> None:
    """Draw what standard input asks for."""
    facts = json.load(sys.stdin)
    out = sys.stdout.buffer
    if sys.platform == "linux":
        import fcntl
        from contextlib import suppress

        with suppress(OSError):
            fcntl.fcntl(out, SET_PIPE_SIZE, PIPE_BYTES)
    try:
        for frame in PAINTERS[sys.argv[1]](facts):
            out.write(frame)
        out.flush()
    except BrokenPipeError:  # the reader went away; it knows why
        sys.stderr.close()


if __name__ == "__main__":
    main()
