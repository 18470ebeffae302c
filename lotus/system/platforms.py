"""Systems that lotus runs on."""

from __future__ import annotations

import sys

from lotus.errors import InvalidInput

__all__ = ["NOT_ON_WINDOWS", "check_platform"]

NOT_ON_WINDOWS = InvalidInput(
    file="",
    field="",
    reason="lotus runs on Linux and macOS, not on Windows itself",
    remedy="run it in WSL: `wsl --install` in PowerShell, then install lotus in Ubuntu",
)


def check_platform() -> None:
    """Raise InvalidInput on Windows itself: processes there cannot be ended as groups."""
    if sys.platform == "win32":
        raise NOT_ON_WINDOWS
