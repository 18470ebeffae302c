"""The nodes of a grid's YAML before they become values: names that stand twice, endless aliases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lotus.errors import InvalidInput

__all__ = ["check_yaml"]

MOST_VALUES = 2_000_000  # with all aliases written out


def check_yaml(path: Path) -> None:
    """Raise InvalidInput for a repeated name, an alias of itself, or aliases of millions of
    values. What is no YAML at all is for the parser to say.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return
    try:
        if root is not None:
            _Walk(str(path)).size(root, ())
    except RecursionError:
        raise InvalidInput(
            file=str(path), field="", reason="is nested too deeply", remedy="write fewer levels"
        ) from None


class _Walk:
    """Sizes of nodes, each looked at once however many aliases lead to it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._sizes: dict[int, int] = {}

    def size(self, node: Any, above: tuple[int, ...]) -> int:
        """How many values a node holds; raises InvalidInput."""
        if id(node) in above:
            raise self._wrong(node, "is an alias of itself", "write the values out")
        if id(node) not in self._sizes:
            inner = (*above, id(node))
            total = 1 + sum(self.size(child, inner) for child in self._children(node))
            if total > MOST_VALUES:
                reason = f"its aliases stand for more than {MOST_VALUES} values"
                raise self._wrong(node, reason, "write a table: JSON lines, CSV or Parquet")
            self._sizes[id(node)] = total
        return self._sizes[id(node)]

    def _children(self, node: Any) -> list[Any]:
        if isinstance(node.value, str):
            return []
        if node.id == "sequence":
            return list(node.value)
        names = set()
        for key, _ in node.value:
            name = key.value if isinstance(key.value, str) else None
            if name is not None and name != "<<" and name in names:
                raise self._wrong(key, f"'{name}' appears twice", "write it once")
            names.add(name)
        return [value for _, value in node.value]

    def _wrong(self, node: Any, reason: str, remedy: str) -> InvalidInput:
        field = f"line {node.start_mark.line + 1}"
        return InvalidInput(file=self._file, field=field, reason=reason, remedy=remedy)
