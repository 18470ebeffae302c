"""Files of fields (YAML, JSON, TOML) and what is wrong with them, in one line that names the
field.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lotus.errors import InvalidInput

__all__ = ["MAX_BYTES", "load_document", "read_model"]

Model = TypeVar("Model", bound=BaseModel)
MAX_BYTES = 10 * 1024 * 1024


def load_document(path: Path) -> dict[str, Any]:
    """What a YAML, JSON or TOML file holds, which must be a mapping; raises InvalidInput in one
    line.
    """
    file = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput(
                file=file, field="", reason="is larger than 10 MiB", remedy="check the path"
            )
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as exc:
        text_reason = (
            "is not text in UTF-8" if isinstance(exc, UnicodeDecodeError) else "is not a path"
        )
        reason = exc.strerror if isinstance(exc, OSError) else text_reason
        raise InvalidInput(file=file, field="", reason=reason, remedy="check the path") from exc
    document = _PARSERS.get(path.suffix, _parsed_yaml)(text, file)
    if not isinstance(document, dict):
        raise InvalidInput(
            file=file,
            field="",
            reason="holds no fields",
            remedy="write `name: value` lines, see the README",
        )
    return document


def _parsed_json(text: str, file: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:  # also a number of thousands of digits
        at = f"line {exc.lineno}" if isinstance(exc, json.JSONDecodeError) else ""
        raise InvalidInput(
            file=file, field=at, reason=f"is not JSON: {exc}", remedy="correct the file there"
        ) from exc


def _parsed_toml(text: str, file: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as exc:
        raise InvalidInput(
            file=file, field="", reason=f"is not TOML: {exc}", remedy="correct the file there"
        ) from exc


def _parsed_yaml(text: str, file: str) -> Any:
    import yaml

    try:
        return yaml.load(
            text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )  # C where it is built in
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        mark = getattr(exc, "problem_mark", None)
        problem = getattr(exc, "problem", None) or "cannot be read"
        raise InvalidInput(
            file=file,
            field=f"line {mark.line + 1}" if mark is not None else "",
            reason=f"is not YAML: {problem}",
            remedy="close the bracket or quote, or correct the indentation there",
        ) from exc


_PARSERS = {".json": _parsed_json, ".toml": _parsed_toml}


def read_model(
    model: type[Model], document: Mapping[str, Any], file: str, prefix: str = ""
) -> Model:
    """Validate; the first thing that is wrong becomes one line with the field and the remedy.

    `prefix` is where in the file the document stands: `models.wan.`.
    """
    try:
        return model.model_validate(document)
    except ValidationError as exc:
        found = exc.errors(include_url=False, include_context=False)
        misspelt = (error for error in found if error["type"] == "extra_forbidden")
        error = next(misspelt, found[0])  # a field that is missing is often one that is misspelt
        raise _translated(error, model, file, prefix) from None


def _translated(
    error: Mapping[str, Any], model: type[BaseModel], file: str, prefix: str
) -> InvalidInput:
    field = re.sub(r"\.(\d+)", r"[\1]", ".".join(str(part) for part in error["loc"]))
    reason = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        names = _field_names(model, error["loc"][:-1])
        near = difflib.get_close_matches(str(error["loc"][-1]), names, n=1)
        remedy = f"did you mean '{near[0]}'?" if near else f"the fields are {', '.join(names)}"
        return InvalidInput(file=file, field=prefix + field, reason="is not a field", remedy=remedy)
    if not field and ": " in reason:  # a check of the whole names its field itself
        field, reason = reason.split(": ", 1)
    value = error.get("input")
    shown = f"{value!r}: " if isinstance(value, str | int | float) and len(repr(value)) < 60 else ""
    return InvalidInput(
        file=file,
        field=(prefix + field).rstrip("."),
        reason=f"{shown}{_lowered(reason)}",
        remedy=_REMEDIES.get(str(error["type"]), "correct it and run again"),
    )


_REMEDIES = {
    "missing": "add the field",
    "string_pattern_mismatch": "write a colour as #rrggbb, such as #1b3a4b",
    "greater_than": "use a larger number",
    "greater_than_equal": "use a larger number",
    "less_than_equal": "use a smaller number",
    "string_too_short": "say a little more",
    "string_too_long": "say it shorter",
}


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _field_names(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """The names that are allowed where an unknown one stood."""
    schema: Any = model.model_json_schema()
    definitions = schema.get("$defs", {})
    at = schema
    for part in loc:
        named = at.get("properties", {}).get(part)
        at = (
            at.get("items", {})
            if isinstance(part, int)
            else named or at.get("additionalProperties") or {}
        )
        for option in (at, *at.get("anyOf", ())):
            if "$ref" in option:
                at = definitions[option["$ref"].rsplit("/", 1)[1]]
    return list(at.get("properties", {}))
