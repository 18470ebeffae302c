"""How large uploads may be."""

from __future__ import annotations

__all__ = ["LIMITS", "MIB"]

MIB = 1024 * 1024
LIMITS = {"image": 50 * MIB, "audio": 100 * MIB, "video": 500 * MIB}  # bytes of an upload
