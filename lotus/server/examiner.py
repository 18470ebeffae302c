"""A look at one uploaded file, in a process: `python -m lotus.server.examiner FILE SUFFIX`.

It has limits on memory and processor time, so that a bomb or a fault of a decoder ends the look and
not the service. It loads the decoders and nothing else of lotus: a look takes a tenth of a second.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from lotus.errors import MediaError

__all__ = ["REFUSAL", "look", "main"]

REFUSAL = 2  # the exit code for a file that is refused in a sentence
PROCESS_LIMITS = {  # a bomb ends the look
    resource.RLIMIT_CPU: 10,  # seconds
    resource.RLIMIT_AS: 4 * 2**30,  # bytes of addresses
    resource.RLIMIT_FSIZE: 0,  # it writes nothing
}
SVG_SECONDS = 2  # of a processor: filters and patterns of a few bytes would draw for minutes


def look(path: Path, suffix: str) -> dict[str, Any]:
    """Kind, seconds, width and height of a file's content; raises MediaError."""
    if suffix == ".svg":
        from lotus.media.svg import svg_to_png

        svg_to_png(path)
        return {"kind": "image", "seconds": 0.0, "width": 0, "height": 0}
    from lotus.media.probe import probe

    media = probe(path)
    shape = {"width": media.width, "height": media.height}
    return {"kind": media.kind, "seconds": float(media.seconds), **shape}


def main() -> None:
    """Print the content of the file; the exit code is REFUSED, or another if the look died."""
    limits = PROCESS_LIMITS | ({resource.RLIMIT_CPU: SVG_SECONDS} if sys.argv[2] == ".svg" else {})
    for limit, most in limits.items():
        resource.setrlimit(limit, (most, most + 1))  # the first ends a look by a signal of its own
    try:
        facts = look(Path(sys.argv[1]), sys.argv[2])
    except MediaError as error:
        sys.stderr.write(str(error.facts["reason"]))
        raise SystemExit(REFUSAL) from None
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main()
