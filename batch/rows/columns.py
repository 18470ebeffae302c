"""The columns of a row: its parameters and labels under the names that a manifest gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["flat"]

Values = Mapping[str, Any]


def flat(parameters: Values, labels: Values | None = None) -> dict[str, Any]:
    """Parameters as columns of a manifest: a brief's fields by their own names, groups dotted."""
    values: dict[str, Any] = dict(labels or {})
    if not any(isinstance(value, dict) for value in parameters.values()):  # of most rows
        return {**values, **parameters}
    for name, value in parameters.items():
        fields = value if name == "brief" and isinstance(value, Mapping) else {name: value}
        values.update(_dot_names(fields))
    return values


def _dot_names(fields: Values, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield from _dot_names(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
