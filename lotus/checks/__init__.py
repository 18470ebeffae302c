"""What `lotus doctor` knows: each check goes from evidence to remedy. A check is one entry in CHECKS."""

from __future__ import annotations

from lotus.checks.base import Check, Finding
from lotus.checks.examining import Result, examine
from lotus.checks.registry import CHECKS

__all__ = ["CHECKS", "Check", "Finding", "Result", "examine"]
