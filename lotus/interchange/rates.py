"""Frame rates as other tools write them. Pure."""

from __future__ import annotations

import math
from fractions import Fraction

from lotus.errors import InvalidInput

__all__ = ["clock_rate", "exact_rate"]

FASTEST = 1_000_000
CLOSE = 0.006  # 23.98 and 23.976 both mean 24000/1001


def exact_rate(rate: object) -> Fraction:
    """The frame rate that a rounded number means: 29.97 is 30000/1001. Raises InvalidInput for what
    lotus does not render.
    """
    exact = clock_rate(rate)
    if not 1 <= exact <= 120:
        raise _odd(rate)
    return exact


def clock_rate(rate: object) -> Fraction:
    """The same for any clock, such as that of samples. Raises InvalidInput for what is none."""
    try:
        value = float(Fraction(str(rate)))
    except (ValueError, ZeroDivisionError, OverflowError):
        value = math.nan
    if not 0 < value <= FASTEST:
        raise _odd(rate)
    whole = math.ceil(value - 1e-9)
    slower = Fraction(whole * 1000, 1001)
    if abs(value - whole) < 1e-6:
        return Fraction(whole)
    if value < 240 and abs(value - slower) < CLOSE:
        return slower
    return Fraction(str(rate)).limit_denominator(1001)


def _odd(rate: object) -> InvalidInput:
    reason = f"has {str(rate)[:20]} frames a second"
    remedy = "export it at a rate between 1 and 120, such as 25"
    return InvalidInput(file="", field="rate", reason=reason, remedy=remedy)
