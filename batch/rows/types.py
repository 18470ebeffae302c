"""Types of parameters: annotations read as Python reads them, and values made to fit them.

An annotation is looked up, never executed: names of `typing`, of builtin types and of a few modules
of the standard library mean what they mean in Python, all other names mean anything.
"""

from __future__ import annotations

import ast
import collections.abc
import datetime
import decimal
import json
import math
import operator
import pathlib
import types
import typing
import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, reduce
from typing import Any

__all__ = ["annotated_type", "default_type", "fit_value", "imported_names", "plain", "type_aliases"]


def _numpy_types() -> types.ModuleType:
    """Names of numpy's numbers, as the numbers of Python that they take; numpy itself is not
    loaded.
    """
    module = types.ModuleType("numpy")
    sizes = {"int": (8, 16, 32, 64), "uint": (8, 16, 32, 64), "float": (16, 32, 64)}
    for name, bits in sizes.items():
        for size in bits:
            setattr(module, f"{name}{size}", float if name == "float" else int)
    vars(module).update({"integer": int, "floating": float, "bool_": bool, "str_": str})
    return module


MODULES: dict[str, types.ModuleType] = {
    "numpy": _numpy_types(),
    "typing": typing,
    "typing_extensions": typing,
    "collections.abc": collections.abc,
    "datetime": datetime,
    "decimal": decimal,
    "pathlib": pathlib,
    "uuid": uuid,
}
BUILTINS = (str, int, float, bool, list, dict, tuple, set, frozenset, object)
COMMON = ("List", "Dict", "Tuple", "Set", "Optional", "Union", "Any", "Literal", "Sequence")
WRAPPERS = (typing.Annotated, typing.Final, typing.ClassVar)  # around the type itself
NAMES: dict[str, Any] = {
    **{each.__name__: each for each in BUILTINS},
    **{name: getattr(typing, name) for name in COMMON},
    **{name: getattr(typing, name) for name in ("Annotated", "Final", "ClassVar")},
    "Mapping": typing.Mapping,
    "date": datetime.date,
    "datetime": datetime.datetime,
    "time": datetime.time,
    "Decimal": decimal.Decimal,
    "Path": pathlib.Path,
}
UNIONS = (typing.Union, types.UnionType)
SETS = (set, frozenset)
LISTS = (list, tuple, *SETS, collections.abc.Sequence, collections.abc.Iterable)
DICTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
LITERALS = (bool, int, float, str, list, dict, tuple, set, bytes, complex)
CALLS = ("bool", "int", "float", "str", "list", "dict", "tuple", "set")


def imported_names(trees: Iterable[ast.Module]) -> dict[str, Any]:
    """Names of types that cells import, such as `t` in `import typing as t`."""
    names: dict[str, Any] = {}
    nodes = (node for tree in trees for node in ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in MODULES:
                    name = alias.asname or alias.name.partition(".")[0]
                    whole = alias.asname is None and "." in alias.name
                    names[name] = collections if whole else MODULES[alias.name]
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            module = MODULES[node.module]
            members = ((alias, getattr(module, alias.name, None)) for alias in node.names)
            names |= {alias.asname or alias.name: each for alias, each in members if each}
    return names


def type_aliases(tree: ast.Module, names: Mapping[str, Any]) -> dict[str, Any]:
    """Names that a cell gives to types, as `Ids = List[int]` does."""
    aliases: dict[str, Any] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        if isinstance(node.value, ast.Subscript | ast.BinOp):
            hint = annotated_type(node.value, {**names, **aliases})
            if hint is not None:
                aliases[node.targets[0].id] = hint
    return aliases


def annotated_type(annotation: ast.expr, names: Mapping[str, Any]) -> Any:
    """The type that an annotation means; None where anything goes."""
    try:
        hint = _hint(annotation, {**NAMES, **names})
        if hint in WRAPPERS:
            return None
        return hint if _adapter(hint) is not None else None
    except (LookupError, TypeError, AttributeError, SyntaxError):
        return None


def default_type(value: ast.expr) -> Any:
    """The type of a default; None where it is not known. Lists keep the type of their items."""
    try:
        default = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        kind = _expression_type(value)
        return int | float if kind is int else kind
    if type(default) not in LITERALS:
        return None
    if isinstance(default, list | tuple | set) and default:
        kinds = {type(item) for item in default}
        if kinds <= {int, float}:
            return list[int | float]
        if kinds == {bool}:
            return list[bool]
    return int | float if type(default) is int else type(default)


def _expression_type(node: ast.expr) -> Any:
    """The type of `60 * 60`, `f"{day}"`, `int(...)`, `a > b`; None where it is not known."""
    if isinstance(node, ast.Constant):
        return type(node.value) if type(node.value) in LITERALS else None
    if isinstance(node, ast.UnaryOp):
        return bool if isinstance(node.op, ast.Not) else _expression_type(node.operand)
    if isinstance(node, ast.BinOp):
        return _sum_type(node, {_expression_type(node.left), _expression_type(node.right)})
    if isinstance(node, ast.IfExp):
        kinds = {_expression_type(node.body), _expression_type(node.orelse)}
        return kinds.pop() if len(kinds) == 1 else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        return NAMES[node.func.id]
    forms = {
        ast.JoinedStr: str,
        ast.Compare: bool,
        ast.List: list,
        ast.ListComp: list,
        ast.Dict: dict,
        ast.DictComp: dict,
        ast.Tuple: tuple,
        ast.Set: set,
        ast.SetComp: set,
    }
    return forms.get(type(node))


def _sum_type(node: ast.BinOp, kinds: set[Any]) -> Any:
    if kinds <= {int, float, bool}:
        return float if float in kinds or isinstance(node.op, ast.Div) else int
    return kinds.pop() if len(kinds) == 1 else None


def _hint(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Raises LookupError for what has no known meaning."""
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.Attribute):
        return _member(_hint(node.value, names), node.attr)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return reduce(operator.or_, (_hint(side, names) for side in (node.left, node.right)))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _hint(ast.parse(node.value.strip(), mode="eval").body, names)
    if isinstance(node, ast.Constant) and node.value in (None, Ellipsis):
        return node.value
    if isinstance(node, ast.Subscript):
        outer = _hint(node.value, names)
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if outer is typing.Literal:
            return typing.Literal[tuple(ast.literal_eval(item) for item in items)]
        if outer in WRAPPERS:
            return _hint(items[0], names)
        inner = tuple(_hint(item, names) for item in items)
        return outer[inner if len(inner) > 1 else inner[0]]
    raise LookupError(ast.unparse(node))


def _member(owner: Any, name: str) -> Any:
    if owner is collections and name == "abc":
        return collections.abc
    if owner not in MODULES.values():
        raise LookupError(name)
    return getattr(owner, name)


@cache
def _adapter(hint: Any) -> Any:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        return TypeAdapter(hint)
    except (PydanticUserError, TypeError):
        return None


def plain(value: Any) -> Any:
    """The value as JSON has it: times as ISO text, decimals as numbers; raises ValueError for
    others.
    """
    if isinstance(value, str):
        return _whole_text(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number in JSON; write null, or text")
        return value
    if isinstance(value, decimal.Decimal):
        return _number(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return _adapter(datetime.timedelta).dump_python(value, mode="json")
    if isinstance(value, pathlib.PurePath | uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {_key(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return [plain(item) for item in sorted(value, key=repr)]
    kind = type(value).__name__
    raise ValueError(f"is {kind}, which a notebook cannot receive; write text or numbers")


def _whole_text(text: str) -> str:
    """The text itself; raises ValueError where no file or database can keep it."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise ValueError(
            f"{text[:40]!a} contains half of a surrogate pair, which is not text"
        ) from exc
    return text


def _key(name: Any) -> str:
    if isinstance(name, str):
        return _whole_text(name)
    if isinstance(name, bool | int | float | datetime.date):
        return str(plain(name)) if not isinstance(name, bool) else str(name).lower()
    raise ValueError(f"{name!r} cannot name a field; write text")


def _number(value: decimal.Decimal) -> int | float:
    is_whole = value.is_finite() and value == value.to_integral_value()
    if is_whole and value.as_tuple().exponent >= 0:  # type: ignore[operator]
        return int(value)
    number = float(value)
    if not math.isfinite(number) or decimal.Decimal(repr(number)) != value:
        raise ValueError(f"{value} has more digits than a number can hold; write it as text")
    return number


def fit_value(value: Any, hint: Any, *, inferred: bool = False, text: bool = False) -> Any:
    """The value, JSON-able, as the type wants it; raises ValueError.

    Types of defaults (`inferred`) guide what is text, and let null and other numbers pass. Cells of
    tables that are all `text` become the first type of a union that they fit.
    """
    value = plain(value)
    if hint is None:
        return scalar(value) if inferred and text and isinstance(value, str) else value
    if inferred and not isinstance(value, str):
        return _infer(_scalars(value) if text else value, hint)
    if isinstance(value, str) and text:
        return plain(_from_text(value, hint))
    try:
        return plain(_check(value, hint))
    except ValueError:
        if isinstance(value, str):
            return plain(_from_text(value, hint))
        raise


def scalar(text: str) -> Any:
    """A number or truth value where the text is just how Python writes one, as `papermill -p` has
    it; other text, such as 007, stays as it is.
    """
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    simple = value is None or isinstance(value, bool | int | float)
    return value if simple and repr(value) == text else text


def _scalars(value: Any) -> Any:
    """A group of columns that are all text, with numbers as numbers."""
    if isinstance(value, dict):
        return {name: _scalars(item) for name, item in value.items()}
    return scalar(value) if isinstance(value, str) else value


def _infer(value: Any, hint: Any) -> Any:
    """What papermill would give: null, numbers of either kind, and what is of the
    default's type.
    """
    outer = typing.get_origin(hint) or hint
    numbers = outer in UNIONS or outer is float
    kinds = (int, float) if numbers else (list,) if outer in (tuple, *SETS) else (outer,)
    if value is None:
        return None
    if not isinstance(value, kinds) or (numbers and isinstance(value, bool)):
        raise ValueError
    if outer in UNIONS and isinstance(value, float) and value.is_integer():
        return int(value)  # pandas writes whole numbers so where a column has gaps
    return float(value) if outer is float else value  # type: ignore[arg-type]


def _check(value: Any, hint: Any) -> Any:
    from pydantic import ValidationError

    if isinstance(value, bool) and hint in (int, float):
        raise ValueError
    try:
        return _adapter(hint).validate_python(value)
    except ValidationError as exc:
        raise ValueError from exc


def _from_text(text: str, hint: Any) -> Any:
    """A cell of text as a type; raises ValueError."""
    outer = typing.get_origin(hint) or hint
    if outer in UNIONS:
        return _member_of_union(text, typing.get_args(hint))
    if outer is typing.Literal:
        return _literal(text, typing.get_args(hint))
    if outer in LISTS:
        return _check(_items(text, outer, typing.get_args(hint)), hint)
    if outer in DICTS:
        return _check(json.loads(text), hint)
    return _check(text.strip() if outer is bool else text, hint)


def _member_of_union(text: str, members: Sequence[Any]) -> Any:
    """The first type that the text fits; 007 is no number where it may be text."""
    for member in members:
        if member is types.NoneType:  # text is never null
            continue
        try:
            value = _from_text(text, member)
        except ValueError:
            continue
        if member is not int or str not in members or str(value) == text.strip():
            return value
    raise ValueError


def _literal(text: str, members: Sequence[Any]) -> Any:
    """The value of a `Literal` that is written so; the text itself comes first."""
    names = {str(member): member for member in members if member is not None}
    names |= {str(member).lower(): member for member in members if isinstance(member, bool)}
    names |= {member: member for member in members if isinstance(member, str)}
    if text in names:
        return names[text]
    if text.strip() in names:
        return names[text.strip()]
    raise ValueError


def _item(text: str, hint: Any) -> Any:
    """One of a list; what does not fit stays text, and the check of the whole refuses it."""
    if (typing.get_origin(hint) or hint) in (*LISTS, *DICTS):
        return text
    try:
        return _from_text(text, hint)
    except ValueError:
        return text


def _items(text: str, outer: Any, hints: Sequence[Any]) -> list[Any]:
    """`a; b` as items of their types, or a list as JSON has it."""
    if text.lstrip().startswith("["):
        items = json.loads(text)
        if isinstance(items, list):
            return items
    words = [item.strip() for item in text.split(";") if item.strip()]
    if outer is tuple and ... not in hints:
        return [*map(_item, words, hints), *words[len(hints) :]]
    return [_item(word, hints[0]) for word in words] if hints else words
