"""What `lotus doctor` knows: each check goes from evidence to remedy. A check is one entry in
CHECKS.
"""

from __future__ import annotations

from lotus.checks.base import Check, Finding
from lotus.checks.registry import CHECKS
from lotus.checks.run import Result, examine

__all__ = ["CHECKS", "Check", "Finding", "Result", "examine"]
