"""Where the cursor is in code that is being typed: in which call, at which argument."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["CursorPlace", "place_of"]

CALLEE = re.compile(r"(?:^|[^\w.])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\Z")
KEYWORD = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)")
KEY = re.compile(r"""\s*(['"])(\w*)\1\s*:""")
OPENING = {")": "(", "]": "[", "}": "{"}
PREFIXES = ("", "r", "f", "u")  # of strings


@dataclass(frozen=True)
class CursorPlace:
    """In a call of `callee`, at an argument by its name or number, and there at `path`: keys of
    dictionaries, and 0 for an item of a list. `due` is what is typed there, `fragment` its
    beginning, and `quoted` says that it stands in quotes.
    """

    callee: str
    argument: str | int
    path: tuple[str | int, ...]
    fragment: str
    quoted: bool
    due: Literal["argument", "key", "value"]


@dataclass
class _Bracket:
    sign: str
    start: int
    after: int  # where the item begins that is being typed
    items: int = 0  # that are in front of it


def place_of(code: str) -> CursorPlace | None:
    """The place at the end of the code; None outside calls of names."""
    code, brackets, string = _scan(code)
    calls = [i for i, one in enumerate(brackets) if one.sign == "(" and _callee(code, one)]
    if not calls:
        return None
    call, *within = brackets[calls[-1] :]
    end = len(code) if string is None else string
    ends = [bracket.start for bracket in within] + [end]
    item = code[call.after : ends[0]]
    keyword = KEYWORD.match(item)
    rest = item[keyword.end() :] if keyword else item
    due: Literal["argument", "key", "value"] = "value"
    if keyword is None and string is None:
        due = "argument"
    path: list[str | int] = []
    for bracket, until in zip(within, ends[1:], strict=True):
        item = code[bracket.after : until]
        key = KEY.match(item) if bracket.sign == "{" else None
        rest = item[key.end() :] if key else item
        due = "key" if bracket.sign == "{" and key is None else "value"
        if bracket.sign != "{":
            path.append(0)
        elif key:
            path.append(key[2])
    fragment = _fragment(code, rest, string)
    if fragment is None:
        return None
    argument = keyword[1] if keyword else call.items
    quoted = string is not None
    return CursorPlace(_callee(code, call), argument, tuple(path), fragment, quoted, due)


def _fragment(code: str, rest: str, string: int | None) -> str | None:
    """What is typed of a value; None in the middle of an expression."""
    text = rest.strip()
    if string is not None:
        quotes = 3 if code[string : string + 3] in ('"""', "'''") else 1
        return code[string + quotes :] if text in PREFIXES else None
    return text if re.fullmatch(r"\w*", text) and (not text or rest[-1:] == text[-1:]) else None


def _callee(code: str, bracket: _Bracket) -> str:
    """The dotted name in front of a bracket; empty if there is none."""
    match = CALLEE.search(code[: bracket.start])
    return match[1] if match else ""


def _scan(code: str) -> tuple[str, list[_Bracket], int | None]:
    """The code with blanks for comments, the brackets that are open at its end, and where the
    string begins that is.
    """
    brackets: list[_Bracket] = []
    at = 0
    while at < len(code):
        sign = code[at]
        if sign in "'\"":
            after = _string_end(code, at)
            if after is None:
                return code, brackets, at
            at = after
            continue
        if sign == "#":
            end = code.find("\n", at)
            if end < 0:
                return code, [], None
            code = f"{code[:at]}{' ' * (end - at)}{code[end:]}"
        elif sign in "([{":
            brackets.append(_Bracket(sign, at, at + 1))
        elif sign in OPENING and brackets and brackets[-1].sign == OPENING[sign]:
            brackets.pop()
        elif sign == "," and brackets:
            brackets[-1].after = at + 1
            brackets[-1].items += 1
        at += 1
    return code, brackets, None


def _string_end(code: str, start: int) -> int | None:
    """Where a string ends; None while it is open."""
    sign = code[start]
    quotes = sign * 3 if code.startswith(sign * 3, start) else sign
    at = start + len(quotes)
    while at < len(code):
        if code[at] == "\\":
            at += 2
        elif code.startswith(quotes, at):
            return at + len(quotes)
        elif code[at] == "\n" and len(quotes) == 1:
            return at  # a string of one line that nobody closed
        else:
            at += 1
    return None
