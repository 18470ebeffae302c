"""Syntax errors of YAML and JSON in the words of somebody who writes them by hand."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["explain_json", "explain_yaml"]

LONGEST_LINE = 80  # characters of a line that a remedy repeats
CORRECT = "correct the file there"


def explain_json(exc: Exception) -> tuple[str, str, str]:
    """Where JSON is wrong, why, and what to do; `exc` is what `json.loads` raised."""
    if not isinstance(exc, json.JSONDecodeError):  # a number of thousands of digits, deep nesting
        return "", f"is not JSON: {exc}", "correct the file"
    reason = next((words for start, words in _JSON if exc.msg.startswith(start)), exc.msg)
    before = exc.doc[: exc.pos] if exc.doc[exc.pos :].strip() else exc.doc.rstrip()
    column = len(before) - before.rfind("\n")
    at = f"line {before.count(chr(10)) + 1}, column {column}"
    return at, f"is not JSON: {reason}", CORRECT


_JSON = (  # how the messages of the json module begin
    ("Expecting ',' delimiter", "a comma or a closing } or ] is missing"),
    ("Expecting ':' delimiter", "a colon after the name is missing"),
    ("Expecting property name", "a name in double quotes, or a closing }, is missing"),
    ("Illegal trailing comma", "the comma before the closing bracket is one too many"),
    ("Expecting value", "a value is missing; texts stand in double quotes"),
    ("Unterminated string", "a closing double quote is missing"),
    ("Invalid control character", "a text goes over the end of its line; write \\n there"),
    ("Invalid \\", "a backslash begins nothing that JSON knows; write \\\\ for a backslash"),
    ("Extra data", "more follows after the closing bracket"),
)


def explain_yaml(exc: Exception, text: str) -> tuple[str, str, str]:
    """Where YAML is wrong, why, and what to do; `exc` is what PyYAML raised for the text."""
    problem = str(getattr(exc, "problem", None) or "cannot be read")
    context = str(getattr(exc, "context", None) or "")
    opened = re.search(r"flow|quoted", context)  # what was opened there is not closed
    mark = (opened and getattr(exc, "context_mark", None)) or getattr(exc, "problem_mark", None)
    at = f"line {mark.line + 1}" if mark is not None else ""
    other = (problem, "close the bracket or quote, or correct the indentation there")
    message = f"{context} {problem}"
    entries = (words for pattern, *words in _YAML if re.search(pattern, message))
    reason, remedy = next(entries, other)
    quoted = _quoted(text, mark, remedy == _COLON) if "quotes" in remedy else ""
    return at, f"is not YAML: {reason}", f"{remedy}: {quoted}" if quoted else remedy


_QUOTES = "put the text in quotes"
_COLON = "put the text in quotes, or correct the indentation"
_YAML = (  # what PyYAML says, and what was probably done
    (r"mapping values are not allowed", "a colon within a text, or a wrong indentation", _COLON),
    (r"token.*'\\t'|found a tab", "a tab indents it", "indent with spaces"),
    (r"cannot start any token", "a text begins with a sign of YAML's", _QUOTES),
    (r"alias|anchor", "* or & begins a text", _QUOTES),
    (
        r"quoted scalar",
        "a quote is not closed",
        "close the quote; a quote within a text is doubled",
    ),
    (r"flow (sequence|mapping)|flow node", "a bracket is not closed", "close the bracket"),
)


def _quoted(text: str, mark: Any, colon: bool) -> str:
    """The line that is wrong with its value in quotes; empty if that would not help."""
    lines = text.splitlines()
    line = lines[mark.line] if mark is not None and mark.line < len(lines) else ""
    match = re.fullmatch(r"\s*(?:- )?([\w.]+): +([^\s\"'].*?)\s*", line)
    if match is None or len(line) > LONGEST_LINE or not line.isprintable():
        return ""
    if colon and ": " not in match[2]:
        return ""
    value = match[2].replace("\\", "\\\\").replace('"', '\\"')
    return f'{match[1]}: "{value}"'
