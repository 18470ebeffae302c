"""Files of fields (YAML, JSON, TOML), and the errors of fields: one line that names the field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError

from lotus.documents.foreign import is_blank, plain_value
from lotus.documents.syntax import explain_json, explain_yaml
from lotus.documents.wording import LONGEST_NAME, REMEDIES, nearest, plain_words
from lotus.errors import InvalidInput

__all__ = [
    "MAX_BYTES",
    "check_fields",
    "explain_error",
    "load_document",
    "parse_yaml",
    "read_model",
    "without_blanks",
]

Model = TypeVar("Model", bound=BaseModel)
MEDIA = (".mp4", ".mov", ".webm", ".mkv", ".png", ".jpg", ".jpeg", ".wav", ".mp3", ".m4a")
MAX_BYTES = 10 * 1024 * 1024
MOST_FAULTS = 12  # of one document: to explain a list of thousands would take a minute


def load_document(path: Path) -> dict[str, Any]:
    """Read a YAML, JSON or TOML file, which must hold a mapping; raises InvalidInput."""
    file = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput(
                file=file, field="", reason="is larger than 10 MiB", remedy="check the path"
            )
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as exc:
        medium = path.suffix.lower() in MEDIA
        not_text = "is a medium, not a file of fields" if medium else "is not text in UTF-8"
        text_reason = not_text if isinstance(exc, UnicodeDecodeError) else "is not a path"
        reason = exc.strerror if isinstance(exc, OSError) else text_reason
        raise InvalidInput(file=file, field="", reason=reason, remedy="check the path") from exc
    document = _PARSERS.get(path.suffix, parse_yaml)(text, file)
    if not isinstance(document, dict):
        write = 'an object: {"name": value}' if path.suffix == ".json" else "`name: value` lines"
        raise InvalidInput(
            file=file,
            field="",
            reason=_KINDS.get(type(document), "holds a single value, not fields"),
            remedy=f"write {write}; `lotus docs` lists the fields",
        )
    return document


_KINDS: dict[type, str] = {  # of values that are no mapping
    list: "holds a list, not fields",
    str: "holds text, not fields",
    type(None): "is empty",
}


def _parsed_json(text: str, file: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:  # also a number of thousands of digits
        at, reason, remedy = explain_json(exc)
        raise InvalidInput(file=file, field=at, reason=reason, remedy=remedy) from exc


def _parsed_toml(text: str, file: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as exc:
        raise InvalidInput(
            file=file, field="", reason=f"is not TOML: {exc}", remedy="correct the file there"
        ) from exc


def parse_yaml(text: str, file: str) -> Any:
    """The value of a YAML text; raises InvalidInput with the line."""
    import yaml

    try:
        return yaml.load(text, Loader=_yaml_loader())
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        at, reason, remedy = explain_yaml(exc, text)
        raise InvalidInput(file=file, field=at, reason=reason, remedy=remedy) from exc


@cache
def _yaml_loader() -> Any:
    """PyYAML's safe loader, in C where it is built in, that reads 16:9 as text.

    YAML 1.1 takes it for a number to base 60: 969.
    """
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    numbers = {f"tag:yaml.org,2002:{kind}": kind for kind in _YAML_NUMBERS}
    resolvers = {
        first: [(tag, pattern) for tag, pattern in rules if tag not in numbers]
        for first, rules in base.yaml_implicit_resolvers.items()
    }
    loader: Any = type("Loader", (base,), {"yaml_implicit_resolvers": resolvers})
    for tag, kind in numbers.items():
        pattern, first = _YAML_NUMBERS[kind]
        loader.add_implicit_resolver(tag, re.compile(pattern), list(first))
    return loader


_YAML_NUMBERS = {  # YAML 1.1 without numbers to base 60, and the signs that they begin with
    "int": (r"[-+]?(0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$", "-+0123456789"),
    "float": (
        r"([-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$",
        "-+0123456789.",
    ),
}
_PARSERS = {".json": _parsed_json, ".toml": _parsed_toml}


def read_model(
    model: type[Model], document: Mapping[str, Any], file: str, prefix: str = ""
) -> Model:
    """Validate; each field that is wrong becomes one line with the field and the remedy.

    `prefix` is where in the file the document stands: `models.wan.`.
    """
    try:
        # pydantic's own, which raises what is translated here with the file's name
        validate: Any = BaseModel.model_validate.__func__  # type: ignore[attr-defined]
        return cast("Model", validate(model, document))
    except ValidationError as exc:
        raise explain_error(exc, model, file, prefix) from None


def check_fields(
    document: Mapping[str, Any],
    names: Sequence[str],
    file: str,
    kind: str,
    remedies: Mapping[str, str] | None = None,
) -> None:
    """Raise InvalidInput with a line for each name that is no field; `remedies` for some."""
    errors = [
        InvalidInput(
            file=file,
            field=name[:LONGEST_NAME],
            reason=f"is not a field of {kind}",
            remedy=(remedies or {}).get(name)
            or nearest(name, names)
            or f"use one of the fields {', '.join(names)}",
        )
        for name in islice((name for name in map(str, document) if name not in names), MOST_FAULTS)
    ]
    if errors:
        raise errors[0].with_others(errors[1:])


def explain_error(
    error: ValidationError, model: type[BaseModel], file: str = "", prefix: str = ""
) -> InvalidInput:
    """All that is wrong, a line each, as far as somebody would read; a misspelt field goes before
    a missing one.
    """
    every = sorted(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    every = every[:MOST_FAULTS]
    lines = [_translate(each, model, file, prefix) for each in every]
    meant = {re.sub(r"did you mean '(.*)'\?", r"\1", line.remedy) for line in lines}
    inner = {each["loc"][:n] for each in every for n in range(1, len(each["loc"]))}
    fields: dict[str, InvalidInput] = {}
    for each, line in zip(every, lines, strict=True):
        follows = each["type"] == "missing" and str(each["loc"][-1]) in meant
        if not follows and each["loc"] not in inner:
            fields.setdefault(line.facts["field"], line)
    first, *others = fields.values()
    return first.with_others(others)


def without_blanks(model: type[BaseModel], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as plain Python, without those that a row of a table leaves empty.

    NaN (also pandas' NA and NaT) is left out everywhere, None where a field may not be None.
    """
    plain = {name: plain_value(value) for name, value in fields.items() if not is_blank(value)}
    return {
        name: value
        for name, value in plain.items()
        if value is not None or _may_be_none(model, name)
    }


def _may_be_none(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is None or field.default is None or type(None) in get_args(field.annotation)


def _translate(
    error: Mapping[str, Any], model: type[BaseModel], file: str, prefix: str
) -> InvalidInput:
    names_to_it = (str(part)[:LONGEST_NAME] for part in error["loc"])
    field = re.sub(r"\.(\d+)", r"[\1]", ".".join(names_to_it))
    reason = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        names = _field_names(model, error["loc"][:-1])
        name = str(error["loc"][-1])
        remedy = nearest(name, names) or f"use one of the fields {', '.join(names)}"
        reason = f"is not a field{_of_what(model, error['loc'][:-1])}"
        return InvalidInput(file=file, field=prefix + field, reason=reason, remedy=remedy)
    if not field and ": " in reason:  # a check of the whole names its field itself
        field, reason = reason.split(": ", 1)
    value = error.get("input")
    remedy = _remedy(error, model)
    if error["type"] == "value_error" and "; " in reason:  # a check of ours that says what to do
        reason, remedy = reason.rsplit("; ", 1)
    plain = plain_words(reason)
    short = isinstance(value, str | int | float) and len(repr(value)) < 60
    quote = f"{value!r}: " if short and repr(value) not in plain else ""
    return InvalidInput(
        file=file, field=(prefix + field).rstrip("."), reason=quote + plain, remedy=remedy
    )


def _remedy(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    kind = str(error["type"])
    value = error.get("input")
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
        remedy = nearest(str(value), choices)
        if remedy:
            return remedy
    if kind == "too_long" and isinstance(value, str):
        return REMEDIES["string_too_long"]
    if kind in ("float_parsing", "int_parsing") and isinstance(value, str):
        number = _without_unit(value, str(error["loc"][-1]))
        if number is not None and (kind == "float_parsing" or number.isdigit()):
            return f"write {number}"
        clock = re.fullmatch(r"\s*(\d{1,4}):([0-5]\d)\s*", value)
        if clock is not None:
            return f"write seconds: {int(clock[1]) * 60 + int(clock[2])}"
    if kind in ("model_type", "model_attributes_type"):
        names = _field_names(model, error["loc"])
        if names:
            return f'write its fields, such as {{"{names[0]}": ...}}'
    return REMEDIES.get(kind, "correct it, then run again")


_UNITS: dict[str, int | Fraction] = {  # what a number with this unit is multiplied by
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "px", "fps", "db", "x", ""), 1),
    "%": Fraction(1, 100),
}
_TIMES: dict[str, int | Fraction] = {  # and in fields of seconds: elsewhere m may be metres
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    "ms": Fraction(1, 1000),
}


def _without_unit(text: str, field: str) -> str | None:
    """The number that somebody meant by `30s`, `3m` or `80%`; None where it is not sure."""
    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*([a-z%]*)\s*", text, re.I)
    units = {**_UNITS, **_TIMES} if "seconds" in field else _UNITS
    factor = units.get(match[2].lower()) if match else None
    if match is None or factor is None:
        return None
    return f"{float(Fraction(match[1]) * factor):g}"


def _field_names(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """The names that are allowed where an unknown one stood."""
    return list(_schema_at(model, loc).get("properties", {}))


def _of_what(model: type[BaseModel], loc: tuple[Any, ...]) -> str:
    """Of a brief, of a scene: the document that has no such field; empty for what is none."""
    if not model.__module__.startswith("lotus.documents"):
        return ""
    title = str(_schema_at(model, loc).get("title", ""))
    title = _TITLES.get(title, title)
    words = " ".join(re.findall(r"[A-Z][a-z]*", title)).lower()
    return f" of {'an' if words[:1] in 'aeio' else 'a'} {words}" if words else ""


_TITLES = {"SceneRequest": "Scene", "TimelineClip": "Clip"}  # names that only the code has


@lru_cache(maxsize=32)
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _schema_at(model: type[BaseModel], loc: tuple[Any, ...]) -> Mapping[str, Any]:
    schema: Any = _schema(model)
    definitions = schema.get("$defs", {})
    at = schema
    for part in loc:
        schema_of_part = at.get("properties", {}).get(part)
        at = (
            at.get("items", {})
            if isinstance(part, int)
            else schema_of_part or at.get("additionalProperties") or {}
        )
        for option in (at, *at.get("anyOf", ())):
            if "$ref" in option:
                at = definitions[option["$ref"].rsplit("/", 1)[1]]
    return cast("Mapping[str, Any]", at)
