"""What the last compositions were made of, so that an edit can be explained: a small file each."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lotus.composition.explain import KnownSegment
from lotus.rendering.planner import RenderPlan
from lotus.system.files import write_whole
from lotus.system.keys import canonical_json

__all__ = ["MOST_COMPOSITIONS", "History", "load_history", "save_history"]

MOST_COMPOSITIONS = 16  # compositions


@dataclass(frozen=True)
class History:
    """Segments and sounds of earlier compositions, the newest first."""

    segments: tuple[KnownSegment, ...]
    sounds: Mapping[str, Mapping[str, Any]]


def save_history(plan: RenderPlan, folder: Path) -> None:
    """Write down what a composition was made of; a folder that cannot be written to costs an
    explanation.
    """
    path = folder / f"{plan.key}.json"
    with suppress(OSError):
        if path.exists():
            os.utime(path)  # it is the newest again
            return
        folder.mkdir(parents=True, exist_ok=True)
        text = _document(plan)
        write_whole(path, lambda aside: aside.write_text(text, encoding="utf-8"))
        for old in _newest_first(folder)[MOST_COMPOSITIONS:]:
            old.unlink(missing_ok=True)


def _document(plan: RenderPlan) -> str:
    rows = zip(plan.keys, plan.segments, plan.facts, strict=True)
    segments = {key: [segment.at_frame, facts] for key, segment, facts in rows}
    return canonical_json({"segments": segments, "sound": [plan.sound_key, plan.sound_facts]})


def load_history(folder: Path) -> History:
    """What is remembered; a file that cannot be read is as good as forgotten."""
    segments: dict[str, KnownSegment] = {}
    sounds: dict[str, Mapping[str, Any]] = {}
    for path in _newest_first(folder):
        with suppress(OSError, ValueError, KeyError, TypeError):
            document = json.loads(path.read_text(encoding="utf-8"))
            key, facts = document["sound"]
            sounds.setdefault(key, facts)
            for key, (at_frame, facts) in document["segments"].items():
                segments.setdefault(key, KnownSegment(key, at_frame, facts))
    return History(tuple(segments.values()), sounds)


def _newest_first(folder: Path) -> list[Path]:
    entries = []
    for path in folder.glob("*.json"):
        with suppress(OSError):  # another process may just have removed it
            entries.append((-path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(entries)]
