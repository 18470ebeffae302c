"""The scored beds by mood, read from `moods.toml` when the first is needed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lotus.music.recipes import Bed, Instrument

__all__ = ["BED_NAMES", "MOODS_FILE", "scored_beds"]

BED_NAMES = (  # in the order of the file; a test compares
    "calm",
    "bright",
    "driving",
    "warm",
    "hopeful",
    "playful",
    "elegant",
    "tender",
    "tense",
    "epic",
    "mellow",
    "night",
)

MOODS_FILE = Path(__file__).with_name("moods.toml")


@cache
def scored_beds() -> Mapping[str, Bed]:
    """Each recipe by its name."""
    tables = tomllib.loads(MOODS_FILE.read_text(encoding="utf-8"))
    return {name: _bed(table) for name, table in tables.items()}


def _bed(table: Mapping[str, Any]) -> Bed:
    parts = tuple(Instrument(**_frozen(part)) for part in table["parts"])
    return Bed(**{**_frozen(table), "parts": parts})


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _tuple(value) for name, value in table.items()}


def _tuple(value: Any) -> Any:
    return tuple(_tuple(item) for item in value) if isinstance(value, list) else value
