"""Values and documents that nobody means well with, for models, requests and commands."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import lotus
from lotus.documents.timeline import Timeline
from lotus.server.requests import CompositionRequest, Edit, GenerationRequest

LONG = 20_000

HOSTILE: dict[str, Any] = {
    "a power of ten": "1e10000000",
    "a small power of ten": "1e-10000000",
    "a power in a ratio": "1e9999999/1e9999999",
    "a power of ten as capitals": "1E+99999999",
    "many digits": "9" * LONG,
    "many digits in a ratio": "1/" + "9" * 4000,
    "many decimals": "0." + "1" * LONG,
    "zeros": "0" * LONG + "1",
    "underscores": "1_0" * LONG,
    "a zero of many places": "0e10000000",
    "a ratio of nothing": "1/0",
    "not a number": "sNaN",
    "infinite": "-Infinity",
    "a date of many digits": "2026-11-28T00:00:00." + "1" * LONG,
    "a year of many digits": "9" * 5000 + "-01-01",
    "a period": "P" + "1" * 5000 + "D",
    "blanks": " " * LONG + "x",
    "letters": "a" * LONG + "!",
    "groups": "((((a+)+)+)+)" * 2000,
    "dashes": "-" * LONG,
    "colons": ":" * LONG,
    "colours": "#" * LONG,
    "paths": "../" * LONG,
    "combining marks": "e" + "\u0301" * LONG,
    "right to left": "\u202e" * LONG,
    "emoji": "\U0001f469\u200d" * LONG,
    "a surrogate": "\ud800",
    "U+0000": "\0" * 1000,
    "a large number": 10**4000,
    "a large float": 1e308,
    "a small float": 5e-324,
    "not a number as such": float("nan"),
    "a list": [["x"]] * 2000,
    "deep": {},
}
deep: dict[str, Any] = HOSTILE["deep"]
for _ in range(400):
    deep["a"] = {}
    deep = deep["a"]


def timeline() -> dict[str, Any]:
    path = Path(lotus.__file__).parent / "examples" / "timeline.json"
    return Timeline.model_validate_json(path.read_text()).model_dump(mode="json")


def documents() -> dict[str, tuple[type[BaseModel], dict[str, Any]]]:
    """Documents that are accepted, with all that can stand in them."""
    brief = {
        "prompt": "A small coffee roaster opens at dawn in a harbour town. Steam, warm light.",
        "duration_seconds": 15,
        "fps": "24",
        "style": "cinematic",
        "brand": {"name": "B", "colors": ["#112233"], "logo": "asset:x", "font": "asset:x"},
        "reference": "asset:x",
        "cta": "Come in",
        "music": "calm",
        "scenes": [
            {"description": "A", "caption": "B", "camera": "orbit", "source": "asset:x"},
            {"description": "A", "duration_seconds": 2, "source": "asset:x", "start_seconds": 1},
            {"description": "A"},
        ],
        "seed": 1,
    }
    storyboard = lotus.plan(lotus.Brief(prompt=brief["prompt"])).model_dump(mode="json")  # type: ignore[arg-type]
    options = {"provider": "animatic", "model": "m", "final": "m", "budget_usd": "1.5"}
    change = {"index": 0, "description": "A", "caption": "B", "seed": 1, "duration_seconds": 2}
    return {
        "brief": (GenerationRequest, {"brief": brief, **options}),
        "storyboard": (GenerationRequest, {"storyboard": storyboard, **options}),
        "timeline": (CompositionRequest, {"timeline": timeline()}),
        "edit": (Edit, {"scenes": [change], "order": [0, 1], "budget_usd": "1.5"}),
    }


def leaves(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(document, dict | list):
        items = document.items() if isinstance(document, dict) else enumerate(document)
        for name, value in items:
            yield (*path, name)
            yield from leaves(value, (*path, name))


def with_value(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    at = changed
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    return changed


LATE_MS = 2000
# a file is looked at by a process of its own, which takes half a second on a machine that is not
# busy, and waits for its start on one that is
LATE_FILE_MS = 10_000
BY_CHANCE = 2  # late answers, on a busy machine


def check_log(lines: list[dict[str, Any]]) -> None:
    """No request that a service wrote down was answered by a fault, and none late."""
    answered = [line for line in lines if line["event"] in ("request", "page")]
    assert answered
    assert [line for line in answered if line["status"] >= 500] == []
    assert [line for line in lines if line["event"] == "fault"] == []
    late = [line for line in answered if line["ms"] > _most_ms(line)]
    assert len(late) <= BY_CHANCE, late


def _most_ms(line: dict[str, Any]) -> int:
    is_file = line["method"] == "POST" and line["path"] == "/api/v1/assets"
    return LATE_FILE_MS if is_file else LATE_MS
