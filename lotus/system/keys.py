"""What a clip, a segment or a composition is addressed by: a hash of all that makes it, and nothing
else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeGuard

__all__ = ["KEY_VERSION", "canonical_json", "differing_fields", "file_digest", "key_of"]

KEY_VERSION = 1  # raise it when the meaning of what is hashed changes: every key then changes


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_json(value: Any) -> str:
    """One spelling for equal values: sorted names, no spaces, no NaN; fractions as `24000/1001`."""
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_plain,
    )


def key_of(kind: str, facts: Mapping[str, Any]) -> str:
    """sha256 in hex of the facts, versioned; `kind` keeps clips, segments and
    compositions apart.
    """
    text = canonical_json({"kind": kind, "key_version": KEY_VERSION, "facts": facts})
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 in hex of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def differing_fields(new: Mapping[str, Any], old: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Names of the fields whose values differ: dotted where they are nested, numbered in equally
    long lists of records, such as `look.style` and `captions[1].text`.
    """
    names: list[str] = []
    for name in sorted({*new, *old}):
        a = new.get(name)
        b = old.get(name)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            names += differing_fields(a, b, f"{prefix}{name}.")
        elif _records(a) and _records(b) and len(a) == len(b):
            for i, (one, other) in enumerate(zip(a, b, strict=True)):
                names += differing_fields(one, other, f"{prefix}{name}[{i}].")
        elif canonical_json(a) != canonical_json(b):
            names.append(prefix + name)
    return names


def _records(value: Any) -> TypeGuard[Sequence[Mapping[str, Any]]]:
    return isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value)
