"""Calls with wrong arguments: one line that names the argument, instead of a TypeError."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from lotus.documents.parsing import nearest
from lotus.errors import InvalidInput

__all__ = ["explained_call"]

P = ParamSpec("P")
T = TypeVar("T")


def explained_call(function: Callable[P, T]) -> Callable[P, T]:
    """The same function; a call that does not fit its signature raises InvalidInput."""

    @wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> T:
        try:
            return function(*args, **options)
        except TypeError as exc:
            # an error of the function's own body has its frame behind this one
            if exc.__traceback__ is None or exc.__traceback__.tb_next is not None:
                raise
            raise _explained(function, args, options) from None

    return call


def _explained(
    function: Callable[..., Any], args: tuple[object, ...], options: Mapping[str, object]
) -> InvalidInput:
    parameters = inspect.signature(function).parameters
    name = function.__name__
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    unknown = next((o for o in options if o not in parameters and not anything), None)
    if unknown is not None:
        reason = f"is not an option of {name}"
        return _invalid(unknown, reason, _meant(unknown, name, list(parameters)))
    positional = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    names = [p.name for p in positional if p.name != "self"]
    if len(args) > len(positional):
        options_of = [p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
        remedy = f"pass options by name: {name}({', '.join(names)}, {options_of[0]}=...)"
        reason = f"takes {len(names)} argument{'s' if len(names) != 1 else ''} without a name"
        return _invalid(name, reason, remedy if options_of else f"write {name}({', '.join(names)})")
    missing = [
        p.name
        for i, p in enumerate(parameters.values())
        if p.default is p.empty and i >= len(args) and p.name not in options and p.name != "self"
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    calls = ", ".join([*names, *(f"{m}=..." for m in missing if m not in names)])
    return _invalid(missing[0] if missing else name, "is missing", f"write {name}({calls})")


def _meant(unknown: str, function: str, parameters: list[str]) -> str:
    from lotus.documents.brief import Brief

    fields = list(Brief.model_fields)
    option = nearest(unknown, parameters)
    if option:
        return option
    field = unknown if unknown in fields else nearest(unknown, fields).split("'")[1:2]
    if field and "request" in parameters:
        name = field if isinstance(field, str) else field[0]
        return f"it is a field of the brief: write lotus.Brief(prompt=..., {name}=...)"
    return f"the options of {function} are {', '.join(p for p in parameters if p != 'self')}"


def _invalid(field: str, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field=field, reason=reason, remedy=remedy)
