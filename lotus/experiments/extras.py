"""Packages of the extra `experiments`, loaded where they are used.

Each raises InvalidInput with the command that installs it.
"""

from __future__ import annotations

from typing import Any

from lotus.system.distribution import import_extra

__all__ = ["evalica", "pandas", "pyarrow"]

EXTRA = "experiments"


def evalica() -> Any:
    """The package that fits strengths."""
    return import_extra("evalica", extra=EXTRA)


def pandas() -> Any:
    """The package of tables."""
    return import_extra("pandas", extra=EXTRA)


def pyarrow() -> Any:
    """The package by which pandas writes Parquet."""
    return import_extra("pyarrow", extra=EXTRA)
