"""Looks at an uploaded file, and may die of it: `python -m lotus.server.looking FILE SUFFIX`."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from lotus.errors import MediaError

__all__ = ["look", "main"]

LIMITS = {  # a bomb ends the look
    resource.RLIMIT_CPU: 30,  # seconds
    resource.RLIMIT_AS: 4 * 2**30,  # bytes of addresses
    resource.RLIMIT_FSIZE: 0,  # it writes nothing
}


def look(path: Path, suffix: str) -> dict[str, Any]:
    """Kind, seconds, width and height of what a file holds; raises MediaError."""
    if suffix == ".svg":
        from lotus.media.svg import drawn

        drawn(path)
        return {"kind": "image", "seconds": 0.0, "width": 0, "height": 0}
    from lotus.media.probe import probe

    media = probe(path)
    shape = {"width": media.width, "height": media.height}
    return {"kind": media.kind, "seconds": float(media.seconds), **shape}


def main() -> None:
    """Print what the file holds; the exit code is 2 if it is refused, another if that ended the process."""
    for limit, most in LIMITS.items():
        resource.setrlimit(limit, (most, most))
    try:
        found = look(Path(sys.argv[1]), sys.argv[2])
    except MediaError as error:
        sys.stderr.write(str(error.facts["reason"]))
        raise SystemExit(2) from None
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
