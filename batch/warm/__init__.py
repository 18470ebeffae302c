"""Warm kernels: forked from a process that has imported what notebooks import, a few of
them ahead.
"""

from batch.warm.parent import Kernel, KernelExit
from batch.warm.pool import KernelPool, KernelPools

__all__ = ["Kernel", "KernelExit", "KernelPool", "KernelPools"]
