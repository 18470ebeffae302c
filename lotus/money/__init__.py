"""The ledger, budgets, and AWS prices."""
