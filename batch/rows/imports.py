"""Imports of notebooks' libraries, without the second that one of their optional parts takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["light_imports"]

# jsonschema imports it for addresses in other alphabets, of which notebooks have none; it builds a
# grammar at import, which takes longer than all of papermill
GRAMMAR = "rfc3987_syntax"


@contextmanager
def light_imports() -> Iterator[None]:
    """While the block lasts, importing the grammar fails at once, as if it were not installed."""
    if GRAMMAR in sys.modules:
        yield
        return
    sys.modules[GRAMMAR] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.pop(GRAMMAR, None)
