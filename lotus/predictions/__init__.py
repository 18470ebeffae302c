"""What is paid for: wanted once, within the budget, found again after a crash, and settled once."""
