"""Reads what a user hands in: a brief, a storyboard, a timeline, a prompt. Bad input is one line."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lotus.brief import FULL_PROMPT_CHARS, Brief
from lotus.errors import InvalidInput
from lotus.storyboard import Storyboard
from lotus.timeline import Timeline

__all__ = ["brief_from", "load_document", "load_request", "load_timeline", "read_model"]

Model = TypeVar("Model", bound=BaseModel)
SUFFIXES = (".yaml", ".yml", ".json")
MAX_BYTES = 10 * 1024 * 1024


def load_request(what: str, **overrides: Any) -> Brief | Storyboard:
    """A brief or a storyboard from a file, or a brief from the prompt itself.

    Overrides that are None do not count.

    Raises InvalidInput in one line, with paths of sources made absolute and checked to exist.
    """
    changes = {name: value for name, value in overrides.items() if value is not None}
    if not _is_path(what):
        return brief_from({"prompt": what, **changes}, file="")
    path = _expanded(what)
    document = load_document(path)
    if "scenes" in document and "brief" in document:
        if changes:
            raise InvalidInput(
                file=str(path),
                field=", ".join(changes),
                reason="cannot be changed from outside a storyboard",
                remedy="edit the storyboard's own brief",
            )
        return _absolute_storyboard(read_model(Storyboard, document, str(path)), path)
    prompt = document.get("prompt")
    if isinstance(prompt, str) and 10 <= len(prompt.strip()) < FULL_PROMPT_CHARS:
        raise InvalidInput(
            file=str(path),
            field="prompt",
            reason=f"has {len(prompt.strip())} characters, a brief needs {FULL_PROMPT_CHARS} to 2000",
            remedy="say more about what the video should show",
        )
    return brief_from({**document, **changes}, file=str(path), folder=path.absolute().parent)


def brief_from(document: Mapping[str, Any], *, file: str, folder: Path | None = None) -> Brief:
    """A brief from plain data; relative paths are relative to `folder`."""
    return _absolute_brief(read_model(Brief, document, file), file, folder or Path.cwd())


def load_timeline(path: Path) -> Timeline:
    """A timeline from a file, its sources absolute and checked to exist."""
    timeline = read_model(Timeline, load_document(path), str(path))
    folder, file = path.absolute().parent, str(path)

    def fixed(items: Iterable[Any], field: str) -> tuple[Any, ...]:
        return tuple(
            item.model_copy(update={"source": resolve(item.source, folder, file, f"{field}[{i}].source")})
            for i, item in enumerate(items)
        )

    theme = timeline.theme
    if theme.font is not None:
        theme = theme.model_copy(update={"font": resolve(theme.font, folder, file, "theme.font")})
    return timeline.model_copy(
        update={
            "clips": fixed(timeline.clips, "clips"),
            "overlays": fixed(timeline.overlays, "overlays"),
            "audio": fixed(timeline.audio, "audio"),
            "theme": theme,
        }
    )


def load_document(path: Path) -> dict[str, Any]:
    """What a YAML or JSON file holds, which must be a mapping; raises InvalidInput in one line."""
    file = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput(file=file, field="", reason="is larger than 10 MiB", remedy="check the path")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as exc:
        text_reason = "is not text in UTF-8" if isinstance(exc, UnicodeDecodeError) else "is not a path"
        reason = exc.strerror if isinstance(exc, OSError) else text_reason
        raise InvalidInput(file=file, field="", reason=reason, remedy="check the path") from exc
    document = _parsed_json(text, file) if path.suffix == ".json" else _parsed_yaml(text, file)
    if not isinstance(document, dict):
        raise InvalidInput(
            file=file, field="", reason="holds no fields", remedy="write `name: value` lines, see the README"
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


def _parsed_yaml(text: str, file: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as exc:
        mark = getattr(exc, "problem_mark", None)
        problem = getattr(exc, "problem", None) or "cannot be read"
        raise InvalidInput(
            file=file,
            field=f"line {mark.line + 1}" if mark is not None else "",
            reason=f"is not YAML: {problem}",
            remedy="close the bracket or quote, or correct the indentation there",
        ) from exc


def read_model(model: type[Model], document: Mapping[str, Any], file: str) -> Model:
    """Validate; the first thing that is wrong becomes one line with the field and the remedy."""
    try:
        return model.model_validate(document)
    except ValidationError as exc:
        found = exc.errors(include_url=False, include_context=False)
        misspelt = (error for error in found if error["type"] == "extra_forbidden")
        error = next(misspelt, found[0])  # a field that is missing is often one that is misspelt
        raise _translated(error, model, file) from None


def _translated(error: Mapping[str, Any], model: type[BaseModel], file: str) -> InvalidInput:
    field = re.sub(r"\.(\d+)", r"[\1]", ".".join(str(part) for part in error["loc"]))
    reason = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        names = _field_names(model, error["loc"][:-1])
        near = difflib.get_close_matches(str(error["loc"][-1]), names, n=1)
        remedy = f"did you mean '{near[0]}'?" if near else f"the fields are {', '.join(names)}"
        return InvalidInput(file=file, field=field, reason="is not a field", remedy=remedy)
    if not field and ": " in reason:  # a check of the whole names its field itself
        field, reason = reason.split(": ", 1)
    value = error.get("input")
    shown = f"{value!r}: " if isinstance(value, str | int | float) and len(repr(value)) < 60 else ""
    return InvalidInput(
        file=file,
        field=field,
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
    definitions, at = schema.get("$defs", {}), schema
    for part in loc:
        at = at.get("items", {}) if isinstance(part, int) else at.get("properties", {}).get(part, {})
        for option in (at, *at.get("anyOf", ())):
            if "$ref" in option:
                at = definitions[option["$ref"].rsplit("/", 1)[1]]
    return list(at.get("properties", {}))


def _expanded(what: str) -> Path:
    """`~` is home; `~name` of nobody stays as it is, and so is not there."""
    try:
        return Path(what).expanduser()
    except RuntimeError:
        return Path(what)


def _is_path(what: str) -> bool:
    if what.lower().endswith(SUFFIXES):
        return True
    try:
        return " " not in what and _expanded(what).exists()
    except (OSError, ValueError):
        return False


def resolve(source: str, folder: Path, file: str, field: str) -> str:
    """The absolute path of a source: a regular file, unless it is a bed or an object of the store."""
    if re.fullmatch(r"bed:\w+|store:[\w./-]+", source):
        return source
    path = folder / _expanded(source)
    try:
        if path.is_file():
            return str(path.resolve())
        reason = "is not a file" if path.exists() else "is not there"
    except (OSError, ValueError):
        reason = "is not a path"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", source):
        reason = "is an address; sources are files on this machine"
    raise InvalidInput(
        file=file,
        field=field,
        reason=f"'{source[:120]}' {reason}",
        remedy=f"put a file there, or write a path relative to {folder}",
    )


def _absolute_brief(brief: Brief, file: str, folder: Path) -> Brief:
    changes: dict[str, Any] = {}
    if brief.brand is not None:
        brand = {
            name: resolve(value, folder, file, f"brand.{name}")
            for name, value in (("logo", brief.brand.logo), ("font", brief.brand.font))
            if value is not None
        }
        changes["brand"] = brief.brand.model_copy(update=brand)
    if brief.audio is not None:
        changes["audio"] = resolve(brief.audio, folder, file, "audio")
    if brief.music is not None and _names_a_file(brief.music):
        changes["music"] = resolve(brief.music, folder, file, "music")
    changes["scenes"] = _absolute_scenes(brief.scenes, file, folder)
    return brief.model_copy(update=changes)


def _absolute_scenes(scenes: tuple[Any, ...], file: str, folder: Path) -> tuple[Any, ...]:
    return tuple(
        scene.model_copy(update={"source": resolve(scene.source, folder, file, f"scenes[{i}].source")})
        if scene.source is not None
        else scene
        for i, scene in enumerate(scenes)
    )


def _names_a_file(music: str) -> bool:
    return re.fullmatch(r"[a-z_]+", music) is None


def _absolute_storyboard(storyboard: Storyboard, path: Path) -> Storyboard:
    folder, file = path.absolute().parent, str(path)
    scenes = _absolute_scenes(storyboard.scenes, file, folder)
    brief = _absolute_brief(storyboard.brief, file, folder)
    return storyboard.model_copy(update={"brief": brief, "scenes": scenes})
