"""The shapes of the JSON documents that programs read: which keys, in which order, how values are
written. Run as a program to write them down anew; only where a change of the documents is meant.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.driving import PATTERNS, inside
from tests.serving import Served, pattern, request_of, serving

DOCUMENTS = Path(__file__).with_name("data") / "documents"
API = "/api/v1"
VOLATILE = (  # what a run of its own writes -> what stands for it
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
    (r"[0-9a-f]{64}", "KEY"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", "TIME"),
    (r"/\S*/(?=[\w.-]+\.\w+)", "FOLDER/"),
    (r"lotus_[\w-]{43}", "SECRET"),
)
MEASURED = ("elapsed_seconds", "seconds", "size_bytes", "percent", "frames", "segments")


def shape(document: Any, name: str = "") -> Any:
    """The document with what differs from run to run replaced."""
    if isinstance(document, dict):
        return {key: shape(value, key) for key, value in document.items()}
    if isinstance(document, list):
        return [shape(value, name) for value in document]
    if isinstance(document, str):
        for found, stands in VOLATILE:
            document = re.sub(found, stands, document)
        return document
    return type(document).__name__ if name in MEASURED else document


def of_commands(folder: Path) -> dict[str, Any]:
    """The documents that commands print, made in the home of the environment."""
    pattern(folder)
    brief = folder / "brief.json"
    clip = str(folder / "pattern.mp4")
    scenes = [{**scene, "source": clip} for scene in PATTERNS["scenes"]]  # type: ignore[attr-defined]
    brief.write_text(json.dumps({**PATTERNS, "scenes": scenes}))
    rendered = inside("render", brief, "--json").json
    timeline = Path(rendered["output"]).with_name("timeline.json")
    shown = inside("jobs", "show", rendered["job_id"], "--json").json
    events = shown.pop("events")
    import lotus

    storyboard = lotus.plan(lotus.Brief(prompt="A small coffee roaster opens at dawn."))
    job = lotus.resume(rendered["job_id"])
    edited = lotus.render(job.with_scene(1, caption="Other words"))
    difference: Any = lotus.diff(job, edited)
    as_json = getattr(difference, "to_json", None) or (lambda: difference.model_dump(mode="json"))
    return {
        "render": rendered,
        "show": {**shown, "events": [events[0], events[-1]]},
        "estimate": inside("estimate", brief, "--json", "--budget", "3.5").json,
        "compose": inside("compose", timeline, "-o", folder / "out.mp4", "--json").json,
        "diff": json.loads(json.dumps(as_json(), default=str)),
        "plan": storyboard.model_dump(mode="json"),
        "token": inside("tokens", "create", "one", "--json").json,
    }


def of_service(served: Served, generation: str, folder: Path) -> dict[str, Any]:
    """The documents that the service gives of a generation, and its description of them."""
    request = request_of(served, folder)

    def get(path: str) -> Any:
        return served.get(path).json()

    schemas = get("/api/openapi.json")["components"]["schemas"]
    return {
        "generation": get(f"{API}/generations/{generation}"),
        "composition": get(f"{API}/compositions/{generation}"),
        "estimate": served.post(f"{API}/estimates", {**request, "budget_usd": "3.5"}).json(),
        "costs": get(f"{API}/costs"),
        "schemas": {name: _fields(schema) for name, schema in sorted(schemas.items())},
    }


def _fields(schema: dict[str, Any]) -> Any:
    """What a schema allows, without its descriptions."""
    if isinstance(schema, dict):
        return {
            key: _fields(value)
            for key, value in schema.items()
            if key != "description" or isinstance(value, dict)
        }
    return [_fields(value) for value in schema] if isinstance(schema, list) else schema


def text(documents: dict[str, Any]) -> str:
    """As they are written down."""
    return json.dumps(shape(documents), indent=1, ensure_ascii=False) + "\n"


def lost(name: str, documents: dict[str, Any]) -> list[str]:
    """What was written down (`commands` or `service`) and is no longer so; more keys may come."""
    before = json.loads((DOCUMENTS / f"{name}.json").read_text())
    return list(_lost(before, json.loads(text(documents)), name))


def _lost(before: Any, after: Any, at: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from (f"{at}.{key} is gone" for key in before if key not in after)
        kept = [key for key in before if key in after]
        if kept != [key for key in after if key in before]:
            yield f"{at}: its keys have another order"
        for key in kept:
            yield from _lost(before[key], after[key], f"{at}.{key}")
    elif isinstance(before, list) and isinstance(after, list):
        if not any(isinstance(item, dict | list) for item in before):
            yield from (f"{at}: {item} is gone" for item in before if item not in after)
        elif len(before) != len(after):
            yield f"{at}: has {len(after)} entries, not {len(before)}"
        else:
            for i, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from _lost(old, new, f"{at}[{i}]")
    elif before != after:
        yield f"{at}: {after!r}, not {before!r}"


if __name__ == "__main__":
    import os

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["LOTUS_HOME"] = str(folder / "home")
        os.chdir(folder)
        DOCUMENTS.mkdir(parents=True, exist_ok=True)
        (DOCUMENTS / "commands.json").write_text(text(of_commands(folder)))
        with serving(folder / "served", LOTUS_RATE_LIMIT=10_000) as served:
            queued = served.post(f"{API}/generations", request_of(served, folder)).json()
            served.ended(queued["id"])
            found = of_service(served, queued["id"], folder)
            (DOCUMENTS / "service.json").write_text(text(found))
    sys.stdout.write(f"{DOCUMENTS}\n")
