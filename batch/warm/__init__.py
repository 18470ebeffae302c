"""Warm kernels: forked from a process that has imported what notebooks import, a few of them ahead."""

from batch.warm.parent import Ended, Kernel
from batch.warm.pool import Pool

__all__ = ["Ended", "Kernel", "Pool"]
