"""Paid requests: created once, within the budget, found again after a crash, settled once."""
