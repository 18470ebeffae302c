"""Reads what users write: briefs, storyboards, timelines, prompts. An error is one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lotus.documents.brief import FULL_PROMPT_CHARS, PROMPT_CHARS, Brief
from lotus.documents.kinds import check_kind, kind_of
from lotus.documents.lengths import text_length
from lotus.documents.parsing import load_document, read_model, without_blanks
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Timeline
from lotus.errors import InputError, InvalidInput

__all__ = [
    "Request",
    "as_request",
    "as_timeline",
    "brief_from",
    "check_video_name",
    "load_request",
    "load_timeline",
    "naming_file",
]

SUFFIXES = (".yaml", ".yml", ".json", ".toml")
VIDEO_SUFFIXES = (".mp4", ".m4v")  # of the videos of jobs
DOCUMENT_FIELDS = {*Brief.model_fields, *Storyboard.model_fields}
Request = Brief | Storyboard | str | Path | Mapping[str, Any]


def as_request(what: Request) -> Brief | Storyboard:
    """A brief or a storyboard, from one, a file, a prompt, a dictionary or a row of a DataFrame.

    Sources are made absolute, so that they stay the same after `os.chdir`. Raises InvalidInput.
    """
    if isinstance(what, str | Path):
        if not str(what).strip():
            raise _not_a_request("is empty", "write a prompt of ten characters or more")
        return load_request(str(what))
    fields = _fields_of(what)
    if fields is not None:
        board = isinstance(fields.get("scenes"), list | tuple) and "brief" in fields
        if board:
            return _absolute_storyboard(read_model(Storyboard, fields, ""), Path.cwd(), "")
        return brief_from(without_blanks(Brief, fields), file="")
    if isinstance(what, Brief):
        return _absolute_brief(what, "", Path.cwd())
    if isinstance(what, Storyboard):
        return _absolute_storyboard(what, Path.cwd(), "")
    raise _no_request(what)


def _fields_of(what: object) -> Mapping[str, Any] | None:
    """The fields of a dictionary, or of a row of a DataFrame."""
    if isinstance(what, Mapping):
        return what
    if type(what).__name__ == "Series" and hasattr(what, "to_dict"):
        fields: Mapping[str, Any] = what.to_dict()
        return fields
    return None


def _no_request(what: object) -> InvalidInput:
    name = type(what).__name__
    if what is None:
        return _not_a_request("is None", "write a brief, a storyboard, a file or a prompt")
    if isinstance(what, type):
        return _not_a_request(f"is the class {what.__name__}", f"write {what.__name__}(...)")
    if isinstance(what, Timeline):
        return _not_a_request("is a Timeline", "write lotus.compose(timeline, 'out.mp4')")
    if name == "Job":
        return _not_a_request("is a Job", "write job.storyboard, or job.with_scene(1, ...)")
    if name == "DataFrame":
        rows = "[lotus.render(row) for _, row in frame.iterrows()]"
        return _not_a_request("is a DataFrame", f"render one row at a time: {rows}")
    if hasattr(what, "_asdict"):  # of DataFrame.itertuples
        return _not_a_request("is a named tuple", "write its fields: row._asdict()")
    if isinstance(what, list | tuple | set):
        return _not_a_request(
            f"is a {name}", "render one at a time: [lotus.render(b) for b in ...]"
        )
    return _not_a_request(f"is of type {name}", "write a brief, a storyboard, a file or a prompt")


def _not_a_request(reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field="request", reason=reason, remedy=remedy)


@contextmanager
def naming_file(request: object) -> Iterator[None]:
    """Add the file of a request to errors about its fields that name no file."""
    try:
        yield
    except InputError as exc:
        field = re.match(r"\w*", str(exc.facts.get("field", "")))
        in_document = field is not None and field[0] in DOCUMENT_FIELDS
        if in_document and isinstance(request, str | Path) and _is_path(str(request)):
            raise exc.in_file(str(request)) from exc.__cause__
        raise


def as_timeline(what: Timeline | str | Path | Mapping[str, Any]) -> tuple[Timeline, str]:
    """A timeline, and the name of the file that it came from; raises InvalidInput."""
    if isinstance(what, Timeline):
        return what, ""
    if isinstance(what, Mapping):
        check_kind(what, ("timeline",), "", "a timeline")
        return read_model(Timeline, what, ""), ""
    if isinstance(what, str | Path):
        return load_timeline(Path(what)), str(what)
    name = type(what).__name__
    reason = "is None" if what is None else f"is a {name}"
    remedy = "write a timeline, or the path of a file that holds one"
    if isinstance(what, Brief | Storyboard):
        remedy = f"write lotus.render({name.lower()})"
    elif name == "Job":
        remedy = "write job.timeline"
    raise InvalidInput(file="", field="timeline", reason=reason, remedy=remedy)


def check_video_name(path: Path, field: str = "out") -> Path:
    """The path, if a job's video may be called so: it is an MP4; raises InvalidInput."""
    suffix = path.suffix.lower()
    if suffix and suffix not in VIDEO_SUFFIXES:
        reason = f"a job's video is an MP4, not {suffix}"
        remedy = f"write {path.with_suffix('.mp4').name}"
        raise InvalidInput(file=str(path), field=field, reason=reason, remedy=remedy)
    return path


def load_request(what: str, **overrides: Any) -> Brief | Storyboard:
    """A brief or a storyboard from a file, or a brief from the prompt itself.

    Overrides that are None do not count.

    Raises InvalidInput in one line, with paths of sources made absolute and checked to exist.
    """
    changes = {name: value for name, value in overrides.items() if value is not None}
    if not _is_path(what):
        return brief_from({"prompt": what, **changes}, file="")
    path = _expand(what)
    document = load_document(path)
    check_kind(document, ("brief", "storyboard"), str(path), "a brief or a storyboard")
    if kind_of(document) == "storyboard":
        if changes:
            raise InvalidInput(
                file=str(path),
                field=", ".join(changes),
                reason="cannot be changed from outside a storyboard",
                remedy="edit the storyboard's own brief",
            )
        board = read_model(Storyboard, document, str(path))
        return _absolute_storyboard(board, path.absolute().parent, str(path))
    prompt = document.get("prompt")
    if isinstance(prompt, str) and PROMPT_CHARS <= text_length(prompt.strip()) < FULL_PROMPT_CHARS:
        raise _short_prompt(str(path), prompt.strip())
    return brief_from({**document, **changes}, file=str(path), folder=path.absolute().parent)


def _short_prompt(file: str, prompt: str) -> InvalidInput:
    characters = len(prompt)
    twice = text_length(prompt) - characters  # so many count twice
    doubled = f", of which {twice} count twice" if twice else ""
    return InvalidInput(
        file=file,
        field="prompt",
        reason=f"has {characters} characters{doubled}; a brief in a file needs {FULL_PROMPT_CHARS}",
        remedy="say more about what the video should show",
    )


def brief_from(document: Mapping[str, Any], *, file: str, folder: Path | None = None) -> Brief:
    """A brief from plain data; relative paths are relative to `folder`."""
    return _absolute_brief(read_model(Brief, document, file), file, folder or Path.cwd())


def load_timeline(path: Path) -> Timeline:
    """A timeline from a file, its sources absolute and checked to exist."""
    document = load_document(path)
    check_kind(document, ("timeline",), str(path), "a timeline")
    timeline = read_model(Timeline, document, str(path))
    sources = _SourcePaths(path.absolute().parent, str(path))

    def absolute(items: Iterable[Any], field: str) -> tuple[Any, ...]:
        return tuple(
            item.model_copy(update={"source": sources.resolve(item.source, f"{field}[{i}].source")})
            for i, item in enumerate(items)
        )

    theme = timeline.theme
    if theme.font is not None:
        theme = theme.model_copy(update={"font": sources.resolve(theme.font, "theme.font")})
    changes = {
        "clips": absolute(timeline.clips, "clips"),
        "overlays": absolute(timeline.overlays, "overlays"),
        "audio": absolute(timeline.audio, "audio"),
        "theme": theme,
    }
    sources.check()
    return timeline.model_copy(update=changes)


def _expand(what: str) -> Path:
    """`~` is home; `~name` of nobody stays as it is, and so is not there."""
    try:
        return Path(what).expanduser()
    except RuntimeError:
        return Path(what)


def _is_path(what: str) -> bool:
    if what.lower().endswith(SUFFIXES):
        return True
    try:
        return " " not in what and _expand(what).exists()
    except (OSError, ValueError):
        return False


def resolve(source: str, folder: Path, file: str, field: str) -> str:
    """The absolute path of a source: a regular file, unless it is a bed or an object of
    the store.
    """
    if re.fullmatch(r"bed:\w+|store:[\w./-]+|asset:[\w.-]+", source):
        return source
    path = folder / _expand(source)
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


@dataclass(frozen=True)
class _SourcePaths:
    """Paths of one file, made absolute; those that lead nowhere are told together."""

    folder: Path
    file: str
    errors: list[InvalidInput] = field(default_factory=list)

    def resolve(self, source: str, name: str) -> str:
        try:
            return resolve(source, self.folder, self.file, name)
        except InvalidInput as exc:
            self.errors.append(exc)
            return source

    def check(self) -> None:
        """Raise InvalidInput if a path leads nowhere."""
        if self.errors:
            raise self.errors[0].with_others(self.errors[1:])


def _absolute_brief(brief: Brief, file: str, folder: Path) -> Brief:
    sources = _SourcePaths(folder, file)
    changes = _brief_changes(brief, sources)
    sources.check()
    return brief.model_copy(update=changes)


def _brief_changes(brief: Brief, sources: _SourcePaths) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if brief.brand is not None:
        brand = {
            name: sources.resolve(value, f"brand.{name}")
            for name, value in (("logo", brief.brand.logo), ("font", brief.brand.font))
            if value is not None
        }
        changes["brand"] = brief.brand.model_copy(update=brand)
    files = {"reference": brief.reference, "audio": brief.audio, "captions": brief.captions_file}
    if brief.music is not None and _names_a_file(brief.music):
        files["music"] = brief.music
    changes |= {name: sources.resolve(path, name) for name, path in files.items() if path}
    return changes | {"scenes": _absolute_scenes(brief.scenes, sources)}


def _absolute_scenes(scenes: tuple[Any, ...], sources: _SourcePaths) -> tuple[Any, ...]:
    return tuple(_absolute(scene, f"scenes[{i}]", sources) for i, scene in enumerate(scenes))


def _absolute(item: Any, field: str, sources: _SourcePaths) -> Any:
    """A scene or a member of the cast with the paths of its files absolute."""
    changes: dict[str, Any] = {}
    for name in ("source", "first_frame", "last_frame"):
        value = getattr(item, name) if name in type(item).model_fields else None
        if value is not None:
            changes[name] = sources.resolve(value, f"{field}.{name}")
    if "references" in type(item).model_fields and item.references:
        changes["references"] = tuple(
            sources.resolve(path, f"{field}.references[{i}]")
            for i, path in enumerate(item.references)
        )
    return item.model_copy(update=changes) if changes else item


def _names_a_file(music: str) -> bool:
    return re.fullmatch(r"[a-z_]+", music) is None


def _absolute_storyboard(storyboard: Storyboard, folder: Path, file: str) -> Storyboard:
    sources = _SourcePaths(folder, file)
    brief = storyboard.brief.model_copy(update=_brief_changes(storyboard.brief, sources))
    scenes = _absolute_scenes(storyboard.scenes, sources)
    look = storyboard.look
    if look.reference is not None:
        reference = sources.resolve(look.reference, "look.reference")
        look = look.model_copy(update={"reference": reference})
    cast = tuple(_absolute(one, f"cast[{i}]", sources) for i, one in enumerate(storyboard.cast))
    sources.check()
    changes = {"brief": brief, "look": look, "cast": cast, "scenes": scenes}
    return storyboard.model_copy(update=changes)
