"""A model's own schema, as Replicate gives it: turned into a table of the catalogue, or compared
with one. No I/O.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from lotus.documents.scene import Scene
from lotus.errors import InvalidInput
from lotus.models.facts import FACTS, Task
from lotus.models.model import Model

__all__ = ["STALE_DAYS", "compare", "draft", "inputs_of", "task_of", "to_toml"]

STALE_DAYS = 90  # prices that were read longer ago are looked at again

# The names that makers of models give to what a scene says, the usual ones first.
NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "text", "text_prompt", "prompt_text"),
    "first_frame": (
        "image",
        "start_image",
        "first_frame_image",
        "first_frame",
        "input_image",
        "image_url",
    ),
    "last_frame": ("end_image", "last_frame", "last_frame_image", "tail_image"),
    "reference_images": ("reference_images", "subject_reference", "image_input", "images"),
    "seconds": ("duration", "seconds", "video_length", "num_frames"),
    "resolution": ("resolution",),
    "aspect_ratio": ("aspect_ratio",),
    "seed": ("seed",),
    "negative_prompt": ("negative_prompt",),
    "voice": ("voice_id", "voice"),
    "system": ("system_prompt",),
    "max_tokens": ("max_completion_tokens", "max_tokens"),
    "scale": ("scale",),
}
SILENT = ("generate_audio", "save_audio", "enable_audio", "audio", "sound_effect_switch")
_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean", "string": "string"}


def inputs_of(openapi: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The inputs of a schema by name, each with `type`, `enum` and limits where it has them.

    Raises InvalidInput for a document that has none.
    """
    schemas = openapi.get("components", {}).get("schemas", {})
    properties = schemas.get("Input", {}).get("properties")
    if not isinstance(properties, dict) or not properties:
        raise InvalidInput(
            file="the model's schema",
            field="Input",
            reason="has no inputs",
            remedy="write the model's table by hand: see `lotus models NAME` of a similar one",
        )
    required_names = schemas["Input"].get("required", [])
    return {
        name: {**_resolve(one, schemas), "required": name in required_names}
        for name, one in properties.items()
    }


def _resolve(one: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """A property with what it refers to: enums of Cog's models stand apart."""
    merge: dict[str, Any] = {}
    for part in (*one.get("allOf", ()), *one.get("anyOf", ())[:1], one):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        merge |= schemas.get(name, {}) if name else {}
        merge |= {key: value for key, value in part.items() if key not in ("allOf", "$ref")}
    return merge


def task_of(inputs: Mapping[str, Mapping[str, Any]]) -> Task:
    """The task of a model that makes videos, by the picture that it needs or does not."""
    image = _name_of("first_frame", inputs)
    return "image-to-video" if image and inputs[image]["required"] else "text-to-video"


def draft(
    replicate: str, document: Mapping[str, Any], version: str | None, prices: Mapping[str, str]
) -> dict[str, Any]:
    """A table of the catalogue for a model, from what Replicate says of it; to be reviewed.

    `prices` are US dollars by metric. Inputs that no fact of a scene fits keep their defaults.
    """
    latest = document.get("latest_version") or {}
    inputs = inputs_of(latest.get("openapi_schema") or {})
    task = task_of(inputs)
    takes = dict(_takes(inputs))
    facts = {one["fact"] for one in takes.values() if "fact" in one}
    official = version is None and bool(document.get("is_official"))
    table: dict[str, Any] = {
        "about": " ".join(str(document.get("description") or "").split())[:120],
        "replicate": replicate,
        "official": official,
        "tasks": [task],
        "ignores": [fact for fact in FACTS[task] if fact not in facts],
        "licence": str(document.get("license_url") or "unknown"),
        "prices": [{"metric": metric, "usd": usd} for metric, usd in prices.items()],
        "takes": takes,
    }
    if not official:
        del table["official"]
        table["version"] = version or latest.get("id")
    lengths = _lengths(inputs)
    if lengths is not None:
        table["seconds"] = lengths
    aspects = [
        one
        for one in inputs.get(_name_of("aspect_ratio", inputs) or "", {}).get("enum", ())
        if one in ("16:9", "9:16", "1:1")
    ]
    if aspects:
        table["aspect_ratios"] = aspects
    return table


def _takes(inputs: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    facts: set[str] = {
        *FACTS["text-to-video"],
        *FACTS["language"],
        *FACTS["speech"],
        *FACTS["upscale"],
    }
    facts |= set(Scene.model_fields)
    for fact in NAMES:
        name = _name_of(fact, inputs)
        if name is not None and fact in facts:
            yield name, _take(fact, inputs[name])
    for name in SILENT:
        if inputs.get(name, {}).get("type") == "boolean":
            yield name, {"type": "boolean", "value": False}


def _take(fact: str, one: Mapping[str, Any]) -> dict[str, Any]:
    take: dict[str, Any] = {"type": _type(one), "fact": fact}
    if one["required"]:
        take["required"] = True
    for name in ("enum", "minimum", "maximum"):
        if one.get(name) not in (None, []):
            take[name] = one[name]
    if fact == "resolution" and one.get("enum"):
        take["as"] = _resolutions(one["enum"])
    return take


def _resolutions(choices: list[Any]) -> dict[str, Any]:
    """The nearest of the model's own for each of ours, as far as they are written alike."""
    sizes = {int(str(one)[:-1]): one for one in choices if str(one)[:-1].isdigit()}
    if not sizes:
        return {}
    nearest = {ours: min(sizes, key=lambda size: abs(size - ours)) for ours in (720, 1080)}
    return {f"{ours}p": sizes[size] for ours, size in nearest.items()}


def _name_of(fact: str, inputs: Mapping[str, Any]) -> str | None:
    return next((name for name in NAMES[fact] if name in inputs), None)


def _type(one: Mapping[str, Any]) -> str:
    if one.get("type") == "array":
        return "uris"
    if one.get("type") == "string" and one.get("format") == "uri":
        return "uri"
    return _TYPES.get(str(one.get("type")), "string")


def _lengths(inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """The lengths in seconds that it makes, if its schema says so."""
    name = _name_of("seconds", inputs)
    if name is None or name == "num_frames":
        return None
    one = inputs[name]
    if one.get("enum"):
        return {"only": sorted(int(length) for length in one["enum"])}
    least, most = one.get("minimum"), one.get("maximum")
    if least is not None and most is not None:
        return {"from": max(1, int(least)), "to": int(most), "step": 1}
    default = one.get("default")
    return {"only": [int(default)]} if isinstance(default, int | float) and default > 0 else None


def compare(model: Model, openapi: Mapping[str, Any], today: date) -> list[str]:
    """What of a model's table is not so any more, in a line each."""
    inputs = inputs_of(openapi)
    lines = [f"the input {name} is gone" for name in model.takes if name not in inputs]
    for name, take in model.takes.items():
        if name in inputs:
            lines += _changes(name, take.model_dump(mode="json"), inputs[name])
    lines += [
        f"the input {name} is required, but not in the catalogue"
        for name, one in inputs.items()
        if one["required"] and name not in model.takes
    ]
    read_on = model.sources.checked
    if read_on is None:
        lines.append("the day on which its price was read is unknown")
    elif (today - read_on).days > STALE_DAYS:
        lines.append(f"its price was read {(today - read_on).days} days ago")
    return lines


def _changes(name: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    kind = _type(theirs)
    if ours["type"] != kind:
        yield f"{name} is of type {kind}, not {ours['type']}"
    if ours["enum"] and theirs.get("enum"):
        missing = [str(one) for one in ours["enum"] if one not in theirs["enum"]]
        if missing:
            yield f"{name} no longer takes {', '.join(missing)}"
    for limit, beyond in (("minimum", "below"), ("maximum", "above")):
        here, there = ours[limit], theirs.get(limit)
        if here is None or there is None:
            continue
        if Fraction(str(there)) != Fraction(str(here)):
            narrower = there > here if limit == "minimum" else there < here
            if narrower:
                yield f"{name} takes nothing {beyond} {there:g} (here {here:g})"


def to_toml(name: str, table: Mapping[str, Any], note: str) -> str:
    """A table as the text of a catalogue file."""
    quote = json.dumps(name)
    plain = {key: value for key, value in table.items() if key != "takes"}
    lines = [f"[models.{quote}]", *(f"{key} = {_value(value)}" for key, value in plain.items())]
    lines += [f"[models.{quote}.takes]"]
    lines += [f"{key} = {_value(value)}" for key, value in table["takes"].items()]
    lines += [f"[models.{quote}.sources]"]
    lines += [f"{key} = {_value(value)}" for key, value in table.get("sources", {}).items()]
    lines += ["confirmed = false", f"note = {json.dumps(note)}"]
    return "\n".join(line for line in lines if not line.startswith("sources = ")) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return json.dumps(value)
