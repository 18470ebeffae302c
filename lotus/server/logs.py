"""The service's log: one JSON document a line on standard error, and never a secret."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

__all__ = ["say"]


def say(event: str, **facts: Any) -> None:
    """Write one line: when, what, and facts of which none is the value of a secret."""
    line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
    sys.stderr.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    sys.stderr.flush()
