"""Calls with wrong arguments: one line that names the argument, instead of a TypeError."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from numbers import Integral, Real
from os import PathLike
from typing import Any, ParamSpec, TypeVar

from lotus.documents.foreign import plain_scalar
from lotus.documents.wording import nearest
from lotus.errors import InvalidInput

__all__ = ["check_call", "explained_call"]

P = ParamSpec("P")
T = TypeVar("T")


def explained_call(function: Callable[P, T]) -> Callable[P, T]:
    """The same function for NumPy's numbers too; a call that does not fit raises InvalidInput."""

    @wraps(function)
    def call(*args: P.args, **options: P.kwargs) -> T:
        plain = tuple(plain_scalar(value) for value in args)
        keywords = {name: plain_scalar(value) for name, value in options.items()}
        _check_types(function, plain, keywords)
        try:
            return function(*plain, **keywords)
        except TypeError as exc:
            # an error of the function's own body has its frame behind this one
            if exc.__traceback__ is None or exc.__traceback__.tb_next is not None:
                raise
            raise _explanation(function, plain, keywords) from None

    return call


@dataclass(frozen=True)
class ArgumentRule:
    """What an argument of some name has to be, wherever lotus takes it."""

    kinds: tuple[type, ...]
    reason: str
    remedy: str

    def refuses(self, value: object) -> bool:
        """Whether the value is something else; truth values are no numbers."""
        if isinstance(value, bool):
            return bool not in self.kinds
        return not isinstance(value, self.kinds)


_PATH = ArgumentRule((str, PathLike), "should be a path", "write a path such as 'ad.mp4'")
_NAME = ArgumentRule((str,), "should be text", "write a name in quotes")
_ID = ArgumentRule(
    (str,), "should be the id of a job", "write job.id, or an id of `lotus jobs list`"
)
_COUNT = ArgumentRule((Integral,), "should be a whole number", "write a number such as 1")
_SECONDS = ArgumentRule((Real,), "should be a number of seconds", "write a number such as 1.5")
_CALL = ArgumentRule(
    (Callable,),  # type: ignore[arg-type]
    "should be a function",
    "pass a function of one argument",
)
_NUMBER = ArgumentRule((Real,), "should be a number", "write a number such as 0.95")
_URL = ArgumentRule((str,), "should be an address", "write one such as 'http://localhost:8000'")
_FLAG = ArgumentRule((bool,), "should be True or False", "write True or False")
_RULES: dict[str, ArgumentRule] = {
    **dict.fromkeys(("out", "path", "output", "subtitles", "source"), _PATH),
    **dict.fromkeys(("url",), _URL),
    **dict.fromkeys(("better", "token", "words", "question"), _NAME),
    **dict.fromkeys(("draws", "workers", "pairs", "samples", "retakes"), _COUNT),
    **dict.fromkeys(("confidence", "pilot"), _NUMBER),
    **dict.fromkeys(("draft", "hardware"), _FLAG),
    **dict.fromkeys(("provider", "model", "final", "planner", "llm", "status", "by"), _NAME),
    **dict.fromkeys(("tag", "name", "task"), _NAME),
    **dict.fromkeys(("job_id",), _ID),
    **dict.fromkeys(("every", "columns", "start", "limit"), _COUNT),
    **dict.fromkeys(("seconds", "timeout"), _SECONDS),
    **dict.fromkeys(("listener", "warn", "callback"), _CALL),
}
_OBJECTS = {  # arguments of a class of lotus, and how it is written
    "workspace": ("Workspace", "write workspace=lotus.Workspace.open()"),
    "settings": ("Settings", "write Workspace.open(lotus.Settings.read(LOTUS_HOME='folder'))"),
}
_MAKERS = {  # classes that people do not call themselves
    "Workspace": "write lotus.Workspace.open()",
    "RenderHandle": "write handle = lotus.submit(brief)",
}
MOST = 2**53  # of a count


def _check_types(
    function: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any]
) -> None:
    """Raise InvalidInput for an argument of a type that cannot be meant; None is its default."""
    signature = _signature(function)
    try:
        arguments = signature.bind(*args, **options).arguments
    except TypeError:
        return  # the call itself says it
    for name, value in arguments.items():
        parameter = signature.parameters[name]
        if value is None and (parameter.default is None or "None" in str(parameter.annotation)):
            continue
        kind, remedy = _OBJECTS.get(name, ("", ""))
        if kind and type(value).__name__ != kind:
            raise _invalid(name, f"is of type {type(value).__name__}", remedy)
        rule = _RULES.get(name)
        if rule is not None and rule.refuses(value):
            raise _invalid(name, f"{rule.reason}, not {_in_words(value)}", rule.remedy)
        if rule is _PATH and not str(value).strip():
            raise _invalid(name, "is empty", rule.remedy)
        if rule is _COUNT and abs(value) > MOST:
            raise _invalid(name, "is too large", "write a smaller number")
        if rule in (_SECONDS, _NUMBER) and not abs(value) < MOST:  # so is not a number
            raise _invalid(name, f"is {str(value)[:20]}", rule.remedy)


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def _in_words(value: object) -> str:
    plain = value is None or isinstance(value, int | float | str)
    return repr(value)[:60] if plain else f"a {type(value).__name__}"


def check_call(
    function: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any]
) -> None:
    """Raise InvalidInput for a call that `function`, which is called later, would refuse."""
    target = inspect.unwrap(function)
    try:
        _signature(target).bind(*args, **options)
    except TypeError:
        raise _explanation(target, args, options) from None
    _check_types(target, args, options)


def _explanation(
    function: Callable[..., Any], args: tuple[object, ...], options: Mapping[str, object]
) -> InvalidInput:
    parameters = inspect.signature(function).parameters
    name = function.__name__
    if name == "__init__":
        name = type(args[0]).__name__ if args else function.__qualname__.split(".")[0]
    anything = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    stranger = next((o for o in options if o not in parameters and not anything), None)
    if stranger is not None:
        reason = f"is not an option of {name}"
        return _invalid(stranger, reason, _hint(stranger, name, list(parameters)))
    positional = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    names = [p.name for p in positional if p.name not in ("self", "cls")]
    if len(args) > len(positional):
        options_of = [p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
        remedy = f"pass options by name: {name}({', '.join([*names, *options_of[:1]])}=...)"
        reason = f"takes {len(names)} argument{'s' if len(names) != 1 else ''} without a name"
        if not options_of:
            fields = ", field=..." if anything else ""
            return _invalid(name, reason, f"write {name}({', '.join(names)}{fields})")
        return _invalid(name, reason, remedy)
    missing = [
        p.name
        for i, p in enumerate(parameters.values())
        if p.default is p.empty
        and i >= len(args)
        and p.name not in options
        and p.name not in ("self", "cls")
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if missing and name in _MAKERS:
        return _invalid(missing[0], "is missing", _MAKERS[name])
    calls = ", ".join([*names, *(f"{m}=..." for m in missing if m not in names)])
    return _invalid(missing[0] if missing else name, "is missing", f"write {name}({calls})")


def _hint(stranger: str, function: str, parameters: list[str]) -> str:
    from lotus.documents.brief import Brief

    fields = list(Brief.model_fields)
    option = nearest(stranger, parameters)
    if option:
        return option
    field = stranger if stranger in fields else nearest(stranger, fields).split("'")[1:2]
    if field and "request" in parameters:
        name = field if isinstance(field, str) else field[0]
        return f"it is a field of the brief: write lotus.Brief(prompt=..., {name}=...)"
    options = [name for name in parameters if name not in ("self", "cls")]
    if not options:
        return f"{function}() takes no options"
    return f"the options of {function} are {', '.join(options)}"


def _invalid(field: str, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field=field, reason=reason, remedy=remedy)
