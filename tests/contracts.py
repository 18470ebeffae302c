"""What commands print with `--json`: at least these fields, of these types. Money is text."""

from __future__ import annotations

from typing import Any

__all__ = ["DOCUMENTS", "fits"]

COST = {"estimated_usd": str, "actual_usd": str, "saved_usd": str}
SCENE = {
    "index": int,
    "description": str,
    "clip_key": str,
    "provider": str,
    "model": str,
    "cached": bool,
    "cost_usd": str,
}
JOB = {"job_id": str, "status": str, "prompt": str, "provider": str, "created_at": str}
SEGMENTS = {"total": int, "rendered": int, "reused": int}
VIDEO = {
    "output": str,
    "duration_seconds": float,
    "width": int,
    "height": int,
    "fps": str,
    "frames": int,
}
VIDEO |= {"segments": SEGMENTS, "elapsed_seconds": float}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "render BRIEF": {
        **VIDEO,
        "job_id": str,
        "status": str,
        "scenes": [{**SCENE, "caption": object}],
        "cost": COST,
    },
    "compose TIMELINE --out OUT": VIDEO,
    "estimate BRIEF": {
        "total_usd": str,
        "budget_usd": object,
        "scenes": [
            {"index": int, "provider": str, "model": str, "cached": bool, "amount_usd": str}
        ],
    },
    "cache explain BRIEF": {
        "scenes": [{"index": int, "clip_key": str, "hit": bool, "reason": str, "changed": list}]
    },
    "cache stats": {
        "clips": int,
        "segments": int,
        "size_bytes": int,
        "hits": int,
        "misses": int,
        "hit_rate": float,
        "saved_usd": str,
    },
    "jobs list": {"jobs": [JOB]},
    "jobs show JOB": {
        **JOB,
        "scenes": [SCENE],
        "events": [{"kind": str, "data": dict, "at": str}],
        "cost": COST,
        "error": object,
    },
    "costs --by model": {"by": str, "currency": str, "rows": [COST], "total_usd": str},
    "db status": {"dialect": str, "url": str, "current": str, "head": str, "up_to_date": bool},
    "store du": {
        "prefixes": [{"prefix": str, "objects": int, "size_bytes": int}],
        "size_bytes": int,
    },
    "store clean": {"dry_run": bool, "objects": int, "size_bytes": int},
    "cache clear": {"dry_run": bool, "objects": int, "size_bytes": int},
    "doctor": {
        "ok": bool,
        "checks": [{"name": str, "status": str, "detail": str, "remedy": str, "seconds": float}],
    },
}


def fits(found: Any, shape: Any) -> bool:
    """Whether a document has at least the fields of a shape; a list has at least one such item."""
    if isinstance(shape, dict):
        return all(name in found and fits(found[name], part) for name, part in shape.items())
    if isinstance(shape, list):
        return bool(found) and all(fits(item, shape[0]) for item in found)
    return isinstance(found, (int, float) if shape is float else shape)
