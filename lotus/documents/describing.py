"""Words for the fields of a document, as `lotus.Brief?` shows them."""

from __future__ import annotations

import inspect
import textwrap
import types
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

__all__ = ["docstring_of", "plain_signature", "without_parameters"]

HEADING = "\nParameters\n----------"
WIDTH = 88  # of a line in `?`
INDENT = "    "
NAMES: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "True or False",
    Fraction: "number",
}


def docstring_of(summary: str, fields: Mapping[str, FieldInfo]) -> str:
    """A docstring: the summary, and each field with its type, its default and its meaning."""
    lines = [summary, HEADING]
    for name, field in fields.items():
        lines.append(f"{name} : {_words(field.annotation)}{_limits(field)}{_default(field)}")
        words = field.description
        if words:
            sentence = f"{words[:1].upper()}{words[1:]}."
            lines += textwrap.wrap(sentence, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    return "\n".join(lines)


def plain_signature(fields: Mapping[str, FieldInfo]) -> inspect.Signature:
    """The call that makes a document, with types as people write them."""
    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.is_required() else field.default,
            annotation=_plain(field.annotation),
        )
        for name, field in fields.items()
    ]
    return inspect.Signature(parameters)


def without_parameters(schema: dict[str, Any]) -> None:
    """Leave the fields out of a schema's description: it has them itself."""
    schema["description"] = schema.get("description", "").partition(f"\n{HEADING}")[0]


def _plain(kind: Any) -> Any:
    """A type without what stands beside it in Annotated."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _plain(get_args(kind)[0])
    if origin in (Union, types.UnionType):
        return reduce(or_, (_plain(one) for one in get_args(kind)))
    if origin is tuple:
        return tuple.__class_getitem__((_plain(get_args(kind)[0]), ...))
    return kind


def _words(kind: Any) -> str:
    """A type in words: `'16:9', '9:16' or '1:1'`, `list of Scene`."""
    kind = _plain(kind)
    origin = get_origin(kind)
    if origin is Literal:
        return _either([repr(value) for value in get_args(kind)])
    if origin in (Union, types.UnionType):
        parts = (_words(one) for one in get_args(kind) if one is not type(None))
        return _either(list(dict.fromkeys(parts)))
    if origin in (tuple, list):
        return f"list of {_words(get_args(kind)[0])}"
    return NAMES.get(kind) or str(getattr(kind, "__name__", kind))


def _either(words: Sequence[str]) -> str:
    *some, last = words
    return f"{', '.join(some)} or {last}" if some else last


def _limits(field: FieldInfo) -> str:
    """` of 10 to 2000 characters`, ` from 0 to 36000`, ` of at most 6`."""
    marks: dict[str, Any] = {}
    for one in field.metadata:
        for name in ("ge", "gt", "le", "min_length", "max_length"):
            if getattr(one, name, None) is not None:
                marks[name] = getattr(one, name)
    unit = " characters" if _words(field.annotation) == "text" else ""
    if "max_length" in marks:
        least = marks.get("min_length", 0)
        return f" of {f'{least} to' if least > 1 else 'at most'} {marks['max_length']}{unit}"
    least = f" from {marks['ge']:g}" if "ge" in marks else ""
    least = least or (f" above {marks['gt']:g}" if "gt" in marks else "")
    most = f" to {marks['le']:g}" if "le" in marks else ""
    return least + most


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value = field.default
    if value is None or value == () or hasattr(type(value), "model_fields"):
        return ", optional"
    return f", default {value if isinstance(value, Fraction) else repr(value)}"
