"""Policies of IAM and of buckets, evaluated: who may do what, and by which statement not.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, for one account:
an explicit Deny beats every Allow, and what nothing allows is refused. Conditions that are not
known here hold for no Allow and no Deny.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

__all__ = ["Decision", "decide", "statements"]

Policy = Mapping[str, Any]
Context = Mapping[str, str]


@dataclass(frozen=True)
class Decision:
    """Whether a request is allowed, denied by a statement, or allowed by none."""

    effect: Literal["allow", "deny", "none"]
    statement: str = ""

    @property
    def allowed(self) -> bool:
        """Whether it may be done."""
        return self.effect == "allow"


def statements(policy: Policy | str) -> list[dict[str, Any]]:
    """The statements of a policy, also where it has a single one that stands in no list."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    statement = document.get("Statement", [])
    return [statement] if isinstance(statement, dict) else list(statement)


def decide(
    policies: Iterable[Policy | str], action: str, resource: str, context: Context | None = None
) -> Decision:
    """The decision about one action on one resource by all policies together."""
    decision = Decision("none")
    for statement in _each(policies):
        if not _covers(statement, action, resource, context or {}):
            continue
        name = str(statement.get("Sid", "a statement without a name"))
        if statement["Effect"] == "Deny":
            return Decision("deny", name)
        decision = Decision("allow", name)
    return decision


def _each(policies: Iterable[Policy | str]) -> Iterator[dict[str, Any]]:
    for policy in policies:
        yield from statements(policy)


def _covers(statement: Policy, action: str, resource: str, context: Context) -> bool:
    return (
        _among(statement, "Action", action, ignore_case=True)
        and _among(statement, "Resource", resource)
        and all(
            _holds(operator, key, values, context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _among(statement: Policy, name: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether the statement's Action or Resource covers the value; a bucket's policy always does
    what it leaves out.
    """
    if f"Not{name}" in statement:
        patterns = _as_list(statement[f"Not{name}"])
        return not any(_like(pattern, value, ignore_case) for pattern in patterns)
    return any(_like(pattern, value, ignore_case) for pattern in _as_list(statement.get(name, "*")))


def _holds(operator: str, key: str, condition_values: Any, context: Context) -> bool:
    """Whether a condition holds; a key that the request has not fails all but the negated ones."""
    name = operator.split(":")[-1]
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    value = next((fact for one, fact in context.items() if one.lower() == key.lower()), None)
    values = [str(one) for one in _as_list(condition_values)]
    if name == "Null":
        return (value is None) == (values[0].lower() == "true")
    negated = "Not" in name
    if value is None:
        return optional or negated
    plain = name.replace("Not", "")
    if plain in ("StringEquals", "Bool"):
        hit = value in values if plain == "StringEquals" else value.lower() == values[0].lower()
    elif plain in ("StringLike", "ArnEquals", "ArnLike"):
        hit = any(_like(pattern, value, False) for pattern in values)
    elif plain == "StringEqualsIgnoreCase":
        hit = value.lower() in [one.lower() for one in values]
    else:
        return False
    return hit != negated


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _like(pattern: Any, value: str, ignore_case: bool) -> bool:
    return _pattern(str(pattern), ignore_case).fullmatch(value) is not None


@cache
def _pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression, re.S | (re.I if ignore_case else 0))
