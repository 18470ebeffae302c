"""What can follow the cursor: fields of documents, their choices, names of models."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from lotus.documents.direction import CastMember
from lotus.documents.scene import Scene
from lotus.errors import LotusError
from lotus.notebook.choices import CHOICES, PARAMETERS
from lotus.notebook.cursor import CursorPlace, place_of

__all__ = ["completions_at"]


def completions_at(code: str, namespace: Mapping[str, Any]) -> tuple[CursorPlace | None, list[str]]:
    """The place of the cursor, which is the end of `code`, and what can follow there."""
    place = place_of(code)
    if place is None:
        return None, []
    target = _resolve(place.callee, namespace)
    if target is None:
        return place, []
    try:
        texts = _texts(place, target)
    except (LotusError, OSError, TypeError, ValueError):
        return place, []  # completion never disturbs who types
    texts = [text for text in texts if text.startswith(place.fragment)]
    if texts and place.due == "argument" and place.fragment:  # or a variable of the user's
        texts += sorted(name for name in namespace if name.startswith(place.fragment))
    return place, texts


def _texts(place: CursorPlace, target: Any) -> list[str]:
    if place.due == "argument":
        return [f"{name}=" for name in _arguments(target)]
    field = _argument(target, place.argument)
    kind = _Kind(*field) if field is not None else None
    for step in place.path:
        kind = kind.inside(step) if kind is not None else None
    if kind is None:
        return []
    texts = kind.keys() if place.due == "key" else kind.choices()
    return texts if place.quoted else [repr(text) for text in texts]


def _resolve(callee: str, namespace: Mapping[str, Any]) -> Any:
    """What a dotted name means, if lotus (or what comes with it) made it."""
    first, *rest = callee.split(".")
    thing = namespace.get(first)
    for name in rest:
        if not _is_ours(thing):
            return None
        try:
            thing = getattr(thing, name)
        except Exception:  # a property of a job that is not completed
            return None
    return thing if _is_ours(thing) else None


def _is_ours(thing: Any) -> bool:
    if inspect.ismodule(thing):
        home = thing.__name__
    else:
        owner = thing if isinstance(thing, type) or inspect.isroutine(thing) else type(thing)
        home = getattr(owner, "__module__", None) or ""
    return home.partition(".")[0] in ("lotus", "batch")


def _arguments(target: Any) -> list[str]:
    """Names of what a call takes."""
    if isinstance(target, type) and issubclass(target, BaseModel):
        return list(target.model_fields)
    parameters = inspect.signature(target).parameters.values()
    names = [p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    return [*names, *_further(target)]


def _argument(target: Any, which: str | int) -> tuple[str, Any, str] | None:
    """The owner, the type and the name of an argument."""
    if isinstance(target, type) and issubclass(target, BaseModel):
        field = target.model_fields.get(str(which))
        return (target.__name__, field.annotation, str(which)) if field is not None else None
    names = list(inspect.signature(target).parameters)
    if isinstance(which, int):
        which = names[which] if which < len(names) else ""
    further = _further(target)
    if which in further and which not in names:
        return further[which]
    if which not in names:
        return None
    return getattr(target, "__name__", ""), PARAMETERS.get(which, Any), which


def _further(target: Any) -> dict[str, tuple[str, Any, str]]:
    """What a call takes by `**changes`, by name."""
    name = getattr(target, "__name__", "")
    if name in ("submit", "arender"):
        from lotus.api.videos import render

        return {one: ("", PARAMETERS.get(one, Any), one) for one in _arguments(render)}
    model: type[BaseModel]
    if name in ("with_scene", "with_new_scene"):
        model = Scene
    elif name == "with_member":
        model = CastMember
    elif name == "replace" and isinstance(getattr(target, "__self__", None), BaseModel):
        model = type(target.__self__)
    else:
        return {}
    return {
        one: (model.__name__, field.annotation, one) for one, field in model.model_fields.items()
    }


class _Kind:
    """The type of a value, with the field that it is of."""

    def __init__(self, owner: str, annotation: Any, name: str) -> None:
        self._owner = owner
        self._types = list(_unions(annotation))
        self._name = name

    def inside(self, step: str | int) -> _Kind | None:
        """The kind of an item of a list, or of a key of a dictionary."""
        for kind in self._types:
            if isinstance(step, int) and get_origin(kind) in (tuple, list):
                return _Kind(self._owner, get_args(kind)[0], self._name)
            if isinstance(step, str) and _is_document(kind) and step in kind.model_fields:
                return _Kind(kind.__name__, kind.model_fields[step].annotation, step)
        if isinstance(step, int) and self._name == "callbacks":
            return self
        return None

    def keys(self) -> list[str]:
        """Fields of a dictionary."""
        return [name for kind in self._types if _is_document(kind) for name in kind.model_fields]

    def choices(self) -> list[str]:
        """Values."""
        choices = CHOICES.get(f"{self._owner}.{self._name}") or CHOICES.get(self._name)
        if choices is not None:
            return sorted(choices())
        return [
            value
            for kind in self._types
            if get_origin(kind) is Literal
            for value in get_args(kind)
            if isinstance(value, str)
        ]


def _unions(annotation: Any) -> Iterator[Any]:
    """The types of a union, without what stands beside a type."""
    if get_origin(annotation) is not None and hasattr(annotation, "__metadata__"):
        yield from _unions(get_args(annotation)[0])
    elif get_origin(annotation) in (Literal, tuple, list) or not get_args(annotation):
        yield annotation
    else:
        for one in get_args(annotation):
            yield from _unions(one)


def _is_document(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
